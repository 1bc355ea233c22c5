/** The 5-gram model: sums to one, by hand, better than chance on what it has seen, as a decoder. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { NgramCounts, NgramDecoder } from "../../src/evaluate/ngram.ts";
import { Rng } from "../../src/rng.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";

Deno.test("NgramCounts by hand: Witten and Bell's interpolation", () => {
  const counts = new NgramCounts([Int32Array.of(2, 3, 2, 3, 2, 4)], 5);
  // Nothing known: 1 / 5. Single tokens: 2 and 3 and 4 were seen 3, 2 and 1 times.
  const alone = (count: number): number => (count + 3 / 5) / (6 + 3);
  assertAlmostEquals(counts.probability([], 2), alone(3), 1e-12);
  assertAlmostEquals(counts.probability([], 0), alone(0), 1e-12);
  // After 2: 3 twice, 4 once.
  assertAlmostEquals(counts.probability([2], 3), (2 + 2 * alone(2)) / (3 + 2), 1e-12);
  // After 3: 2 twice. After 4, the end of the document: nothing, so single tokens.
  assertAlmostEquals(counts.probability([3], 2), (2 + alone(3)) / (2 + 1), 1e-12);
  assertAlmostEquals(counts.probability([4], 2), alone(3), 1e-12);
  assertAlmostEquals(counts.probability([0, 1, 4, 3], 2), counts.probability([3], 2), 1e-12);
});

Deno.test("NgramCounts.distribution() agrees with probability() and sums to 1", () => {
  const rng = new Rng(1, "ngram");
  const documents = Array.from({ length: 20 }, () => Int32Array.from({ length: 30 }, () => rng.below(6)));
  const counts = new NgramCounts(documents, 8);
  for (
    const context of [[], [1], [2, 3], [1, 2, 3, 4], [7], [0, 1, 2, 3, 4, 5], [
      ...documents[3]!.subarray(5, 10),
    ]]
  ) {
    const distribution = counts.distribution(context);
    assertAlmostEquals(distribution.reduce((a, b) => a + b), 1, 1e-12);
    for (const [token, p] of distribution.entries()) {
      assert(p > 0);
      assertAlmostEquals(p, counts.probability(context, token), 1e-15);
    }
  }
});

Deno.test("NgramCounts looks four tokens back, no further", () => {
  const counts = new NgramCounts([Int32Array.of(5, 1, 2, 3, 4, 6), Int32Array.of(7, 1, 2, 3, 4, 0)], 8);
  assertEquals(counts.probability([5, 1, 2, 3, 4], 6), counts.probability([7, 1, 2, 3, 4], 6));
  assert(counts.probability([2, 3, 4], 6) > counts.probability([], 6));
});

Deno.test("NgramDecoder's logits and losses say the same as its counts", async () => {
  const tokenizer = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
  const document = tokenizer.encode("not a = b or b = a\nb = a\n");
  const decoder = new NgramDecoder([document], 258, 256);
  const counts = new NgramCounts([document], 258);
  const text = [...tokenizer.encode("not b = a\n")];
  const logits = [await decoder.feed(Int32Array.from(text))];
  decoder.select([0, 0]);
  const [b, n] = tokenizer.encode("bn");
  const both = await decoder.step(Int32Array.of(b!, n!));
  logits.push(both.subarray(0, 258), both.subarray(258));
  for (const [i, context] of [text, [...text, b!], [...text, n!]].entries()) {
    for (const token of [b!, n!, 1]) {
      assertAlmostEquals(logits[i]![token]!, Math.log(counts.probability(context, token)), 1e-5);
    }
  }
  const [losses] = await decoder.losses([{
    tokens: Int32Array.from(text),
    targets: Int32Array.from([-1, ...text.slice(2), b!]),
  }]);
  assertEquals(losses![0], 0);
  assertAlmostEquals(losses!.at(-1)!, -Math.log(counts.probability(text, b!)), 1e-5);
});
