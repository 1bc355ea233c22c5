/** Near copies: the Jaccard similarity of runs of five words. */
import { assert, assertEquals } from "@std/assert";
import { NEAR_COPY_SIMILARITY, nearestSimilarities } from "../../src/evaluate/near_copies.ts";

Deno.test("nearestSimilarities() is 1 whatever the white space, 0 without a common run of five words", () => {
  const known = ["not a = b or c = d\nb = a", "other words in here altogether"];
  assertEquals(nearestSimilarities(["not  a=b or\n c = d b = a", "a = b or c", "x y z u v"], known), [
    1,
    1 / 7,
    0,
  ]);
});

Deno.test("nearestSimilarities() by hand: common runs over all runs, the most similar text counts", () => {
  // Runs of the first: abcde bcdef; of the second: bcdef cdefg; of the third: abcde bcdef cdefg.
  assertEquals(nearestSimilarities(["a b c d e f"], ["b c d e f g"]), [1 / 3]);
  assertEquals(nearestSimilarities(["a b c d e f"], ["b c d e f g", "a b c d e f g"]), [2 / 3]);
});

Deno.test("nearestSimilarities() takes texts of less than five words whole", () => {
  assertEquals(nearestSimilarities(["a b", "a", ""], ["a b"]), [1, 0, 0]);
  assertEquals(nearestSimilarities(["a b"], []), [0]);
  assert(NEAR_COPY_SIMILARITY > 0 && NEAR_COPY_SIMILARITY <= 1);
});
