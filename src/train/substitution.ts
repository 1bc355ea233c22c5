// Other tokens for the same proof: some of a document's less common tokens become others of the vocabulary,
// the same everywhere in it. So a model learns to repeat a document's names, those too that it has hardly
// seen. Tokens that many proofs share stay (words, brackets), as do those of white space and with newlines. A
// token with a space before it becomes another one with a space before it.
import type { Rng } from "../rng.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { DocumentList } from "./document_list.ts";

/** A token in more than this share of the documents is never replaced. */
const COMMON_SHARE = 0.3;
const [NEWLINE, SPACE] = [10, 32];

/** The tokens of a vocabulary that may be replaced by each other. */
export class TokenSubstitution {
  /** For each token the ones that it may become; null: it stays. */
  readonly #others: readonly (readonly number[] | null)[];

  constructor(documents: Pick<DocumentList, "length" | "tokensOf">, tokenizer: Tokenizer) {
    const counts = new Float64Array(tokenizer.vocabularySize);
    const seenIn = new Uint32Array(tokenizer.vocabularySize);
    for (let i = 0; i < documents.length; i++) {
      const tokens = documents.tokensOf(i);
      for (let k = 0; k < tokens.length; k++) {
        const token = tokens[k]!;
        if (seenIn[token] === i + 1) continue;
        seenIn[token] = i + 1;
        counts[token]!++;
      }
    }
    const [plain, spaced]: [number[], number[]] = [[], []];
    this.#others = Array.from(counts, (count, token) => {
      if (tokenizer.isSpecial(token)) return null;
      const bytes = tokenizer.tokenBytes(token);
      if (bytes.includes(NEWLINE) || bytes.every((byte) => byte === SPACE)) return null;
      const kind = bytes[0] === SPACE ? spaced : plain;
      kind.push(token);
      return count > COMMON_SHARE * documents.length ? null : kind;
    });
  }

  /** A share of the document's tokens, drawn from 0 to 1, is replaced. No two of them become the same. */
  apply(tokens: Int32Array, rng: Rng): Int32Array {
    const present = new Set(tokens);
    const taken = new Set(present);
    const others = new Map<number, number>();
    const share = rng.uniform();
    for (const token of present) {
      const pool = this.#others[token] ?? null;
      if (pool === null || rng.uniform() >= share) continue;
      const other = pool[rng.below(pool.length)]!;
      if (taken.has(other)) continue;
      taken.add(other);
      others.set(token, other);
    }
    return tokens.map((token) => others.get(token) ?? token);
  }
}
