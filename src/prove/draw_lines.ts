// Lines that a model draws for a search: of each round others.
import type { GoalOptions, LanguageModel } from "../infer/mod.ts";
import type { Goal } from "../prompt/mod.ts";

/**
 * Whole lines that go on from what is proved already, best first; the beam, which finds the same each time, is
 * searched in the first round only, and behind proved lines.
 */
export async function drawLines(
  model: LanguageModel,
  question: Goal,
  { round, proved, seed = 42, ...drawing }:
    & GoalOptions
    & { readonly round: number; readonly proved: readonly string[] },
): Promise<string[]> {
  const isKnown = round > 0 && proved.length === 0;
  const options = { ...drawing, seed: seed + round, ...isKnown && { beam: 0 } };
  const lines = [...question.lines, ...proved];
  const suggestions = await model.suggest({ ...question, lines }, options);
  return suggestions.flatMap(({ line, end }) => end === "line" ? [line.trim()] : []);
}
