// Other names for the same proof, the same one everywhere in a document: what a name means must then be read
// from the document, as in a new theory. A name of a function, type or theorem becomes another one of the
// corpus, or one made of parts of its names; variables change places or become other letters. Names that many
// proofs share stay.
import type { Rng } from "../rng.ts";

/** Names and variables; a section's mark is none. */
const NAME = /(?<!@)\b[A-Za-z_][A-Za-z0-9_]*/g;
const VARIABLE = /^[a-z][0-9]?$/;
/** A name in more than this share of the documents is never replaced. */
const COMMON_SHARE = 0.1;
/** How often a name is replaced, and how often its new one is made of parts. */
const [REPLACED_SHARE, MADE_SHARE] = [0.5, 0.5];
/** How often a document's variables are replaced, and how often one of them becomes a new letter. */
const [MIXED_SHARE, FRESH_SHARE] = [0.5, 0.5];
const MOST_PARTS = 3;
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];

/** How many documents of a corpus have each name, in the order in which the names appear. */
export class NameCounts {
  readonly counts = new Map<string, number>();
  documents = 0;

  /** @param counts of so many documents */
  static of(counts: readonly (readonly [string, number])[], documents: number): NameCounts {
    const names = new NameCounts();
    for (const [name, count] of counts) names.counts.set(name, count);
    names.documents = documents;
    return names;
  }

  add(text: string): void {
    this.documents++;
    for (const name of namesIn(text)) this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** Add those of the documents that come next. */
  merge({ counts, documents }: NameCounts): void {
    this.documents += documents;
    for (const [name, count] of counts) this.counts.set(name, (this.counts.get(name) ?? 0) + count);
  }
}

/** The names of a corpus that may be replaced by each other, and their parts. */
export class Renaming {
  readonly #common = new Set<string>();
  /** Names that begin with a capital, and all others. */
  readonly #pools: readonly [readonly string[], readonly string[]];
  /** `gt` and `rat` of `gt_rat`, `rat` and `map` of `RatMap`. */
  readonly #parts: readonly string[];

  constructor({ counts, documents }: Pick<NameCounts, "counts" | "documents">) {
    const pools: [string[], string[]] = [[], []];
    for (const [name, count] of counts) {
      if (count > COMMON_SHARE * documents) this.#common.add(name);
      else pools[kindOf(name)].push(name);
    }
    this.#pools = pools;
    const parts = new Set<string>();
    for (const name of counts.keys()) for (const part of partsOf(name)) parts.add(part);
    this.#parts = [...parts];
  }

  /** New names for some of the text's. No two of them become the same, and none becomes one that stays. */
  namesFor(text: string, rng: Rng): ReadonlyMap<string, string> {
    const present = namesIn(text);
    const names = new Map<string, string>();
    const taken = new Set(present);
    if (rng.uniform() < MIXED_SHARE) this.#mixVariables(text, { rng, taken, names });
    for (const name of present) {
      if (this.#common.has(name) || rng.uniform() >= REPLACED_SHARE) continue;
      const pool = this.#pools[kindOf(name)];
      const other = rng.uniform() < MADE_SHARE ? this.#made(kindOf(name), rng) : pool[rng.below(pool.length)];
      if (other === undefined || taken.has(other) || this.#common.has(other)) continue;
      taken.add(other);
      names.set(name, other);
    }
    return names;
  }

  #mixVariables(
    text: string,
    { rng, taken, names }: { rng: Rng; taken: Set<string>; names: Map<string, string> },
  ): void {
    const variables = [...new Set(text.match(NAME))].filter((name) => VARIABLE.test(name));
    const others = rng.shuffle([...variables]);
    for (const [i, variable] of variables.entries()) {
      const letter = LETTERS[rng.below(LETTERS.length)]!;
      const isFresh = rng.uniform() < FRESH_SHARE && !variables.includes(letter) && !taken.has(letter);
      if (isFresh) taken.add(letter);
      names.set(variable, isFresh ? letter : others[i]!);
    }
  }

  #made(kind: 0 | 1, rng: Rng): string | undefined {
    if (this.#parts.length === 0) return undefined;
    const count = 1 + rng.below(MOST_PARTS);
    const parts = Array.from({ length: count }, () => this.#parts[rng.below(this.#parts.length)]!);
    if (kind === 1) return parts.join("_");
    return parts.map((part) => `${part[0]!.toUpperCase()}${part.slice(1)}`).join("");
  }
}

export function rename(text: string, names: ReadonlyMap<string, string>): string {
  return text.replaceAll(NAME, (name) => names.get(name) ?? name);
}

/** Names of two characters and more that are no variables. */
function namesIn(text: string): Set<string> {
  return new Set(text.match(NAME)?.filter((name) => name.length > 1 && !VARIABLE.test(name)));
}

/** 0: begins with a capital. */
function kindOf(name: string): 0 | 1 {
  return /^[A-Z]/.test(name) ? 0 : 1;
}

function partsOf(name: string): string[] {
  const parts = name.split("_").flatMap((part) => part.split(/(?=[A-Z])/));
  return parts.filter((part) => /^[A-Za-z]{2,}$/.test(part)).map((part) => part.toLowerCase());
}
