/**
 * Verification of an exported folder in ONNX Runtime: the rules that hold for every model, whoever exported it ({@linkcode verifyFolder}), and
 * the comparison with the trainer's own forward ({@linkcode compareWithTrainer}). A check that fails says what is wrong and the rest goes on.
 */
import { DataError } from "../errors.ts";
import { type ExportedConfig, parseExportedConfig } from "../infer/exported_config.ts";
import { type KeyValueCache, OnnxSession, readFile } from "../infer/onnx_session.ts";
import { Rng } from "../rng.ts";
import { tokenizerSize } from "./tokenizer_size.ts";

/** Largest difference of logits that is taken for rounding. */
export const LOGIT_TOLERANCE = 1e-4;
/** The same for the two kinds of first cache, relative to the largest logit where that is above 1. */
export const FIRST_CACHE_TOLERANCE = 1e-5;

/** The outcome of one check. */
export interface FolderCheck {
  /** What was checked, as a statement that is true when `ok`. */
  readonly name: string;
  readonly ok: boolean;
  /** What was measured, or what is wrong. */
  readonly detail: string;
}

/** Options of {@linkcode verifyFolder}. */
export interface VerifyOptions {
  signal?: AbortSignal;
}

/**
 * Check an exported folder against everything that needs no checkpoint. Later checks are left out when the model cannot be loaded.
 *
 * @throws {DOMException} when aborted; a bad folder is no exception but a failed check
 */
export async function* verifyFolder(
  directory: string,
  options: VerifyOptions = {},
): AsyncGenerator<FolderCheck, void, void> {
  const { signal } = options;
  let config: ExportedConfig | null = null;
  yield await attempt("config.json has the sizes", async () => {
    config = parseExportedConfig(await readText(directory, "config.json"));
    const { vocabSize, contextLength, nLayers, nHeads, headDim } = config;
    return `vocabulary ${vocabSize}, context ${contextLength}, ${nLayers} layers of ${nHeads} heads of ${headDim}`;
  });
  yield await attempt("tokenizer.json has the model's vocabulary", async () => {
    const size = tokenizerSize(await readText(directory, "tokenizer.json"));
    if (config !== null && size !== config.vocabSize) {
      throw new DataError(`tokenizer.json has ${size} tokens, config.json says ${config.vocabSize}`);
    }
    return `${size} tokens`;
  });
  if (config === null) return;

  let opened: OnnxSession | null = null;
  yield await attempt("model.onnx has the inputs and outputs", async () => {
    opened = await OnnxSession.open(directory);
    if (opened.shapeProblems.length > 0) throw new DataError(opened.shapeProblems.join("; "));
    return "names, types and shapes are as config.json says";
  });
  if (opened === null) return;
  await using session: OnnxSession = opened;
  for (const [name, check] of MODEL_CHECKS) {
    signal?.throwIfAborted();
    yield await attempt(name, () => check(session));
  }
}

/** What {@linkcode compareWithTrainer} compares with. */
export interface TrainerComparison {
  /** The trainer's forward: logits (T, V) of a document of T tokens. */
  logitsOf: (tokens: Int32Array) => Promise<Float32Array>;
  /** The document: at most the context length. */
  tokens: Int32Array;
}

/** Largest absolute differences between the exported model's logits and the trainer's. */
export interface TrainerDifference {
  /** The whole document in one call. */
  readonly prompt: number;
  /** One token a call. */
  readonly steps: number;
  /** The larger of the two. */
  readonly largest: number;
}

/**
 * Run an exported folder on a document, at once and token by token, and compare its logits with the trainer's.
 *
 * @throws {DataError} when a difference is {@linkcode LOGIT_TOLERANCE} or more, or no number
 */
export async function compareWithTrainer(
  directory: string,
  comparison: TrainerComparison,
): Promise<TrainerDifference> {
  const { logitsOf, tokens } = comparison;
  await using session = await OnnxSession.open(directory);
  const wanted = await logitsOf(tokens);
  const { logits } = await session.run(tokens, session.zeroCache(1, 0));
  const prompt = largestDifference(logits, wanted);
  const steps = largestDifference(await stepLogits(session, tokens, session.zeroCache(1, 0)), wanted);
  const largest = Math.max(prompt, steps);
  if (!(largest < LOGIT_TOLERANCE)) {
    throw new DataError(
      `The exported model differs from the trainer's: logits by ${format(prompt)} for the whole prompt, ${
        format(steps)
      }` +
        ` token by token, must be below ${format(LOGIT_TOLERANCE)}`,
    );
  }
  return { prompt, steps, largest };
}

/** A check returns what it measured, or throws what is wrong. */
type ModelCheck = (session: OnnxSession) => Promise<string>;

const MODEL_CHECKS: readonly (readonly [name: string, check: ModelCheck])[] = [
  ["the model runs with 0, 1 and 5 cached entries", runsWithCaches],
  ["logits are finite and not all zero", logitsAreFinite],
  ["the cache grows by the new rows", cacheGrows],
  ["one token at a time equals the whole prompt", stepsEqualPrompt],
  ["an empty and a zero first cache are the same", firstCachesAgree],
  ["the rows of a batch do not touch each other", batchRowsAreIndependent],
  ["the model goes on beyond its context length", goesOnBeyondContext],
];

async function runsWithCaches(session: OnnxSession): Promise<string> {
  for (const length of [0, 1, 5]) {
    for (const sequence of [1, 3]) {
      try {
        await session.run(someTokens(session, sequence), someCache(session, { batch: 1, length })); // checks the shapes
      } catch (cause) {
        const what = `${sequence} token${sequence === 1 ? "" : "s"} with ${length} cached`;
        throw new DataError(`${what}: ${(cause as Error).message}`, { cause });
      }
    }
  }
  return "one token and three, shapes as they should be";
}

async function logitsAreFinite(session: OnnxSession): Promise<string> {
  const { logits } = await session.run(someTokens(session, 8), session.zeroCache(1, 0));
  const bad = logits.findIndex((logit) => !Number.isFinite(logit));
  if (bad >= 0) throw new DataError(`logit ${bad} of 8 tokens is ${logits[bad]}`);
  const largest = largestMagnitude(logits);
  if (largest === 0) throw new DataError("every logit is 0");
  return `largest ${largest.toFixed(2)}`;
}

async function cacheGrows(session: OnnxSession): Promise<string> {
  const before = 5, added = 3;
  const past = someCache(session, { batch: 1, length: before });
  const { cache } = await session.run(someTokens(session, added), past);
  const { nHeads, headDim } = session.config;
  for (const [i, layer] of past.layers.entries()) {
    for (const part of ["key", "value"] as const) {
      for (let head = 0; head < nHeads; head++) {
        const start = head * (before + added) * headDim;
        const kept = cache.layers[i]![part].subarray(start, start + before * headDim);
        const old = layer[part].subarray(head * before * headDim, (head + 1) * before * headDim);
        if (kept.some((x, j) => x !== old[j])) {
          throw new DataError(`the past is changed in present_key_values.${i}.${part}, head ${head}`);
        }
        const fresh = cache.layers[i]![part].subarray(
          start + before * headDim,
          start + (before + added) * headDim,
        );
        if (fresh.every((x) => x === 0)) {
          throw new DataError(`the new rows are zero in present_key_values.${i}.${part}, head ${head}`);
        }
      }
    }
  }
  return "the past unchanged, new rows after it";
}

async function stepsEqualPrompt(session: OnnxSession): Promise<string> {
  const tokens = someTokens(session, Math.min(24, session.config.contextLength));
  const { logits } = await session.run(tokens, session.zeroCache(1, 0));
  const steps = await stepLogits(session, tokens, session.zeroCache(1, 0));
  return differenceWithin(largestDifference(logits, steps), LOGIT_TOLERANCE);
}

async function firstCachesAgree(session: OnnxSession): Promise<string> {
  const tokens = someTokens(session, Math.min(12, session.config.contextLength - 1));
  const { logits } = await session.run(tokens, session.zeroCache(1, 0));
  const atOnce = (await session.run(tokens, session.zeroCache(1, 1))).logits;
  const steps = await stepLogits(session, tokens, session.zeroCache(1, 1));
  const difference = Math.max(largestDifference(logits, atOnce), largestDifference(logits, steps));
  return differenceWithin(difference, FIRST_CACHE_TOLERANCE * Math.max(1, largestMagnitude(logits)));
}

async function batchRowsAreIndependent(session: OnnxSession): Promise<string> {
  const rows = [0, 1].map((row) => someTokens(session, 6, row));
  const both = await session.run(Int32Array.from(rows.flatMap((row) => [...row])), session.zeroCache(2, 0));
  const single = [];
  for (const row of rows) single.push((await session.run(row, session.zeroCache(1, 0))).logits);
  const difference = largestDifference(both.logits, Float32Array.from(single.flatMap((row) => [...row])));
  return differenceWithin(difference, LOGIT_TOLERANCE);
}

async function goesOnBeyondContext(session: OnnxSession): Promise<string> {
  const { contextLength } = session.config;
  let cache = someCache(session, { batch: 1, length: contextLength - 2 });
  for (const token of someTokens(session, 6)) {
    let output;
    try {
      output = await session.run(Int32Array.of(token), cache);
    } catch (cause) {
      throw new DataError(`with ${cache.length} cached tokens: ${(cause as Error).message}`, { cause });
    }
    if (output.logits.some((logit) => !Number.isFinite(logit))) {
      throw new DataError(`with ${cache.length} cached tokens the logits are not finite`);
    }
    cache = output.cache;
  }
  return `up to ${cache.length} tokens`;
}

/** (T, V) logits of feeding one token at a time. */
async function stepLogits(
  session: OnnxSession,
  tokens: Int32Array,
  first: KeyValueCache,
): Promise<Float32Array> {
  const { vocabSize } = session.config;
  const all = new Float32Array(tokens.length * vocabSize);
  let cache = first;
  for (const [i, token] of tokens.entries()) {
    const output = await session.run(Int32Array.of(token), cache);
    all.set(output.logits, i * vocabSize);
    cache = output.cache;
  }
  return all;
}

async function attempt(name: string, check: () => Promise<string>): Promise<FolderCheck> {
  try {
    return { name, ok: true, detail: await check() };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** The same tokens every time; ids 0 and 1 are special and left out where there are others. */
function someTokens(session: OnnxSession, length: number, row = 0): Int32Array {
  const { vocabSize } = session.config;
  const lowest = vocabSize > 2 ? 2 : 0;
  const rng = new Rng(row, "verification tokens");
  return Int32Array.from({ length }, () => lowest + rng.below(vocabSize - lowest));
}

/** A cache of made-up entries, in the range of real ones; none is zero. */
function someCache(session: OnnxSession, sizes: { batch: number; length: number }): KeyValueCache {
  const cache = session.zeroCache(sizes.batch, sizes.length);
  const rng = new Rng(0, "verification cache");
  for (const { key, value } of cache.layers) {
    for (const part of [key, value]) {
      for (let i = 0; i < part.length; i++) part[i] = 0.1 + rng.uniform() * (rng.below(2) === 0 ? -1 : 1);
    }
  }
  return cache;
}

/** NaN when the lengths differ or a value is NaN. */
function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return NaN;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = difference;
    if (Number.isNaN(difference)) return NaN;
  }
  return largest;
}

function largestMagnitude(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

function differenceWithin(difference: number, tolerance: number): string {
  const text = `largest difference of logits ${format(difference)}`;
  if (!(difference <= tolerance)) throw new DataError(`${text}, must be at most ${format(tolerance)}`);
  return text;
}

function format(value: number): string {
  return value.toExponential(1);
}

async function readText(directory: string, name: string): Promise<string> {
  return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(directory, name));
}
