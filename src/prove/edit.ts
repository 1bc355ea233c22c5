// How a proof's lines go into a module: the goal's place as an edit of whole lines, and edits as a unified
// diff. Where a line holds more than the place (`} by { a }`), it is divided there.
import type { AcornModule, SourceGoal } from "../acorn/mod.ts";

/** Whole lines of a text that are replaced by others. Lines count from 0. */
export interface LineEdit {
  /** The first line that is replaced; with `removed` 0 the new ones stand before it. */
  readonly line: number;
  readonly removed: number;
  readonly lines: readonly string[];
}

/** An edit, and the index in its lines of the first that was given. */
export type ProofEdit = LineEdit & { readonly firstGiven: number };

/** Put lines where a goal's proof has them, indented as its text is. */
export function proofEdit(
  { lines, tokens }: AcornModule,
  goal: SourceGoal,
  given: readonly string[],
): ProofEdit {
  const { insertion: { indent, opensBy }, statement } = goal;
  const inner = given.map((line) => line === "" ? "" : indent + line);
  if (opensBy) {
    const last = tokens[statement.last]!;
    const text = lines[last.line]!;
    const end = last.start + last.text.length;
    const opening = `${text.slice(0, end)} by {${text.slice(end).trimEnd()}`;
    const closing = `${indent.slice(0, -4)}}`;
    return { line: last.line, removed: 1, lines: [opening, ...inner, closing], firstGiven: 1 };
  }
  const isOwn = goal.block.at(-1)?.statement === statement;
  const before = tokens[isOwn ? goal.block.at(-1)!.body!.close : statement.first];
  if (before === undefined) return { line: lines.length, removed: 0, lines: inner, firstGiven: 0 };
  const text = lines[before.line]!;
  const [start, rest] = [text.slice(0, before.start).trimEnd(), text.slice(before.start)];
  if (start === "") return { line: before.line, removed: 0, lines: inner, firstGiven: 0 };
  const after = (isOwn ? indent.slice(0, -4) : indent) + rest;
  return { line: before.line, removed: 1, lines: [start, ...inner, after], firstGiven: 1 };
}

/** The lines of a text after an edit. */
export function editedLines(lines: readonly string[], edit: LineEdit): string[] {
  return [...lines.slice(0, edit.line), ...edit.lines, ...lines.slice(edit.line + edit.removed)];
}

/** A text after an edit, with the line ends that it has. */
export function editedText(text: string, edit: LineEdit): string {
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text.split(/\r?\n/);
  return editedLines(lines, edit).join(end);
}

/** The lines of a unified diff of one edit, with three lines around it. */
export function unifiedDiff(path: string, lines: readonly string[], edit: LineEdit): string[] {
  const { line, removed } = edit;
  const first = Math.max(0, line - 3);
  const end = Math.min(lines.length, line + removed + 3);
  const body = [
    ...lines.slice(first, line).map((text) => ` ${text}`),
    ...lines.slice(line, line + removed).map((text) => `-${text}`),
    ...edit.lines.map((text) => `+${text}`),
    ...lines.slice(line + removed, end).map((text) => ` ${text}`),
  ];
  const count = end - first;
  const place = (length: number): string => `${length === 0 ? first : first + 1},${length}`;
  const header = `@@ -${place(count)} +${place(count - removed + edit.lines.length)} @@`;
  return [`--- a/${path}`, `+++ b/${path}`, header, ...body];
}
