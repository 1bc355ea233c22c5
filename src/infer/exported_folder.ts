// An exported folder from the disk or over HTTP: where its files are, and what its config.json says. In a web
// page every folder is an address; in Deno an http(s) address is fetched, anything else is a path.
import { fromFileUrl, join } from "@std/path";
import { MODEL_OPTIONS } from "../config.ts";
import { DamagedError, DataError } from "../errors.ts";
import { decodeUtf8, parseJson, readBounded, readStream } from "../io/mod.ts";
import { quoted } from "../text_format.ts";
import { MAX_TOKENIZER_BYTES } from "../tokenizer/mod.ts";

/** Where the model is, and the sizes that fix the shapes of tokens, logits and cache. */
export interface ExportedConfig {
  /** Number of tokens V. */
  readonly vocabSize: number;
  /** Longest document in tokens the model was trained on. */
  readonly contextLength: number;
  /** Layers of the cache: one a block (pointer models exported before 30 November 2026 have one more). */
  readonly nLayers: number;
  /** Number of attention heads H. */
  readonly nHeads: number;
  /** Width D of a head. */
  readonly headDim: number;
  /** Path of the model inside the folder. */
  readonly modelFile: string;
  /** sha256 of tokenizer.json, where the folder has it. */
  readonly tokenizerSha256?: string;
  /** The same of the model. */
  readonly modelSha256?: string;
}

/** Hint of the errors about a folder's content. */
export const FOLDER_HINT =
  "A folder made by `tactics export` has model.onnx, tokenizer.json and config.json.";

/** A path inside a folder. */
export const FILE_PATH = /^(?!\.)[\w.-]+(\/(?!\.)[\w.-]+)*$/;

/** Largest sizes that are believed, since they are multiplied to allocate caches: those of our own models. */
const { vocabSize, contextLength, nLayers, nHeads, dModel } = MODEL_OPTIONS;
const MOST = {
  vocab_size: vocabSize.max,
  context_length: contextLength.max,
  n_layers: nLayers.max + 1,
  n_heads: nHeads.max,
  head_dim: dModel.max,
} as const;

/** Largest files that are read; a runtime of 32 bits cannot hold more of a model. */
const MAX_BYTES = { "config.json": 1 << 20, "tokenizer.json": MAX_TOKENIZER_BYTES } as const;
const MAX_MODEL_BYTES = 2 ** 31 - 1;

export async function readExportedConfig(folder: string | URL): Promise<ExportedConfig> {
  const text = await readExportedText(folder, "config.json");
  return parseExportedConfig(text, `"${exportedFile(folder, "config.json")}"`);
}

/** Check the text of a config.json, which errors call `source`. @throws {DataError} that names all faults */
export function parseExportedConfig(text: string, source = "config.json"): ExportedConfig {
  let json: Record<string, unknown>;
  try {
    json = parseJson(text) as Record<string, unknown>;
  } catch (cause) {
    throw new DamagedError(`${source} is not JSON: ${(cause as Error).message}`, {
      cause,
      hint: FOLDER_HINT,
    });
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new DamagedError(`${source} must be a JSON object`, { hint: FOLDER_HINT });
  }
  const problems: string[] = [];
  const size = (key: keyof typeof MOST): number => {
    const value = json[key];
    if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= MOST[key]) return value;
    problems.push(`${key} is ${quoted(value)}, expected 1 to ${MOST[key]}`);
    return 0;
  };
  const modelFile = json.model_file ?? "model.onnx";
  if (typeof modelFile !== "string" || !FILE_PATH.test(modelFile)) {
    problems.push(`model_file is ${quoted(modelFile)}, no path inside the folder`);
  }
  const digests = json.sha256 as Record<string, unknown> | null | undefined;
  const [tokenizerSha256, modelSha256] = ["tokenizer.json", String(modelFile)].map((name) => digests?.[name]);
  const config = {
    ...typeof tokenizerSha256 === "string" && { tokenizerSha256 },
    ...typeof modelSha256 === "string" && { modelSha256 },
    modelFile: String(modelFile),
    vocabSize: size("vocab_size"),
    contextLength: size("context_length"),
    nLayers: size("n_layers"),
    nHeads: size("n_heads"),
    headDim: size("head_dim"),
  };
  const width = config.nHeads * config.headDim;
  if (width > dModel.max) problems.push(`n_heads times head_dim is ${width}, at most ${dModel.max}`);
  if (problems.length === 0) return config;
  throw new DamagedError(`${source} needs positive integers: ${problems.join("; ")}`, { hint: FOLDER_HINT });
}

/** @throws {DataError} that says why it cannot be read */
export async function readExportedFile(folder: string | URL, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const place = exportedFile(folder, name);
  const maxBytes = name in MAX_BYTES ? MAX_BYTES[name as keyof typeof MAX_BYTES] : MAX_MODEL_BYTES;
  if (place instanceof URL) return await fetchFile(place, maxBytes);
  return await readBounded(place, { maxBytes, hint: FOLDER_HINT });
}

/** The same of a text. @throws {DataError} when it is not UTF-8, too */
export async function readExportedText(folder: string | URL, name: keyof typeof MAX_BYTES): Promise<string> {
  const refuse = (reason: string): DamagedError =>
    new DamagedError(`Cannot read "${exportedFile(folder, name)}": ${reason}`, { hint: FOLDER_HINT });
  return decodeUtf8(await readExportedFile(folder, name), refuse);
}

/** Where a file of a folder is: a path on the disk, or an address. @throws {DataError} when it is none */
export function exportedFile(folder: string | URL, name: string): string | URL {
  const isAddress = folder instanceof URL || /^https?:/i.test(folder) || typeof Deno === "undefined";
  if (!isAddress) return join(folder, name);
  let url: URL;
  try {
    url = new URL(folder instanceof URL ? folder : new Request(folder).url); // relative to the page
  } catch (cause) {
    throw new DataError(`"${folder}" is not an address: ${(cause as Error).message}`, {
      cause,
      hint: "Give the address of an exported folder, such as https://example.org/model/.",
    });
  }
  // The address may or may not end with a slash; what follows a question mark goes with every file.
  url.pathname = url.pathname.replace(/\/?$/, "/") + name;
  return url.protocol === "file:" && typeof Deno !== "undefined" ? fromFileUrl(url) : url;
}

async function fetchFile(url: URL, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    response = await fetch(url);
    bytes = response.body === null ? new Uint8Array() : await readStream(response.body, maxBytes);
  } catch (cause) {
    throw new DataError(`Cannot fetch "${url}": ${(cause as Error).message}`, {
      cause,
      hint:
        "Check the address, and that its server runs. A page may read another site's files only where that " +
        "site allows it (CORS: it must send the header Access-Control-Allow-Origin).",
    });
  }
  if (response.ok) return bytes;
  const status = `${response.status} ${response.statusText}`.trimEnd();
  throw new DataError(`Cannot fetch "${url}": the server answers ${status}`, { hint: FOLDER_HINT });
}
