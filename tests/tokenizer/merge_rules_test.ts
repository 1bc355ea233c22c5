/** Applying merges, short words and long ones, against the definition. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { MergeRules } from "../../src/tokenizer/merge_rules.ts";

/** Over the letters 0, 1, 2: merges of any two tokens known so far, in any order of ranks. */
const mergeLists = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { maxLength: 24 }).map((draws) => {
  const idOf = new Map([["0", 0], ["1", 1], ["2", 2]]);
  const merges: [number, number, number][] = [];
  for (const [a, b, place] of draws) {
    const tokens = [...idOf.keys()];
    const left = tokens[a % tokens.length]!;
    const right = tokens[b % tokens.length]!;
    const known = merges.some((merge) => merge[0] === idOf.get(left) && merge[1] === idOf.get(right));
    if (left.length + right.length > 12 || known) continue;
    if (!idOf.has(left + right)) idOf.set(left + right, idOf.size);
    merges.splice(place % (merges.length + 1), 0, [
      idOf.get(left)!,
      idOf.get(right)!,
      idOf.get(left + right)!,
    ]);
  }
  return merges;
});

/** The definition: while any pair can be merged, merge the one of the lowest rank, the leftmost of these. */
function mergeNaively(merges: [number, number, number][], symbols: number[]): number[] {
  for (;;) {
    let best = merges.length;
    let at = -1;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const rank = merges.findIndex(([left, right]) => left === symbols[i] && right === symbols[i + 1]);
      if (rank >= 0 && rank < best) [best, at] = [rank, i];
    }
    if (at < 0) return symbols;
    symbols.splice(at, 2, merges[best]![2]);
  }
}

Deno.test("MergeRules.apply() merges the lowest rank first, the leftmost of equal ones", () => {
  const symbol = fc.nat({ max: 2 });
  const word = fc.oneof(
    fc.array(symbol, { maxLength: 24 }),
    fc.array(symbol, { minLength: 25, maxLength: 80 }),
  );
  fc.assert(
    fc.property(mergeLists, word, (merges, symbols) => {
      const merged = [...symbols];
      new MergeRules(Int32Array.from(merges.flat())).apply(merged);
      assertEquals(merged, mergeNaively(merges, [...symbols]));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("MergeRules.apply() takes long words in their stride", () => {
  const doublings = Array.from({ length: 16 }, (_, i) => [i, i, i + 1]).flat();
  const symbols = new Array<number>(100_001).fill(0);
  new MergeRules(Int32Array.from(doublings)).apply(symbols);
  assertEquals(symbols, [16, 15, 10, 9, 7, 5, 0]);
});
