// Answers from the training proofs: their most frequent lines, and what proofs of similar goals say.
import { goalText, NearestGoals } from "../corpus/nearest_goals.ts";
import { normalLine } from "../prompt/mod.ts";
import type { Proof } from "./next_line.ts";
import type { AskedModel } from "./requests.ts";

/** What answers without a trained model. */
export interface Baselines {
  readonly ngram: AskedModel;
  readonly copies: GoalCopies;
  readonly frequent: FrequentLines;
}

/** Who is asked. */
export interface Sources {
  readonly model: AskedModel;
  /** Null without training proofs. */
  readonly baselines: Baselines | null;
}

/** Neighbours that are looked at for lines. */
const NEIGHBOURS = 64;

/** The lines of training proofs, the most frequent first. */
export class FrequentLines {
  readonly #ranked: readonly string[];

  constructor(proofs: readonly Proof[]) {
    const counts = new Map<string, number>();
    for (const { lines } of proofs) {
      for (const line of lines.map(normalLine)) counts.set(line, (counts.get(line) ?? 0) + 1);
    }
    this.#ranked = [...counts].sort(([, a], [, b]) => b - a).map(([line]) => line);
  }

  /** The `count` most frequent lines without those that the proof already has. */
  suggest(earlier: readonly string[], count: number): string[] {
    const known = new Set(earlier.map(normalLine));
    return this.#ranked.slice(0, count + known.size).filter((line) => !known.has(line)).slice(0, count);
  }
}

/** Copies from the proofs of the goals that are most like a proof's own. */
export class GoalCopies {
  readonly #goals: NearestGoals;

  constructor(readonly proofs: readonly Proof[]) {
    this.#goals = new NearestGoals(proofs.map(({ file }) => goalText(file)));
  }

  /** Different lines of the neighbours' proofs, the nearest's first, that the proof does not have. */
  suggest(proof: Proof, earlier: readonly string[], count: number): string[] {
    const known = new Set(earlier.map(normalLine));
    const found = new Set<string>();
    for (const neighbour of this.neighbours(proof, NEIGHBOURS)) {
      for (const line of neighbour.lines.map(normalLine)) if (!known.has(line)) found.add(line);
      if (found.size >= count) break;
    }
    return [...found].slice(0, count);
  }

  /** The proofs with the goals most like this one's. */
  neighbours(proof: Proof, count: number): Proof[] {
    return this.#goals.nearest(goalText(proof.file), count).map(({ index }) => this.proofs[index]!);
  }
}
