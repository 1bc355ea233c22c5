/** Runs by their folders: which there are, the latest, the best, and what words that name a model mean. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../src/errors.ts";
import {
  bestRun,
  findRuns,
  isRunName,
  latestRun,
  modelPlace,
  prunable,
  readRunRecord,
} from "../../src/runs/mod.ts";
import { withFolder } from "../temporary_folder.ts";
import { makeRun } from "./made_runs.ts";

/** The current run, two with names, and what a branch has set aside. */
async function makeRuns(folder: string): Promise<string> {
  const checkpoints = join(folder, "checkpoints");
  const run = (name: string) => join(checkpoints, name);
  await makeRun(checkpoints, { name: "2026-11-30-12-00-00", begun: "2026-11-30T12:00:00Z", bitsPerByte: 2 });
  await makeRun(run("wide"), { begun: "2026-11-30T11:00:00Z", bitsPerByte: 1 });
  await makeRun(run("deep"), { begun: "2026-11-30T10:00:00Z", bitsPerByte: 1.5 });
  await makeRun(run("earlier-2026-11-30-13-00-00"), { begun: "2026-11-30T13:00:00Z", bitsPerByte: 0.1 });
  await makeRun(run("other"), {
    begun: "2026-11-30T09:00:00Z",
    bitsPerByte: 0.5,
    splitHash: "ef".repeat(32),
  });
  await Deno.mkdir(run("notes"));
  await Deno.mkdir(run(".hidden"));
  return checkpoints;
}

Deno.test("findRuns() lists the latest first; what was set aside, or has another split, is never the best", () =>
  withFolder(async (folder) => {
    const checkpoints = await makeRuns(folder);
    const runs = await findRuns(checkpoints);
    assertEquals(runs.map(({ name, isCurrent }) => [name, isCurrent]), [
      ["earlier-2026-11-30-13-00-00", false],
      ["2026-11-30-12-00-00", true],
      ["wide", false],
      ["deep", false],
      ["other", false],
    ]);
    assertEquals((await latestRun(checkpoints))?.directory, checkpoints);
    assertEquals((await bestRun(checkpoints))?.name, "wide");
    assertEquals(await findRuns(join(folder, "none")), []);
    assertEquals(await latestRun(join(folder, "none")), null);
  }));

Deno.test("a run without a record is as old as its newest checkpoint", () =>
  withFolder(async (folder) => {
    const checkpoints = await makeRuns(folder);
    const old = join(checkpoints, "deep");
    await Deno.remove(join(old, "run.json"));
    assertEquals((await latestRun(checkpoints))?.name, "deep"); // written just now
    for (const { name } of Deno.readDirSync(old)) {
      await Deno.utime(join(old, name), new Date(1e12), new Date(1e12));
    }
    assertEquals((await latestRun(checkpoints))?.isCurrent, true);
  }));

Deno.test("an imported model is listed, but is never the latest run", () =>
  withFolder(async (folder) => {
    const checkpoints = await makeRuns(folder);
    const imported = join(checkpoints, "imported");
    await makeRun(imported, { splitHash: "", bitsPerByte: 0.01 });
    await Deno.remove(join(imported, "run.json"));
    assertEquals((await findRuns(checkpoints))[0]?.name, "imported"); // written just now
    assertEquals((await latestRun(checkpoints))?.isCurrent, true);
    assertEquals((await bestRun(checkpoints))?.name, "wide");
    assertEquals((await modelPlace("imported", checkpoints)).path, imported);
    const pruned = (await prunable(checkpoints, { wholeRuns: true })).map(({ run }) => run.name);
    assertEquals(pruned, ["earlier-2026-11-30-13-00-00", "deep", "other"]);
  }));

Deno.test("a run that began and saved nothing is the latest: no other is taken in its place", () =>
  withFolder(async (folder) => {
    const checkpoints = await makeRuns(folder);
    for (const name of ["best", "step_000002"]) await Deno.remove(join(checkpoints, `${name}.safetensors`));
    assertEquals((await modelPlace(undefined, checkpoints)).path, checkpoints);
  }));

Deno.test("modelPlace() takes a path that is there, then latest and best, then a run's name", () =>
  withFolder(async (folder) => {
    const checkpoints = await makeRuns(folder);
    const run = (name: string) => join(checkpoints, name);
    const step = join(run("wide"), "step_000002.safetensors");
    for (
      const [given, path] of [
        [undefined, checkpoints],
        ["latest", checkpoints],
        ["best", run("wide")],
        ["wide", run("wide")],
        ["runs/wide", run("wide")],
        ["2026-11-30-12-00-00", checkpoints],
        [step, step],
        [run("deep"), run("deep")],
        [checkpoints, checkpoints],
        [join(folder, "none", "x"), join(folder, "none", "x")], // opening it says that it is missing
      ] as const
    ) {
      assertEquals((await modelPlace(given, checkpoints)).path, path, given);
    }
    const error = await assertRejects(
      () => modelPlace("narrow", checkpoints),
      DataError,
      'no model "narrow"',
    );
    assert(error.hint?.includes("tactics runs"), error.hint);
    await assertRejects(() => modelPlace("best", join(folder, "none")), DataError, 'no model "best"');
  }));

Deno.test("modelPlace() takes the newest model of a folder that has none itself", () =>
  withFolder(async (folder) => {
    const exported = join(folder, "export");
    for (const [i, name] of ["c", "a", ".b.partial"].entries()) {
      await Deno.mkdir(join(exported, name), { recursive: true });
      await Deno.writeTextFile(join(exported, name, "config.json"), "{}");
      await Deno.utime(join(exported, name, "config.json"), new Date(1e12), new Date(1e12 + 1000 * i));
    }
    const found = await modelPlace(exported, "checkpoints");
    assertEquals(found.path, join(exported, "a"));
    assert(found.meaning?.includes(join(exported, "a")), found.meaning);
    assertEquals(await modelPlace(join(exported, "c"), "checkpoints"), { path: join(exported, "c") });
    // Runs in folders of their own only: the folder above has no model itself.
    const runs = join(folder, "runs");
    await makeRun(join(runs, "one"), { begun: "2026-11-30T11:00:00Z" });
    await makeRun(join(runs, "two"), { begun: "2026-11-30T12:00:00Z" });
    assertEquals((await modelPlace(runs, "checkpoints")).path, join(runs, "two"));
    assertEquals((await modelPlace(undefined, runs)).path, join(runs, "two"));
  }));

Deno.test("a record that is damaged, hostile or huge is none", () =>
  withFolder(async (folder) => {
    await makeRun(folder);
    const path = join(folder, "run.json");
    const whole = await Deno.readTextFile(path);
    const record = JSON.parse(whole);
    assertEquals((await readRunRecord(folder))?.parts.length, 1);
    assertEquals(await Deno.readTextFile(join(folder, "held_out.txt")), "proof_1.txt\nproof\ufffd2.txt\n");
    for (
      const text of [
        whole.slice(0, -9),
        "null",
        "[]",
        JSON.stringify({ ...record, name: "../../x" }),
        JSON.stringify({ ...record, parts: [] }),
        JSON.stringify({ ...record, parts: [{ ...record.parts[0], begun: "yesterday" }] }),
        JSON.stringify({ ...record, options: { steps: {} } }),
        JSON.stringify({ ...record, trainTokens: "9" }),
        "[".repeat(1000),
        " ".repeat(2 << 20),
      ]
    ) {
      await Deno.writeTextFile(path, text);
      assertEquals(await readRunRecord(folder), null, text.slice(0, 200));
    }
  }));

Deno.test("a run's name is a folder's on every system, and none of the words", () => {
  for (const name of ["wide", "2026-11-30-12-00-00", "a.b_c-1", "x".repeat(64)]) {
    assert(isRunName(name), name);
  }
  const refused = [
    "",
    ".",
    "..",
    "a/b",
    "a\\b",
    "-a",
    ".a",
    "a.",
    "a b",
    "ä",
    "a\n",
    "latest",
    "best",
    "runs",
  ];
  for (const name of [...refused, "a.safetensors", "x".repeat(65)]) assert(!isRunName(name), name);
});
