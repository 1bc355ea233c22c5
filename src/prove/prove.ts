// The search for lines that prove a goal. The prover is asked first whether it needs any. Then lines are put
// to it in groups, taken for true: does the goal go through with them? That costs one search a group, where
// proving the lines would cost one each. Of a group that helps, each line is then proved by itself, and asked
// whether it is enough alone; else lines that are proved are kept together and those that are not needed are
// dropped. What is found is verified where it will stand, all of it, before it is told.
//
//   empty, restated ─▶ groups of lines ─▶ lines of a group that helped ─▶ fewest lines ─▶ whole proof
//                        (most of the time)        (proved? enough alone?)   (leave one out)
import { type AcornModule, goalAtLine, parseModule, type SourceGoal } from "../acorn/mod.ts";
import type { AcornLibrary } from "../acorn/mod.ts";
import { DataError } from "../errors.ts";
import { type Answers, ask } from "./ask.ts";
import { type Candidate, CandidateQueue } from "./candidates.ts";
import { editedLines, proofEdit } from "./edit.ts";
import type { ProveEvent, ProveResult } from "./events.ts";
import type { Judge } from "./judge.ts";
import { goalStatement, type Question, type SheetForm } from "./sheet.ts";
import { surroundingsOf } from "./surroundings.ts";

/** What is to be proved. */
export interface ProveRequest {
  /** The module's text. */
  readonly text: string;
  /** A line of the goal, from 0. */
  readonly line: number;
  /** The module's name, `nat.gcd`. */
  readonly name: string;
}

/** Options of {@linkcode prove}. */
export interface ProveOptions {
  readonly judge: Judge;
  /** What the module imports was read; null: nothing is known of other modules. */
  readonly library: AcornLibrary | null;
  /** Draws lines: of each call others. Default: none are drawn. */
  readonly draw?: (round: number) => Promise<readonly string[]>;
  /** Default 60. */
  readonly seconds?: number;
  /** Seconds for the search of one goal, at the end, as the user's prover has them. Default 5. */
  readonly goalSeconds?: number;
  /** The same while lines are tried. Default 1.5. */
  readonly trySeconds?: number;
  /** Runs of the prover at once. Default 2. */
  readonly processes?: number;
  readonly signal?: AbortSignal | undefined;
  /** Seconds, from anywhere on. */
  readonly clock?: () => number;
}

/** Search for lines that prove the goal at a line of a module. @throws {DataError} where there is no goal */
export async function* prove(
  request: ProveRequest,
  options: ProveOptions,
): AsyncGenerator<ProveEvent, void, void> {
  const module = parseModule(request.text);
  const goal = goalAtLine(module, request.line, options.library?.goalOptions(request.name));
  if (goal === undefined) throw new DataError(`There is nothing to prove at line ${request.line + 1}`);
  const search = new Search(request, { module, goal }, options);
  yield {
    kind: "start",
    goal: goal.text,
    line: goal.firstLine + 1,
    judge: options.judge.version,
    seconds: search.seconds,
  };
  yield* search.run();
}

/** Lines of one sheet, and of a group of citations, which are true, and of others, one of which may spoil it. */
const SHEET_LINES = 24;
const GROUP = { cited: 6, other: 3 } as const;

type Step =
  | { readonly kind: "begin" }
  | { readonly kind: "screen"; readonly groups: readonly (readonly Candidate[])[] }
  | { readonly kind: "members"; readonly group: readonly Candidate[] }
  | { readonly kind: "fewest"; readonly lines: readonly string[] }
  | { readonly kind: "whole"; readonly lines: readonly string[] };

class Search {
  readonly seconds: number;
  readonly #queue: CandidateQueue;
  readonly #accepted: Candidate[] = [];
  readonly #steps: Step[] = [{ kind: "begin" }];
  readonly #events: ProveEvent[] = [];
  readonly #clock: () => number;
  readonly #begun: number;
  readonly #form: SheetForm;
  #tried = 0;
  #runs = 0;
  #round = 0;
  #drawing: Promise<void> | null = null;
  #result: ProveResult | null = null;
  #troubles = 0;
  #restated = "";

  constructor(
    readonly request: ProveRequest,
    readonly place: { readonly module: AcornModule; readonly goal: SourceGoal },
    readonly options: ProveOptions,
  ) {
    const { module, goal } = place;
    const { judge, library } = options;
    this.seconds = options.seconds ?? 60;
    this.#clock = options.clock ?? (() => performance.now() / 1000);
    this.#begun = this.#clock();
    this.#form = { isCut: judge.declared === null, axioms: judge.declared ?? new Set() };
    const around = surroundingsOf(module, goal, { library, name: request.name });
    this.#queue = new CandidateQueue(around.above, around.isMeant);
    this.#restated = goalStatement(module, goal) ?? "";
    this.#queue.add("neighbor", around.neighbors(200));
    this.#queue.add("cited", around.cited().slice(0, 200));
  }

  async *run(): AsyncGenerator<ProveEvent, void, void> {
    const { processes = 2, signal } = this.options;
    const running = new Set<Promise<void>>();
    this.#draw();
    while (this.#result === null) {
      while (running.size < processes && !this.#isOver()) {
        const step = await this.#next(running.size === 0);
        if (step === null) break;
        const work = this.#take(step).finally(() => running.delete(work));
        running.add(work);
      }
      if (running.size === 0) this.#end(signal?.aborted ? "stopped" : this.#isOver() ? "time" : "lines");
      else await Promise.race(running);
      yield* this.#events.splice(0);
      if (this.#result === null) yield this.#progress();
    }
    await Promise.allSettled(running);
    yield* this.#events.splice(0);
    yield this.#result!;
  }

  get #left(): number {
    return this.seconds - (this.#clock() - this.#begun);
  }

  #isOver(): boolean {
    return this.options.signal?.aborted === true || this.#left < 1 || this.#troubles > 3;
  }

  /** What is asked next: what is nearest to a proof; null when there is nothing. */
  async #next(mayWait: boolean): Promise<Step | null> {
    const order = ["whole", "fewest", "members", "begin"];
    this.#steps.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    const step = this.#steps.shift();
    if (step !== undefined) return step;
    if (this.#queue.size === 0 && mayWait) await this.#drawing;
    const lines = this.#queue.take(SHEET_LINES);
    if (lines.length === 0) return null;
    this.#draw();
    return { kind: "screen", groups: grouped(lines) };
  }

  /** Have further lines drawn, one call at a time. */
  #draw(): void {
    const { draw } = this.options;
    if (draw === undefined || this.#drawing !== null) return;
    this.#drawing = draw(this.#round++).then((lines) => {
      this.#queue.add("model", lines);
      this.#drawing = null;
    }, (error: Error) => {
      this.#events.push({ kind: "trouble", message: error.message });
    });
  }

  async #take(step: Step): Promise<void> {
    const { trySeconds = 1.5, goalSeconds = 5 } = this.options;
    switch (step.kind) {
      case "begin": {
        const restated: Question = { kind: "line", text: this.#restated };
        const answers = await this.#ask([{ kind: "goal", given: [] }, restated], goalSeconds);
        if (answers[0] === "proved") this.#end("proved");
        else if (answers[1] === "proved") this.#steps.push({ kind: "whole", lines: [this.#restated] });
        return;
      }
      case "screen": {
        const { groups } = step;
        const questions = groups.map((group): Question => ({
          kind: "goal",
          given: group.map(({ line }) => line),
        }));
        const answers = await this.#ask(questions, trySeconds);
        this.#tried += groups.reduce((sum, group) => sum + group.length, 0);
        for (const [i, group] of groups.entries()) {
          if (answers[i] === "proved") this.#steps.push({ kind: "members", group });
        }
        return;
      }
      case "members": {
        const { group } = step;
        const alone = group.map(({ line }): Question => ({ kind: "goal", given: [line] }));
        const proved = group.map(({ line }): Question => ({ kind: "line", text: line }));
        const answers = await this.#ask([...proved, ...alone], trySeconds);
        const good = group.filter((_, i) => answers[i] === "proved");
        for (const candidate of good) this.#accept(candidate);
        const enough = group.filter((_, i) =>
          answers[i] === "proved" && answers[group.length + i] === "proved"
        );
        if (enough.length > 0) return void this.#steps.push({ kind: "whole", lines: [enough[0]!.line] });
        // A line that is not proved in so short a time may be in the time that the user's prover has.
        const later = group.filter((_, i) =>
          answers[i] === "failed" && answers[group.length + i] === "proved"
        );
        if (later.length > 0) this.#steps.push({ kind: "whole", lines: [later[0]!.line] });
        if (good.length > 1) this.#steps.push({ kind: "fewest", lines: good.map(({ line }) => line) });
        return;
      }
      case "fewest": {
        const { lines } = step;
        const without = lines.map((_, i) => lines.filter((_, other) => other !== i));
        const questions = [lines, ...without].map((given): Question => ({ kind: "goal", given }));
        const answers = await this.#ask(questions, trySeconds);
        if (answers[0] !== "proved") return;
        const spare = without.findIndex((_, i) => answers[i + 1] === "proved");
        const fewer = spare < 0 ? lines : without[spare]!;
        this.#steps.push({ kind: spare < 0 || fewer.length === 1 ? "whole" : "fewest", lines: fewer });
        return;
      }
      case "whole":
        if (await this.#isWholeProof(step.lines)) this.#end("proved", step.lines);
        return;
      default:
        step satisfies never;
    }
  }

  async #ask(questions: readonly Question[], goalSeconds: number): Promise<Answers["verdicts"]> {
    const { judge, signal } = this.options;
    const seconds = this.#left;
    const form = this.#form;
    const answers = await ask(questions, {
      ...this.place,
      form,
      judge,
      goalSeconds,
      seconds,
      signal,
    });
    this.#runs += answers.runs;
    this.#queue.leftOut.unreadable += answers.unreadable.length;
    if (answers.trouble !== undefined && this.#left > 0 && !signal?.aborted) {
      this.#troubles++;
      this.#events.push({ kind: "trouble", message: answers.trouble });
    }
    return answers.verdicts;
  }

  /** Whether lines, where they would stand, and the goal behind them are proved. */
  async #isWholeProof(lines: readonly string[]): Promise<boolean> {
    const { judge, goalSeconds = 5, signal } = this.options;
    const { module, goal } = this.place;
    const edit = proofEdit(module, goal, lines.flatMap((line) => line.split("\n")));
    const added = edit.lines.length - edit.removed;
    const [first, last] = [Math.min(goal.firstLine, edit.line), Math.max(goal.lastLine, edit.line) + added];
    const theorem = goal.block[0]?.statement ?? goal.statement;
    const end = judge.declared === null ? theorem.lastLine + 1 + added : Infinity;
    const answer = await judge.verify({
      text: `${editedLines(module.lines, edit).slice(0, end).join("\n")}\n`,
      lastLine: last,
      goalSeconds,
      seconds: Math.max(this.#left, 4 * goalSeconds),
      signal,
    });
    this.#runs++;
    if (answer.kind === "broken") this.#events.push({ kind: "trouble", message: answer.message });
    return answer.kind === "checked" &&
      [...answer.failed.keys()].every((line) => line < first || line > last);
  }

  #accept(candidate: Candidate): void {
    if (this.#accepted.some(({ line }) => line === candidate.line)) return;
    this.#accepted.push(candidate);
    this.#events.push({ kind: "accepted", line: candidate.line, source: candidate.source });
  }

  #progress(): ProveEvent {
    return {
      kind: "progress",
      tried: this.#tried,
      accepted: this.#accepted.length,
      waiting: this.#queue.size,
      secondsLeft: Math.max(0, this.#left),
    };
  }

  #end(outcome: ProveResult["outcome"], proof?: readonly string[]): void {
    if (this.#result !== null) return;
    const lines = outcome === "proved" ? proof ?? [] : this.#accepted.map(({ line }) => line);
    const { module, goal } = this.place;
    this.#result = {
      kind: "result",
      outcome: this.#troubles > 3 && outcome !== "proved" ? "trouble" : outcome,
      lines,
      edit: lines.length === 0 ? null : proofEdit(module, goal, lines.flatMap((line) => line.split("\n"))),
      tried: this.#tried,
      accepted: this.#accepted.length,
      leftOut: { ...this.#queue.leftOut },
      runs: this.#runs,
      seconds: this.#clock() - this.#begun,
      isRestated: lines.length === 1 && lines[0] === this.#restated,
    };
  }
}

/** Lines in groups: citations by themselves. */
function grouped(lines: readonly Candidate[]): Candidate[][] {
  const groups: Candidate[][] = [];
  for (const kind of ["other", "cited"] as const) {
    const own = lines.filter(({ source }) => (source === "cited") === (kind === "cited"));
    for (let i = 0; i < own.length; i += GROUP[kind]) groups.push(own.slice(i, i + GROUP[kind]));
  }
  return groups;
}
