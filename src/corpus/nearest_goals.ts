// Which proofs have a goal like this one: cosine similarity of TF-IDF vectors over the goals' words. A goal's
// vector has, for each of its words that the index has, (1 + ln occurrences) · ln((1 + N) / (1 + goals with
// the word)), N being the number of goals.
import { lexicalTokens } from "./lexical_tokens.ts";
import { type ProofFile, sectionText } from "./proof_file.ts";

/** A proof whose goal is like the one that was asked about. */
export interface NearGoal {
  /** Index into the files that the index was made of. */
  readonly index: number;
  /** Cosine of the angle between the goals, above 0 and at most 1. */
  readonly similarity: number;
}

/**
 * An index of goals.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { NearestGoals } from "./mod.ts";
 *
 * const index = new NearestGoals(["a + b = b + a", "a * b = b * a", "not p or q"]);
 * assertEquals(index.nearest("x * y = y * x", 1).map(({ index }) => index), [1]);
 * ```
 */
export class NearestGoals {
  readonly #goals: number;
  /** For each word, the goals that have it, with its weight in their vectors of length 1. */
  readonly #postings = new Map<string, { goal: number; weight: number }[]>();
  /** Number of goals that have a word. */
  readonly #frequencies: ReadonlyMap<string, number>;

  /** Counts the words of the goals. @param goals their texts, see {@linkcode goalText} */
  constructor(goals: readonly string[]) {
    this.#goals = goals.length;
    const counts = goals.map((goal) => count(lexicalTokens(goal)));
    this.#frequencies = count(counts.flatMap((words) => [...words.keys()]));
    for (const [goal, words] of counts.entries()) {
      for (const [word, weight] of this.#vector(words)) {
        this.#postings.set(word, this.#postings.get(word) ?? []);
        this.#postings.get(word)!.push({ goal, weight });
      }
    }
  }

  /** At most `most` goals that share words, the most similar first, of equals the earlier. */
  nearest(goal: string, most: number): NearGoal[] {
    const similarities = new Float64Array(this.#goals);
    for (const [word, weight] of this.#vector(count(lexicalTokens(goal)))) {
      for (const posting of this.#postings.get(word) ?? []) {
        similarities[posting.goal]! += weight * posting.weight;
      }
    }
    return [...similarities].map((similarity, index) => ({ index, similarity: Math.min(1, similarity) }))
      .filter(({ similarity }) => similarity > 0)
      .sort((a, b) => b.similarity - a.similarity || a.index - b.index)
      .slice(0, most);
  }

  /** A vector of length 1, without words of no weight. */
  #vector(words: ReadonlyMap<string, number>): [word: string, weight: number][] {
    const weights: [string, number][] = [];
    for (const [word, count] of words) {
      const frequency = this.#frequencies.get(word);
      if (frequency === undefined) continue;
      weights.push([word, (1 + Math.log(count)) * Math.log((1 + this.#goals) / (1 + frequency))]);
    }
    const length = Math.sqrt(weights.reduce((sum, [, weight]) => sum + weight * weight, 0));
    return length === 0 ? [] : weights.map(([word, weight]) => [word, weight / length]);
  }
}

/** The text by which a proof is found: @G and @C (the goal, names written out); all when it has neither. */
export function goalText(file: ProofFile): string {
  const text = (sectionText(file, "G") ?? "") + (sectionText(file, "C") ?? "");
  return text === "" ? file.text : text;
}

function count(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
