// An exported folder as a language model: tokens and cache in, logits and grown cache out, any batch size, as
// the prover runs it (a model of another flavor: as transformers do). onnx_decoder.ts keeps the cache.
import { DamagedError } from "../errors.ts";
import type { ExportedConfig } from "./exported_folder.ts";
import { exportedFile, FOLDER_HINT, readExportedConfig, readExportedFile } from "./exported_folder.ts";
import { OrtSession, type OrtTensor, type OrtValueInfo } from "./ort.ts";

/** Keys and values of each layer, (batch, heads, length, head_dim) float32. */
export interface KeyValueCache {
  readonly batch: number;
  readonly length: number;
  readonly layers: readonly { readonly key: Float32Array; readonly value: Float32Array }[];
}

/** An exported model, loaded. */
export class OnnxSession implements AsyncDisposable {
  /** Whether attention_mask tells which entries are real; else a first entry of zeros is none. */
  readonly masked: boolean;

  private constructor(
    readonly config: ExportedConfig,
    readonly session: OrtSession,
    /** Where declared shapes are narrower than the contract, in words; the model may still run. */
    readonly shapeProblems: readonly string[],
  ) {
    this.masked = isMasked(session);
  }

  /** Load an exported folder. @throws {DataError} for what is missing or unusable */
  static async open(folder: string | URL): Promise<OnnxSession> {
    const config = await readExportedConfig(folder);
    return await this.load(folder, { config, bytes: await readExportedFile(folder, config.modelFile) });
  }

  /** The same of files that were read. */
  static async load(
    folder: string | URL,
    { config, bytes }: { config: ExportedConfig; bytes: Uint8Array },
  ): Promise<OnnxSession> {
    const session = await OrtSession.open(bytes).catch((cause) => {
      const file = exportedFile(folder, config.modelFile);
      throw new DamagedError(`ONNX Runtime cannot load "${file}": ${shortMessage(cause)}`, {
        cause,
        hint: "The file may be damaged or cut short: copy or export it again.",
      });
    });
    const { missing, shapes } = interfaceProblems(session, config);
    if (missing.length === 0) return new OnnxSession(config, session, shapes);
    await session[Symbol.asyncDispose]();
    throw new DamagedError(`The model in "${folder}" cannot be used: ${missing.join("; ")}`, {
      hint: FOLDER_HINT,
    });
  }

  /** A cache of this many zero entries; 0 is the usual first one. */
  zeroCache(batch: number, length: number): KeyValueCache {
    const { nLayers, nHeads, headDim } = this.config;
    const zeros = (): Float32Array => new Float32Array(batch * nHeads * length * headDim);
    const layers = Array.from({ length: nLayers }, () => ({ key: zeros(), value: zeros() }));
    return { batch, length, layers };
  }

  /**
   * Run the model on tokens (batch, S), row after row: logits (batch, S, V), and a cache with S more entries.
   * In masked models the first `filling` entries of each row, cache included, are no text.
   */
  async run(
    tokens: Int32Array,
    cache: KeyValueCache,
    filling?: readonly number[],
  ): Promise<{ logits: Float32Array; cache: KeyValueCache }> {
    const { vocabSize, nHeads, headDim } = this.config;
    const { batch } = cache;
    const sequence = tokens.length / batch;
    if (sequence < 1 || !Number.isInteger(sequence)) {
      throw new RangeError(`Cannot run ${tokens.length} tokens in a batch of ${batch}`);
    }
    const outside = tokens.find((token) => token < 0 || token >= vocabSize);
    if (outside !== undefined) {
      throw new RangeError(`token ${outside} is outside the vocabulary of ${vocabSize}`);
    }
    const length = cache.length + sequence;
    const feeds: Record<string, OrtTensor> = { input_ids: int64([batch, sequence], tokens) };
    if (this.masked) {
      const placeOf = (i: number): number => i % length - (filling?.[Math.floor(i / length)] ?? 0);
      const places = Array.from({ length: batch * length }, (_, i) => placeOf(i));
      const fresh = places.filter((_, i) => i % length >= cache.length);
      feeds["attention_mask"] = int64([batch, length], places.map((place) => place < 0 ? 0 : 1));
      feeds["position_ids"] = int64([batch, sequence], fresh.map((place) => Math.max(0, place)));
    }
    const shape = [batch, nHeads, cache.length, headDim];
    for (const [i, { key, value }] of cache.layers.entries()) {
      feeds[`past_key_values.${i}.key`] = { shape, data: key };
      feeds[`past_key_values.${i}.value`] = { shape, data: value };
    }
    const outputs = await this.session.run(feeds).catch((cause) => {
      throw new DamagedError(`ONNX Runtime cannot run the model: ${shortMessage(cause)}`, { cause });
    });
    const present = presentName(this.masked);
    const grown = [batch, nHeads, length, headDim];
    const layers = cache.layers.map((_, i) => ({
      key: float32Output(outputs, `${present}.${i}.key`, grown),
      value: float32Output(outputs, `${present}.${i}.value`, grown),
    }));
    const logits = float32Output(outputs, "logits", [batch, sequence, vocabSize]);
    return { logits, cache: { batch, length, layers } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

/** A wanted input or output; null is a free dimension. */
type Wanted = readonly [name: string, type: string, shape: readonly (number | null)[]];

/** How inputs and outputs differ from what config.json promises: unusable, or only limited. */
function interfaceProblems(
  session: OrtSession,
  { vocabSize, nLayers, nHeads, headDim }: ExportedConfig,
): { missing: string[]; shapes: string[] } {
  const masked = isMasked(session);
  const caches = (name: string): Wanted[] =>
    Array.from({ length: nLayers }, (_, i) => ["key", "value"].map((part) => `${name}.${i}.${part}`)).flat()
      .map((name) => [name, "float32", [null, nHeads, null, headDim]]);
  const ids = ["input_ids", ...(masked ? ["attention_mask", "position_ids"] : [])];
  const inputs = [...ids.map((name): Wanted => [name, "int64", [null, null]]), ...caches("past_key_values")];
  const outputs: Wanted[] = [["logits", "float32", [null, null, vocabSize]], ...caches(presentName(masked))];
  const [missing, shapes]: [string[], string[]] = [[], []];
  const compare = (what: string, infos: readonly OrtValueInfo[], [name, type, shape]: Wanted): void => {
    const info = infos.find((info) => info.name === name);
    if (info === undefined) missing.push(`no ${what} "${name}"`);
    else if (info.type !== type) missing.push(`${what} "${name}" is ${info.type}, expected ${type}`);
    else if (!shapeFits(info.shape, shape)) {
      const names = shape.map((length) => length ?? "any").join(", ");
      shapes.push(`${what} "${name}" has the shape (${info.shape.join(", ")}), expected (${names})`);
    }
  };
  for (const wanted of inputs) compare("input", session.inputs, wanted);
  for (const wanted of outputs) compare("output", session.outputs, wanted);
  for (const { name } of session.inputs) {
    if (!inputs.some(([known]) => known === name)) missing.push(`unknown input "${name}"`);
  }
  return { missing, shapes };
}

function isMasked(session: OrtSession): boolean {
  return session.inputs.some(({ name }) => name === "attention_mask");
}

/** What the names of the cache's outputs begin with. */
function presentName(masked: boolean): string {
  return masked ? "present" : "present_key_values";
}

/** A free dimension must be free; a length may be free, too. An unknown shape (empty) fits. */
function shapeFits(shape: readonly (number | string)[], wanted: readonly (number | null)[]): boolean {
  if (shape.length === 0) return true;
  return shape.length === wanted.length &&
    wanted.every((length, i) => typeof shape[i] === "string" || shape[i] === length);
}

function int64(shape: readonly number[], values: Int32Array | readonly number[]): OrtTensor {
  return { shape, data: BigInt64Array.from(values, BigInt) };
}

function float32Output(outputs: Map<string, OrtTensor>, name: string, shape: number[]): Float32Array {
  const output = outputs.get(name);
  if (!(output?.data instanceof Float32Array)) {
    throw new DamagedError(`The model gives no float32 output "${name}"`);
  }
  const [found, wanted] = [output.shape.join(", "), shape.join(", ")];
  if (found === wanted) return output.data;
  throw new DamagedError(`Output "${name}" has the shape (${found}), expected (${wanted})`);
}

/** The runtime's messages have several lines, and may go on for long. */
function shortMessage(error: unknown): string {
  const lines = String(error instanceof Error ? error.message : error).trim().split(/\s*\n\s*/);
  return lines.join(" ").slice(0, 1000);
}
