import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { groupByTheorem } from "../../src/corpus/groups.ts";
import { parseProofFile, type ProofFile } from "../../src/corpus/proof_file.ts";
import { splitCorpus } from "../../src/corpus/split.ts";
import { DataError } from "../../src/errors.ts";

const OPTIONS = { kind: "block", trainSplit: 0.9, seed: 42 } as const;

function proof(index: number, context: string): ProofFile {
  const text = `${context}@C\nnot a\n@P\nstep ${index}\n`;
  return parseProofFile(`proof_${String(index).padStart(5, "0")}.txt`, new TextEncoder().encode(text)).file!;
}

/** Theorems of the given sizes: an inner block's goals, then goals with the head in @T, last the theorem. */
function theorems(sizes: readonly number[]): ProofFile[] {
  const files: ProofFile[] = [];
  for (const [t, size] of sizes.entries()) {
    const head = `theorem t${t}(a: Nat) {\n    a = a\n`;
    for (let i = 1; i < size; i++) {
      const context = i % 2 === 1 ? `@T\n    } else {\n@G\n        a\n` : `@T\n${head}} by {\n@G\n    a\n`;
      files.push(proof(files.length, context));
    }
    files.push(proof(files.length, `@G\n${head}}\n`));
  }
  return files;
}

Deno.test("groupByTheorem() puts goals of inner blocks to the theorem that follows", () => {
  const groups = groupByTheorem(theorems([3, 1, 2]));
  assertEquals(groups.map(({ first, end }) => [first, end]), [[0, 3], [3, 4], [4, 6]]);
  assertEquals(groups[1]!.head, "theorem t1(a: Nat) {");
});

Deno.test("groupByTheorem() keeps goals at the end that no head follows", () => {
  const files = [...theorems([1]), proof(1, "@T\n    if a {\n@G\n        b\n")];
  assertEquals(groupByTheorem(files).map(({ first, end, head }) => [first, end, head]), [
    [0, 1, "theorem t0(a: Nat) {"],
    [1, 2, null],
  ]);
});

Deno.test("splitCorpus() gives every file one side, never cuts a theorem, and hits the share", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 400 });
  const options = fc.record({ trainSplit: fc.double({ min: 0.05, max: 0.95, noNaN: true }), seed: fc.nat() });
  fc.assert(
    fc.property(sizes, options, (sizes, { trainSplit, seed }) => {
      const files = theorems(sizes);
      const { train, validation } = splitCorpus(files, { kind: "block", trainSplit, seed });
      assertEquals([...train, ...validation].sort((a, b) => a - b), files.map((_, i) => i));
      assert(train.length > 0 && validation.length > 0);
      const heldOut = new Set(validation);
      for (const { first, end } of groupByTheorem(files)) {
        for (let i = first; i < end; i++) assertEquals(heldOut.has(i), heldOut.has(first));
      }
      assert(
        Math.abs(validation.length - files.length * (1 - trainSplit)) <= 9,
        `${validation.length} of ${files.length}`,
      );
    }),
    { numRuns: 60 },
  );
});

Deno.test("splitCorpus() holds out blocks of neighbours, not single theorems", () => {
  const files = theorems(Array.from({ length: 2000 }, () => 1));
  const { validation } = splitCorpus(files, OPTIONS);
  assertEquals(validation.length, 200);
  const runs = validation.filter((index, i) => index !== validation[i - 1]! + 1).length;
  assert(runs <= 4, `${runs} runs for 200 files in blocks of 50`);
});

Deno.test("splitCorpus() holds out the last theorems, and only them", () => {
  const files = theorems([...Array.from({ length: 30 }, () => 2), 7, 1, 5]);
  const { train, validation } = splitCorpus(files, { ...OPTIONS, kind: "later" });
  assertEquals([...train, ...validation], [...files.keys()]);
  // of 73 files 7.3 are wanted: the last two theorems have 6, the last three 13
  assertEquals(validation.length, 6);
  assertEquals(splitCorpus(files, { ...OPTIONS, kind: "later", seed: 7 }).validation, validation);
});

Deno.test("splitCorpus() by file hits the share exactly and scatters", () => {
  const { validation } = splitCorpus(theorems([10, 10, 10, 10]), { ...OPTIONS, kind: "file" });
  assertEquals(validation.length, 4);
  assert(validation.some((index, i) => i > 0 && index > validation[i - 1]! + 1));
});

Deno.test("splitCorpus() gives the same split and hash again, and another hash for any change", () => {
  const files = theorems(Array.from({ length: 60 }, (_, i) => 1 + i % 3));
  const first = splitCorpus(files, OPTIONS);
  assertEquals(splitCorpus(files, OPTIONS), first);
  assertEquals(first.hash, "ad0383a9fc9e4afb784a2e76af055857a3103f1502acca8a0f4779a9c930fbb0");
  const changed = files.with(3, { ...files[3]!, text: files[3]!.text + " " });
  const renamed = files.with(3, { ...files[3]!, name: "x.txt" });
  const others = [
    splitCorpus(changed, OPTIONS),
    splitCorpus(renamed, OPTIONS),
    splitCorpus(files, { ...OPTIONS, seed: 43 }),
    splitCorpus(files, { ...OPTIONS, trainSplit: 0.8 }),
    splitCorpus(files, { ...OPTIONS, kind: "file" }),
  ];
  assertEquals(new Set([first, ...others].map(({ hash }) => hash)).size, 6);
});

Deno.test("splitCorpus() says what to do when the corpus is too small", () => {
  assertThrows(() => splitCorpus(theorems([1]), OPTIONS), DataError, "at least 2");
  const error = assertThrows(() => splitCorpus(theorems([4]), OPTIONS), DataError, "one theorem");
  assertEquals(error.hint, "add proofs of other theorems, or use --split file");
  assertEquals(splitCorpus(theorems([4]), { ...OPTIONS, kind: "file" }).validation.length, 1);
});
