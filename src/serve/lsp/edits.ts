// What an editor is told to change: whole lines of a text, as long as it is the one that was asked about.
import type { LineEdit } from "../../prove/mod.ts";
import type { OpenText } from "./documents.ts";

/** A WorkspaceEdit of a text; where the editor knows `versions`, of that version alone. */
export function workspaceEdit(
  text: OpenText,
  edit: LineEdit,
  { versions }: { readonly versions: boolean },
): object {
  const { uri, version } = text;
  const edits = [textEdit(text, edit)];
  return versions
    ? { documentChanges: [{ textDocument: { uri, version }, edits }] }
    : { changes: { [uri]: edits } };
}

function textEdit({ text }: OpenText, { line, removed, lines }: LineEdit): object {
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  const old = text.split("\n");
  const end = line + removed;
  const written = lines.join(lineEnd);
  const at = (line: number, character: number): object => ({ line, character });
  if (end < old.length) return { range: { start: at(line, 0), end: at(end, 0) }, newText: written + lineEnd };
  // The last line has no end: the lines before it keep theirs.
  const last = at(old.length - 1, old.at(-1)!.length);
  return line < old.length
    ? { range: { start: at(line, 0), end: last }, newText: written }
    : { range: { start: last, end: last }, newText: lineEnd + written };
}
