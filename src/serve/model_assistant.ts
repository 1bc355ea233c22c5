// The assistant with a model and a prover: a model that is opened once and stays warm, and the acorn of this
// machine, which runs only where lines are verified.
import type { AcornLibrary } from "../acorn/mod.ts";
import { DataError } from "../errors.ts";
import type { GoalOptions, LanguageModel } from "../infer/mod.ts";
import { parseGoal } from "../prompt/mod.ts";
import { drawLines, type Judge, type LineEdit, proofEdit, prove, type ProveEvent } from "../prove/mod.ts";
import type { Answer, Assistant, Place, Question } from "./assistant.ts";
import { SourceGoals } from "./source_goals.ts";

export interface ModelAssistantOptions {
  /** Opens the model. */
  readonly open: () => Promise<LanguageModel>;
  /** How goals are put to it, and lines drawn, where who asks says nothing. */
  readonly drawing: GoalOptions;
  /** The library's folder; else the one that a module's file is in. */
  readonly lib?: string | undefined;
  /** Opens who verifies a module of a library. */
  readonly openJudge: (asked: JudgeRequest) => Promise<JudgedModule>;
}

/** A module's text, and where the module is. */
export interface JudgeRequest {
  readonly lib: string;
  readonly file: string;
  readonly text: string;
  readonly signal: AbortSignal;
}

/** Who verifies texts of a module, and what the module is. */
export interface JudgedModule {
  readonly judge: Judge;
  readonly library: AcornLibrary;
  readonly name: string;
}

export class ModelAssistant implements Assistant, AsyncDisposable {
  readonly #options: ModelAssistantOptions;
  readonly #goals: SourceGoals;
  #opening: Promise<LanguageModel> | null = null;
  #source: string | null = null;

  constructor(options: ModelAssistantOptions) {
    this.#options = options;
    this.#goals = new SourceGoals(options.lib);
  }

  /** Open the model, and draw a line, so that the first question finds it warm. */
  async warmUp(): Promise<string> {
    const model = await this.#model();
    await model.suggest("@G\n    true\n@C\nnot true\n", { ...this.#options.drawing, maxTokens: 1 });
    return model.source;
  }

  health(): Record<string, unknown> {
    return { status: this.#source === null ? "opening" : "ready", model: this.#source };
  }

  goalAt(place: Place): ReturnType<Assistant["goalAt"]> {
    return this.#goals.goalAt(place);
  }

  async suggest(question: Question, options: GoalOptions): Promise<Answer> {
    const begun = performance.now();
    const { goal, scope } = question.kind === "place"
      ? await this.#goals.question(question)
      : { goal: parseGoal(question.goal), scope: undefined };
    const model = await this.#model();
    const suggestions = await model.suggest(goal, { ...this.#options.drawing, scope, ...options });
    return { goal: goal.before, suggestions, seconds: (performance.now() - begun) / 1000 };
  }

  editOf(place: Place, lines: readonly string[]): LineEdit {
    const goal = this.goalAt(place);
    if (goal === undefined) throw new DataError(`Line ${place.line + 1} belongs to no goal`);
    return proofEdit(this.#goals.read(place.text), goal, lines);
  }

  async *prove(
    place: Place,
    { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal },
  ): AsyncGenerator<ProveEvent, void> {
    const { goal, lib, file } = await this.#goals.find(place);
    if (lib === null || file === null) {
      throw new DataError("Nothing can be verified of a text that is in no library", {
        hint: "name the library's folder with --lib PATH, and save the file in it",
      });
    }
    const { goal: question, scope } = await this.#goals.question(place);
    const model = await this.#model();
    const { judge, library, name } = await this.#options.openJudge({ lib, file, text: place.text, signal });
    await using _ = judge;
    yield* prove({ text: place.text, line: goal.firstLine, name }, {
      judge,
      library,
      seconds,
      signal,
      draw: (round, proved) =>
        drawLines(model, question, { ...this.#options.drawing, scope, round, proved, signal }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#opening?.catch(() => null))?.[Symbol.asyncDispose]();
  }

  /** The model; one that could not be opened is tried again. */
  #model(): Promise<LanguageModel> {
    this.#opening ??= this.#options.open().then((model) => {
      this.#source = model.source;
      return model;
    }, (error) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }
}
