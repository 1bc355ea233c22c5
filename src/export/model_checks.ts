/**
 * What must hold for every exported model, without knowing its parameters: shapes, finite logits, a cache that only grows, and the same
 * logits however the tokens are cut into calls; a model that quantizes activations, the same distributions. Tokens and caches are made up, the same every time.
 */
import { DataError } from "../errors.ts";
import type { KeyValueCache, OnnxSession } from "../infer/onnx_session.ts";
import { Rng } from "../rng.ts";
import { formatBytes } from "../text_format.ts";
import { checkDifference, compareLogits, largestMagnitude, pieceLogits } from "./logit_difference.ts";
import type { ModelTraits } from "./model_traits.ts";

/** Largest difference of logits between the two kinds of first cache, relative to the largest logit where that is above 1. */
export const FIRST_CACHE_TOLERANCE = 1e-5;

/** A check returns what it measured, or throws what is wrong. */
export type ModelCheck = (session: OnnxSession, traits: ModelTraits) => Promise<string>;

/** The checks of a model, in the order they are run. */
export function modelChecks({ masked }: OnnxSession): (readonly [name: string, check: ModelCheck])[] {
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

async function runsInsideContext(session: OnnxSession): Promise<string> {
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
  const what = `${tokens} token${tokens === 1 ? "" : "s"} with ${length} cached`;
  try {
    const { logits } = await session.run(
      someTokens(session, tokens),
      someCache(session, { batch: 1, length }),
    );
    if (logits.some((logit) => !Number.isFinite(logit))) throw new DataError("the logits are not finite");
  } catch (cause) {
    throw new DataError(`${what}: ${(cause as Error).message}`, { cause });
  }
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

async function piecesEqualPrompt(session: OnnxSession, traits: ModelTraits): Promise<string> {
  const tokens = someTokens(session, Math.min(24, session.config.contextLength));
  const { logits } = await session.run(tokens, session.zeroCache(1, 0));
  const texts: string[] = [];
  for (const length of [1, 5]) {
    const pieces = await pieceLogits(session, tokens, { length, first: session.zeroCache(1, 0) });
    const difference = compareLogits(logits, pieces, session.config.vocabSize);
    texts.push(checkDifference(difference, traits, `${length} at a time: `));
  }
  return texts.join("; ");
}

async function fillingCountsForNothing(session: OnnxSession, traits: ModelTraits): Promise<string> {
  const { vocabSize, contextLength } = session.config;
  const longer = Math.min(12, contextLength);
  const filled = Math.floor(longer / 2);
  const rows = [someTokens(session, longer, 0), someTokens(session, longer - filled, 1)];
  const filling = new Int32Array(filled);
  const both = Int32Array.from([...rows[0]!, ...filling, ...rows[1]!]);
  const { logits } = await session.run(both, session.zeroCache(2, 0), [0, filled]);
  const alone = [];
  for (const row of rows) alone.push(...(await session.run(row, session.zeroCache(1, 0))).logits);
  const text = [...logits.subarray(0, longer * vocabSize), ...logits.subarray((longer + filled) * vocabSize)];
  const difference = compareLogits(Float32Array.from(alone), Float32Array.from(text), vocabSize);
  return checkDifference(difference, traits);
}

async function firstCachesAgree(session: OnnxSession, traits: ModelTraits): Promise<string> {
  const tokens = someTokens(session, Math.min(12, session.config.contextLength - 1));
  const { logits } = await session.run(tokens, session.zeroCache(1, 0));
  const atOnce = (await session.run(tokens, session.zeroCache(1, 1))).logits;
  const steps = await pieceLogits(session, tokens, { length: 1, first: session.zeroCache(1, 1) });
  const tolerance = FIRST_CACHE_TOLERANCE * Math.max(1, largestMagnitude(logits));
  const { vocabSize } = session.config;
  const check = (found: Float32Array, way: string): string =>
    checkDifference(compareLogits(logits, found, vocabSize), { ...traits, tolerance }, `${way}: `);
  try {
    return `${check(atOnce, "at once")}; ${check(steps, "token by token")}`;
  } catch (cause) {
    throw new DataError(`an entry of zeros is taken for a token, ${(cause as Error).message}`, { cause });
  }
}

async function batchRowsAreIndependent(session: OnnxSession, traits: ModelTraits): Promise<string> {
  const rows = [0, 1].map((row) => someTokens(session, 6, row));
  const both = await session.run(Int32Array.from(rows.flatMap((row) => [...row])), session.zeroCache(2, 0));
  const single = [];
  for (const row of rows) single.push((await session.run(row, session.zeroCache(1, 0))).logits);
  const alone = Float32Array.from(single.flatMap((row) => [...row]));
  return checkDifference(compareLogits(alone, both.logits, session.config.vocabSize), traits);
}

async function goesOnBeyondContext(session: OnnxSession): Promise<string> {
  const { contextLength } = session.config;
  const bytes = cacheBytes(session, contextLength);
  if (bytes > MAX_CACHE_BYTES) {
    return `not tried: a cache of ${contextLength} takes ${formatBytes(bytes)}`;
  }
  try {
    await runsWith(session, contextLength - 1, 3);
    for (const length of [contextLength, contextLength + 44]) {
      for (const tokens of [1, 3]) await runsWith(session, length, tokens);
    }
  } catch (cause) {
    throw new DataError(`no position after ${contextLength} tokens: ${(cause as Error).message}`, { cause });
  }
  return `one token and three, with ${contextLength} and ${contextLength + 44} cached`;
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
