// What a proof's next line may be. The prompt is read once; samples, a beam and lines that others propose go
// on from there side by side (line_paths.ts, line_prefix.ts) and are merged and ranked (merged_lines.ts).
import { checkInteger, END_TOKEN } from "../config.ts";
import { DamagedError, DataError } from "../errors.ts";
import { LINE_TOKENS, promptRoom } from "../prompt/mod.ts";
import { Rng } from "../rng.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Decoder } from "./decoder.ts";
import { LineMask, type LineRules } from "./lines/mod.ts";
import {
  BeamWalker,
  drawnTokens,
  type FinishedPath,
  givenTokens,
  LineTokens,
  PathWalker,
  walk,
} from "./line_paths.ts";
import { type PrefixStart, type PrefixStarts, prefixStarts } from "./line_prefix.ts";
import { MergedLines, type Suggestion } from "./merged_lines.ts";
import type { SampleOptions } from "./sample.ts";

/** A line that something else than the model proposes, such as the nearest training goals. */
export interface CandidateLine {
  /** Without a newline. */
  readonly line: string;
  /** In [0, 1]; together at most 1. */
  readonly probability: number;
}

/** Options of {@linkcode suggestLines}. */
export interface SuggestOptions extends SampleOptions {
  /** Samples to draw. Default 16. */
  readonly samples?: number;
  /** Width of the beam search beside them. Default 8; 0: none. */
  readonly beam?: number;
  /** Most tokens of a line, not counting those inside its prefix. Default 100. */
  readonly maxTokens?: number;
  /** What the line begins with; need not end where a token does. Default: nothing. */
  readonly prefix?: string;
  /** Lines to blend in, unless longer than a line may be; the model rates them, too. Default: none. */
  readonly candidates?: readonly CandidateLine[];
  /** The candidates' share of the mixture that ranks: log((1 - share) p + share q). Default 0.1. */
  readonly candidateShare?: number;
  /** Suggest statements only, by these rules, whatever the candidates are. Default: any lines. */
  readonly lines?: LineRules | undefined;
  /** Stops the search, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Suggest distinct lines, best first, after a prompt, whose front is cut when it is too long. */
export async function suggestLines(
  decoder: Decoder,
  tokenizer: Tokenizer,
  prompt: string | Int32Array,
  options: SuggestOptions = {},
): Promise<Suggestion[]> {
  const { samples = 16, beam = 8, maxTokens = LINE_TOKENS, prefix = "", seed = 42 } = options;
  checkOptions(decoder, tokenizer, { samples, beam, maxTokens, prefix });
  const all = typeof prompt === "string" ? tokenizer.encode(prompt) : prompt;
  const tokens = all.length === 0
    ? Int32Array.of(END_TOKEN)
    : all.slice(-shownTokens(decoder.contextLength, maxTokens));
  const { starts, logProbability, first } = await begin(decoder, tokens, { tokenizer, prefix });

  const lineTokens = new LineTokens(tokenizer);
  const mask = options.lines === undefined ? null : new LineMask(tokenizer, options.lines);
  const longest = maxTokens + starts.reduce((most, { tokens }) => Math.max(most, tokens.length), 0);
  const walking = { lineTokens, mask, maxTokens: longest };
  const drawn = Array.from({ length: samples }, (_, i) => {
    const rng = new Rng(seed, "suggest", i);
    const start = drawStart(starts, rng, options);
    return new PathWalker(drawnTokens(start, { lineTokens, mask, rng, sampling: options }), walking);
  });
  const searched = new BeamWalker(starts, { ...walking, width: beam });
  const candidates = (options.candidates ?? []).filter(({ line }) =>
    line.startsWith(prefix) && (mask?.offers(line) ?? true)
  );
  const given = candidates.flatMap(({ line, probability }) => {
    const tokens = [...tokenizer.encode(line, { specialTokens: false })];
    const walker = new PathWalker(givenTokens(tokens), { lineTokens, mask: null, maxTokens: Infinity });
    return tokens.length > longest ? [] : [{ probability, walker }];
  });
  const walkers = [...drawn, searched, ...given.map(({ walker }) => walker)];
  await walk(decoder, first, { walkers, signal: options.signal });

  const lines = new MergedLines(tokenizer, logProbability);
  const isLine = ({ end }: FinishedPath): boolean => mask === null || end !== "length";
  for (const { finished } of drawn) if (isLine(finished!)) lines.add(finished!, { samples: 1 });
  for (const finished of searched.finished) if (isLine(finished)) lines.add(finished, { beam: true });
  for (const { probability, walker } of given) lines.add(walker.finished!, { candidate: probability });
  return lines.ranked(given.length > 0 ? options.candidateShare ?? 0.1 : 0);
}

/** How many of a prompt's tokens are shown: as the prover does, but at least half the context. */
export function shownTokens(contextLength: number, maxTokens: number): number {
  return Math.max(Math.ceil(contextLength / 2), promptRoom(contextLength, maxTokens));
}

function checkOptions(
  decoder: Decoder,
  tokenizer: Tokenizer,
  { samples, beam, maxTokens, prefix }: { samples: number; beam: number; maxTokens: number; prefix: string },
): void {
  checkInteger("samples", samples, { min: 0 });
  checkInteger("beam", beam, { min: 0 });
  checkInteger("maxTokens", maxTokens, { min: 1 });
  if (prefix.includes("\n")) {
    throw new RangeError(
      `prefix must be the beginning of one line, but ${JSON.stringify(prefix)} has a newline`,
    );
  }
  if (tokenizer.vocabularySize !== decoder.vocabSize) {
    throw new DamagedError(
      `The model has a vocabulary of ${decoder.vocabSize}, its tokenizer one of ${tokenizer.vocabularySize}`,
      { hint: "Use the tokenizer.json that the model was trained with." },
    );
  }
}

/** Finds where lines may begin; at last the decoder has read the prompt only. */
async function begin(
  decoder: Decoder,
  tokens: Int32Array,
  { tokenizer, prefix }: { tokenizer: Tokenizer; prefix: string },
): Promise<PrefixStarts & { first: Float32Array }> {
  decoder.reset();
  const first = await decoder.feed(tokens);
  if (prefix === "") {
    return { starts: [{ tokens: [], allowed: null, logProbability: 0 }], logProbability: 0, first };
  }
  const found = await prefixStarts(decoder, first, { tokenizer, prefix: new TextEncoder().encode(prefix) });
  if (found.starts.length === 0) {
    throw new DataError(`The tokenizer's vocabulary cannot spell the prefix ${JSON.stringify(prefix)}`, {
      hint: "A tokenizer trained with --alphabet bytes can spell every text.",
    });
  }
  decoder.reset();
  return { ...found, first: await decoder.feed(tokens) };
}

/** A start in proportion to its probability; the likeliest at temperature 0. */
function drawStart(starts: readonly PrefixStart[], rng: Rng, { temperature }: SampleOptions): PrefixStart {
  if (starts.length === 1 || temperature === 0) return starts[0]!;
  const weights = starts.map(({ logProbability }) => Math.exp(logProbability - starts[0]!.logProbability));
  let left = rng.uniform() * weights.reduce((sum, weight) => sum + weight);
  return starts[weights.findIndex((weight) => (left -= weight) < 0)] ?? starts[0]!;
}
