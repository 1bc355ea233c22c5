/**
 * From a goal to a prompt: the sections @T, @G, @H, @C of a proof file, and then what the model has learned to see before a proof's lines.
 * The sections are described in docs/formats.md.
 */
import { DataError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/**
 * How a goal is put to the model. `training`: as in a proof file, with the line @P before the proof. `client`: as the prover does it, without
 * @P, an empty line instead.
 */
export type GoalForm = "training" | "client";

/** A goal, and the lines of its proof so far. */
export interface Goal {
  /** The sections before @P; ends with a newline. */
  readonly sections: string;
  /** The lines after @P, without their newlines; none when there is no @P. */
  readonly lines: readonly string[];
}

/** Options of {@linkcode goalPrompt}. */
export interface GoalPromptOptions {
  /** Default: `training`. */
  readonly form?: GoalForm;
  /** Lines of the proof that stand before the one asked for. Default: none. */
  readonly lines?: readonly string[];
  /** Most tokens, the front is cut: of the sections in the client's form, of everything in training's. Default: no bound. */
  readonly room?: number;
}

/**
 * Cut a goal's text, or a whole proof file's, at @P.
 *
 * @param text sections, each begun by a line of its mark; line ends may be CRLF
 * @throws {DataError} when there is no goal in it
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseGoal } from "../../mod.ts";
 *
 * const { sections, lines } = parseGoal("@G\n0 = 0\n@C\n0 != 0\n@P\nfalse\n");
 * assertEquals([sections, lines], ["@G\n0 = 0\n@C\n0 != 0\n", ["false"]]);
 * ```
 */
export function parseGoal(text: string): Goal {
  const all = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n").split("\n");
  if (text.trim() === "") throw new DataError("There is no goal: the text is empty", { hint: HINT });
  const at = all.indexOf("@P");
  const before = all.slice(0, at < 0 ? all.length : at);
  if (!before.includes("@G")) {
    throw new DataError('There is no goal: no line "@G" stands before the proof', { hint: HINT });
  }
  const lines = at < 0 ? [] : all.slice(at + 1).filter((line) => line.trim() !== "");
  return { sections: `${before.join("\n").replace(/\n+$/, "")}\n`, lines };
}

/**
 * The tokens after which a proof's next line begins.
 *
 * @param sections of a goal, ends with a newline
 */
export function goalPrompt(
  tokenizer: Tokenizer,
  sections: string,
  options: GoalPromptOptions = {},
): Int32Array<ArrayBuffer> {
  const { form = "training", lines = [], room = Infinity } = options;
  const cut = (tokens: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> =>
    tokens.subarray(Math.max(0, tokens.length - room));
  switch (form) {
    case "training":
      return cut(tokenizer.encode(`${sections}@P\n${lines.map((line) => `${line}\n`).join("")}`));
    case "client": {
      // The prover feeds newlines by themselves: they are no part of another token.
      const newline = tokenizer.encode("\n");
      const parts = [cut(tokenizer.encode(sections)), newline];
      for (const line of lines) parts.push(tokenizer.encode(line), newline);
      return Int32Array.from(parts.flatMap((part) => [...part]));
    }
    default:
      return form satisfies never;
  }
}

const HINT =
  'A goal has lines "@G" and "@C", each with its text below, and may begin with "@T"; see docs/formats.md.';
