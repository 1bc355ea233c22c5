/** Other tokens for the same proof. */
import { assert, assertEquals } from "@std/assert";
import { END_TOKEN } from "../../src/config.ts";
import { Rng } from "../../src/rng.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";
import { TokenSubstitution } from "../../src/train/substitution.ts";

/** Every text has ` theorem`, brackets and newlines; each has words of its own. */
const TEXTS = Array.from({ length: 60 }, (_, i) => {
  const word = `${"bcdfghjklm"[i % 10]}${"aeiou"[i % 5]}${"npqrst"[i % 6]}`;
  return ` theorem ${word}${word}(${word}) {\n    ${word}${word}(${word})\n}\n`;
});
const TOKENIZER = trainTokenizer(TEXTS, { vocabularySize: 400, alphabet: "bytes" });
const DOCUMENTS = TEXTS.map((text) => Int32Array.of(...TOKENIZER.encode(text), END_TOKEN));
const LIST = { length: DOCUMENTS.length, tokensOf: (index: number) => DOCUMENTS[index]! };

function applied(seed: number): Int32Array[] {
  const substitution = new TokenSubstitution(LIST, TOKENIZER);
  return DOCUMENTS.map((tokens, i) => substitution.apply(tokens, new Rng(seed, "substitution", i)));
}

Deno.test("tokens are equal in a document where they were equal before, and only there", () => {
  let replaced = 0;
  for (const [i, tokens] of applied(1).entries()) {
    const before = DOCUMENTS[i]!;
    assertEquals(tokens.length, before.length);
    for (let a = 0; a < tokens.length; a++) {
      for (let b = 0; b < a; b++) assertEquals(tokens[a] === tokens[b], before[a] === before[b]);
      if (tokens[a] !== before[a]) replaced++;
    }
  }
  assert(replaced > 60, `${replaced} tokens of 60 documents were replaced`);
});

Deno.test("common tokens, white space and the end stay; a space before a token stays before it", () => {
  const theorem = TOKENIZER.encode(" theorem");
  assertEquals(theorem.length, 1);
  for (const [i, tokens] of applied(2).entries()) {
    for (const [at, token] of tokens.entries()) {
      const before = DOCUMENTS[i]![at]!;
      if (token === before) continue;
      assert(before !== END_TOKEN && token !== END_TOKEN && before !== theorem[0]);
      const [old, other] = [TOKENIZER.tokenBytes(before), TOKENIZER.tokenBytes(token)];
      assert(!old.includes(10) && !other.includes(10));
      assert(!/^ *$/.test(new TextDecoder().decode(old)) && !/^ *$/.test(new TextDecoder().decode(other)));
      assertEquals(other[0] === 32, old[0] === 32);
    }
  }
});

Deno.test("substitution follows its random numbers", () => {
  assertEquals(applied(3), applied(3));
  assert(JSON.stringify(applied(3)) !== JSON.stringify(applied(4)));
});
