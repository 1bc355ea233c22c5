// The model that the playground asks: opened with the first question, and anew when a run has meanwhile
// written a better one in its place.
import { DataError } from "../errors.ts";
import type { GoalOptions, LanguageModel } from "../infer/mod.ts";
import { type Answer, type Assistant, ModelAssistant, type Question } from "../serve/mod.ts";

export interface PlaygroundOptions {
  /** Opens the model. */
  readonly open: () => Promise<LanguageModel>;
  /** How goals are put to it. */
  readonly drawing: GoalOptions;
}

export class PlaygroundModel implements Pick<Assistant, "suggest" | "health">, AsyncDisposable {
  readonly #options: PlaygroundOptions;
  #assistant: ModelAssistant | null = null;
  /** The model's place, and what was there when it was opened. */
  #source = "";
  #state = "";

  constructor(options: PlaygroundOptions) {
    this.#options = options;
  }

  health(): Record<string, unknown> {
    return this.#assistant?.health() ?? { status: "closed", model: null };
  }

  /** Questions come one at a time. */
  async suggest(question: Question, options: GoalOptions): Promise<Answer> {
    if (this.#assistant !== null && await stateOf(this.#source) !== this.#state) {
      await this[Symbol.asyncDispose]();
    }
    this.#assistant ??= new ModelAssistant({
      open: async () => {
        const model = await this.#options.open();
        this.#source = model.source;
        this.#state = await stateOf(this.#source);
        return model;
      },
      drawing: this.#options.drawing,
      openJudge: () => Promise.reject(new DataError("The dashboard verifies nothing")),
    });
    return await this.#assistant.suggest(question, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const assistant = this.#assistant;
    this.#assistant = null;
    await assistant?.[Symbol.asyncDispose]();
  }
}

/** Names what is at a place now; "" where nothing is. */
async function stateOf(path: string): Promise<string> {
  const info = await Deno.stat(path).catch(() => null);
  return info === null ? "" : `${info.dev} ${info.ino} ${info.size} ${info.mtime?.getTime()}`;
}
