// Lines that must begin with a given text, whatever the borders of tokens. The ways to begin are sequences of
// tokens that spell a part of the prefix, each with the tokens that may come next, to its end or beyond: for
// "zero" no token, then "zero", "zeros", …; "z", then "ero", …. To choose among ways token by token would be
// wrong: "z" alone is a likely token, but hardly ever followed by "ero".
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Decoder } from "./decoder.ts";
import { beginning, extended, type LineStart, type Path, Rows } from "./line_paths.ts";
import { logAdd } from "./probabilities.ts";

/** A way to begin with the prefix. */
export interface PrefixStart extends LineStart {
  /** Log-probability of the way and of meeting the prefix with its next token. */
  readonly logProbability: number;
}

export interface PrefixStarts {
  /** The likeliest first. Empty when the vocabulary cannot spell the prefix. */
  readonly starts: readonly PrefixStart[];
  /** Log-probability that a line begins with the prefix. */
  readonly logProbability: number;
}

/** That are followed at once. */
const MAX_WAYS = 16;
/** Ways that are less likely than this, as a share of what was found, are not followed. */
const NEGLIGIBLE = Math.log(1e-3 / MAX_WAYS);

/** The ways to begin with a prefix, UTF-8, from the likeliest on; `first` are the prompt's logits. */
export async function prefixStarts(
  decoder: Decoder,
  first: Float32Array,
  { tokenizer, prefix }: { tokenizer: Tokenizer; prefix: Uint8Array },
): Promise<PrefixStarts> {
  const starts: PrefixStart[] = [];
  let total = -Infinity;
  const isLikely = (way: { logProbability: number }): boolean => way.logProbability > total + NEGLIGIBLE;
  let ways: Way[] = [{ ...beginning(null), spelled: 0 }];
  for (let logits = first;;) {
    const rows = new Rows(logits, decoder.vocabSize);
    const next: Way[] = [];
    for (const [row, way] of ways.entries()) {
      const { tokens, logProbability, spelled } = way;
      const { allowed, parts } = fittingTokens(tokenizer, prefix.subarray(spelled));
      const met = logProbability + rows.logProbabilityOf(row, allowed);
      if (met > -Infinity) starts.push({ tokens, allowed, logProbability: met });
      total = logAdd(total, met);
      for (const token of parts) {
        const longer = extended({ ...way, row }, token, { rows, mask: null });
        next.push({ ...longer, spelled: spelled + tokenizer.tokenBytes(token).length });
      }
    }
    ways = next.sort(byProbability).slice(0, MAX_WAYS).filter(isLikely);
    if (ways.length === 0) break;
    await decoder.select(ways.map(({ row }) => row));
    logits = await decoder.step(Int32Array.from(ways, ({ tokens }) => tokens.at(-1)!));
  }
  return { starts: starts.filter(isLikely).sort(byProbability), logProbability: total };
}

/** Tokens that spell the first bytes of the prefix; its row is that of the way with one token less. */
type Way = Path & { readonly spelled: number };

/** The likeliest first. */
function byProbability(a: { logProbability: number }, b: { logProbability: number }): number {
  return b.logProbability - a.logProbability;
}

/** Tokens that begin with the rest of a prefix (`allowed`), and that the rest begins with (`parts`). */
function fittingTokens(tokenizer: Tokenizer, rest: Uint8Array): { allowed: number[]; parts: number[] } {
  const [allowed, parts]: [number[], number[]] = [[], []];
  for (let id = 0; id < tokenizer.vocabularySize; id++) {
    if (tokenizer.isSpecial(id)) continue;
    const bytes = tokenizer.tokenBytes(id);
    const common = Math.min(bytes.length, rest.length);
    let same = 0;
    while (same < common && bytes[same] === rest[same]) same++;
    if (same < common || common === 0) continue;
    (bytes.length >= rest.length ? allowed : parts).push(id);
  }
  return { allowed, parts };
}
