// `tactics export`: a checkpoint as a folder that ONNX Runtime and the prover load.
import { basename, dirname, join, resolve } from "@std/path";
import { openBackend } from "../../backend/choose.ts";
import { type CheckpointWithTokenizer, openCheckpoint } from "../../checkpoint/mod.ts";
import type { ProofFile } from "../../corpus/proof_file.ts";
import { UsageError } from "../../errors.ts";
import {
  bakedSamplingText,
  type CardFacts,
  DIVERGENCE_TOLERANCE,
  exportCheckpoint,
  EXPORTED_FILES,
} from "../../export/mod.ts";
import {
  clientSampling,
  exportFolderName,
  LARGEST_QUANTIZATION_LOSS,
  parseBakedSampling,
  parseCardEvaluation,
} from "../../export/mod.ts";
import type { BakedSampling, ExportCheckpointOptions, ExportResult } from "../../export/mod.ts";
import { checkNoFile, zipFolder } from "../../export/zip_folder.ts";
import { readTextBounded } from "../../io/mod.ts";
import { readRunRecord } from "../../runs/mod.ts";
import { formatBytes, formatPercent, shellWord } from "../../text_format.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXPORTS, placeOf } from "../model_setup.ts";
import { backendOf, passedOver, readCorpus, removeLeft } from "../run_setup.ts";
import { printCheck } from "./verify.ts";

/** What `tactics eval --json` printed, beside the checkpoint. */
const EVALUATION_NAME = "evaluation.json";
/** A report has some kilobytes. */
const MAX_EVALUATION_BYTES = 1 << 22;

export const exportCommand: Command = {
  name: "export",
  summary: "Write model.onnx, tokenizer.json, config.json and README.md, and verify them",
  description: [
    "Takes the best checkpoint unless one is named. Makes a folder `tactics-YYYY-MM-DD-HH-MM-SS` in export/ unless " +
    "DIR is given. The folder appears only when ONNX Runtime gives the trainer's own logits, to 1e-4, and " +
    "writes the same text.",
    "--quantize int8 may cost 0.02 nats of divergence in the next token's distribution, and 1 % of bits per byte " +
    "on held-out proofs of --data-dir.",
    "README.md is the model card, yours to edit. It has the figures of evaluation.json beside the checkpoint, where " +
    "`tactics eval --json` put them.",
    "The prover cannot load the flavors hf and genai. Flavor client is for the generative client of Acorn up to " +
    "0.1.37 (January 2026): its logits are not the model's, and its lines keep their form.",
  ],
  examples: [
    ["tactics export", "The best checkpoint into export/tactics-…"],
    ["tactics export checkpoints/best.safetensors /tmp/model", "This checkpoint into this folder"],
  ],
  next: [["tactics suggest --model FOLDER --goal FILE", "A proof's next lines, by the exported model"]],
  options: ["flavor", "quantize", "bake", "zip", "dataDir", "checkpointDir", "backend"],
  positionals: [
    ["[CHECKPOINT]", "A .safetensors file, or a run: its name, its folder, latest or best"],
    ["[DIR]", "The folder to make; it must not exist or be empty"],
  ],
  // A folder is written beside the place where it appears.
  writesIn: ({ positionals: [, folder] }) => [folder === undefined ? EXPORTS : dirname(resolve(folder))],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { settings: { flavor: reader, quantize: quantization, bake }, positionals } = context;
  const directory = positionals[1] ?? join(EXPORTS, exportFolderName(new Date()));
  const given = bake === undefined ? null : bakeOf(bake);
  const opened = await openCheckpoint(await placeOf(context, positionals[0]), {
    passedOver: passedOver(context),
  });
  // The client reads the prover's files.
  const form = reader === "client"
    ? { flavor: "acorn" as const, quantization, bake: given ?? clientSampling(opened.checkpoint.model) }
    : { flavor: reader, quantization, bake: given };
  const proofs = quantization === "int8" ? await measuredProofs(context) : null;
  const archive = `${directory.replace(/[\\/]+$/, "")}.zip`;
  if (context.settings.zip) await checkNoFile(archive);
  const whole = { ...form, directory, ...proofs !== null && { proofs } };
  const passed = await exportAndPrint(context, opened, whole);
  context.write(`  ${passed} checks passed\n`);
  context.next([[
    `tactics suggest --model ${shellWord(directory)} --goal FILE`,
    "A proof's next lines, by the exported model",
  ]]);
  if (!context.settings.zip) return;
  const sizeBytes = await zipFolder(directory, archive);
  context.emit({ kind: "zip", path: archive, sizeBytes }, `${archive}  ${formatBytes(sizeBytes)}`);
}

/** Export and verify; what is found wrong is printed. @returns the number of checks that passed */
export async function exportAndPrint(
  context: CommandContext,
  opened: CheckpointWithTokenizer,
  options: Omit<ExportCheckpointOptions, "backend" | "signal">,
): Promise<number> {
  const folder = dirname(resolve(options.directory));
  await removeLeft(context, folder, { isOwn: () => true, contents: EXPORTED_FILES });
  context.notice("info", `exporting ${opened.path} (step ${opened.checkpoint.step})`);
  using backend = await openBackend(await backendOf(context, "inference"));
  const card = await cardFacts(context, opened);
  const all = { ...options, card, backend, signal: context.signal };
  let passed = 0;
  for await (const event of exportCheckpoint(opened, all)) {
    if (event.kind === "export") context.emit({ ...event }, describe(event));
    else {
      if (context.json || !event.ok) printCheck(context, event);
      if (event.ok) passed++;
    }
  }
  return passed;
}

/** What the model card tells beside the checkpoint: of the run's record and evaluation.json beside it. */
async function cardFacts(
  context: CommandContext,
  { path, checkpoint }: CheckpointWithTokenizer,
): Promise<CardFacts> {
  const folder = dirname(path);
  const record = await readRunRecord(folder);
  const file = join(folder, EVALUATION_NAME);
  const isThere = (await Deno.stat(file).catch(() => null))?.isFile === true;
  const text = isThere ? await readTextBounded(file, { maxBytes: MAX_EVALUATION_BYTES }) : "";
  const evaluation = parseCardEvaluation(text, checkpoint) ?? undefined;
  if (isThere && evaluation === undefined) {
    context.notice("warning", `"${file}" has no figures of this checkpoint: the model card leaves them out`);
  }
  const isOfRun = record?.splitHash === checkpoint.splitHash;
  return {
    date: new Date(),
    data: isOfRun ? { ...record, name: basename(record.dataDir) } : undefined,
    evaluation,
  };
}

function bakeOf(text: string): BakedSampling {
  try {
    return parseBakedSampling(text);
  } catch (cause) {
    const hint =
      "Give temperature, min-p and lines, or some of them, as in --bake temperature=0.5,min-p=0.05,lines.";
    throw new UsageError(`--bake: ${(cause as Error).message}`, { cause, hint });
  }
}

/** The proofs to measure int8's loss on; null, and a notice, where there are none. */
async function measuredProofs(context: CommandContext): Promise<readonly ProofFile[] | null> {
  const { dataDir } = context.settings;
  // Whatever the reason, nothing can be read there.
  const isThere = await Deno.stat(dataDir).catch(() => null) !== null;
  if (context.options.dataDir === undefined && !isThere) {
    context.notice(
      "warning",
      `what int8 costs is not measured: there are no proofs in "${dataDir}"`,
      "Name the folder of the proofs with --data-dir.",
    );
    return null;
  }
  return (await readCorpus(context, dataDir)).files;
}

function describe(result: ExportResult): string[] {
  const { directory, files, nodeCount, difference, quantizationLoss, form } = result;
  const { prompt, steps, divergence, argmaxAgreement, greedy } = difference!;
  const sizes = files.map(({ name, sizeBytes }) => `${name} ${formatBytes(sizeBytes)}`);
  const isInt8 = form.quantization === "int8";
  const lines = [
    ...sizes,
    `${nodeCount} nodes (${form.operators} operators)`,
    `the trainer's logits, to ${Math.max(prompt, steps).toExponential(1)}`,
  ];
  if (!isInt8) {
    lines.push(`the trainer's text after ${greedy.equalTexts} of ${greedy.prompts} prompts`);
  }
  if (form.bake !== null) lines.push(`baked sampling: ${bakedSamplingText(form.bake)}`);
  if (isInt8) {
    lines.push(
      `divergence of the next token's distribution ${divergence.toExponential(1)} nats ` +
        `(at most ${DIVERGENCE_TOLERANCE}), the same likeliest token for ${formatPercent(argmaxAgreement)}`,
    );
  }
  if (quantizationLoss !== null) {
    const { trainedBitsPerByte, exportedBitsPerByte, loss, tokens } = quantizationLoss;
    lines.push(
      `bits per byte on ${tokens} held-out tokens: ${trainedBitsPerByte.toFixed(4)} in float32, ` +
        `${exportedBitsPerByte.toFixed(4)} in int8: loss ${formatPercent(loss)} ` +
        `(at most ${formatPercent(LARGEST_QUANTIZATION_LOSS)}); ` +
        `divergence ${quantizationLoss.divergence.toExponential(1)} nats, the same likeliest token for ` +
        formatPercent(quantizationLoss.argmaxAgreement),
    );
  }
  return [directory, ...lines.map((line) => `  ${line}`)];
}
