// Next lines: how often one of k answers is the held-out one, or follows by the built-in checker.
import { checkProof, ProofContext } from "../corpus/checker/mod.ts";
import { LINE_TOKENS, normalLine, type PromptForm, PROVER_TEMPERATURE } from "../prompt/mod.ts";
import type { Sources } from "./baselines.ts";
import type { Estimate } from "./bootstrap.ts";
import type { Judges, Outcome, Ranked } from "./chances.ts";
import { countJudged, drawnOutcome, listedOutcome, meanAccepted, meanChances } from "./chances.ts";
import { type LineCase, linePrompt } from "./next_line.ts";
import { type MeasureOptions, sharesOf } from "./progress.ts";
import type { AskedModel } from "./requests.ts";

/** Numbers of answers that are looked at. */
export const LINE_RANKS = [1, 8, 64] as const;

const DRAWS = 64;
const BEAM_WIDTH = 8;

/** Who answers. */
export type LineMethod =
  | "draw-prover"
  | "draw-training"
  | "beam-prover"
  | "beam-training"
  | "ngram"
  | "nearest-goal"
  | "most-frequent";

/** One method's figures, in the order of {@linkcode LINE_RANKS}. */
export interface LineScore {
  /** Who answers. */
  readonly method: LineMethod;
  /** The line is among the first k answers, every line counting the same. */
  readonly overLines: Ranked<Estimate>;
  /** The same, every proof counting the same. */
  readonly overProofs: Ranked<Estimate>;
  /** The checker accepts one of the first k, over lines; null where it does not judge most proofs. */
  readonly accepted: Ranked<Estimate> | null;
}

/** Figures of all methods. */
export interface LineReport {
  /** Lines asked for. */
  readonly lines: number;
  /** Of them those whose proof the built-in checker accepts. */
  readonly checkedLines: number;
  /** One a method. */
  readonly scores: readonly LineScore[];
}

/** Ask for lines. @yields the share that is done, in [0, 1] */
export async function* measureLines(
  sources: Sources,
  cases: readonly LineCase[],
  options: MeasureOptions,
): AsyncGenerator<number, LineReport, void> {
  const answered = yield* sharesOf(cases, (item) => askAll(sources, item, options), options.signal);
  const methods = Object.keys(answered[0] ?? {}) as LineMethod[];
  const ranking = { ranks: LINE_RANKS, seed: options.seed };
  const byLine = cases.map(({ proof: { group } }) => ({ group, weight: 1 }));
  const byProof = cases.map(({ proof: { group, lines } }) => ({ group, weight: 1 / lines.length }));
  const scores = methods.map((method): LineScore => {
    const outcomes = answered.map((outcomes) => outcomes[method]!);
    const right = outcomes.map(({ right }) => right);
    return {
      method,
      overLines: meanChances(right, byLine, ranking),
      overProofs: meanChances(right, byProof, ranking),
      accepted: meanAccepted(outcomes, byLine, ranking),
    };
  });
  const checkedLines = countJudged(answered.map((outcomes) => outcomes["draw-prover"]!));
  return { lines: cases.length, checkedLines, scores };
}

/** The outcomes of all methods that there are, in the order of their type. */
async function askAll(
  { model, baselines }: Sources,
  item: LineCase,
  options: MeasureOptions,
): Promise<Partial<Record<LineMethod, Outcome>>> {
  const { proof, line } = item;
  const earlier = proof.lines.slice(0, line);
  const wanted = normalLine(proof.lines[line]!);
  const judges: Judges = { right: (text) => normalLine(text) === wanted, accepted: checkerOf(item) };
  const promptOf = (form: PromptForm) => ({
    tokens: linePrompt(item, form, options),
    unit: "line" as const,
    maxTokens: LINE_TOKENS,
  });
  const drawn = async (from: AskedModel, form: PromptForm): Promise<Outcome> => {
    const stream = `${proof.file.name} ${line} ${form}`;
    const drawing = { draws: DRAWS, temperature: PROVER_TEMPERATURE, seed: options.seed, stream };
    return drawnOutcome(await from.draw(promptOf(form), drawing), LINE_RANKS, judges);
  };
  const beam = async (form: PromptForm): Promise<Outcome> =>
    listed(await model.beam(promptOf(form), BEAM_WIDTH), BEAM_WIDTH);
  const listed = (lines: readonly string[], most: number): Outcome =>
    listedOutcome(lines, LINE_RANKS, { ...judges, most });

  const most = LINE_RANKS.at(-1)!;
  const asked: Partial<Record<LineMethod, Outcome | Promise<Outcome>>> = {
    "draw-prover": drawn(model, "prover"),
    "draw-training": drawn(model, "training"),
    "beam-prover": beam("prover"),
    "beam-training": beam("training"),
    ...baselines && {
      "ngram": drawn(baselines.ngram, "training"),
      "nearest-goal": listed(baselines.copies.suggest(proof, earlier, most), most),
      "most-frequent": listed(baselines.frequent.suggest(earlier, most), most),
    },
  };
  const outcomes = await Promise.all(Object.values(asked));
  return Object.fromEntries(Object.keys(asked).map((method, i) => [method, outcomes[i]!]));
}

/** Whether a new line follows; null when the built-in checker does not accept the proof itself. */
function checkerOf({ proof, line }: LineCase): Judges["accepted"] {
  if (!checkProof(proof.file.text).ok) return null;
  const earlier = proof.lines.slice(0, line);
  const known = new Set(earlier.map(normalLine));
  const context = ProofContext.fromPrompt(proof.before);
  for (const text of earlier) context.add(text);
  return (text) => !known.has(normalLine(text)) && context.accepts(text);
}
