// A proof file's text (docs/formats.md), cut at its @P line into the goal and the proof, a step a line.
import { cutSections } from "../corpus/proof_file.ts";
import { DataError } from "../errors.ts";

/** What is asked: a goal, and the lines of its proof so far. */
export interface Goal {
  /** The sections before the @P line; ends with a newline, or is empty. */
  readonly before: string;
  /** The lines after it, without their newlines. */
  readonly lines: readonly string[];
}

/** A text in three pieces. */
export interface CutProof {
  /** Everything before the @P line. */
  readonly before: string;
  /** The @P line, its line end included. */
  readonly marker: string;
  /** Everything after it. */
  readonly proof: string;
  /** Whether the proof is the last section, as in all of the prover's files. */
  readonly isLast: boolean;
}

/** Cut a text at its first @P line; null when there is none. */
export function cutProof(text: string): CutProof | null {
  const sections = cutSections(text);
  const at = sections.findIndex(({ tag }) => tag === "P");
  if (at < 0) return null;
  const { start, text: { length } } = sections[at]!;
  const next = sections[at + 1]?.start ?? text.length;
  return {
    before: text.slice(0, start),
    marker: text.slice(start, next - length),
    proof: text.slice(next - length),
    isLast: at === sections.length - 1,
  };
}

/** The sections before a @P line, with @G up to its first line that ends in `by {` only. */
export function withoutBody(before: string): string {
  const sections = cutSections(before);
  const at = sections.findIndex(({ tag }) => tag === "G");
  if (at < 0) return before;
  const { text } = sections[at]!;
  const opening = /(?:^|\s)by \{[^\S\n]*\n/.exec(text);
  if (opening === null) return before;
  const end = sections[at + 1]?.start ?? before.length;
  return before.slice(0, end - text.length + opening.index + opening[0].length) + before.slice(end);
}

/** A proof's lines, as they stand in its text, without blank ones. */
export function proofLines(proof: string): string[] {
  return proof.split("\n").filter((line) => line.trim() !== "");
}

/**
 * Read a goal's text, or a whole proof file's; line ends may be CRLF. @throws {DataError} for no goal
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseGoal } from "../../mod.ts";
 *
 * const { before, lines } = parseGoal("@G\n0 = 0\n@C\n0 != 0\n@P\nfalse\n");
 * assertEquals([before, lines], ["@G\n0 = 0\n@C\n0 != 0\n", ["false"]]);
 * ```
 */
export function parseGoal(text: string): Goal {
  const hint =
    'A goal has lines "@G" and "@C", each with its text below, and may begin with "@T"; see docs/formats.md.';
  if (text.trim() === "") throw new DataError("There is no goal: the text is empty", { hint });
  const all = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  const { before, proof } = cutProof(all) ?? { before: all, proof: "" };
  if (!cutSections(before).some(({ tag }) => tag === "G")) {
    throw new DataError('There is no goal: no line "@G" stands before the proof', { hint });
  }
  return { before: `${before.replace(/\n+$/, "")}\n`, lines: proofLines(proof) };
}

/** What need not be said again: the hypothesis, the negated goal, and the proof's lines so far. */
export function saidLines({ before, lines }: Goal): string[] {
  const given = cutSections(before).filter(({ tag }) => tag === "H" || tag === "C");
  return [...given.flatMap(({ text }) => proofLines(text)), ...lines];
}
