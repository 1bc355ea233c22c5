// Whole proofs: how often one of k is the held-out one, and how often the built-in checker accepts one.
import { checkProof } from "../corpus/checker/mod.ts";
import { normalProof, PROVER_TEMPERATURE } from "../prompt/mod.ts";
import type { Estimate } from "./bootstrap.ts";
import type { Judges, Outcome, Ranked } from "./chances.ts";
import { countJudged, drawnOutcome, listedOutcome, meanAccepted, meanChances } from "./chances.ts";
import { linePrompt, type Proof } from "./next_line.ts";
import { type MeasureOptions, sharesOf } from "./progress.ts";
import type { Sources } from "./baselines.ts";

/** Numbers of proofs that are looked at. */
export const PROOF_RANKS = [1, 8] as const;

const DRAWS = 16;
/** Of a proof that is written, at most. */
const PROOF_TOKENS = 256;

/** Who writes. */
export type ProofMethod = "draw-training" | "nearest-goal";

/** One method's figures, in the order of {@linkcode PROOF_RANKS}. */
export interface ProofScore {
  /** Who answers. */
  readonly method: ProofMethod;
  /** One of k proofs is the held-out one. */
  readonly exact: Ranked<Estimate>;
  /** The checker accepts one of k; null where it does not accept most of the held-out ones. */
  readonly accepted: Ranked<Estimate> | null;
}

/** Figures of all methods. */
export interface ProofReport {
  /** Proofs asked for. */
  readonly proofs: number;
  /** Of them those that the built-in checker accepts. */
  readonly checkedProofs: number;
  /** One a method. */
  readonly scores: readonly ProofScore[];
}

/** Ask for proofs. @yields the share that is done, in [0, 1] */
export async function* measureProofs(
  { model, baselines }: Sources,
  proofs: readonly Proof[],
  options: MeasureOptions,
): AsyncGenerator<number, ProofReport, void> {
  const write = async (proof: Proof): Promise<Outcome> => {
    const tokens = linePrompt({ proof, line: 0 }, "training", options);
    const found = await model.draw({ tokens, unit: "proof", maxTokens: PROOF_TOKENS }, {
      draws: DRAWS,
      temperature: PROVER_TEMPERATURE,
      seed: options.seed,
      stream: `${proof.file.name} proof`,
    });
    return drawnOutcome(found, PROOF_RANKS, judgesOf(proof));
  };
  const weights = proofs.map(({ group }) => ({ group, weight: 1 }));
  const ranking = { ranks: PROOF_RANKS, seed: options.seed };
  const scoreOf = (method: ProofMethod, outcomes: readonly Outcome[]): ProofScore => ({
    method,
    exact: meanChances(outcomes.map(({ right }) => right), weights, ranking),
    accepted: meanAccepted(outcomes, weights, ranking),
  });
  const written = yield* sharesOf(proofs, write, options.signal);
  const scores = [scoreOf("draw-training", written)];
  if (baselines !== null) {
    const most = PROOF_RANKS.at(-1)!;
    const copied = proofs.map((proof) => {
      const texts = baselines.copies.neighbours(proof, most).map(({ lines }) => lines.join("\n"));
      return listedOutcome(texts, PROOF_RANKS, { ...judgesOf(proof), most });
    });
    scores.push(scoreOf("nearest-goal", copied));
  }
  return { proofs: proofs.length, checkedProofs: countJudged(written), scores };
}

function judgesOf({ file, before, lines }: Proof): Judges {
  const wanted = normalProof(lines.join("\n"));
  return {
    right: (text) => normalProof(text) === wanted,
    accepted: checkProof(file.text).ok ? (text) => checkProof(`${before}@P\n${text}`).ok : null,
  };
}
