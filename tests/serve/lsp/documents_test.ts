/** Texts that change in pieces, with positions in UTF-16 units; and the edits that are made of two texts. */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Documents } from "../../../src/serve/lsp/documents.ts";
import { workspaceEdit } from "../../../src/serve/lsp/edits.ts";
import { ResponseError } from "../../../src/serve/lsp/json_rpc.ts";

const URI = "file:///lib/src/nat/α.ac";

function opened(text: string): Documents {
  const documents = new Documents();
  documents.open({ textDocument: { uri: URI, languageId: "acorn", version: 1, text } });
  return documents;
}

function change(documents: Documents, version: number, ...contentChanges: unknown[]): string {
  documents.change({ textDocument: { uri: URI, version }, contentChanges });
  return documents.get(URI).text;
}

interface Changes {
  changes: Record<string, { range: object; newText: string }[]>;
}

const range = (line: number, character: number, endLine: number, endCharacter: number): object => ({
  start: { line, character },
  end: { line: endLine, character: endCharacter },
});

Deno.test("characters beyond the Basic Multilingual Plane count two units, as in every editor", () => {
  const documents = opened("let 𝔸 = ∪\r\nß\n");
  assertEquals(change(documents, 2, { range: range(0, 6, 0, 7), text: "" }), "let 𝔸= ∪\r\nß\n");
  assertEquals(change(documents, 3, { range: range(0, 4, 0, 6), text: "x" }), "let x= ∪\r\nß\n");
  const [twice, whole] = [[
    { range: range(1, 0, 1, 1), text: "𝔹\n𝔹" },
    { range: range(2, 2, 2, 2), text: "!" },
  ], { text: "all new" }];
  assertEquals(change(documents, 4, ...twice), "let x= ∪\r\n𝔹\n𝔹!\n");
  assertEquals(change(documents, 5, whole), "all new");
  assertEquals(documents.get(URI).version, 5);
});

/** A text's lines and a place in it, as an editor counts. */
const pieces = fc.constantFrom("a", "ß", "∪", "𝔸", "\n", "\r\n", "theorem", " ");
const texts = fc.array(pieces, { maxLength: 12 }).map((all) => all.join(""));

Deno.test("any change gives what cutting the text gives", () => {
  fc.assert(fc.property(texts, texts, fc.nat(30), fc.nat(30), (before, text, a, b) => {
    const [from, to] = [Math.min(a, b, before.length), Math.min(Math.max(a, b), before.length)];
    // A place between "\r" and "\n" has no position.
    fc.pre(![from, to].some((at) => before[at - 1] === "\r" && before[at] === "\n"));
    const place = (at: number): { line: number; character: number } => {
      const lines = before.slice(0, at).split(/\r\n|\n/);
      return { line: lines.length - 1, character: lines.at(-1)!.length };
    };
    const change1 = { range: { start: place(from), end: place(to) }, text };
    assertEquals(change(opened(before), 2, change1), before.slice(0, from) + text + before.slice(to));
  }));
});

Deno.test("an edit of lines gives the text with those lines, whatever its line ends", () => {
  const edits = fc.record({
    line: fc.nat(4),
    removed: fc.nat(1),
    lines: fc.array(fc.constantFrom("x", "𝔸", ""), { minLength: 1, maxLength: 3 }),
  });
  fc.assert(
    fc.property(texts, fc.constantFrom("\n", "\r\n"), edits, (mixed, lineEnd, { line, removed, lines }) => {
      const before = mixed.replaceAll(/\r?\n/g, lineEnd);
      const own = before.split(lineEnd);
      const isEnded = own.at(-1) === "";
      if (isEnded) own.pop();
      fc.pre(line + removed <= own.length && (own.length > 1 || lineEnd === "\n"));
      const text = { uri: URI, version: 1, text: before };
      const { changes } = workspaceEdit(text, { line, removed, lines }, { versions: false }) as Changes;
      const after = own.toSpliced(line, removed, ...lines).join(lineEnd) + (isEnded ? lineEnd : "");
      assertEquals(
        change(opened(before), 2, { range: changes[URI]![0]!.range, text: changes[URI]![0]!.newText }),
        after,
      );
    }),
  );
});

Deno.test("changes that name no place, no text or no open text are refused, and change nothing", () => {
  const documents = opened("text\n");
  const bad: unknown[] = [
    { range: range(0, -1, 0, 0), text: "" },
    { range: range(0, 0.5, 0, 0), text: "" },
    { range: range(0, 0, 2 ** 31, 0), text: "" },
    { range: { start: { line: "0", character: 0 }, end: {} }, text: "" },
    { range: null, text: "" },
    { text: 7 },
    null,
  ];
  for (const one of bad) assertThrows(() => change(documents, 2, { text: "new" }, one), ResponseError);
  assertThrows(() => documents.change({}), ResponseError);
  assertThrows(() => documents.open({ textDocument: { uri: 1 } }), ResponseError);
  assertEquals(documents.get(URI).text, "text\n");
  documents.close({ textDocument: { uri: URI } });
  assertThrows(() => documents.get(URI), ResponseError, "not open");
  assertThrows(() => change(documents, 3, { text: "" }), ResponseError, "not open");
});

Deno.test("places beyond the end are the end, as the protocol says", () => {
  assertEquals(change(opened("ab\nc"), 2, { range: range(0, 9, 0, 9), text: "!" }), "ab!\nc");
  assertEquals(change(opened("ab\nc"), 2, { range: range(7, 0, 9, 9), text: "!" }), "ab\nc!");
});
