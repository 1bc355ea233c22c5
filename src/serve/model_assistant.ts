// The assistant with a model and a prover: a model that is opened once and stays warm, and the acorn of this
// machine, which runs only where lines are verified.
import { DataError } from "../errors.ts";
import type { GoalOptions, LanguageModel } from "../infer/mod.ts";
import { parseGoal } from "../prompt/mod.ts";
import type { Answer, Assistant, LineEdit, Place, Question, SearchEvent } from "./assistant.ts";
import { SourceGoals } from "./source_goals.ts";

export interface ModelAssistantOptions {
  /** Opens the model. */
  readonly open: () => Promise<LanguageModel>;
  /** How goals are put to it, and lines drawn, where who asks says nothing. */
  readonly drawing: GoalOptions;
  /** The library's folder; else the one that a module's file is in. */
  readonly lib?: string | undefined;
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
    const goal = question.kind === "goal" ? parseGoal(question.goal) : await this.#goals.question(question);
    const model = await this.#model();
    const suggestions = await model.suggest(goal, { ...this.#options.drawing, ...options });
    return { goal: goal.before, suggestions, seconds: (performance.now() - begun) / 1000 };
  }

  editOf(place: Place, lines: readonly string[]): LineEdit {
    const goal = this.goalAt(place);
    if (goal === undefined) throw new DataError(`Line ${place.line + 1} belongs to no goal`);
    const { insertion: { line, indent, opensBy } } = goal;
    const inner = lines.map((text) => indent + text);
    if (!opensBy) return { line, removed: 0, lines: inner };
    const head = place.text.split(/\r?\n/)[line]!;
    return { line, removed: 1, lines: [`${head.trimEnd()} by {`, ...inner, `${indent.slice(4)}}`] };
  }

  // deno-lint-ignore require-yield
  async *prove(): AsyncGenerator<SearchEvent, void> {
    throw new DataError("Lines cannot be verified here yet: only suggestions are made");
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
