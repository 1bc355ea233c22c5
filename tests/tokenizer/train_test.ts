/** Training: limits and options (that the result is HuggingFace's is in golden_test.ts). */
import { assertEquals, assertThrows } from "@std/assert";
import { trainTokenizer, type TrainTokenizerOptions } from "../../src/tokenizer/mod.ts";

const OPTIONS: TrainTokenizerOptions = { vocabularySize: 4096, alphabet: "corpus" };

Deno.test("trainTokenizer() stops at the vocabulary's size, or when nothing is left to merge", () => {
  const texts = ["abab abab", "abc"];
  assertEquals(trainTokenizer(texts, { ...OPTIONS, vocabularySize: 8 }).vocabularySize, 8);
  const full = trainTokenizer(texts, OPTIONS); // ab abab Ġabab abc
  assertEquals([full.vocabularySize, full.mergeCount], [10, 4]);
});

Deno.test("trainTokenizer() keeps the whole alphabet even when the vocabulary is to be smaller", () => {
  assertEquals(trainTokenizer(["abc"], { ...OPTIONS, vocabularySize: 1 }).vocabularySize, 5);
  assertEquals(trainTokenizer([], { ...OPTIONS, alphabet: "bytes", vocabularySize: 1 }).vocabularySize, 258);
});

Deno.test("trainTokenizer() takes any iterable, once", () => {
  function* texts(): Generator<string> {
    yield "abab";
    yield "";
    yield "abab";
  }
  const expected = trainTokenizer(["abab", "", "abab"], OPTIONS).toJson();
  assertEquals(trainTokenizer(texts(), OPTIONS).toJson(), expected);
});

Deno.test("trainTokenizer() refuses bad options", () => {
  for (const vocabularySize of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(() => trainTokenizer([], { ...OPTIONS, vocabularySize }), RangeError, "vocabularySize");
  }
  assertThrows(
    () => trainTokenizer([], { ...OPTIONS, alphabet: "x" as "bytes" }),
    TypeError,
    'alphabet is "x"',
  );
});
