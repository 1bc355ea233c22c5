/**
 * The part of an exported folder's config.json that whoever runs the model needs; the prover reads the same five numbers. src/export writes
 * the file; folders made by other programs are read just so.
 */
import { DataError } from "../errors.ts";
import { exportedFile, FOLDER_HINT, readExportedFile } from "./exported_file.ts";

/** Where the model is, and the sizes that fix the shapes of tokens, logits and cache. */
export interface ExportedConfig {
  /** Number of tokens V. */
  readonly vocabSize: number;
  /** Longest document in tokens the model was trained on. */
  readonly contextLength: number;
  /** Layers of the cache, each with keys and values: one a block, and one more where a model has a pointer. */
  readonly nLayers: number;
  /** Number of attention heads H. */
  readonly nHeads: number;
  /** Width D of a head. */
  readonly headDim: number;
  /** Path of the model inside the folder. */
  readonly modelFile: string;
}

/** Largest value that is believed: sizes are multiplied to allocate caches. */
const MAX_SIZE = 1 << 24;

/** Read the config.json of a folder. @throws {DataError} when it cannot be read, or as {@linkcode parseExportedConfig} does */
export async function readExportedConfig(folder: string | URL): Promise<ExportedConfig> {
  const text = new TextDecoder().decode(await readExportedFile(folder, "config.json"));
  return parseExportedConfig(text, `"${exportedFile(folder, "config.json")}"`);
}

/**
 * Check the text of a config.json.
 *
 * @param text the file's content
 * @param source what errors call the file
 * @throws {DataError} when it is no JSON object, or one of the five numbers is missing or no positive integer; the message names them all. Also
 * when it names a model outside the folder
 */
export function parseExportedConfig(text: string, source = "config.json"): ExportedConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${source} is not JSON: ${(cause as Error).message}`, { cause, hint: FOLDER_HINT });
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new DataError(`${source} must be a JSON object`, { hint: FOLDER_HINT });
  }
  const problems: string[] = [];
  const size = (key: string): number => {
    const value = (json as Record<string, unknown>)[key];
    if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= MAX_SIZE) return value;
    problems.push(`${key} is ${value === undefined ? "missing" : JSON.stringify(value)}`);
    return 0;
  };
  const { model_file: modelFile = "model.onnx" } = json as { model_file?: unknown };
  if (typeof modelFile !== "string" || !/^(?!\.)[\w.-]+(\/(?!\.)[\w.-]+)*$/.test(modelFile)) {
    problems.push(`model_file is ${JSON.stringify(modelFile)}, no path inside the folder`);
  }
  const config = {
    modelFile: modelFile as string,
    vocabSize: size("vocab_size"),
    contextLength: size("context_length"),
    nLayers: size("n_layers"),
    nHeads: size("n_heads"),
    headDim: size("head_dim"),
  };
  if (problems.length > 0) {
    throw new DataError(`${source} needs positive integers up to ${MAX_SIZE}: ${problems.join(", ")}`, {
      hint: FOLDER_HINT,
    });
  }
  return config;
}
