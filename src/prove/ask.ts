// Questions about a goal, put to a judge in sheets. A line that the prover cannot read spoils its sheet; the
// error names the place, so the question is taken out and the rest is asked again.
import type { AcornModule, SourceGoal } from "../acorn/mod.ts";
import type { Judge } from "./judge.ts";
import { type Question, type SheetForm, sheetOf } from "./sheet.ts";

/**
 * What became of a question; `inconsistent` when what was taken for true cannot be, `unknown` when the prover
 * gave no clear answer.
 */
export type Verdict = "proved" | "failed" | "inconsistent" | "unreadable" | "unknown";

/** Options of {@linkcode ask}. */
export interface AskOptions {
  readonly judge: Judge;
  readonly module: AcornModule;
  readonly goal: SourceGoal;
  readonly form: SheetForm;
  /** Seconds for the search of one goal, and for a whole sheet. */
  readonly goalSeconds: number;
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** What was answered. */
export interface Answers {
  readonly verdicts: readonly Verdict[];
  /** Lines that the prover could not read. */
  readonly unreadable: readonly string[];
  /** Runs of the prover, and their seconds. */
  readonly runs: number;
  readonly seconds: number;
  /** Of a run that gave no clear answer, or of a text that cannot be read without any question. */
  readonly trouble?: string;
}

/** Ask; the verdicts are in the questions' order. A line that cannot be read is taken out of its question. */
export async function ask(questions: readonly Question[], options: AskOptions): Promise<Answers> {
  const { judge, module, goal, form, signal } = options;
  const verdicts: Verdict[] = questions.map(() => "unknown");
  const unreadable: string[] = [];
  let open = questions.map((question, index) => ({ question, index }));
  let left = options.seconds;
  for (let runs = 1;; runs++) {
    const sheet = sheetOf(module, goal, { questions: open.map(({ question }) => question), form });
    const answer = await judge.verify({
      text: sheet.text,
      lastLine: sheet.lastLine,
      goalSeconds: options.goalSeconds,
      seconds: left,
      signal,
    });
    left -= answer.seconds;
    const told = { verdicts, unreadable, runs, seconds: options.seconds - left };
    if (answer.kind !== "error") {
      // What was killed has proved all before the last line that it failed at.
      const seen = answer.kind === "checked" ? Infinity : lastOf(answer.failed.keys());
      for (const [i, { first, end, goalLine }] of sheet.ranges.entries()) {
        if (end > seen + 1) break;
        const { question, index } = open[i]!;
        const from = question.kind === "goal" ? goalLine : first;
        verdicts[index] = verdictOf(answer.failed, from, end);
      }
      return answer.kind === "checked" ? told : { ...told, trouble: answer.message };
    }
    const { line, message } = answer;
    const bad = sheet.ranges.findIndex(({ first, end }) => line !== undefined && first <= line && line < end);
    if (bad < 0) return { ...told, trouble: line === undefined ? message : `line ${line + 1}: ${message}` };
    const { question, index } = open[bad]!;
    const { text, rest } = withoutLine(question, line! - sheet.ranges[bad]!.first - 1);
    unreadable.push(text);
    if (rest === null) {
      verdicts[index] = "unreadable";
      open = open.filter((_, i) => i !== bad);
    } else open[bad] = { question: rest, index };
    if (open.length === 0 || left <= 0) return told;
  }
}

/** A question without the line that stands so far below its block's first; null where nothing is left of it. */
function withoutLine(question: Question, below: number): { text: string; rest: Question | null } {
  if (question.kind === "line") return { text: question.text, rest: null };
  const { given } = question;
  let end = 0;
  const at = given.findIndex((text) => below < (end += text.split("\n").length));
  if (at < 0) return { text: given.join("\n"), rest: null };
  const rest = given.filter((_, i) => i !== at);
  return { text: given[at]!, rest: rest.length === 0 ? null : { kind: "goal", given: rest } };
}

function lastOf(lines: Iterable<number>): number {
  let last = -1;
  for (const line of lines) last = Math.max(last, line);
  return last;
}

function verdictOf(failed: ReadonlyMap<number, string>, from: number, end: number): Verdict {
  for (let line = from; line < end; line++) {
    const said = failed.get(line);
    if (said !== undefined) return said.includes("inconsistent") ? "inconsistent" : "failed";
  }
  return "proved";
}
