/** Interning words. */
import { assertEquals } from "@std/assert";
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
