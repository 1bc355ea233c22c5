/**
 * Suggestions: several continuations of a proof by one line, sampled, merged and ranked by their log-probability.
 */
import { END_TOKEN } from "../config.ts";
import { Rng } from "../rng.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Decoder } from "./decoder.ts";
import { type SampleOptions, sampleToken } from "./sample.ts";

/** One suggested line. */
export interface Suggestion {
  /** The line, without its newline. Empty: the proof ends here. */
  readonly line: string;
  /** Sum of the logarithms of its tokens' probabilities at temperature 1, the line's end included. */
  readonly logProbability: number;
  /** How many samples gave it. */
  readonly samples: number;
}

/** Options of {@linkcode suggestLines}. */
export interface SuggestOptions extends SampleOptions {
  /** Samples to draw. Default 16. */
  readonly samples?: number;
  /** Most tokens of a line. Default 100. */
  readonly maxTokens?: number;
}

/**
 * Suggest the next line after a prompt.
 *
 * @param prompt ends where the line begins, usually with a newline; its front is cut when it is too long for the context
 * @param tokenizer the model's
 * @returns distinct lines, the likeliest first
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as tactics from "../../mod.ts";
 *
 * const tokenizer = tactics.trainTokenizer([], { vocabularySize: 258, alphabet: "bytes", preTokenizer: "gpt2" });
 * const sizes = { vocabSize: 258, contextLength: 32, dModel: 16, nLayers: 1, nHeads: 2, dMlp: 32 };
 * const model = { ...tactics.DEFAULT_MODEL_CONFIG, ...sizes };
 * using backend = await tactics.openBackend({ kind: "reference" });
 * const gpt = new tactics.Gpt(backend, model);
 * gpt.load(tactics.initialParameters(model, 42));
 *
 * await using decoder = new tactics.GptDecoder(gpt);
 * const lines = await tactics.suggestLines(decoder, tokenizer, "@G\na = a\n@P\n", { samples: 3, maxTokens: 4 });
 * assertEquals(lines.reduce((sum, line) => sum + line.samples, 0), 3);
 * ```
 */
export async function suggestLines(
  decoder: Decoder,
  tokenizer: Tokenizer,
  prompt: string,
  options: SuggestOptions = {},
): Promise<Suggestion[]> {
  const { samples = 16, maxTokens = 100, seed = 42 } = options;
  const room = Math.max(1, decoder.contextLength - maxTokens);
  const tokens = tokenizer.encode(prompt).slice(-room);
  const found = new Map<string, Suggestion>();
  for (let i = 0; i < samples; i++) {
    decoder.reset();
    const first = await decoder.feed(tokens.length > 0 ? tokens : Int32Array.of(END_TOKEN));
    const rng = new Rng(seed, "suggest", i);
    const { line, logProbability } = await sampleLine(decoder, tokenizer, first, { rng, maxTokens, options });
    const known = found.get(line);
    found.set(line, { line, logProbability, samples: (known?.samples ?? 0) + 1 });
  }
  return [...found.values()].sort((a, b) => b.logProbability - a.logProbability);
}

async function sampleLine(
  decoder: Decoder,
  tokenizer: Tokenizer,
  first: Float32Array,
  { rng, maxTokens, options }: { rng: Rng; maxTokens: number; options: SampleOptions },
): Promise<{ line: string; logProbability: number }> {
  const ids: number[] = [];
  let logits = first;
  let logProbability = 0;
  while (ids.length < maxTokens) {
    const token = sampleToken(logits, rng, options);
    logProbability += logits[token]! - logSumExp(logits);
    if (token === END_TOKEN) break;
    ids.push(token);
    if (tokenizer.tokenBytes(token).includes(NEWLINE)) break;
    logits = await decoder.feed(Int32Array.of(token));
  }
  return { line: tokenizer.decode(ids).split("\n", 1)[0]!, logProbability };
}

const NEWLINE = 10;

function logSumExp(values: Float32Array): number {
  const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
