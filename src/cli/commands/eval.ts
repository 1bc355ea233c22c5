/** `tactics eval`: loss a token and bits a byte over every file of a folder. */
import { openCheckpoint } from "../../infer/open_model.ts";
import { evaluateCheckpoint } from "../../train/evaluate_checkpoint.ts";
import type { Command, CommandContext } from "../command.ts";
import { backendOf, MACHINE_OPTIONS, readCorpus, workersOf } from "../run_setup.ts";

/** See the top of this file. */
export const evalCommand: Command = {
  name: "eval",
  summary: "Loss a token and bits a byte over every file of a folder",
  usage: "tactics eval [CHECKPOINT] [options]",
  description: [
    "Bits a byte: the nats of every predicted token (all but a file's first) / ln 2 / the files' UTF-8 bytes. Files longer than the context are " +
    "scored in windows that overlap by half a context. No file is left out: to measure on new proofs, name a folder that was not trained on.",
  ],
  examples: [
    { command: "tactics eval --data-dir data/new_proofs", description: "The best checkpoint on new proofs" },
    {
      command: "tactics eval checkpoints/step_000500.safetensors --json",
      description: "This checkpoint, as JSON",
    },
  ],
  options: ["dataDir", "checkpointDir", ...MACHINE_OPTIONS],
  positionals: [{
    name: "CHECKPOINT",
    description: "A .safetensors file, or a folder of checkpoints",
    required: false,
  }],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { options, positionals } = context;
  const { dataDir = "data/proofs", checkpointDir = "checkpoints" } = options;
  const { checkpoint, tokenizer, path } = await openCheckpoint(positionals[0] ?? checkpointDir);
  const { files } = await readCorpus(context, dataDir);
  const workers = workersOf(options, Math.max(options.workers ?? 1, navigator.hardwareConcurrency));
  let told = 0;
  const score = await evaluateCheckpoint({
    checkpoint,
    tokenizer,
    files,
    workers,
    backend: await backendOf(context),
    signal: context.signal,
    onProgress(done) {
      const tenth = Math.floor(10 * done / files.length);
      if (tenth > told && done < files.length) {
        context.notice("info", `scored ${done} of ${files.length} files`);
      }
      told = tenth;
    },
  });
  const { loss, bitsPerByte, tokens, bytes, documents } = score;
  context.emit(
    { kind: "evaluation", step: checkpoint.step, checkpoint: path, dataDir, ...score },
    [
      `checkpoint      ${path} (step ${checkpoint.step})`,
      `proofs          ${documents} files, ${bytes} bytes in ${dataDir}`,
      `tokens          ${tokens} predicted`,
      `loss            ${loss.toFixed(4)} nats a token (perplexity ${Math.exp(loss).toFixed(2)})`,
      `bits per byte   ${bitsPerByte.toFixed(4)}`,
    ].join("\n"),
  );
}
