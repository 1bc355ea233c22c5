// How many goals a search proves with lines of a model, beside the same search with lines of the training
// proofs: every source may have so many lines judged a goal.
import { FrequentLines, GoalCopies } from "./baselines.ts";
import { LINE_TOKENS } from "../prompt/mod.ts";
import type { ProofFile } from "../corpus/proof_file.ts";
import type { HeldOutFile } from "./held_out.ts";
import { type Proof, proofOf, sampleProofs } from "./next_line.ts";
import { type Estimate, estimateRatio } from "./bootstrap.ts";
import { type MeasureOptions, sharesOf } from "./progress.ts";
import { drawn, findProof, type FoundProof, isOpenGoal, listed } from "./proof_search.ts";
import type { AskedModel } from "./requests.ts";

/** Options of {@linkcode measureSearch}. */
export interface SearchOptions extends MeasureOptions {
  /** Draws lines. */
  readonly model: AskedModel;
  /** Proofs whose goals are to be proved. */
  readonly heldOut: readonly HeldOutFile[];
  /** Proofs to copy lines from. */
  readonly training: readonly ProofFile[];
  /** Goals, at most. */
  readonly goals: number;
  /** Lines that the checker judges for a goal, at most. */
  readonly budget: number;
}

/** Where the lines of a search come from. */
export type SearchSource = "model" | "nearest-goal" | "most-frequent";

/** A goal, and what each source came to. */
export interface SearchedGoal {
  /** The held-out proof. */
  readonly proof: Proof;
  /** What was found. */
  readonly found: Readonly<Record<SearchSource, FoundProof>>;
}

/** Lines that are judged for a goal where nothing else is said. */
export const SEARCH_BUDGET = 64;

/** Lines drawn in a round, and rounds. */
const [DRAWS, ROUNDS] = [16, 16];

/**
 * Search for proofs of some of the held-out goals, those that need a line at least. @yields the share that is
 * done, in [0, 1]
 */
export async function* measureSearch(
  { model, heldOut, training, goals, budget, ...options }: SearchOptions,
): AsyncGenerator<number, SearchedGoal[], void> {
  const open = heldOut.flatMap(({ file, group }) => proofOf(file, group) ?? []).filter(isOpenGoal);
  const known = training.flatMap((file) => proofOf(file, 0) ?? []);
  const [copies, frequent] = [new GoalCopies(known), new FrequentLines(known)];
  const search = async (proof: Proof): Promise<SearchedGoal> => {
    const drawing = { ...options, draws: DRAWS, rounds: ROUNDS, lineTokens: LINE_TOKENS };
    return {
      proof,
      found: {
        "model": await findProof(proof, drawn(model, proof, drawing), budget),
        "nearest-goal": await findProof(proof, listed(copies.suggest(proof, [], budget)), budget),
        "most-frequent": await findProof(proof, listed(frequent.suggest([], budget)), budget),
      },
    };
  };
  return yield* sharesOf(sampleProofs(open, goals, options.seed), search, options.signal);
}

/** How many of the goals each source proved. */
export interface GoalReport {
  /** Goals that were searched: the checker reads them, and they need a line at least. */
  readonly goals: number;
  /** Lines that were judged for a goal, at most. */
  readonly budget: number;
  /** Shares of the goals that are proved; of the sources without training proofs only the model. */
  readonly scores: readonly { readonly source: SearchSource; readonly proved: Estimate }[];
}

/** The shares of what was searched, with intervals over theorems; null where nothing was. */
export function goalReport(
  searched: readonly SearchedGoal[],
  { budget, hasBaselines, seed }: { budget: number; hasBaselines: boolean; seed: number },
): GoalReport | null {
  if (searched.length === 0) return null;
  const sources = Object.keys(searched[0]!.found) as SearchSource[];
  const scores = sources.filter((source) => hasBaselines || source === "model").map((source) => {
    const parts = searched.map(({ proof: { group }, found }) => {
      return { group, numerator: found[source].lines === null ? 0 : 1, denominator: 1 };
    });
    return { source, proved: estimateRatio(parts, seed) };
  });
  return { goals: searched.length, budget, scores };
}
