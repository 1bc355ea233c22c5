/** Interning words and pairs. */
import { assertEquals } from "@std/assert";
import { PairTable } from "../../src/tokenizer/pair_table.ts";
import { WordTable } from "../../src/tokenizer/word_table.ts";

Deno.test("WordTable tells 100,000 words apart, however they are cut out of a text", () => {
  const words = new WordTable();
  const texts = Array.from({ length: 100_000 }, (_, i) => `${i}`);
  const bytes = new TextEncoder().encode(texts.join(""));
  for (let round = 0; round < 2; round++) {
    let at = 0;
    for (const [index, text] of texts.entries()) {
      if (words.intern(bytes, at, at += text.length) !== index) {
        throw new Error(`word ${text} is not ${index}`);
      }
    }
  }
  assertEquals(words.size, texts.length);
  assertEquals(new TextDecoder().decode(words.bytes(4711)), "4711");
  assertEquals(words.sizeBytes, bytes.length);
  assertEquals(words.find(new TextEncoder().encode("00"), 0, 2), -1);
});

Deno.test("PairTable gives every pair its index, and -1 for those it does not have", () => {
  const pairs = new PairTable(1);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 50_000; i++) {
      if (pairs.insert(i % 223, i) !== i) throw new Error(`pair ${i} has another index`);
    }
  }
  assertEquals(pairs.size, 50_000);
  assertEquals([pairs.lefts[777], pairs.rights[777]], [777 % 223, 777]);
  assertEquals([pairs.find(777 % 223, 777), pairs.find(777, 777 % 223), pairs.find(223, 223)], [777, -1, -1]);
});
