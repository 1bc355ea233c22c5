/** Nearest goals: by hand, order of equals, words without weight. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { lexicalTokens } from "../../src/corpus/lexical_tokens.ts";
import { goalText, NearestGoals } from "../../src/corpus/nearest_goals.ts";
import { parseProofFile } from "../../src/corpus/proof_file.ts";

Deno.test("lexicalTokens() gives names, numbers and single signs", () => {
  assertEquals(
    lexicalTokens("not a.inverse <=\n\tb_0 + 12'ü"),
    ["not", "a", ".", "inverse", "<", "=", "b_0", "+", "12", "'", "ü"],
  );
  assertEquals(lexicalTokens(" \n"), []);
});

Deno.test("NearestGoals finds the goal itself first, with similarity 1", () => {
  const goals = ["a + b = b + a", "a * b = b * a", "a + 0 = a", "not a < a"];
  const index = new NearestGoals(goals);
  for (const [i, goal] of goals.entries()) {
    const [first] = index.nearest(goal, 1);
    assertEquals(first!.index, i);
    assertAlmostEquals(first!.similarity, 1, 1e-12);
  }
});

Deno.test("NearestGoals by hand: the cosine of TF-IDF vectors", () => {
  const index = new NearestGoals(["x x y", "y z", "z z z"]);
  const idf = (frequency: number): number => Math.log(4 / (1 + frequency));
  const [x, y, z] = [idf(1), idf(2), idf(2)];
  // Of the query only x and z are known.
  const query = Math.hypot(x, z);
  const first = (x / query) * (1 + Math.log(2)) * x / Math.hypot((1 + Math.log(2)) * x, y);
  const second = (z / query) * z / Math.hypot(y, z);
  const near = index.nearest("x z unknown", 3);
  const bySimilarity = [
    { index: 0, similarity: first },
    { index: 1, similarity: second },
    { index: 2, similarity: z / query },
  ].sort((a, b) => b.similarity - a.similarity);
  assertEquals(near.map(({ index }) => index), bySimilarity.map(({ index }) => index));
  for (const [i, { similarity }] of near.entries()) {
    assertAlmostEquals(similarity, bySimilarity[i]!.similarity, 1e-12);
  }
});

Deno.test("NearestGoals gives the earlier of equals, at most as many as wanted, none without one", () => {
  const index = new NearestGoals(["p q", "r s", "p q", "p t"]);
  assertEquals(index.nearest("p q", 2).map(({ index }) => index), [0, 2]);
  assertEquals(index.nearest("nothing", 5), []);
  assertEquals(new NearestGoals([]).nearest("p", 3), []);
});

Deno.test("goalText() is the @G and @C sections, or the whole file where there are none", () => {
  const parse = (text: string) => parseProofFile("a.txt", new TextEncoder().encode(text)).file!;
  assertEquals(goalText(parse("@T\nt\n@G\ng\nh\n@C\nc\n@P\n")), "g\nh\nc\n");
  assert(goalText(parse("no sections")) === "no sections");
});
