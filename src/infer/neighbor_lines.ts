// Lines of proofs whose goals and lines so far are like this one's (src/corpus/nearest_goals.ts), as
// candidates for the next line. The probability of a line is its share of the neighbours' votes: each votes
// for each of its lines with similarity² / (1 + distance), the distance being how many lines the two places
// in the proofs are apart; lines that the proof has already get none.
import { goalText, NearestGoals } from "../corpus/nearest_goals.ts";
import { type Goal, normalLine, proofLines } from "../prompt/mod.ts";
import { parseProofFile, type ProofFile, sectionText } from "../corpus/proof_file.ts";
import type { CandidateLine } from "./suggest_lines.ts";

/** Most lines that are proposed: each costs as much as a sample. */
export const MAX_NEIGHBOR_LINES = 16;

/**
 * An index of proofs.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as tactics from "../../mod.ts";
 *
 * const utf8 = new TextEncoder();
 * const texts = ["@G\na + b = b + a\n@P\na + 0 = a\n", "@G\np or q\n@P\nnot p\n", "@G\nr < s\n@P\nr != s\n"];
 * const files = texts.map((text) => tactics.parseProofFile("proof.txt", utf8.encode(text)).file!);
 * const neighbors = new tactics.NeighborLines(files);
 * const [first] = neighbors.propose(tactics.parseGoal("@G\nx + y = y + x\n"), 1);
 * assertEquals(first, { line: "a + 0 = a", probability: 1 });
 * ```
 */
export class NeighborLines {
  readonly #index: NearestGoals;
  readonly #proofs: readonly (readonly string[])[];

  /** Reads training proofs. */
  constructor(files: readonly ProofFile[]) {
    this.#index = new NearestGoals(files.map((file) => goalText(file) + (sectionText(file, "P") ?? "")));
    this.#proofs = files.map((file) => proofLines(sectionText(file, "P") ?? "").map(normalLine));
  }

  /** The likeliest {@linkcode MAX_NEIGHBOR_LINES} for which the `count` nearest proofs vote, in order. */
  propose(goal: Goal, count: number): CandidateLine[] {
    const { file } = parseProofFile("goal", new TextEncoder().encode(goal.before));
    const query = (file === null ? "" : goalText(file)) + goal.lines.join("\n");
    const place = goal.lines.length;
    const known = new Set(goal.lines.map(normalLine));
    const votes = new Map<string, number>();
    let total = 0;
    for (const { index, similarity } of this.#index.nearest(query, count)) {
      for (const [i, line] of this.#proofs[index]!.entries()) {
        if (known.has(line)) continue;
        const vote = similarity ** 2 / (1 + Math.abs(i - place));
        votes.set(line, (votes.get(line) ?? 0) + vote);
        total += vote;
      }
    }
    return [...votes].map(([line, vote]) => ({ line, probability: vote / total }))
      .sort((a, b) => b.probability - a.probability || (a.line < b.line ? -1 : 1))
      .slice(0, MAX_NEIGHBOR_LINES);
  }
}
