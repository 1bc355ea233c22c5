// Who answers, whoever asks (http/, lsp/). Goals come as their sections, or as a line of a module's text as
// it is in an editor: it need be neither saved nor whole. model_assistant.ts has the real one.
import type { SourceGoal } from "../acorn/mod.ts";
import type { GoalOptions, Suggestion } from "../infer/mod.ts";
import type { LineEdit, ProveEvent } from "../prove/mod.ts";

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

/** A model and a prover, or what stands for them in tests of who asks. */
export interface Assistant {
  /** What is known without asking the model. */
  health(): Readonly<Record<string, unknown>>;
  /** The goal at a place; undefined where there is none. Cheap: no model is asked. */
  goalAt(place: Place): SourceGoal | undefined;
  /** What puts lines where the proof of a place's goal has them. @throws {DataError} when there is no goal */
  editOf(place: Place, lines: readonly string[]): LineEdit;
  /** @throws {DataError} when there is no goal */
  suggest(question: Question, options: GoalOptions): Promise<Answer>;
  /** Search for lines that the prover verifies. @throws {DataError} when there is no goal or no prover */
  prove(
    place: Place,
    options: { readonly seconds: number; readonly signal: AbortSignal },
  ): AsyncGenerator<ProveEvent, void>;
}
