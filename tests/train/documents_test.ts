/** From documents to the stream of sequences: each token predicted once an epoch, other cuts and orders in each, random access. */
import { assert, assertEquals } from "@std/assert";
import { END_TOKEN } from "../../src/config.ts";
import type { Sequence } from "../../src/model/batch.ts";
import { cutDocument, pieceCount, SequenceStream, trainingDocument } from "../../src/train/documents.ts";

const CONTEXT = 8;
const LENGTHS = [1, 2, 7, 8, 9, 15, 16, 17, 24, 25, 40];

/** Documents whose tokens are all different: document d holds 1000 d + 10, 1000 d + 11, … */
const DOCUMENTS = LENGTHS.map((length, d) =>
  trainingDocument(Int32Array.from({ length }, (_, i) => 1000 * (d + 1) + i))
);

/** "input>target" of every row, sorted. */
function pairs(sequences: readonly Sequence[]): string[] {
  return sequences.flatMap(({ tokens, targets }) => [...tokens].map((token, i) => `${token}>${targets[i]}`))
    .sort();
}

const ALL_PAIRS = pairs(
  DOCUMENTS.map((document) => ({ tokens: document.subarray(0, -1), targets: document.subarray(1) })),
);

Deno.test("trainingDocument() puts the end token behind the tokens", () => {
  assertEquals(trainingDocument(Int32Array.of(7, 8)), Int32Array.of(7, 8, END_TOKEN));
});

Deno.test("cutDocument() predicts every token but the first exactly once, whatever the shift", () => {
  for (const document of DOCUMENTS) {
    const whole = pairs([{ tokens: document.subarray(0, -1), targets: document.subarray(1) }]);
    for (const shift of [0, 0.01, 0.3, 0.5, 0.77, 0.999999999]) {
      const pieces = cutDocument(document, CONTEXT, shift);
      assertEquals(pieces.length, pieceCount(document, CONTEXT));
      assertEquals(pairs(pieces), whole);
      assert(pieces.every(({ tokens }) => tokens.length >= 1 && tokens.length <= CONTEXT));
    }
  }
});

Deno.test("cutDocument() does not cut what fits, and moves the cuts of what does not", () => {
  assertEquals(cutDocument(DOCUMENTS[3]!, CONTEXT, 0.9).length, 1); // 8 inputs in a context of 8
  const cutsAt = (shift: number): number => cutDocument(DOCUMENTS[4]!, CONTEXT, shift)[0]!.tokens.length;
  const cuts = new Set(Array.from({ length: 100 }, (_, i) => cutsAt(i / 100)));
  assertEquals([...cuts].sort(), [1, 2, 3, 4, 5, 6, 7, 8]); // 9 inputs: every first cut that leaves two pieces
});

Deno.test("an epoch of the stream predicts every token exactly once", () => {
  const stream = new SequenceStream(DOCUMENTS, CONTEXT, 42);
  const epoch = stream.sequencesPerEpoch;
  assertEquals(stream.targetsPerEpoch, ALL_PAIRS.length);
  assertEquals(epoch, LENGTHS.reduce((sum, length) => sum + Math.ceil(length / CONTEXT), 0));
  for (let i = 0; i < 4; i++) assertEquals(pairs(stream.take(i * epoch, epoch)), ALL_PAIRS);
});

Deno.test("epochs differ in order and in cuts", () => {
  const stream = new SequenceStream(DOCUMENTS, CONTEXT, 42);
  const epoch = stream.sequencesPerEpoch;
  const order = (index: number): number[] =>
    stream.take(index * epoch, epoch).map(({ tokens }) => tokens[0]!);
  const cuts = (index: number): string =>
    stream.take(index * epoch, epoch).map(({ tokens }) => `${tokens[0]}+${tokens.length}`).sort().join();
  assert(order(0).join() !== order(1).join());
  assertEquals(new Set([0, 1, 2, 3].map(cuts)).size, 4);
});

Deno.test("the stream depends on the seed and on nothing that was taken before", () => {
  const [once, again] = [42, 42].map((seed) => new SequenceStream(DOCUMENTS, CONTEXT, seed));
  const straight = once!.take(0, 100);
  const jumps = [90, 3, 57, 0, 99, 21].map((index) => ({ index, sequence: again!.take(index, 1)[0]! }));
  for (const { index, sequence } of jumps) assertEquals(sequence, straight[index]);
  assertEquals(again!.take(10, 60), straight.slice(10, 70));
  const other = new SequenceStream(DOCUMENTS, CONTEXT, 43).take(0, 100);
  assert(pairs(other.slice(0, 5)).join() !== pairs(straight.slice(0, 5)).join());
});
