/** `tactics runs`, `runs compare` and `runs prune`, as a user calls them. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { run } from "../../src/cli/main.ts";
import { makeRun } from "../runs/made_runs.ts";
import { withFolder } from "../temporary_folder.ts";

async function tactics(
  folder: string,
  ...args: string[]
): Promise<{ code: number; out: string; error: string }> {
  const said = { out: "", error: "" };
  const terminal = {
    writeOut: (text: string) => said.out += text,
    writeError: (text: string) => said.error += text,
    isTerminal: false,
    columns: () => 80,
    env: () => undefined,
    readInput: () => Promise.resolve(""),
  };
  const code = await run([...args, "--checkpoint-dir", folder], { terminal });
  return { code, ...said };
}

/** The current run, a better one with a name, and one with another split. */
async function makeRuns(folder: string): Promise<void> {
  await makeRun(folder, { name: "2026-11-30-12-00-00", begun: "2026-11-30T12:00:00Z", bitsPerByte: 0.75 });
  await makeRun(join(folder, "wide"), { bitsPerByte: 0.5, learningRate: 2e-3, steps: [2, 4, 6] });
  await makeRun(join(folder, "other"), { begun: "2026-11-30T09:00:00Z", splitHash: "ef".repeat(32) });
}

Deno.test("runs lists the latest first, in figures, and says what is not to be compared", () =>
  withFolder(async (folder) => {
    assertEquals((await tactics(folder, "runs")).error.includes("there is no run"), true);
    await makeRuns(folder);
    const { code, out } = await tactics(folder, "runs");
    assertEquals(code, 0);
    const rows = out.trimEnd().split("\n").map((line) => line.trim().split(/\s{2,}/));
    const sizes = rows.map((row) => row[4]);
    assert(sizes.slice(1, 4).every((size) => /^[\d.]+ kB$/.test(size!)), sizes.join());
    assertEquals(rows.map((row) => row.toSpliced(4, 1)), [
      ["run", "steps", "minutes", "bits/byte"],
      ["2026-11-30-12-00-00", "2", "1.5", "0.7500", "latest"],
      ["wide", "6", "1.5", "0.5000", "best"],
      ["other", "2", "1.5", "1.0000*"],
      ["* of other held-out proofs than the latest run's: not to be compared"],
    ]);
    const { runs } = JSON.parse((await tactics(folder, "runs", "--json")).out);
    assertEquals(runs.map(({ name, step, isBest }: Record<string, unknown>) => [name, step, isBest]), [
      ["2026-11-30-12-00-00", 2, false],
      ["wide", 6, true],
      ["other", 2, false],
    ]);
  }));

Deno.test("runs compare shows the options that differ, beside the results", () =>
  withFolder(async (folder) => {
    await makeRuns(folder);
    const { code, out, error } = await tactics(folder, "runs", "compare", "latest", "best");
    assertEquals([code, error], [0, ""]);
    const rows = out.trimEnd().split("\n").filter((line) => line !== "").map((line) =>
      line.trim().split(/\s{2,}/)
    );
    assertEquals(rows.slice(0, 6), [
      ["latest", "best"],
      ["learningRate", "0.001", "0.002"],
      ["steps", "2", "6"],
      ["steps", "2", "6"],
      ["minutes", "1.5", "1.5"],
      ["bits/byte", "0.7500", "0.5000"],
    ]);
    const other = await tactics(folder, "runs", "compare", join(folder, "wide"), "runs/other");
    assert(other.error.startsWith("warning: the runs hold out other proofs"), other.error);
    assertEquals((await tactics(folder, "runs", "compare", "wide")).code, 2);
    const unknown = await tactics(folder, "runs", "compare", "wide", "narrow");
    assert(unknown.code === 1 && unknown.error.includes('There is no run "narrow"'), unknown.error);
  }));

Deno.test("runs prune lists, and removes with --yes only", () =>
  withFolder(async (folder) => {
    await makeRuns(folder);
    const steps = (): string[] =>
      [...Deno.readDirSync(join(folder, "wide"))].map(({ name }) => name).filter((name) => /^step/.test(name))
        .sort();
    const before = steps();
    const listed = await tactics(folder, "runs", "prune");
    assertEquals([listed.code, steps()], [0, before]);
    assert(
      /wide .* step_000002.safetensors, step_000004.safetensors\n.* would be removed\n/.test(listed.out),
      listed.out,
    );
    assert(listed.error.includes("`tactics runs prune --yes`"), listed.error);
    const { out } = await tactics(folder, "runs", "prune", "--yes", "--json");
    const { removed, runs } = JSON.parse(out);
    assertEquals([removed, runs.length, steps()], [true, 1, before.slice(-1)]);
    assert((await tactics(folder, "runs", "prune", "--whole-runs", "--yes")).out.includes("the whole run"));
    assertEquals(
      [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name),
      ["wide"],
    );
  }));
