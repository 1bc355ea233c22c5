/** Guesses of the next tokens: what followed before, as far as it pays. That the text stays: gpt_decoder_test.ts. */
import { assert, assertEquals } from "@std/assert";
import { TokenLookup } from "../../src/infer/token_lookup.ts";

const TEXT = Int32Array.of(1, 2, 3, 4, 5, 6, 9, 1, 2, 3, 4);

Deno.test("guesses are what followed the longest match, and its own end again", () => {
  const lookup = new TokenLookup(TEXT, 12);
  const first = lookup.guesses();
  assert(first.length > 0);
  assertEquals([...first], [5, 6, 9, 1, 2, 3, 4, 5, 6].slice(0, first.length));
  lookup.push(7);
  assertEquals(lookup.guesses().length, 0); // stood nowhere before
  assertEquals(new TokenLookup(Int32Array.of(8), 12).guesses().length, 0);
});

Deno.test("more is guessed where rows cost little, and nothing where each costs a pass", () => {
  const guessesAt = (rowMs: number): number => {
    const lookup = new TokenLookup(TEXT, 12);
    for (let guessed = 0; guessed <= 12; guessed++) {
      for (let i = 0; i < 3; i++) lookup.tell({ right: 0, guessed, ms: 1 + rowMs * guessed });
    }
    return lookup.guesses().length;
  };
  const [free, cheap, dear] = [guessesAt(0), guessesAt(0.1), guessesAt(1)];
  assertEquals([free, dear], [12, 0]);
  assert(cheap > 0 && cheap < 12, `${cheap}`);
});

Deno.test("a single slow pass is no measurement, and right guesses make longer ones", () => {
  const lookup = new TokenLookup(TEXT, 12);
  for (let i = 0; i < 3; i++) lookup.tell({ right: 0, guessed: 0, ms: 1 });
  const before = lookup.guesses().length;
  lookup.tell({ right: before, guessed: before, ms: 100 });
  assert(lookup.guesses().length >= before);
  for (let i = 0; i < 40; i++) lookup.tell({ right: before, guessed: before, ms: 1 });
  assert(lookup.guesses().length > before);
});
