/** Which lines are asked for, what the model is shown in each form; answers without a model. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { parseProofFile } from "../../src/corpus/proof_file.ts";
import { FrequentLines, GoalCopies } from "../../src/evaluate/baselines.ts";
import { linePrompt, type Proof, proofOf, sampleLines, sampleProofs } from "../../src/evaluate/next_line.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";

const TOKENIZER = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });

function proof(text: string, group = 0): Proof | null {
  return proofOf(parseProofFile("a.txt", new TextEncoder().encode(text)).file!, group);
}

Deno.test("proofOf() cuts a file before @P and leaves empty lines out", () => {
  const { before, lines, group } = proof("@G\ngoal\n@C\nnot goal\n@P\none\n\n  two\n", 3)!;
  assertEquals([before, lines, group], ["@G\ngoal\n@C\nnot goal\n", ["one", "  two"], 3]);
  assertEquals(proof("@G\ngoal\n@P")!.lines, []);
  assertEquals(proof("@P\nonly\n")!.before, "");
});

Deno.test("proofOf() refuses files whose last section is not the only @P", () => {
  for (const text of ["@G\ngoal\n", "no sections\n", "@P\na\n@C\nb\n", "@P\na\n@P\nb\n"]) {
    assertEquals(proof(text), null, text);
  }
});

Deno.test("linePrompt() shows the model what the prover shows, or what training shows", () => {
  const item = { proof: proof("@G\ngoal\n@C\nnot goal\n@P\none\ntwo\nthree\n")!, line: 2 };
  const text = (form: "prover" | "training", contextLength: number): string =>
    TOKENIZER.decode(linePrompt(item, form, { tokenizer: TOKENIZER, contextLength }));
  assertEquals(text("prover", 256), "@G\ngoal\n@C\nnot goal\n\none\ntwo\n");
  assertEquals(text("training", 256), "@G\ngoal\n@C\nnot goal\n@P\none\ntwo\n");
  // The prover cuts the goal, not the lines it has accepted.
  assertEquals(text("prover", 110), "\nnot goal\n\none\ntwo\n");
  assertEquals(text("training", 110), "P\none\ntwo\n");
});

Deno.test("linePrompt() feeds a newline as a token of its own", () => {
  const tokenizer = trainTokenizer(Array(20).fill("a\n\n    b\n\n"), {
    vocabularySize: 300,
    alphabet: "bytes",
  });
  const item = { proof: proof("@G\n    b\n@P\n    b\n    b\n")!, line: 1 };
  const newline = tokenizer.encode("\n");
  assertEquals(newline.length, 1);
  const tokens = [...linePrompt(item, "prover", { tokenizer, contextLength: 256 })];
  const goal = [...tokenizer.encode("@G\n    b\n")];
  assertEquals(tokens, [...goal, newline[0]!, ...tokenizer.encode("    b"), newline[0]!]);
});

Deno.test("sampleLines() and sampleProofs() choose evenly, in order, the same for the same seed", () => {
  const proofs = Array.from({ length: 100 }, (_, i) => proof(`@G\ng\n@P\n${"x\n".repeat(1 + i % 4)}`, i)!);
  const all = sampleLines(proofs, 1e6, 1);
  assertEquals(all.length, 250);
  const some = sampleLines(proofs, 100, 1);
  assertEquals(some, sampleLines(proofs, 100, 1));
  assert(
    some.map(({ proof }) => proof.group).join() !==
      sampleLines(proofs, 100, 2).map(({ proof }) => proof.group).join(),
  );
  assertEquals(
    some,
    all.filter(({ proof, line }) => some.some((item) => item.proof === proof && item.line === line)),
  );
  // Long proofs have more lines.
  const long = some.filter(({ proof }) => proof.lines.length === 4).length;
  assertAlmostEquals(long, 40, 12);
  assertEquals(sampleProofs(proofs, 7, 1).length, 7);
  assertEquals(sampleLines(proofs, 0, 1), []);
});

Deno.test("FrequentLines gives the most frequent lines that the proof does not have", () => {
  const frequent = new FrequentLines(
    ["a\nb\nb", "b\n c", "a\nc\nd"].map((lines) => proof(`@G\ng\n@P\n${lines}\n`)!),
  );
  assertEquals(frequent.suggest([], 3), ["b", "a", "c"]);
  assertEquals(frequent.suggest([" a"], 3), ["b", "c", "d"]);
});

Deno.test("GoalCopies gives the lines of the nearest goals' proofs, the nearest first", () => {
  const known = [
    proof("@G\nx * y = y * x\n@P\nfar\n")!,
    proof("@G\na + b = b + a\n@P\nfirst\nsecond\n")!,
    proof("@G\na + b + c = c\n@P\nsecond\nthird\n")!,
  ];
  const copies = new GoalCopies(known);
  const asked = proof("@G\na + b = b + a + b\n@P\nfirst\n")!;
  assertEquals(copies.suggest(asked, [], 3), ["first", "second", "third"]);
  assertEquals(copies.suggest(asked, ["first"], 2), ["second", "third"]);
  assertEquals(copies.neighbours(asked, 1), [known[1]!]);
});
