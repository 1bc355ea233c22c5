// Writes an exported folder: model.onnx, tokenizer.json, config.json, and what else the flavor has. It
// appears whole or not at all (src/io/atomic_folder.ts), and only after it was compared with the trainer, if
// that is asked for; export_checkpoint.ts always asks.
import { resolve } from "@std/path";
import type { ModelConfig } from "../config.ts";
import { DataError } from "../errors.ts";
import type { ScoredDocument } from "../evaluate/bits_per_byte.ts";
import { isPointerModel } from "../model/architecture.ts";
import { timeStamp } from "../text_format.ts";
import { Tokenizer } from "../tokenizer/mod.ts";
import { checkIsFree, FolderDraft, type FolderFile, sha256Hex } from "../io/mod.ts";
import { checkBakedSampling } from "./bake.ts";
import {
  compareWithTrainer,
  type TrainerComparison,
  type TrainerDifference,
} from "./compare_with_trainer.ts";
import { tokenizerSize } from "./file_checks.ts";
import { configWithHashes } from "./file_hashes.ts";
import { CARD_NAME, jsonFiles, modelFile } from "./flavors.ts";
import { gptGraph, type GraphForm, graphForm } from "./graph/gpt_graph.ts";
import { lineTables } from "./line_tables.ts";
import { encodeModel } from "../onnx/schema.ts";
import { bakedText } from "./model_card.ts";
import { measureQuantizationLoss, type QuantizationLoss } from "./quantization_loss.ts";

/** What is exported, in which form, and where to. */
export interface ExportOptions extends Partial<GraphForm> {
  /** The model's sizes and architecture. */
  config: ModelConfig;
  /** Flat, in the parameter table's order, float32. */
  parameters: Float32Array;
  /** Content of the tokenizer.json that the model was trained with; written as it is. */
  tokenizerJson: string;
  /** The folder to make; it must not exist, or be empty. */
  directory: string;
  /** When given, the folder appears only if its logits agree with these. */
  comparison?: Omit<TrainerComparison, "bake" | "tables">;
  /** With `comparison`: on these documents quantization must not cost too much. */
  measured?: readonly Pick<ScoredDocument, "tokens" | "bytes">[];
  /** Text of README.md, which no digest covers. Default: none, but for a baked folder. */
  card?: string;
  /** Stops between two files; nothing is left behind. */
  signal?: AbortSignal;
}

/** What was written. */
export interface ExportResult {
  /** The folder, as it was given. */
  readonly directory: string;
  /** Names and sizes of its files. */
  readonly files: readonly { readonly name: string; readonly sizeBytes: number }[];
  /** Nodes of the graph before any runtime's optimizations. */
  readonly nodeCount: number;
  /** Null when no comparison was asked for. */
  readonly difference: TrainerDifference | null;
  /** Null when nothing was measured. */
  readonly quantizationLoss: QuantizationLoss | null;
  /** The graph's form, defaults filled in. */
  readonly form: GraphForm;
}

/** The name of an exported folder. @returns `tactics-YYYY-MM-DD-HH-MM-SS`, in local time */
export function exportFolderName(date: Date): string {
  return `tactics-${timeStamp(date)}`;
}

/**
 * Export a model.
 * @throws {DataError} when the tokenizer does not fit, the folder is not empty or cannot be written, or the
 * exported model differs from the trainer's
 * @throws {RangeError} when the parameters' length is not the configuration's
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import * as tactics from "../../mod.ts";
 *
 * const folder = await Deno.makeTempDir();
 * const tokenizer = tactics.trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
 * const sizes = { vocabSize: 258, contextLength: 32, dModel: 16, nLayers: 1, nHeads: 2, dMlp: 32 };
 * const config = { ...tactics.DEFAULT_MODEL_CONFIG, ...sizes };
 * const { directory, files } = await tactics.exportModel({
 *   config,
 *   parameters: tactics.initialParameters(config, 42),
 *   tokenizerJson: tokenizer.toJson(),
 *   directory: `${folder}/model`,
 * });
 * assertEquals(files.map(({ name }) => name), ["model.onnx", "tokenizer.json", "config.json"]);
 * for await (const { ok, detail } of tactics.verifyFolder(directory)) assert(ok, detail);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function exportModel(options: ExportOptions): Promise<ExportResult> {
  const { config, parameters, tokenizerJson, directory, comparison, measured, signal } = options;
  const form = graphForm(options);
  if (form.bake !== null) checkBakedSampling(form.bake);
  checkTokenizer(tokenizerJson, config);
  checkLines(form, config);
  await checkIsFree(resolve(directory));
  const name = modelFile(form.flavor, form.quantization);
  const fileOf = (name: string, text: string): FolderFile => {
    return { name, bytes: new TextEncoder().encode(text) };
  };
  const tokenizer = fileOf("tokenizer.json", tokenizerJson);
  const tables = form.bake?.lines ? lineTables(Tokenizer.fromJson(tokenizerJson)) : null;
  const graph = { config, parameters, tokenizerSha256: sha256Hex(tokenizer.bytes), tables, ...form };
  const model = gptGraph(graph);
  const weights = { name, bytes: encodeModel(model) };
  const { "config.json": keys, ...others } = jsonFiles(config, form);
  const json = Object.entries(others)
    .map(([name, content]) => fileOf(name, JSON.stringify(content, null, 2) + "\n"));
  const configJson = fileOf("config.json", configWithHashes(keys!, [weights, tokenizer, ...json]));
  const card = options.card ?? (form.bake === null ? "" : bakedText(form.bake).trimStart());
  const texts = [tokenizer, configJson, ...json, ...card === "" ? [] : [fileOf(CARD_NAME, card)]];
  const files = [weights, ...texts];

  await using draft = new FolderDraft(directory);
  let difference: TrainerDifference | null = null;
  let quantizationLoss: QuantizationLoss | null = null;
  if (comparison !== undefined && (form.bake !== null || measured !== undefined)) {
    // What is baked in hides what the weights say, so these are checked, and their loss measured, without it.
    const whole = form.bake === null ? weights.bytes : encodeModel(gptGraph({ ...graph, bake: null }));
    await draft.write([{ name, bytes: whole }, ...texts], signal);
    const { logitsOf } = comparison;
    if (measured !== undefined) {
      quantizationLoss = await measureQuantizationLoss(draft.path, { logitsOf, documents: measured, signal });
    }
    if (form.bake !== null) await compareWithTrainer(draft.path, comparison);
  }
  await draft.write(files, signal);
  if (comparison !== undefined) {
    difference = await compareWithTrainer(draft.path, { ...comparison, bake: form.bake, tables });
  }
  signal?.throwIfAborted();
  await draft.publish();
  return {
    directory,
    files: files.map(({ name, bytes }) => ({ name, sizeBytes: bytes.length })),
    nodeCount: model.graph.node.length,
    difference,
    quantizationLoss,
    form,
  };
}

/** @throws {RangeError} when the graph cannot know the tokens of a line */
function checkLines({ bake, flavor }: GraphForm, config: ModelConfig): void {
  if (!bake?.lines || flavor === "acorn" && isPointerModel(config)) return;
  throw new RangeError(
    "`lines` is baked only into a pointer model of the flavor acorn, whose cache has the tokens",
  );
}

function checkTokenizer(json: string, { vocabSize }: ModelConfig): void {
  const hint = "Export with the tokenizer.json that the model was trained with.";
  const refuse = (reason: string, cause?: unknown): DataError =>
    new DataError(`Cannot export: the tokenizer ${reason}`, { cause, hint });
  let size: number;
  try {
    size = tokenizerSize(json);
  } catch (cause) {
    throw refuse(`is unusable: ${(cause as Error).message}`, cause);
  }
  if (size !== vocabSize) throw refuse(`has ${size} tokens, the model ${vocabSize}`);
}
