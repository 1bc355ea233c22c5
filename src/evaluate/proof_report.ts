/** Whole proofs, written in one go after "@P": how often one of k is the held-out one, line by line, and how often the built-in checker accepts one. */
import { checkProof } from "../corpus/checker/mod.ts";
import { normalProof, PROVER_TEMPERATURE } from "../prompt/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { GoalCopies } from "./baselines.ts";
import { type Estimate, estimateRatio } from "./bootstrap.ts";
import { inOrder } from "../workers/mod.ts";
import { understands } from "./line_report.ts";
import { linePrompt, passAt, type Proof } from "./next_line.ts";
import type { AskedModel } from "./requests.ts";

/** Numbers of proofs that are looked at. */
export const PROOF_RANKS = [1, 8] as const;

const DRAWS = 16;
/** Most tokens of a proof that is written. */
const PROOF_TOKENS = 256;

/** Who writes. */
export type ProofMethod = "draw-training" | "nearest-goal";

/** One method's figures, in the order of {@linkcode PROOF_RANKS}. */
export interface ProofScore {
  /** Who answers. */
  readonly method: ProofMethod;
  /** One of k proofs is the held-out one. */
  readonly exact: readonly Estimate[];
  /** The checker accepts one of k; null where it does not accept most of the held-out ones. */
  readonly accepted: readonly Estimate[] | null;
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

/** Chances of one proof. */
interface Outcome {
  readonly exact: readonly number[];
  readonly accepted: readonly number[] | null;
}

/**
 * Ask for proofs.
 *
 * @yields the share that is done, in [0, 1]
 */
export async function* measureProofs(
  { model, copies }: { model: AskedModel; copies: GoalCopies | null },
  proofs: readonly Proof[],
  options: { tokenizer: Tokenizer; contextLength: number; seed: number; signal?: AbortSignal | undefined },
): AsyncGenerator<number, ProofReport, void> {
  const write = async (proof: Proof): Promise<Outcome> => {
    const prompt = {
      tokens: linePrompt({ proof, line: 0 }, "training", options),
      unit: "proof" as const,
      maxTokens: PROOF_TOKENS,
    };
    const stream = `${proof.file.name} proof`;
    const found = await model.draw(prompt, {
      draws: DRAWS,
      temperature: PROVER_TEMPERATURE,
      seed: options.seed,
      stream,
    });
    return outcomeOf(proof, (isGood) => {
      const good = found.reduce((sum, { text, draws }) => sum + (isGood(text) ? draws : 0), 0);
      return PROOF_RANKS.map((k) => passAt(k, good, DRAWS));
    });
  };
  const copy = (proof: Proof, from: GoalCopies): Outcome =>
    outcomeOf(proof, (isGood) => {
      const place = from.neighbours(proof, PROOF_RANKS.at(-1)!).findIndex(({ lines }) =>
        isGood(lines.join("\n"))
      );
      return PROOF_RANKS.map((k) => place >= 0 && place < k ? 1 : 0);
    });

  const written: Outcome[] = [];
  for await (const outcome of inOrder(proofs, write, options.signal)) {
    written.push(outcome);
    yield written.length / proofs.length;
  }
  const scores = [scoreOf("draw-training", proofs, written, options.seed)];
  if (copies !== null) {
    const copied = proofs.map((proof) => copy(proof, copies));
    scores.push(scoreOf("nearest-goal", proofs, copied, options.seed));
  }
  const checkedProofs = written.filter(({ accepted }) => accepted !== null).length;
  return { proofs: proofs.length, checkedProofs, scores };
}

function outcomeOf(
  proof: Proof,
  chances: (isGood: (text: string) => boolean) => readonly number[],
): Outcome {
  const wanted = normalProof(proof.lines.join("\n"));
  const { text } = proof.file;
  return {
    exact: chances((text) => normalProof(text) === wanted),
    accepted: checkProof(text).ok ? chances((text) => checkProof(`${proof.before}@P\n${text}`).ok) : null,
  };
}

function scoreOf(
  method: ProofMethod,
  proofs: readonly Proof[],
  outcomes: readonly Outcome[],
  seed: number,
): ProofScore {
  const mean = (chances: (outcome: Outcome) => readonly number[] | null): Estimate[] =>
    PROOF_RANKS.map((_, rank) =>
      estimateRatio(
        outcomes.flatMap((outcome, i) => {
          const chance = chances(outcome)?.[rank];
          return chance === undefined ? [] : [{ group: proofs[i]!.group, numerator: chance, denominator: 1 }];
        }),
        seed,
      )
    );
  const isChecked = understands(outcomes.map(({ accepted }) => accepted));
  return {
    method,
    exact: mean(({ exact }) => exact),
    accepted: isChecked ? mean(({ accepted }) => accepted) : null,
  };
}
