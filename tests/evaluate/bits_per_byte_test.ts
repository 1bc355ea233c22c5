/** Bits per byte: a score computed by hand, the subset that evaluations during training use. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { evaluationSubset, scoreDocuments } from "../../src/evaluate/bits_per_byte.ts";
import type { ScoredDocument, SequenceLosses } from "../../src/evaluate/bits_per_byte.ts";
import type { Sequence } from "../../src/model/batch.ts";
import { Rng } from "../../src/rng.ts";

/** A document whose token at place i is 100 + i. */
function document(length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => 100 + i);
}

Deno.test("scoreDocuments() divides nats by ln 2 and bytes, and counts no first tokens", async () => {
  const seen: Sequence[] = [];
  const source = {
    evaluate(sequences: readonly Sequence[]): Promise<SequenceLosses> {
      seen.push(...sequences);
      return Promise.resolve({ nats: 21 * Math.LN2, rows: new Float32Array(7) });
    },
  };
  const documents = [
    { tokens: document(5), bytes: 12 },
    { tokens: document(1), bytes: 1 },
    { tokens: document(0), bytes: 0 },
    { tokens: document(4), bytes: 8 },
  ];
  const score = await scoreDocuments(source, documents, { contextLength: 8 });
  assertEquals(seen.map(({ tokens }) => tokens.length), [4, 3]);
  assertAlmostEquals(score.bitsPerByte, 1, 1e-12);
  assertAlmostEquals(score.loss, 3 * Math.LN2, 1e-12);
  assertEquals([score.tokens, score.bytes, score.documents, score.sections], [7, 21, 4, {}]);
});

Deno.test("scoreDocuments() divides the same losses by section, over all windows", async () => {
  const source = {
    evaluate(sequences: readonly Sequence[]): Promise<SequenceLosses> {
      // A target's loss is its id, in bits.
      const bits = sequences.flatMap(({ targets }) => [...targets].map((target) => Math.max(0, target)));
      const rows = Float32Array.from(bits, (loss) => Math.LN2 * loss);
      return Promise.resolve({ nats: rows.reduce((sum, loss) => sum + loss, 0), rows });
    },
  };
  // Two bytes a token: @G's are tokens 1 to 5, @P's 7 to 9; the others are markers.
  const spans = [{ tag: "G", start: 2, end: 12 }, { tag: "P", start: 14, end: 20 }] as const;
  const ends = Int32Array.from({ length: 10 }, (_, i) => 2 * i + 2);
  const whole = { tokens: Int32Array.from(ends.keys()), bytes: 20, ends, spans };
  for (const contextLength of [4, 5, 16]) {
    const { sections, bitsPerByte } = await scoreDocuments(source, [whole, whole], { contextLength });
    assertAlmostEquals(sections.G!, (1 + 2 + 3 + 4 + 5) / 10, 1e-6);
    assertAlmostEquals(sections.P!, (7 + 8 + 9) / 6, 1e-6);
    assertAlmostEquals(bitsPerByte, 45 / 20, 1e-6);
    assertEquals(Object.keys(sections), ["G", "P"]);
  }
  const [cut] = evaluationSubset([whole], 4);
  assertEquals([cut!.bytes, cut!.spans], [8, [{ tag: "G", start: 2, end: 8 }]]);
});

function documents(lengths: readonly number[]): ScoredDocument[] {
  return lengths.map((length) => {
    const ends = Int32Array.from({ length }, (_, i) => 2 * i + 2);
    return { tokens: document(length), bytes: 2 * length, ends, spans: [] };
  });
}

function tokensOf(list: readonly ScoredDocument[]): number {
  return list.reduce((sum, { tokens }) => sum + tokens.length, 0);
}

Deno.test("evaluationSubset() takes everything when it may", () => {
  const all = documents([5, 6, 7]);
  assertEquals(evaluationSubset(all, null), all);
  assertEquals(evaluationSubset(all, 18), all);
});

Deno.test("evaluationSubset() keeps to its bound, nearly uses it, and spreads over the whole list", () => {
  const rng = new Rng(9, "documents");
  const all = documents(Array.from({ length: 400 }, () => 1 + rng.below(300)));
  for (const maxTokens of [5000, 10_000, 30_000]) {
    const chosen = evaluationSubset(all, maxTokens);
    assert(tokensOf(chosen) <= maxTokens && tokensOf(chosen) > 0.8 * maxTokens, `${tokensOf(chosen)}`);
    const quarters = [0, 0, 0, 0];
    for (const document of chosen) {
      quarters[Math.floor(all.indexOf(document) / 100)]! += document.tokens.length;
    }
    for (const quarter of quarters) {
      assert(quarter > 0.15 * maxTokens, `quarters ${quarters} of ${maxTokens}`);
    }
  }
});

Deno.test("evaluationSubset() does not prefer short documents", () => {
  const rng = new Rng(9, "documents");
  // nine short ones for a long one, which has half of all tokens
  const all = documents(Array.from({ length: 2000 }, () => rng.below(10) === 0 ? 90 : 10));
  const share = (list: readonly ScoredDocument[]): number =>
    tokensOf(list.filter(({ tokens }) => tokens.length === 90)) / tokensOf(list);
  assertAlmostEquals(share(evaluationSubset(all, 10_000)), share(all), 0.1);
});

Deno.test("evaluationSubset() gives the beginning of a document with something to predict when nothing fits", () => {
  const all = documents([0, 1, 50, 60]);
  for (const [maxTokens, taken] of [[1, 2], [3, 3], [49, 49]] as const) {
    assertEquals(evaluationSubset(all, maxTokens), documents([taken]));
  }
  assertEquals(tokensOf(evaluationSubset(documents([1_000_000]), 4096)), 4096);
});
