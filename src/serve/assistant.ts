// Who answers, whoever asks (http/, lsp/). Goals come as their sections, or as a line of a module's text as it
// is in an editor: it need be neither saved nor whole. model_assistant.ts has the real one.
import type { SourceGoal } from "../acorn/mod.ts";
import type { GoalOptions, Suggestion } from "../infer/mod.ts";

/** A line of a module's text, from 0. */
export interface Place {
  readonly kind: "place";
  readonly text: string;
  readonly line: number;
  /** The module's name in the library, such as `nat.gcd`, or its file's address in an editor. */
  readonly module?: string;
  readonly uri?: string;
}

/** What is asked. */
export type Question = Place | {
  readonly kind: "goal";
  /** Sections as a proof file has them. */
  readonly goal: string;
};

export interface Answer {
  /** The goal as the model was shown it. */
  readonly goal: string;
  /** Best first. */
  readonly suggestions: readonly Suggestion[];
  readonly seconds: number;
}

/** What a search for lines tells; the last one is `proved` or `failed`. */
export type SearchEvent =
  | {
    readonly kind: "searching";
    /** Lines that the prover was asked about, and those that it proved. */
    readonly tried: number;
    readonly accepted: number;
    readonly secondsLeft: number;
  }
  | {
    readonly kind: "proved";
    /** What goes before the goal; nothing where the prover needs none. */
    readonly lines: readonly string[];
    /** The text with them. */
    readonly text: string;
    readonly message: string;
  }
  | { readonly kind: "failed"; readonly message: string };

/** A model and a prover, or what stands for them in tests of who asks. */
export interface Assistant {
  /** What is known without asking the model. */
  health(): Readonly<Record<string, unknown>>;
  /** The goal at a place; undefined where there is none. Cheap: no model is asked. */
  goalAt(place: Place): SourceGoal | undefined;
  /** The text with lines where the proof of a place's goal has them. */
  withLines(place: Place, lines: readonly string[]): string;
  /** @throws {DataError} when there is no goal */
  suggest(question: Question, options: GoalOptions): Promise<Answer>;
  /** Search for lines that the prover verifies. @throws {DataError} when there is no goal or no prover */
  prove(
    place: Place,
    options: { readonly seconds: number; readonly signal: AbortSignal },
  ): AsyncGenerator<SearchEvent, void>;
}
