// Verification of an exported folder, whoever made it: its files (file_checks.ts), then the model in ONNX
// Runtime (model_checks.ts). A check that fails says what is wrong, and the rest goes on.
import { DataError, shortMessage } from "../errors.ts";
import { sha256Hex } from "../io/mod.ts";
import { quoted } from "../text_format.ts";
import {
  type ExportedConfig,
  parseExportedConfig,
  readExportedFile,
  readExportedText,
} from "../infer/exported_folder.ts";
import { takeTurns } from "../turns.ts";
import { OnnxSession } from "../infer/onnx_session.ts";
import { FILE_CHECKS, quantizesActivations, readModel, tokenizerSize } from "./file_checks.ts";
import { checkHashes } from "./file_hashes.ts";
import { modelChecks } from "./model_checks.ts";
import { PRODUCER } from "../onnx/graph_builder.ts";
import type { ModelProto } from "../onnx/schema.ts";

/** The outcome of one check. */
export interface FolderCheck {
  /** What was checked, as a statement that is true when `ok`. */
  readonly name: string;
  /** Whether it holds. */
  readonly ok: boolean;
  /** What was measured, or what is wrong. */
  readonly detail: string;
}

/**
 * Check an exported folder against everything that needs no checkpoint; what needs a model that cannot be
 * loaded is left out.
 * @param options.signal stops between two checks
 * @returns one entry a check, as soon as it is done
 * @throws the signal's reason when it is aborted; a bad folder is no exception but a failed check
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { verifyFolder } from "./mod.ts";
 *
 * const folder = await Deno.makeTempDir();
 * const failed: string[] = [];
 * for await (const { name, ok } of verifyFolder(folder)) if (!ok) failed.push(name);
 * // The folder is empty.
 * assertEquals(failed, ["config.json has the sizes", "tokenizer.json has the model's vocabulary"]);
 * await Deno.remove(folder);
 * ```
 */
export async function* verifyFolder(
  directory: string,
  { signal }: { signal?: AbortSignal } = {},
): AsyncGenerator<FolderCheck, void, void> {
  let [config, configJson] = [null as ExportedConfig | null, ""];
  yield await attempt("config.json has the sizes", async () => {
    configJson = await readExportedText(directory, "config.json");
    config = parseExportedConfig(configJson);
    const { vocabSize, contextLength, nLayers, nHeads, headDim } = config;
    const cache = `a cache of ${nLayers} layers of ${nHeads} heads of ${headDim}`;
    return `vocabulary ${vocabSize}, context ${contextLength}, ${cache}`;
  });
  yield await attempt("tokenizer.json has the model's vocabulary", async () => {
    const size = tokenizerSize(await readExportedText(directory, "tokenizer.json"));
    if (config !== null && size !== config.vocabSize) {
      throw new DataError(`tokenizer.json has ${size} tokens, config.json says ${config.vocabSize}`);
    }
    return `${size} tokens`;
  });
  if (config === null) return;

  const { modelFile } = config;
  let model = null as ModelProto | null;
  yield await attempt("model.onnx is an ONNX model", async () => {
    model = readModel(await readExportedFile(directory, modelFile));
    return [model.producerName || "unknown", model.producerVersion].join(" ").trimEnd();
  });
  const named = ownMetadata(model);
  yield await attempt("every file has the sha256 in config.json", async () => {
    const found = await checkHashes(directory, { text: configJson, modelFile });
    if (found !== null) return found;
    if (named.tokenizer_sha256 !== undefined) throw new DataError("config.json has lost its digests");
    return "there are no digests, as in folders of other programs: a changed bit may go unnoticed";
  });
  if (model === null) return;
  yield await attempt("the model's metadata agree with its files", async () => {
    const tokenizer_sha256 = sha256Hex(await readExportedFile(directory, "tokenizer.json"));
    const files: Record<string, unknown> = { ...JSON.parse(configJson), tokenizer_sha256 };
    const both = Object.keys(named).filter((key) => Object.hasOwn(files, key));
    const wrong = both.filter((key) => String(files[key]) !== named[key])
      .map((key) => `${key} is ${quoted(named[key])} in the model, ${quoted(files[key])} beside it`);
    if (wrong.length > 0) throw new DataError(wrong.join("; "));
    return both.join(", ") || "they name nothing to compare";
  });
  const known = model;
  for (const [name, check] of FILE_CHECKS) yield await attempt(name, () => check(known));

  let opened = null as OnnxSession | null;
  const check = await attempt("model.onnx has the inputs and outputs", async () => {
    opened = await OnnxSession.open(directory);
    if (opened.shapeProblems.length > 0) throw new DataError(opened.shapeProblems.join("; "));
    const names = "names, types and shapes are as config.json says";
    return opened.masked ? `${names}; with attention_mask: for transformers, not for the prover` : names;
  });
  await using session = opened;
  yield check;
  if (session === null) return;
  const quantizedActivations = quantizesActivations(known);
  for (const [name, check] of modelChecks(session)) {
    await takeTurns(signal);
    yield await attempt(name, () => check({ session, quantizedActivations }));
  }
}

/** What a model of this program's says of itself; other programs' names may mean something else. */
function ownMetadata(model: ModelProto | null): Record<string, string | undefined> {
  if (model?.producerName !== PRODUCER) return {};
  return Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
}

async function attempt(name: string, check: () => string | Promise<string>): Promise<FolderCheck> {
  try {
    return { name, ok: true, detail: await check() };
  } catch (error) {
    return { name, ok: false, detail: shortMessage(error instanceof Error ? error.message : String(error)) };
  }
}
