/**
 * Next lines: how often the next line of a held-out proof is among k answers, of the model, drawn and by beam search, and of what needs no model;
 * and, where the built-in checker understands the proof, how often an answer follows from what stands before it.
 */
import { checkProof, ProofContext } from "../corpus/checker/mod.ts";
import { LINE_TOKENS, normalLine, type PromptForm, PROVER_TEMPERATURE } from "../prompt/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { FrequentLines, GoalCopies } from "./baselines.ts";
import { type Estimate, estimateRatio } from "./bootstrap.ts";
import { inOrder } from "../workers/mod.ts";
import { type LineCase, linePrompt, passAt } from "./next_line.ts";
import type { AskedModel } from "./requests.ts";

/** Numbers of answers that are looked at. */
export const LINE_RANKS = [1, 8, 64] as const;
/** Beams. */
export const BEAM_WIDTH = 8;

const DRAWS = 64;

/** Who answers. */
export type LineMethod =
  | "draw-prover"
  | "draw-training"
  | "beam-prover"
  | "beam-training"
  | "ngram"
  | "nearest-goal"
  | "most-frequent";

/** What is asked with. */
export interface LineSources {
  readonly model: AskedModel;
  /** Null without training proofs, as the others. */
  readonly ngram: AskedModel | null;
  readonly copies: GoalCopies | null;
  readonly frequent: FrequentLines | null;
}

/** Chances by number of answers, in the order of {@linkcode LINE_RANKS}; null where a method gives fewer answers. */
export type Ranked<T> = readonly (T | null)[];

/** One method's figures. */
export interface LineScore {
  /** Who answers. */
  readonly method: LineMethod;
  /** The line is among the first k answers, every line counting the same. */
  readonly overLines: Ranked<Estimate>;
  /** The same, every proof counting the same. */
  readonly overProofs: Ranked<Estimate>;
  /** The checker accepts one of the first k answers, over lines; null where it does not understand most of the proofs. */
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

/** Whether the checker judges most of the cases: some proofs of other libraries happen to be in its language. */
export function understands(accepted: readonly (unknown | null)[]): boolean {
  return 2 * accepted.filter((chances) => chances !== null).length > accepted.length;
}

/** Chances of one case. */
interface Outcome {
  readonly right: Ranked<number>;
  readonly accepted: Ranked<number> | null;
}

/**
 * Ask for lines.
 *
 * @yields the share that is done, in [0, 1]
 */
export async function* measureLines(
  sources: LineSources,
  cases: readonly LineCase[],
  options: { tokenizer: Tokenizer; contextLength: number; seed: number; signal?: AbortSignal | undefined },
): AsyncGenerator<number, LineReport, void> {
  const outcomes: Map<LineMethod, Outcome>[] = [];
  for await (const outcome of inOrder(cases, (item) => askAll(sources, item, options), options.signal)) {
    outcomes.push(outcome);
    yield outcomes.length / cases.length;
  }
  const methods = [...(outcomes[0]?.keys() ?? [])];
  const first = outcomes.map((outcome) => outcome.get("draw-prover")!);
  return {
    lines: cases.length,
    checkedLines: first.filter(({ accepted }) => accepted !== null).length,
    scores: methods.map((method) =>
      scoreOf(method, cases, outcomes.map((outcome) => outcome.get(method)!), options.seed)
    ),
  };
}

async function askAll(
  { model, ngram, copies, frequent }: LineSources,
  item: LineCase,
  options: { tokenizer: Tokenizer; contextLength: number; seed: number },
): Promise<Map<LineMethod, Outcome>> {
  const { proof, line } = item;
  const wanted = normalLine(proof.lines[line]!);
  const earlier = proof.lines.slice(0, line);
  const judge = judgeOf(item);
  const promptOf = (form: PromptForm) => ({
    tokens: linePrompt(item, form, options),
    unit: "line" as const,
    maxTokens: LINE_TOKENS,
  });
  const beam = async (form: PromptForm): Promise<Outcome> =>
    listed(await model.beam(promptOf(form), BEAM_WIDTH), BEAM_WIDTH);
  const drawn = async (from: AskedModel, form: PromptForm): Promise<Outcome> => {
    const stream = `${proof.file.name} ${line} ${form}`;
    const drawing = { draws: DRAWS, temperature: PROVER_TEMPERATURE, seed: options.seed, stream };
    const found = await from.draw(promptOf(form), drawing);
    const chances = (isGood: (line: string) => boolean): Ranked<number> => {
      const good = found.reduce((sum, { text, draws }) => sum + (isGood(text) ? draws : 0), 0);
      return LINE_RANKS.map((k) => passAt(k, good, DRAWS));
    };
    return {
      right: chances((text) => normalLine(text) === wanted),
      accepted: judge === null ? null : chances(judge),
    };
  };
  const listed = (lines: readonly string[], most: number): Outcome => {
    const among = (isGood: (line: string) => boolean): Ranked<number> => {
      const place = lines.findIndex(isGood);
      return LINE_RANKS.map((k) => k > most ? null : place >= 0 && place < k ? 1 : 0);
    };
    return {
      right: among((text) => normalLine(text) === wanted),
      accepted: judge === null ? null : among(judge),
    };
  };

  const most = LINE_RANKS.at(-1)!;
  const answers = await Promise.all([
    drawn(model, "prover"),
    drawn(model, "training"),
    beam("prover"),
    beam("training"),
    ngram === null ? null : drawn(ngram, "training"),
    copies === null ? null : listed(copies.suggest(proof, earlier, most), most),
    frequent === null ? null : listed(frequent.suggest(earlier, most), most),
  ]);
  const methods: LineMethod[] = [
    "draw-prover",
    "draw-training",
    "beam-prover",
    "beam-training",
    "ngram",
    "nearest-goal",
    "most-frequent",
  ];
  return new Map(
    methods.flatMap((method, i) => answers[i] === null ? [] : [[method, answers[i]!] as const]),
  );
}

/** Tells whether a line follows and is not there already; null when the built-in checker does not accept the proof as it is. */
function judgeOf({ proof, line }: LineCase): ((text: string) => boolean) | null {
  if (!checkProof(proof.file.text).ok) return null;
  const earlier = proof.lines.slice(0, line);
  const known = new Set(earlier.map(normalLine));
  const context = ProofContext.fromPrompt(proof.before);
  for (const text of earlier) context.add(text);
  return (text) => !known.has(normalLine(text)) && context.accepts(text);
}

function scoreOf(
  method: LineMethod,
  cases: readonly LineCase[],
  outcomes: readonly Outcome[],
  seed: number,
): LineScore {
  /** The mean over cases; a case counts for its line, or for its share of its proof. */
  const mean = (
    chances: (outcome: Outcome) => Ranked<number> | null,
    weight: (item: LineCase) => number,
  ): Ranked<Estimate> =>
    LINE_RANKS.map((_, rank) => {
      const parts = outcomes.flatMap((outcome, i) => {
        const chance = chances(outcome)?.[rank] ?? null;
        const { proof } = cases[i]!;
        const w = weight(cases[i]!);
        return chance === null ? [] : [{ group: proof.group, numerator: w * chance, denominator: w }];
      });
      return parts.length === 0 ? null : estimateRatio(parts, seed);
    });
  const isChecked = understands(outcomes.map(({ accepted }) => accepted));
  return {
    method,
    overLines: mean(({ right }) => right, () => 1),
    overProofs: mean(({ right }) => right, ({ proof }) => 1 / proof.lines.length),
    accepted: isChecked ? mean(({ accepted }) => accepted, () => 1) : null,
  };
}
