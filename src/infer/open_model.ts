// A trained model: checkpoints and exported folders on our own kernels, also in a web page; folders with a
// graph that is not ours, or was changed, or computes in 8 bits in ONNX Runtime.
import { fromFileUrl, join } from "@std/path";
import { type BackendChoice, chooseBackend, openBackend } from "../backend/choose.ts";
import type { CheckpointWithTokenizer, OpenCheckpointOptions } from "../checkpoint/mod.ts";
import { openCheckpoint } from "../checkpoint/mod.ts";
import { DamagedError } from "../errors.ts";
import { sha256Hex } from "../io/mod.ts";
import { Gpt } from "../model/gpt.ts";
import { Tokenizer } from "../tokenizer/mod.ts";
import type { ExportedConfig } from "./exported_folder.ts";
import { exportedFile, readExportedConfig, readExportedFile } from "./exported_folder.ts";
import { type ExportedWeights, exportedWeights } from "./exported_weights.ts";
import { GptDecoder } from "./gpt_decoder.ts";
import { LanguageModel } from "./language_model.ts";
import { OnnxDecoder } from "./onnx_decoder.ts";
import { OnnxSession } from "./onnx_session.ts";

/** What is at a place, before its weights are loaded to compute with. */
export type FoundModel =
  | { readonly kind: "checkpoint" } & CheckpointWithTokenizer
  | {
    readonly kind: "exported";
    /** The folder, as it was named. */
    readonly path: string;
    readonly config: ExportedConfig;
    readonly tokenizer: Tokenizer;
  };

/** Options of {@linkcode openModel}. */
export interface OpenModelOptions extends OpenCheckpointOptions {
  /** Computes for a checkpoint. Default: wasm. */
  readonly backend?: BackendChoice;
}

/**
 * Open a model, to be disposed of: a .safetensors file, a folder of checkpoints (its best one), an exported
 * folder, or the http(s) address of one; in a web page always an address, perhaps relative to the page.
 *
 * @throws {DataError} when there is no model or no tokenizer, or they are damaged or do not fit
 */
export async function openModel(place: string | URL, options: OpenModelOptions = {}): Promise<LanguageModel> {
  const found = await findModel(place, options);
  const { path: source, tokenizer } = found;
  let weights: Pick<ExportedWeights, "config" | "parameters"> & Partial<ExportedWeights>;
  if (found.kind === "checkpoint") {
    weights = { config: found.checkpoint.model, parameters: found.checkpoint.parameters };
  } else {
    const bytes = await readExportedFile(place, found.config.modelFile);
    const exported = exportedWeights(bytes, found.config);
    if (exported === null) {
      const session = await OnnxSession.load(place, { config: found.config, bytes });
      return new LanguageModel(new OnnxDecoder(session), tokenizer, { source });
    }
    weights = exported;
  }
  const backend = await openBackend(options.backend ?? await chooseBackend("wasm"));
  const { config, parameters, tokenTable = null } = weights;
  const gpt = new Gpt(backend, config, { tokenTable });
  gpt.load(parameters);
  return new LanguageModel(new GptDecoder(gpt), tokenizer, { source, backend });
}

/** What a place holds, as {@linkcode openModel} finds it; of an exported folder, without the weights. */
export async function findModel(place: string | URL, options?: OpenCheckpointOptions): Promise<FoundModel> {
  const file = exportedFile(place, "config.json");
  if (typeof file === "string") {
    const folder = place instanceof URL ? fromFileUrl(place) : place;
    const isExported = await isFile(file) || await isFile(join(folder, "model.onnx"));
    if (!isExported) return { kind: "checkpoint", ...await openCheckpoint(folder, options) };
  }
  const config = await readExportedConfig(place);
  const bytes = await readExportedFile(place, "tokenizer.json");
  const tokenizer = Tokenizer.fromBytes(bytes, `"${exportedFile(place, "tokenizer.json")}"`);
  if (tokenizer.vocabularySize !== config.vocabSize) {
    throw new DamagedError(
      `The model in "${place}" has ${config.vocabSize} tokens, its tokenizer ${tokenizer.vocabularySize}`,
      { hint: "tokenizer.json must be the one that the model was trained with: export the model again." },
    );
  }
  if ((config.tokenizerSha256 ?? sha256Hex(bytes)) !== sha256Hex(bytes)) {
    throw new DamagedError(
      `The model in "${place}" was trained with another tokenizer.json than the one there`,
      { hint: "Put the tokenizer.json that was exported with the model back, or export the model again." },
    );
  }
  return { kind: "exported", path: String(place), config, tokenizer };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false; // opening it as a checkpoint says why
  }
}
