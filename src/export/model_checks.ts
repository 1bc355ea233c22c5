// What must hold for every exported model: shapes, finite logits, a cache that only grows, and the same
// logits however the tokens are cut into calls, or the same distributions where activations are quantized.
// Tokens and caches are made up, the same every time.
import { DataError } from "../errors.ts";
import type { KeyValueCache, OnnxSession } from "../infer/onnx_session.ts";
import { Rng } from "../rng.ts";
import { formatBytes } from "../text_format.ts";
import { checkDifference, compareLogits, largestMagnitude, pieceLogits } from "./logit_difference.ts";

/** Largest difference of logits between both kinds of first cache, relative to the largest logit above 1. */
export const FIRST_CACHE_TOLERANCE = 1e-5;

interface Model {
  readonly session: OnnxSession;
  readonly quantizedActivations: boolean;
}

/** The checks of a model, in this order: each returns what it measured, or throws what is wrong. */
export function modelChecks({ masked }: OnnxSession): [string, (model: Model) => Promise<string>][] {
  return [
    ["the model runs inside its context", runsInsideContext],
    ["logits are finite and not all zero", logitsAreFinite],
    ["the cache grows by the new rows", cacheGrows],
    ["one token at a time and in pieces equal the whole prompt", piecesEqualPrompt],
    masked
      ? ["filling on the left of a row counts for nothing", fillingCountsForNothing]
      : ["an empty and a zero first cache are the same", firstCachesAgree],
    ["the rows of a batch do not touch each other", batchRowsAreIndependent],
    ["the model goes on beyond its context", goesOnBeyondContext],
  ];
}

async function runsInsideContext({ session }: Model): Promise<string> {
  const { contextLength } = session.config;
  const lengths = [...new Set([0, 1, Math.min(5, contextLength - 1), contextLength - 1])]
    .filter((length) => cacheBytes(session, length) <= MAX_CACHE_BYTES);
  for (const length of lengths) {
    for (const tokens of [1, 3]) {
      if (length + tokens <= contextLength) await runsWith(session, length, tokens);
    }
  }
  return `one token and three, with ${lengths.join(", ")} cached`;
}

/** Run once with a made-up cache: the shapes are right and the logits are finite. */
async function runsWith(session: OnnxSession, length: number, tokens: number): Promise<void> {
  try {
    const { logits } = await session.run(someTokens(session, tokens), someCache(session, length));
    if (logits.some((logit) => !Number.isFinite(logit))) throw new DataError("the logits are not finite");
  } catch (cause) {
    const what = `${tokens} token${tokens === 1 ? "" : "s"} with ${length} cached`;
    throw new DataError(`${what}: ${(cause as Error).message}`, { cause });
  }
}

async function logitsAreFinite({ session }: Model): Promise<string> {
  const logits = await logitsAlone(session, [someTokens(session, 8)]);
  const bad = logits.findIndex((logit) => !Number.isFinite(logit));
  if (bad >= 0) throw new DataError(`logit ${bad} of 8 tokens is ${logits[bad]}`);
  const largest = largestMagnitude(logits);
  if (largest === 0) throw new DataError("every logit is 0");
  return `largest ${largest.toFixed(2)}`;
}

async function cacheGrows({ session }: Model): Promise<string> {
  const [before, added] = [5, 3];
  const past = someCache(session, before);
  const { cache } = await session.run(someTokens(session, added), past);
  const { nHeads, headDim } = session.config;
  const [oldSize, size] = [before * headDim, (before + added) * headDim];
  for (const [i, layer] of past.layers.entries()) {
    for (const part of ["key", "value"] as const) {
      for (let head = 0; head < nHeads; head++) {
        const where = `present_key_values.${i}.${part}, head ${head}`;
        const old = layer[part].subarray(head * oldSize, (head + 1) * oldSize);
        const grown = cache.layers[i]![part].subarray(head * size, (head + 1) * size);
        if (old.some((x, j) => x !== grown[j])) throw new DataError(`the past is changed in ${where}`);
        if (grown.subarray(oldSize).every((x) => x === 0)) {
          throw new DataError(`the new rows are zero in ${where}`);
        }
      }
    }
  }
  return "the past unchanged, new rows after it";
}

async function piecesEqualPrompt(model: Model): Promise<string> {
  const { session } = model;
  const tokens = someTokens(session, Math.min(24, session.config.contextLength));
  const logits = await logitsAlone(session, [tokens]);
  const texts: string[] = [];
  for (const length of [1, 5]) {
    const pieces = await pieceLogits(session, tokens, { length, first: session.zeroCache(1, 0) });
    texts.push(checked(model, [logits, pieces], { way: `${length} at a time: ` }));
  }
  return texts.join("; ");
}

async function fillingCountsForNothing(model: Model): Promise<string> {
  const { session } = model;
  const { vocabSize, contextLength } = session.config;
  const longer = Math.min(12, contextLength);
  const filled = Math.floor(longer / 2);
  const rows = [someTokens(session, longer, 0), someTokens(session, longer - filled, 1)];
  const both = Int32Array.from([...rows[0]!, ...new Int32Array(filled), ...rows[1]!]);
  const { logits } = await session.run(both, session.zeroCache(2, 0), [0, filled]);
  logits.copyWithin(longer * vocabSize, (longer + filled) * vocabSize);
  const text = logits.subarray(0, (2 * longer - filled) * vocabSize);
  return checked(model, [await logitsAlone(session, rows), text]);
}

async function firstCachesAgree(model: Model): Promise<string> {
  const { session } = model;
  const tokens = someTokens(session, Math.min(12, session.config.contextLength - 1));
  const logits = await logitsAlone(session, [tokens]);
  const { logits: atOnce } = await session.run(tokens, session.zeroCache(1, 1));
  const steps = await pieceLogits(session, tokens, { length: 1, first: session.zeroCache(1, 1) });
  const tolerance = FIRST_CACHE_TOLERANCE * Math.max(1, largestMagnitude(logits));
  try {
    return [
      checked(model, [logits, atOnce], { tolerance, way: "at once: " }),
      checked(model, [logits, steps], { tolerance, way: "token by token: " }),
    ].join("; ");
  } catch (cause) {
    throw new DataError(`an entry of zeros is taken for a token, ${(cause as Error).message}`, { cause });
  }
}

async function batchRowsAreIndependent(model: Model): Promise<string> {
  const { session } = model;
  const rows = [someTokens(session, 6, 0), someTokens(session, 6, 1)];
  const both = Int32Array.from(rows.flatMap((row) => [...row]));
  const { logits } = await session.run(both, session.zeroCache(2, 0));
  return checked(model, [await logitsAlone(session, rows), logits]);
}

async function goesOnBeyondContext({ session }: Model): Promise<string> {
  const { contextLength } = session.config;
  const bytes = cacheBytes(session, contextLength);
  if (bytes > MAX_CACHE_BYTES) return `not tried: a cache of ${contextLength} takes ${formatBytes(bytes)}`;
  const further = contextLength + 44;
  try {
    await runsWith(session, contextLength - 1, 3);
    for (const length of [contextLength, further]) {
      for (const tokens of [1, 3]) await runsWith(session, length, tokens);
    }
  } catch (cause) {
    throw new DataError(`no position after ${contextLength} tokens: ${(cause as Error).message}`, { cause });
  }
  return `one token and three, with ${contextLength} and ${further} cached`;
}

/** Logits (T, V) of rows of tokens, each in a call of its own, one behind the other. */
async function logitsAlone(session: OnnxSession, rows: readonly Int32Array[]): Promise<Float32Array> {
  const logits: Float32Array[] = [];
  for (const row of rows) logits.push((await session.run(row, session.zeroCache(1, 0))).logits);
  return Float32Array.from(logits.flatMap((part) => [...part]));
}

function checked(
  { session, quantizedActivations }: Model,
  [wanted, found]: readonly [Float32Array, Float32Array],
  options: { tolerance?: number; way?: string } = {},
): string {
  const difference = compareLogits(wanted, found, session.config.vocabSize);
  return checkDifference(difference, { quantizedActivations, ...options });
}

/** The same tokens every time; ids 0 and 1 are special and left out where there are others. */
function someTokens(session: OnnxSession, length: number, row = 0): Int32Array {
  const { vocabSize } = session.config;
  const lowest = vocabSize > 2 ? 2 : 0;
  const rng = new Rng(row, "verification tokens");
  return Int32Array.from({ length }, () => lowest + rng.below(vocabSize - lowest));
}

/** Larger caches are not tried: the runtime has 4 GB, and config.json may say anything. */
const MAX_CACHE_BYTES = 1 << 29;

function cacheBytes({ config: { nLayers, nHeads, headDim } }: OnnxSession, length: number): number {
  return 2 * Float32Array.BYTES_PER_ELEMENT * nLayers * nHeads * headDim * length;
}

/** A row's cache of made-up entries, in the range of real ones; none is zero. */
function someCache(session: OnnxSession, length: number): KeyValueCache {
  const cache = session.zeroCache(1, length);
  const rng = new Rng(0, "verification cache");
  for (const { key, value } of cache.layers) {
    for (const part of [key, value]) {
      for (let i = 0; i < part.length; i++) part[i] = 0.1 + rng.uniform() * (rng.below(2) === 0 ? -1 : 1);
    }
  }
  return cache;
}
