/**
 * Other names for the same proof: names of functions, types and theorems are replaced by others of the corpus, the same one everywhere in a document.
 * What a name means must then be read from the document, as in a new theory.
 *
 * Names that many proofs share (the language's words, the most basic types) keep theirs, and so do variables of one or two characters.
 */
import type { Rng } from "../rng.ts";

const NAME = /[A-Za-z_][A-Za-z0-9_]{2,}/g;
/** A name in more than this share of the documents is never replaced. */
const COMMON_SHARE = 0.1;
/** Share of a document's names that are replaced. */
const REPLACED_SHARE = 0.5;

/** The names of a corpus that may be replaced by each other. */
export class Renaming {
  readonly #common = new Set<string>();
  /** Names that begin with a capital, and all others. */
  readonly #pools: readonly [readonly string[], readonly string[]];

  /** @param texts the training documents */
  constructor(texts: readonly string[]) {
    const counts = new Map<string, number>();
    for (const text of texts) {
      for (const name of new Set(text.match(NAME))) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const pools: [string[], string[]] = [[], []];
    for (const [name, count] of counts) {
      if (count > COMMON_SHARE * texts.length) this.#common.add(name);
      else pools[poolOf(name)].push(name);
    }
    this.#pools = pools;
  }

  /** A new name for some of the text's names. */
  namesFor(text: string, rng: Rng): ReadonlyMap<string, string> {
    const present = new Set(text.match(NAME));
    const names = new Map<string, string>();
    const taken = new Set(present);
    for (const name of present) {
      if (this.#common.has(name) || rng.uniform() >= REPLACED_SHARE) continue;
      const pool = this.#pools[poolOf(name)];
      const other = pool[rng.below(pool.length)];
      if (other === undefined || taken.has(other)) continue;
      taken.add(other);
      names.set(name, other);
    }
    return names;
  }
}

/** The text with its names replaced. */
export function rename(text: string, names: ReadonlyMap<string, string>): string {
  return text.replaceAll(NAME, (name) => names.get(name) ?? name);
}

function poolOf(name: string): 0 | 1 {
  return /^[A-Z]/.test(name) ? 0 : 1;
}
