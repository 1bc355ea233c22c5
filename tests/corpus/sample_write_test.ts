/** Writing the built-in corpus into a folder. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../src/errors.ts";
import { sampleCorpus } from "../../src/corpus/sample/mod.ts";
import { writeSampleCorpus } from "../../src/corpus/sample/write.ts";
import { withFolder } from "../temporary_folder.ts";

const options = { files: 30, seed: 3 };

Deno.test("writeSampleCorpus() makes the folder and writes every file", () =>
  withFolder(async (folder) => {
    const target = join(folder, "data", "proofs");
    const summary = await writeSampleCorpus(target, options);
    const expected = [...sampleCorpus(options)];
    assertEquals(summary, {
      files: 30,
      sizeBytes: expected.reduce((sum, { text }) => sum + text.length, 0),
      kept: 0,
    });
    assertEquals(
      [...Deno.readDirSync(target)].map((entry) => entry.name).sort(),
      expected.map(({ name }) => name),
    );
    for (const { name, text } of expected) assertEquals(await Deno.readTextFile(join(target, name)), text);
  }));

Deno.test("writeSampleCorpus() finishes what an interrupted run began", () =>
  withFolder(async (folder) => {
    await writeSampleCorpus(folder, { ...options, files: 12 });
    await Deno.writeTextFile(join(folder, "proof_00012.txt.partial"), "mine");
    assertEquals((await writeSampleCorpus(folder, options)).kept, 12);
    assertEquals((await writeSampleCorpus(folder, options)).kept, 30);
    assertEquals(await Deno.readTextFile(join(folder, "proof_00012.txt.partial")), "mine");
    assertEquals([...Deno.readDirSync(folder)].filter(({ name }) => !name.endsWith(".txt")).length, 1);
  }));

Deno.test("writeSampleCorpus() refuses a folder with other proofs and leaves it alone", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "proof_00003.txt"), "@G\nmine\n");
    const error = await assertRejects(() => writeSampleCorpus(folder, options), DataError, "proof_00003.txt");
    assert(error.hint !== undefined && error.hint.includes("empty folder"));
    assertEquals([...Deno.readDirSync(folder)].length, 1);
    assertEquals(await Deno.readTextFile(join(folder, "proof_00003.txt")), "@G\nmine\n");
  }));
