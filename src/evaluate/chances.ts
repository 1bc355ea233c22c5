// From answers to figures: the chance that one of the first k is right, and its mean over questions.
import { type Estimate, estimateRatio } from "./bootstrap.ts";
import type { Continuation } from "./continuations.ts";

/** By number of answers k, in the order of a list of ranks; null where there are fewer answers. */
export type Ranked<T> = readonly (T | null)[];

type Judge = (text: string) => boolean;

/** Judge an answer by the held-out text, and by the built-in checker, where it understands the proof. */
export interface Judges {
  readonly right: Judge;
  readonly accepted: Judge | null;
}

/** The chances of one question. */
export interface Outcome {
  readonly right: Ranked<number>;
  readonly accepted: Ranked<number> | null;
}

/** What a question counts for, and the number of its theorem. */
interface QuestionWeight {
  readonly group: number;
  readonly weight: number;
}

/** Chances of answers that were drawn. */
export function drawnOutcome(
  found: readonly Continuation[],
  ranks: readonly number[],
  judges: Judges,
): Outcome {
  const total = found.reduce((sum, { draws }) => sum + draws, 0);
  return outcomeOf(judges, (isGood) => {
    const good = found.reduce((sum, { text, draws }) => sum + (isGood(text) ? draws : 0), 0);
    return ranks.map((k) => passAt(k, good, total));
  });
}

/** Chances, 0 or 1, of a ranked list of a method that gives `most` answers. */
export function listedOutcome(
  answers: readonly string[],
  ranks: readonly number[],
  { most, ...judges }: Judges & { most: number },
): Outcome {
  return outcomeOf(judges, (isGood) => {
    const place = answers.findIndex(isGood);
    return ranks.map((k) => k > most ? null : place >= 0 && place < k ? 1 : 0);
  });
}

/** The means of chances over questions, with their intervals: chances, or null, and a weight for each. */
export function meanChances(
  chances: readonly (Ranked<number> | null)[],
  weights: readonly QuestionWeight[],
  { ranks, seed }: { ranks: readonly number[]; seed: number },
): Ranked<Estimate> {
  return ranks.map((_, rank) => {
    const parts = chances.flatMap((ranked, i) => {
      const chance = ranked?.[rank] ?? null;
      const { group, weight } = weights[i]!;
      return chance === null ? [] : [{ group, numerator: weight * chance, denominator: weight }];
    });
    return parts.length === 0 ? null : estimateRatio(parts, seed);
  });
}

/** What the checker accepts; null where it does not judge most of the questions. */
export function meanAccepted(
  outcomes: readonly Outcome[],
  weights: readonly QuestionWeight[],
  options: { ranks: readonly number[]; seed: number },
): Ranked<Estimate> | null {
  const accepted = outcomes.map(({ accepted }) => accepted);
  return 2 * countJudged(outcomes) > outcomes.length ? meanChances(accepted, weights, options) : null;
}

export function countJudged(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ accepted }) => accepted !== null).length;
}

/** The chance that one of k draws is right, without bias, where `right` of more were (Chen et al. 2021). */
export function passAt(k: number, right: number, draws: number): number {
  let allWrong = 1;
  for (let i = 0; i < k; i++) allWrong *= Math.max(0, draws - right - i) / (draws - i);
  return 1 - allWrong;
}

function outcomeOf({ right, accepted }: Judges, chances: (isGood: Judge) => Ranked<number>): Outcome {
  return { right: chances(right), accepted: accepted === null ? null : chances(accepted) };
}
