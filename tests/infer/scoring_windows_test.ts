/** The windows of long documents, and where their losses go. */
import { assert, assertEquals } from "@std/assert";
import { placeLosses, scoringWindows } from "../../src/infer/scoring_windows.ts";

/** A document whose token at place i is 100 + i. */
function document(length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => 100 + i);
}

/** Where each window starts, ends, and which tokens it scores. */
function layout(length: number, contextLength: number): { start: number; end: number; scored: number[] }[] {
  return scoringWindows(document(length), contextLength).map(({ tokens, targets }) => ({
    start: tokens[0]! - 100,
    end: tokens.at(-1)! - 100 + 1,
    scored: [...targets].filter((target) => target >= 0).map((target) => target - 100),
  }));
}

Deno.test("scoringWindows() scores every token but the first once, within the context", () => {
  for (const P of [2, 3, 4, 5, 8, 9]) {
    for (const length of [0, 1, 2, P - 1, P, P + 1, P + 2, 2 * P, 2 * P + 1, 3 * P, 10 * P + 3]) {
      const windows = scoringWindows(document(length), P);
      const scored = layout(length, P).flatMap((window) => window.scored);
      assertEquals(scored, Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1));
      for (const { tokens, targets } of windows) {
        assert(tokens.length >= 1 && tokens.length <= P);
        assertEquals(targets.length, tokens.length);
        for (const [row, target] of targets.entries()) assert(target === -1 || target === tokens[row]! + 1);
      }
    }
  }
});

Deno.test("scoringWindows() begins further windows half a context before the first new token", () => {
  for (const P of [2, 3, 8, 9]) {
    for (const length of [P + 2, 3 * P, 10 * P + 3]) {
      const windows = layout(length, P);
      assertEquals(windows[0]!.start, 0);
      for (const { start, end, scored } of windows.slice(1)) {
        assertEquals(start, scored[0]! - Math.floor(P / 2));
        assert(end - start === P || end === length - 1, "a window is full or reaches the document's end");
      }
    }
  }
});

Deno.test("scoringWindows() by hand: a document of 14 tokens in a context of 6", () => {
  assertEquals(layout(14, 6), [
    { start: 0, end: 6, scored: [1, 2, 3, 4, 5, 6] },
    { start: 4, end: 10, scored: [7, 8, 9, 10] },
    { start: 8, end: 13, scored: [11, 12, 13] },
  ]);
});

Deno.test("scoringWindows() needs one window for a document one token longer than the context", () => {
  assertEquals(layout(9, 8).length, 1);
  assertEquals(layout(10, 8), [
    { start: 0, end: 8, scored: [1, 2, 3, 4, 5, 6, 7, 8] },
    { start: 5, end: 9, scored: [9] },
  ]);
});

Deno.test("placeLosses() puts each window's losses to the tokens that it scores", () => {
  for (const length of [2, 7, 14, 33]) {
    const losses = new Float32Array(length);
    for (const window of scoringWindows(document(length), 6)) {
      placeLosses(losses, window, Float32Array.from(window.targets, (target) => target < 0 ? 0 : target));
    }
    assertEquals(losses, Float32Array.from({ length }, (_, i) => i === 0 ? 0 : 100 + i));
  }
});
