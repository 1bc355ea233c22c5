/**
 * An exported folder (model.onnx, config.json) as a language model: tokens and cache in, logits and grown cache out, any batch size. It is
 * how the prover runs it, only in onnxruntime-web; a model of another flavor is run as transformers do, without padding. {@linkcode OnnxDecoder} (onnx_decoder.ts) keeps the cache for you.
 */
import { DataError } from "../errors.ts";
import { type ExportedConfig, readExportedConfig } from "./exported_config.ts";
import { exportedFile, FOLDER_HINT, readExportedFile } from "./exported_file.ts";
import { OrtSession, type OrtTensor, type OrtValueInfo } from "./ort.ts";

/** Keys and values of each layer, (B, heads, length, head_dim) float32. */
export interface KeyValueCache {
  /** Rows B. */
  readonly batch: number;
  /** Entries a layer, the same in all. */
  readonly length: number;
  /** One entry a layer. */
  readonly layers: readonly { readonly key: Float32Array; readonly value: Float32Array }[];
}

/** What one run gives. */
export interface OnnxOutput {
  /** (B, S, V) float32. */
  readonly logits: Float32Array;
  /** The cache with S more entries. */
  readonly cache: KeyValueCache;
}

/** An exported model, loaded. */
export class OnnxSession implements AsyncDisposable {
  /** The sizes in config.json. */
  readonly config: ExportedConfig;
  /** Where declared shapes are narrower than the contract, in words; the model may still run with what they allow. */
  readonly shapeProblems: readonly string[];
  readonly #session: OrtSession;
  readonly #masked: boolean;

  private constructor(config: ExportedConfig, session: OrtSession, shapeProblems: readonly string[]) {
    this.config = config;
    this.#session = session;
    this.shapeProblems = shapeProblems;
    this.#masked = isMasked(session);
  }

  /** Whether the model is told by attention_mask which entries are real, as transformers do; else a first entry of zeros is none. */
  get masked(): boolean {
    return this.#masked;
  }

  /**
   * Load an exported folder.
   *
   * @param folder its path, or its http(s) address
   * @param known its config.json, where it has been read
   * @throws {DataError} when a file is missing or unusable, or the model lacks an input or output, or has one of
   * another type
   */
  static async open(folder: string | URL, known?: ExportedConfig): Promise<OnnxSession> {
    const config = known ?? await readExportedConfig(folder);
    const session = await OnnxSession.#openModel(folder, config.modelFile);
    const { missing, shapes } = interfaceProblems(session, config);
    if (missing.length > 0) {
      await session[Symbol.asyncDispose]();
      throw new DataError(`The model in "${folder}" cannot be used: ${missing.join("; ")}`, {
        hint: FOLDER_HINT,
      });
    }
    return new OnnxSession(config, session, shapes);
  }

  static async #openModel(folder: string | URL, name: string): Promise<OrtSession> {
    const bytes = await readExportedFile(folder, name);
    try {
      return await OrtSession.open(bytes);
    } catch (cause) {
      const file = exportedFile(folder, name);
      throw new DataError(`ONNX Runtime cannot load "${file}": ${firstLine(cause)}`, {
        cause,
        hint: "The file may be damaged or cut short: copy or export it again.",
      });
    }
  }

  /** A cache of this many zero entries; 0 is the usual first one. */
  zeroCache(batch: number, length: number): KeyValueCache {
    const { nLayers, nHeads, headDim } = this.config;
    const zeros = (): Float32Array => new Float32Array(batch * nHeads * length * headDim);
    const layers = Array.from({ length: nLayers }, () => ({ key: zeros(), value: zeros() }));
    return { batch, length, layers };
  }

  /**
   * Run the model on S new tokens of each row of the batch.
   *
   * @param tokens (B, S) token ids, row after row
   * @param cache what the run before gave, or {@linkcode OnnxSession.zeroCache}; its batch is B
   * @param filling how many of the first entries of each row, cache included, are no text; only for a model that is {@linkcode masked}
   * @throws {RangeError} when there are no tokens, they do not fill the batch, or an id is outside the vocabulary
   * @throws {DataError} when the model fails, or gives outputs of the wrong size
   */
  async run(tokens: Int32Array, cache: KeyValueCache, filling?: readonly number[]): Promise<OnnxOutput> {
    const { vocabSize, nHeads, headDim } = this.config;
    const sequence = tokens.length / cache.batch;
    if (sequence < 1 || !Number.isInteger(sequence)) {
      throw new RangeError(`Cannot run ${tokens.length} tokens in a batch of ${cache.batch}`);
    }
    const outside = tokens.find((token) => token < 0 || token >= vocabSize);
    if (outside !== undefined) {
      throw new RangeError(`token ${outside} is outside the vocabulary of ${vocabSize}`);
    }

    const shape = [cache.batch, nHeads, cache.length, headDim];
    const feeds: Record<string, OrtTensor> = {
      input_ids: { shape: [cache.batch, sequence], data: BigInt64Array.from(tokens, BigInt) },
    };
    for (const [i, { key, value }] of cache.layers.entries()) {
      feeds[`past_key_values.${i}.key`] = { shape, data: key };
      feeds[`past_key_values.${i}.value`] = { shape, data: value };
    }
    const length = cache.length + sequence;
    if (this.#masked) {
      const places = Array.from(
        { length: cache.batch },
        (_, row) => Array.from({ length }, (_, i) => i - (filling?.[row] ?? 0)),
      );
      const tensor = (rows: number[][]): OrtTensor => ({
        shape: [cache.batch, rows[0]!.length],
        data: BigInt64Array.from(rows.flat(), BigInt),
      });
      feeds["attention_mask"] = tensor(places.map((row) => row.map((place) => place < 0 ? 0 : 1)));
      feeds["position_ids"] = tensor(
        places.map((row) => row.slice(cache.length).map((place) => Math.max(0, place))),
      );
    }
    const outputs = await this.#run(feeds);
    const present = presentName(this.#masked);
    const grown = [cache.batch, nHeads, length, headDim];
    const layers = cache.layers.map((_, i) => ({
      key: float32Output(outputs, `${present}.${i}.key`, grown),
      value: float32Output(outputs, `${present}.${i}.value`, grown),
    }));
    const logits = float32Output(outputs, "logits", [cache.batch, sequence, vocabSize]);
    return { logits, cache: { batch: cache.batch, length, layers } };
  }

  async #run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Map<string, OrtTensor>> {
    try {
      return await this.#session.run(feeds);
    } catch (cause) {
      throw new DataError(`ONNX Runtime cannot run the model: ${firstLine(cause)}`, { cause });
    }
  }

  /** Frees the runtime's session. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

/** How a model's inputs and outputs differ from what config.json promises: what makes it unusable, and what only limits it. */
interface InterfaceProblems {
  missing: string[];
  shapes: string[];
}

/** A wanted input or output; null is a free dimension. */
interface Wanted {
  name: string;
  type: string;
  shape: readonly (number | null)[];
}

function interfaceProblems(session: OrtSession, config: ExportedConfig): InterfaceProblems {
  const { vocabSize, nLayers, nHeads, headDim } = config;
  const masked = isMasked(session);
  const caches = (name: string): Wanted[] =>
    Array.from({ length: nLayers }, (_, i) => [`${name}.${i}.key`, `${name}.${i}.value`])
      .flat().map((name) => ({ name, type: "float32", shape: [null, nHeads, null, headDim] }));
  const inputs = [
    ...["input_ids", ...(masked ? ["attention_mask", "position_ids"] : [])]
      .map((name) => ({ name, type: "int64", shape: [null, null] })),
    ...caches("past_key_values"),
  ];
  const outputs = [
    { name: "logits", type: "float32", shape: [null, null, vocabSize] },
    ...caches(presentName(masked)),
  ];
  const problems: InterfaceProblems = { missing: [], shapes: [] };
  addProblems(problems, "input", session.inputs, inputs);
  addProblems(problems, "output", session.outputs, outputs);
  for (const { name } of session.inputs) {
    if (!inputs.some((wanted) => wanted.name === name)) problems.missing.push(`unknown input "${name}"`);
  }
  return problems;
}

function isMasked(session: OrtSession): boolean {
  return session.inputs.some(({ name }) => name === "attention_mask");
}

/** What the names of the cache's outputs begin with. */
function presentName(masked: boolean): string {
  return masked ? "present" : "present_key_values";
}

function addProblems(
  problems: InterfaceProblems,
  what: "input" | "output",
  infos: readonly OrtValueInfo[],
  wanted: readonly Wanted[],
): void {
  for (const { name, type, shape } of wanted) {
    const info = infos.find((info) => info.name === name);
    if (info === undefined) {
      problems.missing.push(`no ${what} "${name}"`);
    } else if (info.type !== type) {
      problems.missing.push(`${what} "${name}" is ${info.type}, expected ${type}`);
    } else if (!shapeFits(info.shape, shape)) {
      const names = shape.map((length) => length ?? "any").join(", ");
      problems.shapes.push(`${what} "${name}" has the shape (${info.shape.join(", ")}), expected (${names})`);
    }
  }
}

/** A free dimension must be free; where a length is wanted, that length or a free one will do. An unknown shape (empty) fits. */
function shapeFits(shape: readonly (number | string)[], wanted: readonly (number | null)[]): boolean {
  if (shape.length === 0) return true;
  return shape.length === wanted.length &&
    wanted.every((length, i) => typeof shape[i] === "string" || shape[i] === length);
}

function float32Output(
  outputs: Map<string, OrtTensor>,
  name: string,
  shape: readonly number[],
): Float32Array {
  const output = outputs.get(name);
  if (output === undefined || !(output.data instanceof Float32Array)) {
    throw new DataError(`The model gives no float32 output "${name}"`);
  }
  if (output.shape.join() !== shape.join()) {
    throw new DataError(
      `Output "${name}" has the shape (${output.shape.join(", ")}), expected (${shape.join(", ")})`,
    );
  }
  return output.data;
}

/** The runtime's messages are long; the first line says what happened. */
function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n", 1)[0]!;
}
