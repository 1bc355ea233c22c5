/** Searches for whole proofs, judged by the built-in checker. */
import { assert, assertEquals } from "@std/assert";
import { checkProof } from "../../src/corpus/checker/mod.ts";
import { parseProofFile } from "../../src/corpus/proof_file.ts";
import { sampleCorpus } from "../../src/corpus/sample/mod.ts";
import { type Proof, proofOf } from "../../src/evaluate/next_line.ts";
import { finish } from "../../src/evaluate/progress.ts";
import { drawn, findProof, isOpenGoal, listed } from "../../src/evaluate/proof_search.ts";
import type { AskedModel } from "../../src/evaluate/requests.ts";
import { measureSearch } from "../../src/evaluate/search_report.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";

const files = [...sampleCorpus({ files: 400, short: true })].map(({ name, text }) =>
  parseProofFile(name, new TextEncoder().encode(text)).file!
);
const proofs = files.map((file, group) => proofOf(file, group)!).filter(isOpenGoal);
const long = proofs.filter(({ lines }) => lines.length >= 3).slice(0, 20);
const tokenizer = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });

function textOf({ before }: Proof, lines: readonly string[]): string {
  return [`${before}@P`, ...lines, ""].join("\n");
}

/** Draws the lines that a proof has after those that the prompt ends with, and nonsense. */
function modelOf({ lines }: Proof): AskedModel {
  return {
    losses: () => Promise.reject(new Error("not asked")),
    beam: () => Promise.reject(new Error("not asked")),
    draw: ({ tokens }) => {
      const given = tokenizer.decode(tokens).split("@P\n")[1]!.split("\n").filter((line) => line !== "");
      const next = lines.find((line) => !given.includes(line)) ?? "";
      return Promise.resolve([{ text: "0 = 1", draws: 9 }, { text: next, draws: 5 }, { text: "", draws: 2 }]);
    },
  };
}

Deno.test("goals that need no line are no open goals", () => {
  assert(long.length === 20 && proofs.length < files.length, `${long.length}, ${proofs.length}`);
  assert(proofs.every(({ lines }) => lines.length > 0));
});

Deno.test("a proof's own lines prove its goal, in any order, and what it does not need is left out", async () => {
  for (const proof of long) {
    const junk = long.flatMap(({ lines }) => lines.slice(0, 1)).filter((line) => !proof.lines.includes(line));
    const given = [...junk, ...proof.lines.toReversed()];
    const { lines, tried } = await findProof(proof, listed(given), 1000);
    assert(lines !== null && lines.length <= proof.lines.length, proof.file.text);
    assertEquals(checkProof(textOf(proof, lines)), { ok: true });
    assert(tried >= lines.length && tried <= 4 * given.length, `${tried}`);
    for (const line of lines) {
      assert(!checkProof(textOf(proof, lines.filter((other) => other !== line))).ok, `${line} is not needed`);
    }
  }
});

Deno.test("no more lines are tried than the budget allows, and none twice where nothing is new", async () => {
  const [proof] = long as [Proof];
  const wrong = Array.from({ length: 30 }, (_, i) => `${i} = ${i + 1}`);
  assertEquals(await findProof(proof, listed([...wrong, ...proof.lines]), 10), { lines: null, tried: 10 });
  assertEquals(await findProof(proof, listed([...wrong, ...wrong]), 1000), { lines: null, tried: 30 });
});

Deno.test("lines of a model are gone on from, the likeliest first", async () => {
  for (const proof of long) {
    const options = { tokenizer, contextLength: 4096, draws: 16, rounds: 40, seed: 1, lineTokens: 200 };
    const { lines } = await findProof(proof, drawn(modelOf(proof), proof, options), 64);
    assert(lines !== null, proof.file.text);
    assertEquals(checkProof(textOf(proof, lines)), { ok: true });
  }
});

Deno.test("measureSearch() gives every source the same budget, on goals that are held out", async () => {
  const heldOut = files.slice(300).map((file, group) => ({ file, group }));
  const model: AskedModel = { ...modelOf(long[0]!), draw: () => Promise.resolve([]) };
  const common = { tokenizer, contextLength: 256, seed: 42, model };
  const training = files.slice(0, 300);
  const searched = await finish(measureSearch({ ...common, heldOut, training, goals: 30, budget: 16 }));
  assertEquals(searched.length, 30);
  assert(searched.every(({ found }) => Object.values(found).every(({ tried }) => tried <= 16)));
  assert(searched.every(({ found }) => found.model.lines === null && found.model.tried === 0));
  // With the held-out proofs among those to copy from, copying proves them.
  const cheating = await finish(
    measureSearch({ ...common, heldOut, training: files, goals: 30, budget: 64 }),
  );
  const copied = cheating.filter(({ found }) => found["nearest-goal"].lines !== null).length;
  assert(copied >= 28, `${copied} of 30`);
});
