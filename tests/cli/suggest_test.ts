import { assertEquals } from "@std/assert";
import { editDistance, suggest } from "../../src/cli/suggest.ts";

Deno.test("editDistance() counts insertions, deletions, replacements and swaps", () => {
  const distances = [["", "abc"], ["abc", "abc"], ["abc", "abd"], ["abc", "acb"], ["tran", "train"], [
    "kitten",
    "sitting",
  ]] as const;
  assertEquals(distances.map(([a, b]) => editDistance(a, b)), [3, 0, 1, 1, 1, 3]);
  for (const [a, b] of distances) assertEquals(editDistance(a, b), editDistance(b, a));
});

Deno.test("suggest() finds the nearest word, whatever its case and dashes", () => {
  const known = ["train", "resume", "batch-size", "context-length", "eval-interval", "save-interval"];
  assertEquals(suggest("tarin", known), "train");
  assertEquals(suggest("BATCH_SIZE", known), "batch-size");
  assertEquals(suggest("batchsizes", known), "batch-size");
  assertEquals(suggest("val-interval", known), "eval-interval");
});

Deno.test("suggest() takes a start that only one word has", () => {
  assertEquals(suggest("context", ["context-length", "batch-size"]), "context-length");
  assertEquals(suggest("context", ["context-length", "context-width"]), undefined);
});

Deno.test("suggest() keeps silent when nothing is near", () => {
  assertEquals(suggest("xyzzy", ["train", "resume"]), undefined);
  assertEquals(suggest("", ["a"]), undefined);
  assertEquals(suggest("x", ["a"]), undefined);
  assertEquals(suggest("train", []), undefined);
});
