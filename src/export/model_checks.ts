/**
 * What must hold for every exported model, without knowing its parameters: shapes, finite logits, a cache that only grows, and the same
 * logits however the tokens are cut into calls; a model that quantizes activations, the same distributions. Tokens and caches are made up, the same every time.
 */
import { DataError } from "../errors.ts";
import type { KeyValueCache, OnnxSession } from "../infer/onnx_session.ts";
import { Rng } from "../rng.ts";
import { checkDifference, compareLogits, largestMagnitude, stepLogits } from "./logit_difference.ts";
import type { ModelTraits } from "./model_traits.ts";

/** Largest difference of logits between the two kinds of first cache, relative to the largest logit where that is above 1. */
export const FIRST_CACHE_TOLERANCE = 1e-5;

/** A check returns what it measured, or throws what is wrong. */
export type ModelCheck = (session: OnnxSession, traits: ModelTraits) => Promise<string>;

/** All checks, in the order they are run. */
export const MODEL_CHECKS: readonly (readonly [name: string, check: ModelCheck])[] = [
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

async function stepsEqualPrompt(session: OnnxSession, traits: ModelTraits): Promise<string> {
  const tokens = someTokens(session, Math.min(24, session.config.contextLength));
  const { logits } = await session.run(tokens, session.zeroCache(1, 0));
  const steps = await stepLogits(session, tokens, session.zeroCache(1, 0));
  return checkDifference(compareLogits(logits, steps, session.config.vocabSize), traits);
}

async function firstCachesAgree(session: OnnxSession, traits: ModelTraits): Promise<string> {
  const tokens = someTokens(session, Math.min(12, session.config.contextLength - 1));
  const { logits } = await session.run(tokens, session.zeroCache(1, 0));
  const atOnce = (await session.run(tokens, session.zeroCache(1, 1))).logits;
  const steps = await stepLogits(session, tokens, session.zeroCache(1, 1));
  const tolerance = FIRST_CACHE_TOLERANCE * Math.max(1, largestMagnitude(logits));
  const { vocabSize } = session.config;
  const texts = [atOnce, steps].map((found) =>
    checkDifference(compareLogits(logits, found, vocabSize), { ...traits, tolerance })
  );
  return `at once: ${texts[0]}; token by token: ${texts[1]}`;
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
