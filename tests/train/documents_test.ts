/**
 * From documents to the stream of sequences: each token predicted once an epoch, other cuts and orders in
 * each, random access.
 */
import { assert, assertEquals } from "@std/assert";
import { END_TOKEN } from "../../src/config.ts";
import { LINE_TOKENS } from "../../src/prompt/mod.ts";
import type { Sequence } from "../../src/model/batch.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";
import { type TrainingDocument, trainingDocument } from "../../src/train/training_document.ts";
import { documentList } from "../../src/train/document_list.ts";
import { cutDocument, cutProverDocument, pieceCount } from "../../src/train/documents.ts";
import { SequenceStream, type StreamData } from "../../src/train/sequence_stream.ts";

const CONTEXT = 8;
const LENGTHS = [1, 2, 7, 8, 9, 15, 16, 17, 24, 25, 40];

/**
 * Documents whose tokens are all different: document d holds 1000 d + 1000, 1000 d + 1001, …; the third token
 * begins the proof.
 */
const DOCUMENTS = LENGTHS.map((length, d) => ({
  text: "",
  proof: null,
  tokens: Int32Array.of(...Array.from({ length }, (_, i) => 1000 * (d + 1) + i), END_TOKEN),
  proofStart: 2,
}));

function dataOf(documents: readonly TrainingDocument[]): StreamData {
  return { documents: documentList(documents), splitHash: "" };
}

function stream(seed: number): Promise<SequenceStream> {
  const tokenizer = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
  return SequenceStream.open(dataOf(DOCUMENTS), {
    seed,
    tokenizer,
    contextLength: CONTEXT,
    proverForm: 0,
    renaming: 0,
    substitution: 0,
  });
}

/** "input>target" of every row, sorted. */
function pairs(sequences: readonly Sequence[]): string[] {
  return sequences.flatMap(({ tokens, targets }) => [...tokens].map((token, i) => `${token}>${targets[i]}`))
    .sort();
}

const ALL_PAIRS = pairs(
  DOCUMENTS.map(({ tokens }) => ({ tokens: tokens.subarray(0, -1), targets: tokens.subarray(1) })),
);

Deno.test("cutDocument() predicts every token but the first exactly once, whatever the shift", () => {
  for (const document of DOCUMENTS) {
    const { tokens } = document;
    const whole = pairs([{ tokens: tokens.subarray(0, -1), targets: tokens.subarray(1) }]);
    for (const shift of [0, 0.01, 0.3, 0.5, 0.77, 0.999999999]) {
      const pieces = cutDocument(document, CONTEXT, shift);
      assertEquals(pieces.length, Math.ceil((tokens.length - 1) / CONTEXT));
      assertEquals(pieceCount(tokens.length, CONTEXT, shift), pieces.length);
      assertEquals(pairs(pieces), whole);
      const proof = pieces.flatMap(({ targets, proofFrom }) => [...targets.subarray(proofFrom!)]);
      assertEquals(proof, [...tokens.subarray(2)]);
      assert(pieces.every(({ tokens }) => tokens.length >= 1 && tokens.length <= CONTEXT));
    }
  }
});

Deno.test("cutDocument() does not cut what fits, and moves the cuts of what does not", () => {
  assertEquals(cutDocument(DOCUMENTS[3]!, CONTEXT, 0.9).length, 1); // 8 inputs in a context of 8
  const cutsAt = (shift: number): number => cutDocument(DOCUMENTS[4]!, CONTEXT, shift)[0]!.tokens.length;
  const cuts = new Set(Array.from({ length: 100 }, (_, i) => cutsAt(i / 100)));
  assertEquals([...cuts].sort(), [1, 2, 3, 4, 5, 6, 7, 8]); // of 9 inputs: two pieces each
});

Deno.test("an epoch of the stream predicts every token exactly once", async () => {
  const sequences = await stream(42);
  const epoch = sequences.sequencesPerEpoch;
  assertEquals(sequences.targetsPerEpoch, ALL_PAIRS.length);
  assertEquals(epoch, LENGTHS.reduce((sum, length) => sum + Math.ceil(length / CONTEXT), 0));
  for (let i = 0; i < 4; i++) assertEquals(pairs(await sequences.take(i * epoch, epoch)), ALL_PAIRS);
});

Deno.test("epochs differ in order and in cuts", async () => {
  const sequences = await stream(42);
  const size = sequences.sequencesPerEpoch;
  const epochs = await Promise.all([0, 1, 2, 3].map((index) => sequences.take(index * size, size)));
  const order = (index: number): number[] => epochs[index]!.map(({ tokens }) => tokens[0]!);
  const cuts = (epoch: readonly Sequence[]): string =>
    epoch.map(({ tokens }) => `${tokens[0]}+${tokens.length}`).sort().join();
  assert(order(0).join() !== order(1).join());
  assertEquals(new Set(epochs.map(cuts)).size, 4);
});

Deno.test("the stream depends on the seed and on nothing that was taken before", async () => {
  const [once, again] = await Promise.all([42, 42].map(stream));
  const straight = await once!.take(0, 100);
  for (const index of [90, 3, 57, 0, 99, 21]) {
    assertEquals(await again!.take(index, 1), [straight[index]!]);
  }
  assertEquals(await again!.take(10, 60), straight.slice(10, 70));
  const other = await (await stream(43)).take(0, 100);
  assert(pairs(other.slice(0, 5)).join() !== pairs(straight.slice(0, 5)).join());
});

/**
 * Before the proof `before` tokens (100, 101, …), then lines of `lines` tokens each, numbered 1000, 1001, …,
 * behind newline tokens (7).
 */
function proverDocument(
  before: number,
  lines: readonly number[],
): { tokens: Int32Array; proofStart: number } {
  let next = 1000;
  const proof = lines.flatMap((length) => [7, ...Array.from({ length }, () => next++)]);
  const tokens = Int32Array.of(...Array.from({ length: before }, (_, i) => 100 + i), ...proof, 7, END_TOKEN);
  return { tokens, proofStart: before + 1 };
}

Deno.test("cutProverDocument() leaves what fits as it is, and knows where the proof begins", () => {
  const document = proverDocument(20, [5, 5]);
  const [window, ...others] = cutProverDocument(document, 200, 7);
  assertEquals(others, []);
  assertEquals(window!.tokens, document.tokens.slice(0, -1));
  assertEquals(window!.targets, document.tokens.slice(1));
  assertEquals(window!.targets[window!.proofFrom!], 1000);
});

Deno.test("cutProverDocument() drops the front of what the prover drops, and no token of the proof", () => {
  const context = 130;
  const document = proverDocument(50, [5]);
  const [window] = cutProverDocument(document, context, 7);
  assertEquals(window!.tokens[0], 100 + 50 - (context - LINE_TOKENS));
  assertEquals(window!.tokens.length, context - LINE_TOKENS + 7);
  assertEquals(window!.targets.at(-1), END_TOKEN);
});

Deno.test("later windows begin with the goal and some whole lines again, and predict the rest once", () => {
  const context = 150;
  for (const before of [0, 1, 30, 49, 50, 51, 120]) {
    for (const lines of [[300], [20, 200, 5, 90], Array.from({ length: 40 }, () => 9), [99, 1, 1]]) {
      const document = proverDocument(before, lines);
      const windows = cutProverDocument(document, context, 7);
      const head = document.tokens.slice(Math.max(0, before - 50), before);
      const predicted: number[] = [];
      for (const [index, { tokens, targets, proofFrom }] of windows.entries()) {
        assert(tokens.length <= context && tokens.length === targets.length);
        assertEquals(tokens.slice(0, head.length), head);
        for (const [i, target] of targets.entries()) {
          assert(target === -1 || target === (tokens[i + 1] ?? target));
        }
        if (index > 0) {
          const known = targets.findIndex((target) => target >= 0);
          assertEquals(known, proofFrom);
          const repeated = known + 1 - head.length;
          assert(repeated >= 1 && repeated <= 0.25 * (context - head.length) + 1);
          const hasLine = lines.every((length) => length < 10);
          assert(!hasLine || tokens[head.length] === 7, "whole lines are repeated where they are short");
        }
        predicted.push(...targets.subarray(proofFrom!));
      }
      assertEquals(predicted, [...document.tokens.subarray(before + 1)]);
    }
  }
});

Deno.test("names and tokens are other ones in every epoch", async () => {
  for (const hasProof of [true, false]) { // a goal that the prover sees at once has an empty proof
    const texts = Array.from(
      { length: 12 },
      (_, i) => `@G\n    fun${i}(x) = fun${i}(y)\n@C\nfalse\n@P\n${hasProof ? `fun${i}(x) = x\n` : ""}`,
    );
    const tokenizer = trainTokenizer(texts, { vocabularySize: 300, alphabet: "bytes" });
    const documents = texts.map((text) => trainingDocument(text, tokenizer));
    const list = dataOf(documents);
    const own = documents.map(({ tokens }) => tokens.slice(0, -1).join()).sort();
    for (const other of [{ renaming: 1 }, { substitution: 1 }]) {
      const options = { proverForm: 0, renaming: 0, substitution: 0, ...other };
      const stream = await SequenceStream.open(list, { seed: 1, tokenizer, contextLength: 120, ...options });
      const taken = [await stream.take(0, 12), await stream.take(12, 12)];
      const [first, second] = taken.map((epoch) => epoch.map(({ tokens }) => tokens.join()).sort());
      assert(first!.filter((tokens) => !own.includes(tokens)).length >= 2);
      assert(second!.filter((tokens) => !own.includes(tokens) && !first!.includes(tokens)).length >= 2);
    }
  }
});

Deno.test("forms and names differ between epochs; they depend on the seed, not on what was taken", async () => {
  const texts = Array.from({ length: 12 }, (_, i) => {
    const steps = Array.from({ length: 1 + i }, (_, n) => `x${i} + ${n} = ${n} + x${i}\n`);
    return `@G\n    x${i} = x${i}\n@C\nnot (x${i} = x${i})\n@P\n${steps.join("")}`;
  });
  const tokenizer = trainTokenizer(texts, { vocabularySize: 300, alphabet: "bytes" });
  const documents = texts.map((text) => trainingDocument(text, tokenizer));
  const make = (): Promise<SequenceStream> =>
    SequenceStream.open(dataOf(documents), {
      ...{ seed: 5, tokenizer, contextLength: 120 },
      ...{ proverForm: 0.5, renaming: 0.5, substitution: 0.5 },
    });
  const [straight, jumping] = [await (await make()).take(0, 100), await make()];
  for (const index of [77, 0, 99, 40, 41, 12]) assertEquals(await jumping.take(index, 1), [straight[index]!]);
  const epochs = await Promise.all([0, 1, 2].map(async (epoch) => {
    const sequences = await make();
    const size = sequences.sequencesPerEpoch;
    const taken = await sequences.take(epoch * size, size);
    return taken.map(({ tokens }) => tokens.join()).sort().join();
  }));
  assertEquals(new Set(epochs).size, 3);
  const isProver = straight.map(({ tokens }) => !tokenizer.decode(tokens).includes("@P\n"));
  assert(isProver.includes(true) && isProver.includes(false));
});

Deno.test("of what is shown as a prover asks, half is as January's asks", async () => {
  const texts = Array.from({ length: 60 }, () => "@G\nt {\na\n} by {\nbody\n}\n@C\nfalse\n@P\nb\n");
  const tokenizer = trainTokenizer(texts, { vocabularySize: 270, alphabet: "bytes" });
  const data = dataOf(texts.map((text) => trainingDocument(text, tokenizer)));
  const stream = await SequenceStream.open(data, {
    ...{ seed: 1, tokenizer, contextLength: 120, proverForm: 1, renaming: 0, substitution: 0 },
  });
  const taken = await stream.take(0, 60);
  const bodies = taken.filter(({ tokens }) => tokenizer.decode(tokens).includes("body")).length;
  assert(bodies > 15 && bodies < 45, `${bodies}`);
});
