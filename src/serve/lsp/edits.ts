// What an editor is told to change: the lines of a text that differ, nothing else of it, and only as long as
// the text is the one that was asked about.
import type { OpenText } from "./documents.ts";
import type { Range } from "./params.ts";

export interface TextEdit {
  readonly range: Range;
  readonly newText: string;
}

/** A WorkspaceEdit that makes one version of a text into another text. */
export function workspaceEdit({ uri, version, text }: OpenText, after: string): object {
  const textDocument = { uri, version };
  return { documentChanges: [{ textDocument, edits: [lineEdit(text, after)] }] };
}

/** The same for editors that know no versions. */
export function plainWorkspaceEdit({ uri, text }: OpenText, after: string): object {
  return { changes: { [uri]: [lineEdit(text, after)] } };
}

/** One edit of whole lines, between the lines that both texts begin and end with. */
export function lineEdit(before: string, after: string): TextEdit {
  const [old, wanted] = [linesOf(before), linesOf(after)];
  const most = Math.min(old.length, wanted.length);
  let same = 0;
  while (same < most && old[same] === wanted[same]) same++;
  let rest = 0;
  while (rest < most - same && old.at(-1 - rest) === wanted.at(-1 - rest)) rest++;
  return {
    range: { start: placeOf(old, same), end: placeOf(old, old.length - rest) },
    newText: wanted.slice(same, wanted.length - rest).join(""),
  };
}

/** Where a line begins; behind the last one, where the text ends. */
function placeOf(lines: readonly string[], line: number): { line: number; character: number } {
  const last = lines.at(-1);
  if (line < lines.length || last === undefined || last.endsWith("\n")) return { line, character: 0 };
  return { line: lines.length - 1, character: last.length };
}

/** Lines, each with its end. */
function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => `${line}\n`);
  const last = lines.pop()!.slice(0, -1);
  return last === "" ? lines : [...lines, last];
}
