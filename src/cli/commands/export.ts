/** `tactics export`: a checkpoint as a folder that ONNX Runtime and the prover load. */
import { join } from "@std/path";
import { openBackend } from "../../backend/choose.ts";
import { DataError, UsageError } from "../../errors.ts";
import { evaluationSubset } from "../../evaluate/mod.ts";
import { scoringWindows } from "../../infer/mod.ts";
import {
  type BakedSampling,
  bakedSamplingText,
  DIVERGENCE_TOLERANCE,
  exportFolderName,
  exportModel,
  type ExportResult,
  LARGEST_QUANTIZATION_LOSS,
  type MeasuredText,
  parseBakedSampling,
} from "../../export/mod.ts";
import { type CheckpointWithTokenizer, openCheckpoint } from "../../checkpoint/mod.ts";
import { Gpt } from "../../model/gpt.ts";
import { Rng } from "../../rng.ts";
import { formatBytes, formatPercent } from "../../text_format.ts";
import { prepareData } from "../../train/data.ts";
import { VERSION } from "../../version.ts";
import type { Command, CommandContext } from "../command.ts";
import { backendOf, readCorpus } from "../run_setup.ts";
import { reportChecks } from "./verify.ts";

/** See the top of this file. */
export const exportCommand: Command = {
  name: "export",
  summary: "Write model.onnx, tokenizer.json and config.json, and verify them",
  description: [
    "Takes the best checkpoint unless one is named, and makes a folder `tactics-YYYY-MM-DD-HH-MM-SS` in " +
    "the export folder unless DIR is given. The folder appears only when ONNX Runtime gives the trainer's " +
    "own logits, whole prompt and token by token, to 1e-4, and writes the same text.",
    "With --quantize int8, logits are those of rounded weights and activations: the next token's " +
    "distribution must stay within a divergence of 0.02 nats, and bits per byte on held-out proofs of " +
    "--data-dir may rise by 1 %; the rise is printed.",
    "--flavor hf makes a folder that transformers.js and Python's optimum load and generate with, left " +
    "padding of batches included; --flavor genai one for onnxruntime-genai. The prover loads neither.",
  ],
  examples: [
    ["tactics export", "The best checkpoint into export/tactics-…"],
    ["tactics export checkpoints/step_000500.safetensors", "This checkpoint"],
    ["tactics export checkpoints/best.safetensors /tmp/model", "Into this folder"],
    ["tactics export --flavor hf", "For transformers.js and Python's transformers"],
    ["tactics export --quantize int8", "8-bit weights: about 5 MB instead of 20"],
    [
      "tactics export --bake temperature=0.5,min-p=0.05",
      "The prover then draws at 0.5, without unlikely tokens",
    ],
  ],
  options: ["flavor", "quantize", "bake", "dataDir", "checkpointDir", "backend"],
  positionals: [
    ["[CHECKPOINT]", "A .safetensors file, or a folder of checkpoints"],
    ["[DIR]", "The folder to make; it must not exist or be empty"],
  ],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { options, positionals } = context;
  const path = positionals[0] ?? options.checkpointDir ?? "checkpoints";
  const directory = positionals[1] ?? join("export", exportFolderName(new Date()));
  await exportCheckpoint(context, path, { directory, measure: true });
}

/** Longest document on which the exported model is compared with the trainer's. */
const COMPARED_TOKENS = 64;
/** Tokens of held-out proofs on which the loss of quantization is measured, at most. */
const MEASURED_TOKENS = 4096;

/**
 * Export and verify; what is found is printed.
 *
 * @param target.measure whether to measure the loss of an int8 export on the proofs of --data-dir
 * @throws {DataError} when a check fails
 */
export async function exportCheckpoint(
  context: CommandContext,
  path: string,
  target: { directory: string; measure: boolean },
): Promise<ExportResult> {
  const { flavor = "acorn", quantize = "none", bake } = context.options;
  const form = {
    flavor,
    quantization: quantize,
    bake: bake === undefined ? null : bakeOf(bake),
  };
  const opened = await openCheckpoint(path);
  const { checkpoint: { model, parameters, step, train }, tokenizer } = opened;
  context.notice("info", `exporting ${opened.path} (step ${step})`);
  using backend = await openBackend(await backendOf(context, "inference"));
  const gpt = new Gpt(backend, model);
  gpt.load(parameters);
  const measured = quantize === "int8" && target.measure ? await measuredText(context, opened) : null;
  const rng = new Rng(train.seed, "export");
  const tokens = Int32Array.from(
    { length: Math.min(COMPARED_TOKENS, model.contextLength) },
    () => rng.below(model.vocabSize),
  );
  const result = await exportModel({
    ...form,
    config: model,
    parameters,
    tokenizerJson: tokenizer.toJson(),
    directory: target.directory,
    comparison: { tokens, logitsOf: (document) => gpt.logits(document) },
    ...(measured === null ? {} : { measured }),
    producerVersion: VERSION,
    signal: context.signal,
  });
  context.emit({ kind: "export", ...result }, describe(result));
  const failed = await reportChecks(context, result.directory);
  if (failed > 0) throw new DataError(`The exported folder fails ${failed} checks`);
  return result;
}

function bakeOf(text: string): BakedSampling {
  try {
    return parseBakedSampling(text);
  } catch (cause) {
    throw new UsageError(`--bake: ${(cause as Error).message}`, {
      cause,
      hint: "Give temperature, min-p or both, as in --bake temperature=0.5,min-p=0.05.",
    });
  }
}

/** Held-out proofs in windows; null, and a notice, where there are no proofs. */
async function measuredText(
  context: CommandContext,
  { checkpoint, tokenizer }: CheckpointWithTokenizer,
): Promise<MeasuredText | null> {
  const { dataDir = "data/proofs" } = context.options;
  if (context.options.dataDir === undefined && !await isFolder(dataDir)) {
    context.notice(
      "warning",
      `what int8 costs is not measured: there are no proofs in "${dataDir}"`,
      "Name the folder of the proofs with --data-dir.",
    );
    return null;
  }
  const { files } = await readCorpus(context, dataDir);
  const { validation } = prepareData(files, tokenizer, checkpoint.train);
  const documents = evaluationSubset(validation, MEASURED_TOKENS);
  return {
    windows: documents.flatMap(({ tokens }) => scoringWindows(tokens, checkpoint.model.contextLength)),
    bytes: documents.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false; // whatever the reason, nothing can be read there
  }
}

function describe({ directory, files, nodeCount, difference, quantizationLoss, form }: ExportResult): string {
  const sizes = files.map(({ name, sizeBytes }) => `${name} ${formatBytes(sizeBytes)}`).join(", ");
  const { prompt, steps, divergence, argmaxAgreement, greedy } = difference!;
  const lines = [
    directory,
    `  ${sizes}; ${nodeCount} nodes (${form.operators} operators)`,
    `  largest difference from the trainer's logits: ${prompt.toExponential(1)} for a prompt at once, ` +
    `${steps.toExponential(1)} token by token`,
  ];
  if (form.quantization !== "int8") {
    lines.push(`  the same text as the trainer's after ${greedy.equalTexts} of ${greedy.prompts} prompts`);
  }
  if (form.bake !== null) lines.push(`  baked sampling: ${bakedSamplingText(form.bake)}`);
  if (form.quantization === "int8") {
    lines.push(
      `  divergence of the next token's distribution ${
        divergence.toExponential(1)
      } nats (at most ${DIVERGENCE_TOLERANCE}), ` +
        `the same likeliest token for ${formatPercent(argmaxAgreement)}`,
    );
  }
  if (quantizationLoss !== null) {
    const { trainedBitsPerByte, exportedBitsPerByte, loss, tokens } = quantizationLoss;
    lines.push(
      `  bits per byte on ${tokens} held-out tokens: ${trainedBitsPerByte.toFixed(4)} in float32, ` +
        `${exportedBitsPerByte.toFixed(4)} in int8: loss ${formatPercent(loss)} (at most ${
          formatPercent(LARGEST_QUANTIZATION_LOSS)
        }); ` +
        `divergence ${quantizationLoss.divergence.toExponential(1)} nats, the same likeliest token for ` +
        formatPercent(quantizationLoss.argmaxAgreement),
    );
  }
  return lines.join("\n");
}
