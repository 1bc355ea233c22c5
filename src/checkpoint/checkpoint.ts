// Checkpoints: one safetensors file with the parameters under their names, the optimizers' moments behind
// `optimizer.m.` and `optimizer.v.`, and metadata: the configuration, the step, the place in the data and
// digests. A file is a function of the run's seed, data and options (the backend is one) and of how the
// machine rounds `a * b + c` alone: no dates, no names, no number of workers.
import { type ModelConfig, readRecordedConfig, type TrainConfig } from "../config.ts";
import { CheckpointError, DataError } from "../errors.ts";
import {
  encodeSafeTensors,
  isRecord,
  openRegularFile,
  readSafeTensorsHeader,
  readTensor,
  type RegularFile,
  type SafeTensor,
  type SafeTensorEntry,
  sha256Hex,
  tensorBytes,
  writeFileAtomic,
  type WriteOptions,
} from "../io/mod.ts";
import { isHiddenMatrix, type ParameterSpec, parameterTable } from "../model/parameters.ts";

/** The best evaluation of a run so far. */
export interface BestEvaluation {
  /** Steps done before it. */
  readonly step: number;
  /** Mean loss of a predicted token, in nats. */
  readonly loss: number;
  /** Bits a UTF-8 byte of the scored documents. */
  readonly bitsPerByte: number;
}

/** Everything that is needed to go on, or to use the model. */
export interface Checkpoint {
  /** The model's sizes. */
  readonly model: ModelConfig;
  /** The run's options, with `steps` fixed. */
  readonly train: TrainConfig & { steps: number };
  /** Optimizer steps done. */
  readonly step: number;
  /** Flat, in the parameter table's order. */
  readonly parameters: Float32Array;
  /** AdamW's first moments and Muon's momenta, flat like the parameters. */
  readonly m: Float32Array;
  /** AdamW's second moments, flat like the parameters; 0 for what Muon updates, and not in the file. */
  readonly v: Float32Array;
  /** Where ranks make steps alone (`syncEvery`): the momentum of the outer step, flat like the parameters. */
  readonly outer?: Float32Array;
  /** sha256 of the tokenizer.json that the tokens come from. */
  readonly tokenizerSha256: string;
  /** sha256 that names the split. */
  readonly splitHash: string;
  /** The run's best evaluation; null before the first one. */
  readonly best: BestEvaluation | null;
  /** Evaluations since then: early stopping counts them. */
  readonly evaluationsWithoutGain: number;
  /** The run was interrupted in the evaluation after this step: it is to be made again. */
  readonly evaluationDue?: boolean;
  /** What computed the last steps, see recordedBackend() of src/backend/choose.ts. */
  readonly backend: string;
  /** How that rounds `a * b + c`, where it is known: see recordedMultiplyAdd() of src/backend/choose.ts. */
  readonly multiplyAdd?: string;
}

/** What a checkpoint's header says: everything but its vectors. */
export type CheckpointInfo = Omit<Checkpoint, "parameters" | "m" | "v" | "outer">;

type Configs = Pick<Checkpoint, "model" | "train">;

const FORMAT = "tactics-checkpoint";
/** What is written, and what is read: version 1 hashed the tensors' bytes alone, in the file's order. */
const [VERSION, READ_VERSIONS] = ["2", ["1", "2"]];

/** A tensor of pointer models while their copies had a layer of their own. */
const FORMER_POINTER = "blocks.0.norm2.weight";

/**
 * Write a checkpoint, whole or not at all, replacing a file that is there. Nobody may change its vectors,
 * which may lie in shared memory, meanwhile. @throws {DataError} when it cannot be written
 */
export async function saveCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  options: WriteOptions = {},
): Promise<void> {
  const tensors = new Map<string, SafeTensor>(
    storedTensors(checkpoint).map(({ key, vector, shape, offset, size }) => {
      const values = checkpoint[vector];
      if (values === undefined) throw new Error(`internal: a checkpoint of this run has ${vector}`);
      return [key, { shape, data: values.subarray(offset, offset + size) }];
    }),
  );
  const metadata: Record<string, string> = {
    format: FORMAT,
    version: VERSION,
    config: JSON.stringify({ ...checkpoint.model, ...checkpoint.train }),
    step: String(checkpoint.step),
    sequencesConsumed: String(checkpoint.step * checkpoint.train.batchSize),
    tokenizerSha256: checkpoint.tokenizerSha256,
    splitHash: checkpoint.splitHash,
    best: JSON.stringify(checkpoint.best),
    evaluationsWithoutGain: String(checkpoint.evaluationsWithoutGain),
    backend: checkpoint.backend,
    ...checkpoint.evaluationDue && { evaluationDue: "true" },
    ...checkpoint.multiplyAdd !== undefined && { multiplyAdd: checkpoint.multiplyAdd },
    tensorsSha256: tensorsSha256(tensors),
  };
  metadata.metadataSha256 = metadataSha256(metadata);
  await writeFileAtomic(path, encodeSafeTensors({ metadata, tensors }), options);
}

/**
 * Read and check a checkpoint that {@linkcode saveCheckpoint} has written.
 * @throws {DataError} when the file cannot be read
 * @throws {CheckpointError} when it is no checkpoint of this version, or damaged: the reason and the way out
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  using file = await openRegularFile(path).catch((cause: Error) => {
    const reason = cause instanceof Deno.errors.NotFound ? "there is no such file" : cause.message;
    const hint = "Name a .safetensors file that `tactics train` has written.";
    throw new DataError(`Cannot load checkpoint "${path}": ${reason}`, { hint, cause });
  });
  const refuse = (reason: string, hint: string, cause?: unknown): CheckpointError =>
    new CheckpointError(`Cannot load checkpoint "${path}": ${reason}`, { hint, cause });
  const other = "Give another checkpoint, or train again with `tactics train`.";
  const { metadata, entries } = await readSafeTensorsHeader(file).catch((error: Error) => {
    throw refuse(error.message, `The file is damaged or no checkpoint. ${other}`, error);
  });
  if (metadata.format !== FORMAT) {
    throw refuse("it is a safetensors file, but not a checkpoint of this program", other);
  }
  const { version = "" } = metadata;
  if (!READ_VERSIONS.includes(version)) {
    const versions = `${version || "missing"}, this program reads ${READ_VERSIONS.join(" and ")}`;
    const hint = "Use the version of tactics that wrote it, or train again with `tactics train`.";
    throw refuse(`its format version is ${versions}`, hint);
  }
  const checkDigest = (what: string, actual: string, expected: string | undefined): void => {
    if (actual === expected) return;
    const digests = `${actual.slice(0, 12)}…, expected ${String(expected).slice(0, 12)}…`;
    throw refuse(`sha256 of its ${what} is ${digests}`, `The file is damaged. ${other}`);
  };
  checkDigest("metadata", metadataSha256(metadata), metadata.metadataSha256);
  try {
    const info = infoOf(metadata);
    if (info.model.architecture === "pointer" && entries.some(({ name }) => name === FORMER_POINTER)) {
      const hint = "Use the version of tactics that wrote it, or train again with `tactics train`.";
      throw refuse("it is a pointer model of before 30 November 2026, whose blocks were others", hint);
    }
    const { vectors, tensors } = await readTensors(file, entries, info);
    const digest = version === "1" ? sha256Hex(...tensorBytes(tensors)) : tensorsSha256(tensors);
    checkDigest("tensors", digest, metadata.tensorsSha256);
    const bad = vectors.parameters.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new SyntaxError(`parameter ${bad} is ${vectors.parameters[bad]}, not a finite number`);
    }
    return { ...info, ...vectors };
  } catch (error) {
    throw error instanceof CheckpointError ? error : refuse((error as Error).message, other, error);
  }
}

/** Steps done, from the header of a checkpoint file alone; -1 when it cannot be read. */
export async function readCheckpointStep(path: string): Promise<number> {
  try {
    using file = await openRegularFile(path);
    return parseCount("step", (await readSafeTensorsHeader(file)).metadata.step);
  } catch {
    return -1; // what is wrong with it is told when it is loaded
  }
}

/** What a checkpoint file's header says, tensors unread; null where it is damaged or no checkpoint's. */
export async function readCheckpointInfo(path: string): Promise<CheckpointInfo | null> {
  try {
    using file = await openRegularFile(path);
    const { metadata } = await readSafeTensorsHeader(file);
    const isWhole = metadata.format === FORMAT && metadataSha256(metadata) === metadata.metadataSha256;
    return isWhole ? infoOf(metadata) : null;
  } catch {
    return null; // what is wrong with it is told when it is loaded
  }
}

function infoOf(metadata: Readonly<Record<string, string>>): CheckpointInfo {
  return {
    ...parseConfig(metadata.config),
    step: parseCount("step", metadata.step),
    tokenizerSha256: metadata.tokenizerSha256 ?? "",
    splitHash: metadata.splitHash ?? "",
    best: parseBest(metadata.best),
    evaluationsWithoutGain: parseCount("evaluationsWithoutGain", metadata.evaluationsWithoutGain),
    backend: metadata.backend ?? "",
    ...metadata.evaluationDue === "true" && { evaluationDue: true },
    ...metadata.multiplyAdd !== undefined && { multiplyAdd: metadata.multiplyAdd },
  };
}

/** Of all entries but itself, in the order of their names. */
function metadataSha256(metadata: Readonly<Record<string, string>>): string {
  const entries = Object.entries(metadata).filter(([key]) => key !== "metadataSha256");
  entries.sort(([a], [b]) => a < b ? -1 : 1);
  return sha256Hex(new TextEncoder().encode(JSON.stringify(entries)));
}

/** Of all tensors in the order of their names: name, type and shape as a line of JSON, then the bytes. */
function tensorsSha256(tensors: ReadonlyMap<string, SafeTensor>): string {
  const sorted = [...tensors].sort(([a], [b]) => a < b ? -1 : 1);
  const line = (name: string, { shape }: SafeTensor): Uint8Array =>
    new TextEncoder().encode(`${JSON.stringify([name, "F32", shape])}\n`);
  return sha256Hex(...sorted.flatMap(([name, tensor]) => [
    line(name, tensor),
    ...tensorBytes(new Map([[name, tensor]])),
  ]));
}

function parseConfig(text = "{}"): Configs {
  const values: unknown = JSON.parse(text);
  if (!isRecord(values)) throw new SyntaxError("its configuration is not an object");
  // Version 1 calls the prover's form the client's; before 1 December 2026 all steps were made together.
  const { model, train } = readRecordedConfig({ proverForm: values.clientForm, syncEvery: null, ...values });
  if (train.steps === null) throw new SyntaxError("its configuration has no number of steps");
  return { model, train: { ...train, steps: train.steps } };
}

/** About the size of a checkpoint's file, in bytes: that of its tensors. */
export function checkpointBytes(configs: Pick<Checkpoint, "model" | "train">): number {
  return 4 * storedTensors(configs).reduce((sum, { size }) => sum + size, 0);
}

type Vectors =
  & Record<"parameters" | "m" | "v", Float32Array<ArrayBuffer>>
  & { outer?: Float32Array<ArrayBuffer> };

/** The tensors of a checkpoint in the file's order: what Muon updates has no second moments. */
function storedTensors({ model, train }: Configs) {
  const { specs } = parameterTable(model);
  const moments = train.optimizer === "muon" ? specs.filter((spec) => !isHiddenMatrix(spec)) : specs;
  const of = (vector: keyof Vectors, prefix: string, stored: readonly ParameterSpec[]) =>
    stored.map((spec) => ({ ...spec, vector, key: prefix + spec.name }));
  return [
    ...of("parameters", "", specs),
    ...of("m", "optimizer.m.", specs),
    ...of("v", "optimizer.v.", moments),
    ...train.syncEvery === null ? [] : of("outer", "optimizer.outer.", specs),
  ];
}

/** The tensors in the file's order, and the vectors that they are views of: 0 where none are stored. */
async function readTensors(
  file: RegularFile,
  entries: readonly SafeTensorEntry[],
  configs: Configs,
): Promise<{ vectors: Vectors; tensors: Map<string, SafeTensor> }> {
  const stored = new Map(storedTensors(configs).map((tensor) => [tensor.key, tensor]));
  const found = new Set(entries.map(({ name }) => name));
  for (const key of stored.keys()) {
    if (!found.has(key)) throw new SyntaxError(`the tensor "${key}" is missing`);
  }
  for (const { name, dtype, shape } of entries) {
    const what = `the tensor ${JSON.stringify(name)}`;
    const wanted = stored.get(name)?.shape;
    if (wanted === undefined) throw new SyntaxError(`${what} is none of its configuration's`);
    if (dtype !== "F32") throw new SyntaxError(`${what} is not float32`);
    if (shape.join() !== wanted.join()) {
      const shapes = `[${shape.join(", ")}], its configuration says [${wanted.join(", ")}]`;
      throw new SyntaxError(`${what} has shape ${shapes}`);
    }
  }
  const { size } = parameterTable(configs.model); // only now: the configuration could claim any
  const vector = (): Float32Array<ArrayBuffer> => new Float32Array(size);
  const hasOuter = configs.train.syncEvery !== null;
  const vectors: Vectors = {
    parameters: vector(),
    m: vector(),
    v: vector(),
    ...hasOuter && { outer: vector() },
  };
  const tensors = new Map<string, SafeTensor>();
  for (const entry of entries) {
    const { vector, offset, size } = stored.get(entry.name)!;
    const data = vectors[vector]!.subarray(offset, offset + size);
    await readTensor(file, entry, data);
    tensors.set(entry.name, { shape: entry.shape, data });
  }
  return { vectors, tensors };
}

function parseBest(text = "null"): BestEvaluation | null {
  const best: unknown = JSON.parse(text);
  if (best === null) return null;
  const { step, loss, bitsPerByte } = isRecord(best) ? best : {};
  if (typeof step === "number" && typeof loss === "number" && typeof bitsPerByte === "number") {
    return { step, loss, bitsPerByte };
  }
  throw new SyntaxError(`its best evaluation is ${text}, not a step with loss and bitsPerByte`);
}

function parseCount(name: string, text: string | undefined): number {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw new SyntaxError(`its ${name} is ${JSON.stringify(text)}, not a number`);
}
