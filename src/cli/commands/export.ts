/** `tactics export`: a checkpoint as a folder that ONNX Runtime and the prover load. */
import { join } from "@std/path";
import { openBackend } from "../../backend/choose.ts";
import { DataError } from "../../errors.ts";
import { exportFolderName, exportModel, type ExportResult } from "../../export/mod.ts";
import { openCheckpoint } from "../../infer/open_model.ts";
import { Gpt } from "../../model/gpt.ts";
import { Rng } from "../../rng.ts";
import { VERSION } from "../../version.ts";
import type { Command, CommandContext } from "../command.ts";
import { backendOf } from "../run_setup.ts";
import { reportChecks } from "./verify.ts";

/** See the top of this file. */
export const exportCommand: Command = {
  name: "export",
  summary: "Write model.onnx, tokenizer.json and config.json, and verify them",
  usage: "tactics export [CHECKPOINT] [DIR] [options]",
  description: [
    "Takes the best checkpoint unless one is named, and makes a folder `tactics-YYYY-MM-DD-HH-MM-SS` in the export folder unless DIR is given. " +
    "The folder appears only when ONNX Runtime gives the trainer's own logits, whole prompt and token by token, to 1e-4.",
  ],
  examples: [
    { command: "tactics export", description: "The best checkpoint into export/tactics-…" },
    { command: "tactics export checkpoints/step_000500.safetensors", description: "This checkpoint" },
    { command: "tactics export checkpoints/best.safetensors /tmp/model", description: "Into this folder" },
  ],
  options: ["checkpointDir", "exportDir", "backend"],
  positionals: [
    { name: "CHECKPOINT", description: "A .safetensors file, or a folder of checkpoints", required: false },
    { name: "DIR", description: "The folder to make; it must not exist or be empty", required: false },
  ],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { options, positionals } = context;
  const path = positionals[0] ?? options.checkpointDir ?? "checkpoints";
  const directory = positionals[1] ?? join(options.exportDir ?? "export", exportFolderName(new Date()));
  await exportCheckpoint(context, path, directory);
}

/** Longest document on which the exported model is compared with the trainer's. */
const COMPARED_TOKENS = 64;

/** Export and verify; what is found is printed. @throws {DataError} when a check fails */
export async function exportCheckpoint(
  context: CommandContext,
  path: string,
  directory: string,
): Promise<ExportResult> {
  const { checkpoint, tokenizer, path: file } = await openCheckpoint(path);
  const { model, parameters } = checkpoint;
  context.notice("info", `exporting ${file} (step ${checkpoint.step})`);
  using backend = await openBackend(await backendOf(context));
  const gpt = new Gpt(backend, model);
  gpt.load(parameters);
  const rng = new Rng(checkpoint.train.seed, "export");
  const tokens = Int32Array.from(
    { length: Math.min(COMPARED_TOKENS, model.contextLength) },
    () => rng.below(model.vocabSize),
  );
  const result = await exportModel({
    config: model,
    parameters,
    tokenizerJson: tokenizer.toJson(),
    directory,
    comparison: { tokens, logitsOf: (document) => gpt.logits(document) },
    producerVersion: VERSION,
    signal: context.signal,
  });
  const files = result.files.map(({ name, sizeBytes }) => `${name} ${formatBytes(sizeBytes)}`).join(", ");
  context.emit(
    { kind: "export", ...result },
    `${result.directory}\n  ${files}; ${result.nodeCount} nodes\n` +
      `  largest difference from the trainer's logits: ${
        result.difference!.prompt.toExponential(1)
      } for a prompt at once, ` +
      `${result.difference!.steps.toExponential(1)} token by token (at most 1e-4)`,
  );
  const failed = await reportChecks(context, result.directory);
  if (failed > 0) throw new DataError(`The exported folder fails ${failed} checks`);
  return result;
}

function formatBytes(sizeBytes: number): string {
  return sizeBytes < 1e5 ? `${(sizeBytes / 1e3).toFixed(1)} kB` : `${(sizeBytes / 1e6).toFixed(1)} MB`;
}
