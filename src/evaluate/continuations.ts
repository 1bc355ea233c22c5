// Continuations of a prompt as the prover draws them: from all tokens at one temperature, until a token with
// a newline, whose text is dropped. Those that agree so far are one sequence of the decoder, so that many
// cost little more than one. Each draws from a stream of random numbers of its own.
import { END_TOKEN } from "../config.ts";
import type { Decoder } from "../infer/decoder.ts";
import { Rng } from "../rng.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** Where a continuation ends: at the first newline or the end token, or at the end token only. */
export type Unit = "line" | "proof";

/** What a decoder is to go on with, and how far. */
export interface Prompt {
  /** Token ids, at least one. */
  readonly tokens: Int32Array;
  /** Where a continuation ends. */
  readonly unit: Unit;
  /** Most tokens of a continuation. */
  readonly maxTokens: number;
}

/** What was drawn. */
export interface Continuation {
  /** Without what ended it. */
  readonly text: string;
  /** How many draws gave it. */
  readonly draws: number;
}

/** How {@linkcode drawContinuations} draws. */
export interface DrawOptions {
  /** Continuations, at least 1. */
  readonly draws: number;
  /** Divides the logits, above 0. */
  readonly temperature: number;
  /** Of the streams of random numbers. */
  readonly seed: number;
  /** Names the streams, beside the seed and the draw's number. */
  readonly stream: string;
}

/** Draw continuations: different texts, in a fixed order, whose draws add up to `options.draws`. */
export async function drawContinuations(
  { decoder, tokenizer }: { decoder: Decoder; tokenizer: Tokenizer },
  prompt: Prompt,
  { draws, temperature, seed, stream }: DrawOptions,
): Promise<Continuation[]> {
  const V = decoder.vocabSize;
  const rngs = Array.from({ length: draws }, (_, draw) => new Rng(seed, stream, draw));
  const texts = new Map<string, number>();
  decoder.reset();
  let logits = await decoder.feed(prompt.tokens);
  let branches = [{ tokens: [] as readonly number[], draws: [...rngs.keys()] }];
  for (;;) {
    const parents: number[] = [];
    const next: typeof branches = [];
    for (const [row, branch] of branches.entries()) {
      const ladder = cumulativeWeights(logits.subarray(row * V, (row + 1) * V), temperature);
      for (const [token, draws] of drawEach(ladder, branch.draws, rngs)) {
        const tokens = [...branch.tokens, token];
        const isEnded = token === END_TOKEN ||
          prompt.unit === "line" && tokenizer.tokenBytes(token).includes(10);
        if (isEnded || tokens.length >= prompt.maxTokens) {
          const text = tokenizer.decode(isEnded ? branch.tokens : tokens);
          texts.set(text, (texts.get(text) ?? 0) + draws.length);
        } else {
          parents.push(row);
          next.push({ tokens, draws });
        }
      }
    }
    branches = next;
    if (branches.length === 0) return [...texts].map(([text, draws]) => ({ text, draws }));
    await decoder.select(parents);
    logits = await decoder.step(Int32Array.from(branches, ({ tokens }) => tokens.at(-1)!));
  }
}

/** Sums of exp(logit / temperature) up to each token; plain loops, as it is half of all work. */
function cumulativeWeights(logits: Float32Array, temperature: number): Float64Array {
  let largest = -Infinity;
  for (let token = 0; token < logits.length; token++) largest = Math.max(largest, logits[token]!);
  const sums = new Float64Array(logits.length);
  let sum = 0;
  for (let token = 0; token < logits.length; token++) {
    sum += Math.exp((logits[token]! - largest) / temperature);
    sums[token] = sum;
  }
  return sums;
}

/** The draws by the token that each draws from its own stream. */
function drawEach(ladder: Float64Array, draws: readonly number[], rngs: readonly Rng[]) {
  return Map.groupBy(draws, (draw) => {
    const height = rngs[draw]!.uniform() * ladder.at(-1)!;
    let [low, high] = [0, ladder.length - 1]; // the first token whose sum is above the height
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ladder[middle]! > height) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}
