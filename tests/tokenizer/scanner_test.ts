/** The scanners by hand against the patterns they stand for. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type NextWord, nextWordOf } from "../../src/tokenizer/pre_tokenizer.ts";
import { hardText } from "./hard_text.ts";

/** GPT-2's pattern with Unicode's white space where it says \s. */
const GPT2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
const PHRASE = /\n[ ]*|[(){}\[\],]|[^\n(){}\[\],]+/gu;
const LINE = /\n[ ]*|[^\n]+/gu;

function scan(text: string, nextWord: NextWord): string[] {
  const bytes = new TextEncoder().encode(text);
  const words: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = nextWord(bytes, start, bytes.length);
    words.push(new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(bytes.subarray(start, end)));
    start = end;
  }
  return words;
}

Deno.test("the gpt2 scanner cuts any text as GPT-2's pattern does", () => {
  fc.assert(
    fc.property(hardText, (text) => assertEquals(scan(text, nextWordOf("gpt2")), text.match(GPT2) ?? [])),
    { numRuns: 3000 },
  );
});

Deno.test("the gpt2 scanner leaves the last white space to the next word, and takes contractions in lower case", () => {
  const cut = (text: string) => scan(text, nextWordOf("gpt2"));
  assertEquals(cut("a  b\n\n c"), ["a", " ", " b", "\n\n", " c"]);
  assertEquals(cut("it's I'LL\t\tx  "), ["it", "'s", " I", "'", "LL", "\t", "\t", "x", "  "]);
  assertEquals(cut("a\u0085\ufeffb"), ["a", "\u0085", "\ufeff", "b"]);
  assertEquals(cut("'"), ["'"]);
  assertEquals(cut("'r"), ["'", "r"]);
});

Deno.test("the line scanner cuts any text as its pattern does", () => {
  fc.assert(
    fc.property(hardText, (text) => assertEquals(scan(text, nextWordOf("line")), text.match(LINE) ?? [])),
    { numRuns: 1000 },
  );
});

Deno.test("the phrase scanner cuts any text as its pattern does", () => {
  fc.assert(
    fc.property(hardText, (text) => assertEquals(scan(text, nextWordOf("phrase")), text.match(PHRASE) ?? [])),
    { numRuns: 1000 },
  );
  const words = scan("add(a, b + c) = s[0]\n    if x {\n", nextWordOf("phrase"));
  assertEquals(words, [
    "add",
    "(",
    "a",
    ",",
    " b + c",
    ")",
    " = s",
    "[",
    "0",
    "]",
    "\n    ",
    "if x ",
    "{",
    "\n",
  ]);
});

Deno.test("no pre-tokenizer but gpt2, which keeps white space together, has words with text before a newline", () => {
  fc.assert(
    fc.property(hardText, (text) => {
      for (const name of ["phrase", "line"] as const) {
        for (const word of scan(text, nextWordOf(name))) {
          assertEquals(word.lastIndexOf("\n") <= 0, true, word);
        }
      }
      for (const word of scan(text, nextWordOf("gpt2"))) {
        assertEquals(/\P{White_Space}.*\n/su.test(word), false, word);
      }
    }),
    { numRuns: 500 },
  );
});
