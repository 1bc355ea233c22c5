/** Chances of answers, and their means. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  drawnOutcome,
  listedOutcome,
  meanAccepted,
  meanChances,
  passAt,
} from "../../src/evaluate/chances.ts";

Deno.test("passAt() is the chance that k of the draws, without putting back, have a right one", () => {
  assertEquals([passAt(1, 3, 12), passAt(12, 1, 12), passAt(8, 0, 64), passAt(8, 57, 64)], [0.25, 1, 0, 1]);
  assertAlmostEquals(passAt(2, 2, 4), 1 - (2 / 4) * (1 / 3), 1e-12);
});

Deno.test("drawnOutcome(), listedOutcome() and their means by hand", () => {
  const judges = { right: (text: string) => text === "b", accepted: null };
  const found = [{ text: "a", draws: 3 }, { text: "b", draws: 1 }];
  assertEquals(drawnOutcome(found, [1, 4], judges), { right: [0.25, 1], accepted: null });
  const listed = listedOutcome(["a", "b"], [1, 2, 9], {
    ...judges,
    accepted: (text) => text === "a",
    most: 2,
  });
  assertEquals(listed, { right: [0, 1, null], accepted: [1, 1, null] });
  const weights = [{ group: 0, weight: 3 }, { group: 1, weight: 1 }];
  const means = meanChances([[1, null], [0, null]], weights, { ranks: [1, 9], seed: 1 });
  assertEquals([means[0]!.value, means[1]], [0.75, null]);
  // Half of the questions is not most of them.
  const outcomes = [listed, { right: [0, 0, 0], accepted: null }];
  assertEquals(meanAccepted(outcomes, weights, { ranks: [1, 2, 9], seed: 1 }), null);
});
