// The search for lines that prove a goal. The prover is asked first whether it needs any. Then lines are put
// to it in groups, taken for true: does the goal go through with them? That costs one search a group, where
// proving the lines would cost one each. The lines of groups that help are then proved; what is proved of a
// group is asked about again where that is not all of it, and lines that are not needed are dropped. What is
// found is verified where it will stand, all of it, before it is told.
//
//   begin ──▶ screen ──▶ members ──▶ enough ──▶ fewest ──▶ whole
//   no line   groups     proved?     of proved   one alone?  as it will stand
//
// After some sheets the first lines whose groups did not help are proved, each in a moment. What is proved is
// the ground that the search goes on from: it stands before further groups, and a model is shown it in every
// second call.
import {
  type AcornLibrary,
  type AcornModule,
  goalAtLine,
  parseModule,
  type SourceGoal,
} from "../acorn/mod.ts";
import { DataError } from "../errors.ts";
import { type Answers, ask } from "./ask.ts";
import { type Candidate, CandidateQueue, type LeftOut } from "./candidates.ts";
import { editedLines } from "./edit.ts";
import type { ProveEvent, ProveResult } from "./events.ts";
import { type Group, helps, isProved, nextGroups, ORDER, type Step, type WaitingLines } from "./steps.ts";
import type { Judge } from "./judge.ts";
import { placesOf } from "./places.ts";
import { type PlacedLine, ProvedLines } from "./proved_lines.ts";
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
  /** Draws lines, of each call others, behind those that are proved already. Default: none are drawn. */
  readonly draw?: (round: number, proved: readonly string[]) => Promise<readonly string[]>;
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

/** Lines of near proofs, of which so many are varied. */
const MOST_NEIGHBORS = 200;
const VARIED = 40;
/** Lines that are proved without having helped, at a time, and the seconds that each has. */
const GROUND_LINES = 12;
const GROUND_SECONDS = 0.5;
/** Sheets after which that is done. */
const GROUND_AFTER = 3;
/** Unclear answers after which the prover is given up. */
const MOST_TROUBLES = 3;

class Search {
  readonly seconds: number;
  readonly #places: readonly WaitingLines[];
  readonly #accepted = new ProvedLines();
  /** Lines of the goal's own place whose groups did not help. */
  readonly #useless: Candidate[] = [];
  readonly #steps: Step[] = [{ kind: "begin" }];
  readonly #events: ProveEvent[] = [];
  readonly #clock: () => number;
  readonly #begun: number;
  #form: SheetForm;
  readonly #restated: string;
  #tried = 0;
  /** Sheets of new lines since lines were last proved that had not helped. */
  #screens = 0;
  #runs = 0;
  #round = 0;
  #drawing: Promise<void> | null = null;
  #result: ProveResult | null = null;
  /** Unclear answers since the last clear one, and whether there was one. */
  #troubles = 0;
  #isClear = false;

  constructor(
    readonly request: ProveRequest,
    readonly asked: { readonly module: AcornModule; readonly goal: SourceGoal },
    readonly options: ProveOptions,
  ) {
    const { module, goal } = asked;
    const { judge, library } = options;
    this.seconds = options.seconds ?? 60;
    this.#clock = options.clock ?? (() => performance.now() / 1000);
    this.#begun = this.#clock();
    this.#form = { isCut: judge.declared === null, axioms: judge.declared ?? new Set() };
    this.#restated = goalStatement(module, goal) ?? "";
    this.#places = placesOf(module, goal).map((place) => {
      const around = surroundingsOf(module, place.at, { library, name: request.name });
      const queue = new CandidateQueue(around.above, around.isMeant);
      const near = around.neighbors(MOST_NEIGHBORS);
      queue.add("neighbor", near);
      queue.add("cited", around.cited().slice(0, MOST_NEIGHBORS));
      const varied = around.variants(near.slice(0, VARIED));
      queue.add("variant", [...around.parts(), ...around.instances(), ...varied]);
      return { place, queue };
    });
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
      if (running.size === 0) this.#end(signal?.aborted ? "stopped" : this.#left < 1 ? "time" : "lines");
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
    return this.options.signal?.aborted === true || this.#left < 1 || this.#troubles > MOST_TROUBLES;
  }

  async #next(mayWait: boolean): Promise<Step | null> {
    this.#steps.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
    const step = this.#steps.shift();
    if (step !== undefined) return step;
    const isEmpty = this.#places.every(({ queue }) => queue.size === 0);
    if (isEmpty || this.#screens >= GROUND_AFTER) {
      this.#screens = 0;
      const lines = this.#useless.splice(0, GROUND_LINES);
      if (lines.length > 0) return { kind: "ground", lines };
    }
    if (isEmpty && mayWait) await this.#drawing;
    const groups = nextGroups(this.#places).map(({ place, lines }) => {
      return { place, lines: [...this.#accepted.newest(place), ...lines] };
    });
    this.#draw();
    this.#screens++;
    return groups.length === 0 ? null : { kind: "screen", groups };
  }

  /** Have further lines drawn, one call at a time. */
  #draw(): void {
    const { draw } = this.options;
    if (draw === undefined || this.#drawing !== null) return;
    const round = this.#round++;
    const proved = round % 2 === 0 ? [] : this.#accepted.newest(this.#places[0]!.place);
    this.#drawing = draw(round, proved.map(({ line }) => line)).then((lines) => {
      this.#places[0]!.queue.add("model", lines);
      this.#drawing = null;
    }, (error: Error) => {
      if (this.options.signal?.aborted !== true) {
        this.#events.push({ kind: "trouble", message: error.message });
      }
    });
  }

  async #take(step: Step): Promise<void> {
    switch (step.kind) {
      case "begin":
        return await this.#begin();
      case "screen":
      case "again":
      case "enough": {
        const { kind, groups } = step;
        const answers = await this.#ask(groups.map(({ place, lines }) => helps(place, lines)));
        const good = groups.filter((_, i) => answers[i] === "proved");
        if (kind !== "enough") {
          for (const [i, { place, lines }] of groups.entries()) {
            const fresh = lines.filter((line) => !this.#accepted.has(line));
            if (kind === "screen" && answers[i] !== "unknown") this.#tried += fresh.length;
            if (answers[i] !== "failed" || place !== this.#places[0]!.place) continue;
            for (const line of fresh) this.#useless.push(line);
          }
          if (good.length > 0) this.#steps.push({ kind: "members", groups: good });
          // One line that cannot be true spoils its group: the others are asked about by themselves.
          const spoiled = groups.filter(({ lines }, i) => answers[i] === "inconsistent" && lines.length > 1);
          const single = spoiled.flatMap(({ place, lines }) =>
            lines.filter((line) => !this.#accepted.has(line)).map((line) => ({ place, lines: [line] }))
          );
          if (single.length > 0) this.#steps.push({ kind: "again", groups: single });
        } else for (const group of good) this.#sufficient(group);
        return;
      }
      case "members": {
        const { groups } = step;
        const all = groups.flatMap(({ place, lines }) =>
          lines.filter((line) => !this.#accepted.has(line)).map((line) => ({ place, line }))
        );
        await this.#prove(all);
        const left = groups.map(({ place, lines }) => ({
          place,
          lines: lines.filter((line) => this.#accepted.has(line)),
        }));
        const fewer = left.filter(({ lines }, i) =>
          lines.length > 0 && lines.length < groups[i]!.lines.length
        );
        for (const [i, group] of left.entries()) {
          if (group.lines.length === groups[i]!.lines.length) this.#sufficient(group);
        }
        if (fewer.length > 0) this.#steps.push({ kind: "enough", groups: fewer });
        return;
      }
      case "ground": {
        const { place } = this.#places[0]!;
        const found = await this.#prove(step.lines.map((line) => ({ place, line })), GROUND_SECONDS);
        if (found > 0) {
          this.#steps.push({ kind: "enough", groups: [{ place, lines: this.#accepted.newest(place) }] });
        }
        return;
      }
      case "fewest": {
        const { place, lines } = step.group;
        const answers = await this.#ask(lines.map((line) => helps(place, [line])));
        const alone = lines.filter((_, i) => answers[i] === "proved");
        if (alone.length > 0) {
          return void this.#steps.push({ kind: "whole", group: { place, lines: [alone[0]!] } });
        }
        const without = lines.map((_, i) => lines.filter((_, other) => other !== i));
        const spare = lines.length < 3 ? [] : await this.#ask(without.map((rest) => helps(place, rest)));
        const at = spare.indexOf("proved");
        const kind = at < 0 || lines.length === 3 ? "whole" : "fewest";
        this.#steps.push({ kind, group: { place, lines: at < 0 ? lines : without[at]! } });
        return;
      }
      case "whole":
        if (await this.#isWholeProof(step.group)) this.#end("proved", step.group);
        // With less around it the goal goes through, as it stands it does not: so it is asked about as it
        // stands.
        else if (step.group.lines.length === 0) this.#form = { ...this.#form, axioms: null };
        return;
      default:
        step satisfies never;
    }
  }

  /** The empty proof, and the goal itself as a line. */
  async #begin(): Promise<void> {
    const { place } = this.#places[0]!;
    const restated: Candidate = { line: this.#restated, source: "variant" };
    const answers = await this.#ask([{ kind: "goal", given: [] }, isProved(place, restated)]);
    if (!this.#isClear && this.#form.axioms !== null) {
      // Something of the module is needed as it is.
      this.#form = { isCut: false, axioms: null };
      return void this.#steps.push({ kind: "begin" });
    }
    if (answers[0] === "proved") this.#steps.push({ kind: "whole", group: { place, lines: [] } });
    else if (answers[1] === "proved") {
      this.#steps.push({ kind: "whole", group: { place, lines: [restated] } });
    }
  }

  /** Lines with which the goal goes through, all of them proved. */
  #sufficient(group: Group): void {
    this.#steps.push({ kind: group.lines.length === 1 ? "whole" : "fewest", group });
  }

  /** Which of these lines are proved where they would stand? They are accepted. @returns how many */
  async #prove(all: readonly PlacedLine[], goalSeconds?: number): Promise<number> {
    const answers = await this.#ask(all.map(({ place, line }) => isProved(place, line)), goalSeconds);
    const found = all.filter((_, i) => answers[i] === "proved");
    for (const placed of found) {
      const { line, source } = placed.line;
      if (this.#accepted.add(placed)) this.#events.push({ kind: "accepted", line, source });
    }
    return found.length;
  }

  async #ask(
    questions: readonly Question[],
    goalSeconds = this.options.trySeconds ?? 1.5,
  ): Promise<Answers["verdicts"]> {
    const { judge, signal } = this.options;
    const [form, seconds] = [this.#form, this.#left];
    const answers = await ask(questions, { ...this.asked, form, judge, goalSeconds, seconds, signal });
    this.#runs += answers.runs;
    this.#places[0]!.queue.leftOut.unreadable += answers.unreadable.length;
    if (answers.trouble === undefined) {
      [this.#isClear, this.#troubles] = [true, 0];
    } else if (this.#left > 0 && !signal?.aborted) {
      this.#troubles++;
      this.#events.push({ kind: "trouble", message: answers.trouble });
    }
    return answers.verdicts;
  }

  /** Whether lines, where they would stand, and the goal behind them are proved. */
  async #isWholeProof({ place, lines }: Group): Promise<boolean> {
    const { judge, goalSeconds = 5, signal } = this.options;
    const { module, goal } = this.asked;
    const edit = lines.length === 0
      ? { line: goal.firstLine, removed: 0, lines: [] }
      : place.edit(lines.map(({ line }) => line));
    const added = edit.lines.length - edit.removed;
    const [first, last] = [Math.min(goal.firstLine, edit.line), Math.max(goal.lastLine, edit.line) + added];
    const theorem = goal.block[0]?.statement ?? goal.statement;
    const end = judge.declared === null ? theorem.lastLine + 1 + added : Infinity;
    const answer = await judge.verify({
      text: `${editedLines(module.lines, edit).slice(0, end).join("\n")}\n`,
      lastLine: last,
      goalSeconds,
      seconds: Math.max(this.#left, 4 * goalSeconds),
      isWhole: true,
      signal,
    });
    this.#runs++;
    if (answer.kind === "broken") this.#events.push({ kind: "trouble", message: answer.message });
    return answer.kind === "checked" &&
      [...answer.failed.keys()].every((line) => line < first || line > last);
  }

  #progress(): ProveEvent {
    return {
      kind: "progress",
      tried: this.#tried,
      accepted: this.#accepted.lines.length,
      waiting: this.#places.reduce((sum, { queue }) => sum + queue.size, 0),
      secondsLeft: Math.max(0, this.#left),
    };
  }

  #end(outcome: ProveResult["outcome"], proof?: Group): void {
    if (this.#result !== null) return;
    const lines = (proof?.lines ?? this.#accepted.lines).map(({ line }) => line);
    const leftOut: LeftOut = { unreadable: 0, meaningless: 0, empty: 0, repeated: 0 };
    for (const { queue } of this.#places) {
      for (const reason of Object.keys(leftOut) as (keyof LeftOut)[]) {
        leftOut[reason] += queue.leftOut[reason];
      }
    }
    this.#result = {
      kind: "result",
      outcome: this.#troubles > 0 && !this.#isClear && outcome === "lines" ? "trouble" : outcome,
      lines,
      edit: proof === undefined || lines.length === 0 ? null : proof.place.edit(lines),
      tried: this.#tried,
      accepted: this.#accepted.lines.length,
      leftOut,
      runs: this.#runs,
      seconds: this.#clock() - this.#begun,
      isRestated: proof !== undefined && lines.length === 1 && lines[0] === this.#restated,
    };
  }
}
