// Lines that a model draws for a search: of each round others.
import type { GoalOptions, LanguageModel } from "../infer/mod.ts";
import type { Goal } from "../prompt/mod.ts";

/** Whole lines, best first; the beam, which finds the same each time, is searched in the first round only. */
export async function drawLines(
  model: LanguageModel,
  question: Goal,
  { round, seed = 42, ...drawing }: GoalOptions & { readonly round: number },
): Promise<string[]> {
  const options = { ...drawing, seed: seed + round, ...round > 0 && { beam: 0 } };
  const suggestions = await model.suggest(question, options);
  return suggestions.flatMap(({ line, end }) => end === "line" ? [line.trim()] : []);
}
