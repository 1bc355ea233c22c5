import { assertEquals } from "@std/assert";
import { didYouMean, editDistance } from "../../src/cli/did_you_mean.ts";

Deno.test("editDistance() counts insertions, deletions, replacements and swaps", () => {
  const distances = [["", "abc"], ["abc", "abc"], ["abc", "abd"], ["abc", "acb"], ["tran", "train"], [
    "kitten",
    "sitting",
  ]] as const;
  assertEquals(distances.map(([a, b]) => editDistance(a, b)), [3, 0, 1, 1, 1, 3]);
  for (const [a, b] of distances) assertEquals(editDistance(a, b), editDistance(b, a));
});

Deno.test("didYouMean() finds the nearest word, whatever its case and dashes", () => {
  const known = ["train", "resume", "batch-size", "context-length", "eval-interval", "save-interval"];
  assertEquals(didYouMean("tarin", known), "train");
  assertEquals(didYouMean("BATCH_SIZE", known), "batch-size");
  assertEquals(didYouMean("batchsizes", known), "batch-size");
  assertEquals(didYouMean("val-interval", known), "eval-interval");
});

Deno.test("didYouMean() takes a start that only one word has", () => {
  assertEquals(didYouMean("context", ["context-length", "batch-size"]), "context-length");
  assertEquals(didYouMean("context", ["context-length", "context-width"]), undefined);
});

Deno.test("didYouMean() keeps silent when nothing is near", () => {
  assertEquals(didYouMean("xyzzy", ["train", "resume"]), undefined);
  assertEquals(didYouMean("", ["a"]), undefined);
  assertEquals(didYouMean("x", ["a"]), undefined);
  assertEquals(didYouMean("train", []), undefined);
});
