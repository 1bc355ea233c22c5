/** Lines of the nearest proofs: votes by hand, what is left out. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { parseProofFile, type ProofFile } from "../../src/corpus/proof_file.ts";
import { NearestGoals } from "../../src/corpus/nearest_goals.ts";
import { parseGoal } from "../../src/prompt/mod.ts";
import { MAX_NEIGHBOR_LINES, NeighborLines } from "../../src/infer/neighbor_lines.ts";

function proof(goal: string, lines: readonly string[]): ProofFile {
  const text = `@G\n${goal}\n@C\nnot (${goal})\n@P\n${lines.map((line) => `${line}\n`).join("")}`;
  return parseProofFile("proof.txt", new TextEncoder().encode(text)).file!;
}

const FILES = [
  proof("a + b = b + a", ["a + 0 = a", "b + 0 = b"]),
  proof("a * b = b * a", ["a * 1  = a ", "a + 0 = a"]),
  proof("not p or q", ["not p"]),
];

Deno.test("a line's probability is its share of the votes: similarity squared, less for other places", () => {
  const goal = parseGoal("@G\nx + y = y + x\n@C\nnot (x + y = y + x)\n");
  const compared = FILES.map((file) => file.text.replaceAll(/@[A-Z]\n/g, ""));
  const near = new NearestGoals(compared).nearest(goal.before.replaceAll(/@[A-Z]\n/g, ""), 2);
  assertEquals(near.map(({ index }) => index), [0, 1]);
  const [first, second] = near.map(({ similarity }) => similarity ** 2);
  const votes = new Map([
    ["a + 0 = a", first! + second! / 2],
    ["a * 1 = a", second!],
    ["b + 0 = b", first! / 2],
  ]);
  const total = [...votes.values()].reduce((sum, vote) => sum + vote);
  const proposed = new NeighborLines(FILES).propose(goal, 2);
  assertEquals(proposed[0]!.line, "a + 0 = a");
  assertEquals(proposed.length, 3);
  for (const { line, probability } of proposed) {
    assertAlmostEquals(probability, votes.get(line)! / total, 1e-9);
  }
});

Deno.test("lines that the proof has already are not proposed; the place counts", () => {
  const goal = { ...parseGoal("@G\nx + y = y + x\n"), lines: ["a +  0 = a"] };
  const proposed = new NeighborLines(FILES).propose(goal, 1);
  assertEquals(proposed, [{ line: "b + 0 = b", probability: 1 }]);
});

Deno.test("no common word, no neighbours and no proofs give no lines; there are never too many", () => {
  const neighbors = new NeighborLines(FILES);
  assertEquals(neighbors.propose(parseGoal("@G\nzzz\n"), 5), []);
  assertEquals(neighbors.propose(parseGoal("@G\na\n"), 0), []);
  assertEquals(new NeighborLines([]).propose(parseGoal("@G\na\n"), 5), []);
  const many = new NeighborLines([
    proof("a = b", Array.from({ length: 100 }, (_, i) => `a = ${i}`)),
    proof("c", []),
  ]);
  const proposed = many.propose(parseGoal("@G\na = b\n"), 5);
  assertEquals([proposed.length, proposed[0]!.line], [MAX_NEIGHBOR_LINES, "a = 0"]);
  assert(proposed.reduce((sum, { probability }) => sum + probability, 0) < 1);
});
