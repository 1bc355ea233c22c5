/** The scanner by hand against the pattern it stands for. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { wordEnd } from "../../src/tokenizer/gpt2_scanner.ts";
import { hardText } from "./hard_text.ts";

/** GPT-2's pattern with Unicode's white space where it says \s. */
const GPT2 = new RegExp(
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    .replaceAll("\\s", "\\p{White_Space}").replaceAll("\\S", "\\P{White_Space}"),
  "gu",
);

function scan(text: string): string[] {
  const bytes = new TextEncoder().encode(text);
  const words: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = wordEnd(bytes, start, bytes.length);
    words.push(new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(bytes.subarray(start, end)));
    start = end;
  }
  return words;
}

Deno.test("wordEnd() cuts any text as GPT-2's pattern does", () => {
  fc.assert(
    fc.property(hardText, (text) => assertEquals(scan(text), text.match(GPT2) ?? [])),
    { numRuns: 3000 },
  );
});

Deno.test("wordEnd() leaves the last white space to the next word, and knows lower-case contractions", () => {
  assertEquals(scan("a  b\n\n c"), ["a", " ", " b", "\n\n", " c"]);
  assertEquals(scan("it's I'LL\t\tx  "), ["it", "'s", " I", "'", "LL", "\t", "\t", "x", "  "]);
  assertEquals(scan("a\u0085\ufeffb"), ["a", "\u0085", "\ufeff", "b"]);
  assertEquals(scan("'"), ["'"]);
  assertEquals(scan("'r"), ["'", "r"]);
});

Deno.test("no word has text before a newline", () => {
  fc.assert(
    fc.property(hardText, (text) => {
      for (const word of scan(text)) assertEquals(/\P{White_Space}.*\n/su.test(word), false, word);
    }),
    { numRuns: 500 },
  );
});
