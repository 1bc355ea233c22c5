/** Libraries of our own, of both years: which proof files come of them, and what is said of the rest. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { readLibrary, writeLibraryProofs, type WrittenModule } from "../../src/acorn/mod.ts";
import { readProofs, splitCorpus } from "../../src/corpus/mod.ts";
import { DataError } from "../../src/errors.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const BASE = `inductive Word {
    empty
    next(Word)
}

define glue(a: Word, b: Word) -> Word { a }

theorem glue_left(a: Word, b: Word) { glue(a, b) = a }
`;
const USER = `from base import Word, glue, glue_left

theorem twice(a: Word) {
    a != Word.empty implies glue(a, a) = a
} by {
    if a = Word.empty {
        a = glue(a, a)
    } else {
        let b: Word satisfy {
            glue(b, a) = b
        }
        glue_left(a, b)
        glue(a, b) = a implies b = b
    }
}
`;

/** Writes files, by their paths below a folder. */
async function writeFiles(folder: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(join(folder, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
}

function jsonLines(...values: unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

interface Outcome {
  readonly files: Record<string, string>;
  readonly modules: WrittenModule[];
  readonly problems: string[];
}

/** What a library's files come to. */
async function outcomeOf(
  files: Record<string, string>,
  options: {
    rules?: string[];
    skipEmpty?: boolean;
    keepCopies?: boolean;
    prepare?: (lib: string) => Promise<void>;
  } = {},
): Promise<Outcome> {
  using temporary = new TemporaryFolder();
  const [lib, out] = [join(temporary.path, "lib"), join(temporary.path, "out")];
  await writeFiles(lib, files);
  await options.prepare?.(lib);
  const library = await readLibrary(lib);
  const { rules = ["claim", "wit"], skipEmpty = false, keepCopies = false } = options;
  const modules = await Array.fromAsync(
    writeLibraryProofs(library, out, { rules: new Set(rules), skipEmpty, keepCopies }),
  );
  const problems = [...library.problems, ...modules.flatMap(({ problems }) => problems)];
  const written: Record<string, string> = {};
  for await (const { name } of Deno.readDir(out)) written[name] = await Deno.readTextFile(join(out, name));
  return {
    files: Object.fromEntries(Object.entries(written).sort(([a], [b]) => a < b ? -1 : 1)),
    modules,
    problems: problems.map(({ file, line, message }) => `${file}:${line}: ${message}`),
  };
}

const LIBRARY_2025 = {
  "src/base.ac": BASE,
  "src/user.ac": USER,
  "build/base.jsonl": jsonLines({ goal: "glue_left", proof: [] }),
  "build/user.jsonl": jsonLines(
    { goal: "a = glue(a, a)", proof: ["glue(a, a) = a"] },
    { goal: "exists(k0: Word) { glue(k0, a) = k0 }", proof: ["glue(a, a) = a", "a = a"] },
    { goal: "glue(a, b) = a implies b = b", proof: ["b = b"] },
    { goal: "twice", proof: [] },
  ),
};

Deno.test("a library of 2025 gives the files that `acorn training` would, in build order", async () => {
  const { files, problems, modules } = await outcomeOf(LIBRARY_2025);
  assertEquals(problems, []);
  assertEquals(modules.map(({ name, placed, exact }) => [name, placed, exact]), [["base", 1, 1], [
    "user",
    4,
    4,
  ]]);
  const head = USER.split("\n").slice(2, 5).map((line) => `${line}\n`).join("");
  const { "modules.json": index, ...proofs } = files;
  assertEquals(proofs, {
    "proof_00000.txt":
      "@G\ntheorem glue_left(a: Word, b: Word) { glue(a, b) = a }\n@C\nglue(a, b) != a\n@P\n",
    "proof_00001.txt":
      "@T\n    if a = Word.empty {\n@G\n        a = glue(a, a)\n@C\na != glue(a, a)\n@P\nglue(a, a) = a\n",
    "proof_00002.txt":
      "@T\n    } else {\n@G\n        let b: Word satisfy {\n            glue(b, a) = b\n        }\n" +
      "@C\nnot exists(k0: Word) { glue(k0, a) = k0 }\n@P\nglue(a, a) = a\na = a\n",
    "proof_00003.txt":
      "@T\n    } else {\n        let b: Word satisfy {\n            glue(b, a) = b\n        }\n" +
      "        glue_left(a, b)\n@G\n        glue(a, b) = a implies b = b\n@H\nglue(a, b) = a\n@C\nb != b\n@P\nb = b\n",
    "proof_00004.txt": `@G\n${head}${USER.split("\n").slice(5, 15).map((line) => `${line}\n`).join("")}` +
      "@C\nglue(a, a) != a\n@P\n",
  });
  assertEquals(JSON.parse(index!).modules, [
    { name: "base", imports: [], first: "proof_00000.txt", files: 1 },
    { name: "user", imports: ["base"], first: "proof_00001.txt", files: 4 },
  ]);
});

const LIBRARY_2026 = {
  "src/one.ac": "typeclass M: Magma {\n    mul: (M, M) -> M\n    comm(a: M, b: M) { a * b = b * a }\n" +
    "    idem(a: M) { a * a = a }\n}\n",
  "src/pack/interface.ac": "inductive Word {\n    empty\n}\ntheorem said(a: Word) { a = a }\n",
  "src/pack/inner.ac":
    "from pack import Word\nfrom one import Magma\ndefine first(a: Word, b: Word) -> Word { a }\n" +
    "instance Word: Magma {\n    let mul: (Word, Word) -> Word = first\n}\ntheorem said(a: Word) { a = a }\n" +
    "theorem again(a: Word) { true } by {\n    a = a\n    said(a)\n    said\n    a = a\n}\n",
  "src/pack/certs/inner.jsonl": jsonLines(
    { goal: "forall(x0: Word, x1: Word) { first(x0, x1) = first(x1, x0) }", p: [{ c: "x" }] },
    { goal: "forall(x0: Word) { first(x0, x0) = x0 }", p: [] },
    {
      goal: "said",
      p: [{ c: "a = a" }, { r: "wit", c: "let w0: Word satisfy { w0 = a }" }, { r: "contra", c: "false" }],
    },
    { goal: "a = a", p: [{ c: "said(a)", r: "br", f: [0] }] },
    { goal: "a = a", p: [] },
    { goal: "again", p: [] },
  ),
};

Deno.test("a library of 2026: a goal for each condition of an instance, interfaces prove nothing, rules choose lines", async () => {
  const { files, problems, modules } = await outcomeOf(LIBRARY_2026);
  assertEquals(problems, []);
  assertEquals(modules.map(({ name, placed }) => [name, placed]), [["one", 0], ["pack.inner", 6]]);
  const proofs = (files: Record<string, string>): string[] =>
    Object.entries(files).filter(([name]) => name.endsWith(".txt")).map(([, text]) => text.split("@P\n")[1]!);
  assertEquals(proofs(files), ["x\n", "", "a = a\nlet w0: Word satisfy { w0 = a }\n", "", "", ""]);
  const all = await outcomeOf(LIBRARY_2026, { rules: ["br", "contra"], skipEmpty: true });
  assertEquals(proofs(all.files), ["false\n", "said(a)\n"]);
  assertEquals(all.modules[1]!.empty, 4);
});

Deno.test("a claim that calls a theorem is no goal, by whatever name the theorem is called", async () => {
  const { problems, modules } = await outcomeOf({
    "src/far.ac": "inductive Word {\n    empty\n}\ntypeclass M: Magma {\n    mul: (M, M) -> M\n" +
      "    comm(a: M, b: M) { a * b = b * a }\n}\ntheorem far_one(a: Word) { a = a }\n",
    "src/near.ac": "from far import far_one, Word\n",
    "src/user.ac": `from near import far_one, Word
from far import Magma
typeclass N: Nearer extends Magma {
    one: N
}
theorem user[N: Nearer](p: Word -> Bool, a: Word, n: N) { true } by {
    from far import far_one
    far_one(a)
    lib(far).far_one(a)
    Word.induction(p)
    Magma.comm(n, n)
    p(a)
}
`,
    "src/certs/user.jsonl": jsonLines({ goal: "p(a)", p: [] }, { goal: "user", p: [] }),
  });
  assertEquals(problems, ["src/far.ac:0: no certificates for its 1 goals"]);
  assertEquals(modules.map(({ goals }) => goals), [1, 0, 2]);
});

Deno.test("a goal and proof that stand there twice are written once, or again where that is asked", async () => {
  const twice = {
    "src/a.ac": "theorem t { true } by {\n    p\n}\n",
    "src/b.ac": "theorem t { true } by {\n    p\n}\n",
    "build/a.jsonl": jsonLines({ goal: "p", proof: ["q"] }, { goal: "t", proof: [] }),
    "build/b.jsonl": jsonLines({ goal: "p", proof: ["q"] }, { goal: "t", proof: ["r"] }),
  };
  const once = await outcomeOf(twice);
  assertEquals(once.modules.map(({ files, copies }) => [files, copies]), [[2, 0], [1, 1]]);
  assertEquals((await outcomeOf(twice, { keepCopies: true })).modules.map(({ files }) => files), [2, 2]);
});

/** The proofs' lines, each with its goal's first line. */
function pairs({ files }: Outcome): string[] {
  return Object.values(files).filter((text) => text.startsWith("@")).map((text) => {
    const goal = text.split("@G\n")[1]!.split("\n", 1)[0]!.trim();
    return `${goal}: ${text.split("@P\n")[1]!.trim()}`;
  });
}

const CLAIMS =
  "theorem t(a: W, b: W) { true } by {\n    f(a) = b\n    g(a) = b\n    f(b) = a\n    h(a, b)\n    h(a, b)\n    h(a, b)\n}\n";

Deno.test("no goal is given another's proof: what fits badly, or several alike, is left out and told", async () => {
  const line = (goal: string, proof: string) => ({ goal, proof: [proof] });
  const missing = await outcomeOf({
    "src/m.ac": CLAIMS,
    "build/m.jsonl": jsonLines(
      line("g(a) = b", "of g"),
      line("k(a, b, a, b, a)", "of nothing"),
      line("h(a, b)", "of the first h or the second"),
      line("h(a, b)", "of the second h or the third"),
      line("t", "of t"),
    ),
  });
  assertEquals(pairs(missing), ["g(a) = b: of g", "theorem t(a: W, b: W) { true } by {: of t"]);
  assertEquals(missing.problems, [
    ...[2, 4, 5, 6, 7].map((line) => `src/m.ac:${line}: no certificate fits this claim`),
    'src/m.ac:0: no goal fits the certificate 2, "k(a, b, a, b, a)"',
    'src/m.ac:0: no goal fits the certificate 3, "h(a, b)"',
    'src/m.ac:0: no goal fits the certificate 4, "h(a, b)"',
  ]);
});

Deno.test("goals of one text get their proofs in order, and a stale certificate gets no goal", async () => {
  const line = (goal: string, proof: string) => ({ goal, proof: [proof] });
  const whole = await outcomeOf({
    "src/m.ac": CLAIMS,
    "build/m.jsonl": jsonLines(
      line("f(a) = b", "1"),
      line("q(a) != c", "stale"),
      line("f(b) = a", "3"),
      line("h(a, b)", "4"),
      line("h(a, b)", "5"),
      line("h(a, b)", "6"),
      line("t", "7"),
    ),
  });
  assertEquals(pairs(whole), [
    "f(a) = b: 1",
    "f(b) = a: 3",
    "h(a, b): 4",
    "h(a, b): 5",
    "h(a, b): 6",
    "theorem t(a: W, b: W) { true } by {: 7",
  ]);
  assertEquals(whole.problems.length, 2);
});

Deno.test("damaged certificates are told by line, and the others are used", async () => {
  const { problems, modules } = await outcomeOf({
    "src/m.ac": CLAIMS,
    "build/m.jsonl":
      `{"goal": "f(a) = b", "proof": ["1"]}\nnonsense\n[1]\n{"goal": 1}\n{"goal": "x", "proof": 1}\n` +
      `{"goal": "x", "p": [1]}\n{"goal": "x", "proof": ["a\\n@P\\nb"]}\n\n{"goal": "t", "proof": null}\n` +
      `${"[".repeat(100)}\n{"goal": "${"x".repeat(17 * 1024 * 1024)}"}\n`,
  });
  assertEquals(modules[0]!.files, 1);
  const told = problems.filter((problem) => problem.startsWith("build/"));
  assertEquals(told.map((problem) => problem.split(":", 2)[1]), ["2", "3", "4", "5", "6", "7", "10", "11"]);
  assert(told.at(-1)!.includes("more than 16777216 bytes"), told.at(-1));
  assert(problems.includes("src/m.ac:1: the certificate of this theorem has no proof"), problems.join("\n"));
});

Deno.test({
  name: "links out of the library and to folders are not followed, and that is told",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { problems, modules } = await outcomeOf(LIBRARY_2025, {
      prepare: async (lib) => {
        await Deno.writeTextFile(join(lib, "..", "secret.ac"), "theorem secret { true }\n");
        await Deno.symlink("../../secret.ac", join(lib, "src", "out.ac"));
        await Deno.symlink("..", join(lib, "src", "round"));
        await Deno.symlink("nowhere.ac", join(lib, "src", "broken.ac"));
        await Deno.symlink("user.ac", join(lib, "src", "inside.ac"));
        await Deno.symlink("../../secret.ac", join(lib, "build", "inside.jsonl"));
      },
    });
    assertEquals(modules.map(({ name }) => name), ["base", "inside", "user"]);
    assertEquals(problems.sort(), [
      "src/broken.ac:0: a link to a folder, out of the library or to nothing: not followed",
      "src/inside.ac:0: no certificates for its 4 goals",
      "src/out.ac:0: a link to a folder, out of the library or to nothing: not followed",
      "src/round:0: a link to a folder, out of the library or to nothing: not followed",
    ]);
  },
});

Deno.test("a block whose goals would repeat the module without end is cut, and that is told", async () => {
  const claims = Array.from({ length: 2000 }, (_, i) => `p(${i}, ${"a".repeat(100)})`);
  const { modules, problems } = await outcomeOf({
    "src/m.ac": `theorem t(a: W) { true } by {\n${claims.map((claim) => `    ${claim}\n`).join("")}}\n`,
    "build/m.jsonl": jsonLines(...claims.map((goal) => ({ goal, proof: [] }))),
  });
  assertEquals(modules[0]!.placed, 2000);
  assert(modules[0]!.sizeBytes < 150 * 2000 * 120, String(modules[0]!.sizeBytes));
  assert(modules[0]!.files < 1000, String(modules[0]!.files));
  assert(problems.some((problem) => problem.endsWith("the goals before it repeat the module too often")));
});

Deno.test("modules that import each other in a circle are read all the same", async () => {
  const { modules, problems } = await outcomeOf({
    "src/a.ac": "from b import p\ntheorem t { p(0) } by {\n    p(1)\n}\n",
    "src/b.ac": "from a import p\n",
    "build/a.jsonl": jsonLines({ goal: "p(1)", proof: ["x"] }, { goal: "t", proof: ["y"] }),
  });
  assertEquals([modules.map(({ placed }) => placed), problems], [[2, 0], []]);
});

Deno.test("a folder of other proofs is refused; an earlier run's files are replaced", async () => {
  using temporary = new TemporaryFolder();
  const [lib, out] = [join(temporary.path, "lib"), join(temporary.path, "out")];
  await writeFiles(lib, LIBRARY_2025);
  const write = async () =>
    await Array.fromAsync(
      writeLibraryProofs(await readLibrary(lib), out, {
        rules: new Set(),
        skipEmpty: true,
        keepCopies: false,
      }),
    );
  await writeFiles(out, { "proof_1.txt": "mine" });
  await assertRejects(write, DataError, '"proof_1.txt" was not written by a whole run');
  await Deno.remove(join(out, "proof_1.txt"));
  await write();
  await writeFiles(out, { "mine.txt": "mine" });
  await assertRejects(write, DataError, '"mine.txt" is none of this command\'s files');
  await Deno.remove(join(out, "mine.txt"));
  await writeFiles(out, { "proof_00009.txt": "of an earlier run" });
  await write();
  assertEquals((await Array.fromAsync(Deno.readDir(out))).map(({ name }) => name), ["modules.json"]);
  await assertRejects(() => readLibrary(out), DataError, "has no folder src/");
});

Deno.test("--split later holds out whole modules that nothing in the training part imports, the newest first", async () => {
  using temporary = new TemporaryFolder();
  const [lib, out] = [join(temporary.path, "lib"), join(temporary.path, "out")];
  // low ← middle ← high; low ← leaf; "zero" has no proofs and imports leaf
  const imports: Record<string, string[]> = {
    high: ["middle"],
    leaf: ["low"],
    low: [],
    middle: ["low"],
    user: ["zero"],
    zero: ["leaf"],
  };
  for (const [name, from] of Object.entries(imports)) {
    const goals = name === "zero" ? [] : Array.from({ length: 10 }, (_, i) => `${name}_${i}`);
    await writeFiles(lib, {
      [`src/${name}.ac`]: from.map((other) => `from ${other} import x\n`).join("") +
        goals.map((goal) => `theorem ${goal} { ${goal} = 0 }\n`).join(""),
      [`build/${name}.jsonl`]: jsonLines(...goals.map((goal) => ({ goal, proof: ["x"] }))),
    });
  }
  const options = { rules: new Set(["claim"]), skipEmpty: false, keepCopies: false };
  await Array.fromAsync(writeLibraryProofs(await readLibrary(lib), out, options));
  const { files } = await readProofs(out);
  const heldOut = (trainSplit: number): string[] => {
    const { validation } = splitCorpus(files, { kind: "later", trainSplit, seed: 1 });
    return [...new Set(validation.map((i) => files[i]!.module!.name))];
  };
  assertEquals(heldOut(0.8), ["user"]);
  assertEquals(heldOut(0.6), ["high", "user"]);
  assertEquals(heldOut(0.4), ["high", "middle", "user"]);
  assertEquals(heldOut(0.2), ["high", "leaf", "middle", "user"]); // leaf is free since zero is
  const block = splitCorpus(files, { kind: "block", trainSplit: 0.8, seed: 1 });
  for (const file of files) delete file.module;
  assertEquals(splitCorpus(files, { kind: "block", trainSplit: 0.8, seed: 1 }), block);
});
