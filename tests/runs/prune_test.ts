/** What `runs prune` takes for needless, and what it never removes. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LockedError } from "../../src/errors.ts";
import { encodeSafeTensors, lockFolder, writeFileAtomic } from "../../src/io/mod.ts";
import { type Prunable, prunable, prune } from "../../src/runs/mod.ts";
import { withFolder } from "../temporary_folder.ts";
import { makeRun } from "./made_runs.ts";

const name = (step: number): string => `step_${String(step).padStart(6, "0")}.safetensors`;
const named = (parts: readonly Prunable[]): Record<string, string[]> =>
  Object.fromEntries(parts.map(({ run, files }) => [run.name, files.map(({ name }) => name)]));
const namesIn = (folder: string): string[] => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("of a run's checkpoints all but the best and the last may go, in every run", () =>
  withFolder(async (folder) => {
    await makeRun(folder, { name: "now", steps: [2, 4, 6], begun: "2026-11-30T12:00:00Z" });
    await makeRun(join(folder, "wide"), { steps: [2, 4, 6, 8] });
    await makeRun(join(folder, "done"), { steps: [2] });
    const parts = await prunable(folder);
    assertEquals(named(parts), { now: [name(2), name(4)], wide: [name(2), name(4), name(6)] });
    const before = namesIn(join(folder, "wide"));
    const freed = await Promise.all(parts.map((part) => prune(folder, part)));
    assertEquals(freed.map((files) => files.length), [2, 3]);
    const left = before.filter((file) => ![2, 4, 6].map(name).includes(file));
    assertEquals(namesIn(join(folder, "wide")).filter((file) => file !== "run.lock"), left);
    assertEquals(await prunable(folder), []);
  }));

Deno.test("nothing may go where the best or the last checkpoint is not whole, and damaged ones stay", () =>
  withFolder(async (folder) => {
    const damage = async (file: string): Promise<void> => {
      const bytes = await Deno.readFile(join(folder, file));
      bytes[bytes.length - 9]! ^= 1;
      await Deno.writeFile(join(folder, file), bytes);
    };
    await makeRun(folder, { name: "now", steps: [2, 4, 6, 8] });
    await damage(name(8));
    assertEquals(named(await prunable(folder)), { now: [name(2), name(4)] }); // the last whole one is 6
    await damage("best.safetensors");
    assertEquals(await prunable(folder), []);
    await Deno.remove(join(folder, "best.safetensors"));
    assertEquals(await prunable(folder), []);
  }));

Deno.test("what is not tactics' own never goes: other files, links, folders, somebody's safetensors", () =>
  withFolder(async (folder) => {
    const wide = join(folder, "wide");
    await makeRun(folder, { name: "now", begun: "2026-11-30T12:00:00Z", bitsPerByte: 0.5 });
    await makeRun(wide, { steps: [2, 6] });
    await Deno.writeTextFile(join(wide, name(1)), "somebody's");
    const foreign = encodeSafeTensors({ metadata: { format: "pt", step: "1" }, tensors: new Map() });
    await writeFileAtomic(join(wide, name(5)), foreign);
    await Deno.symlink(name(6), join(wide, name(3)));
    await Deno.mkdir(join(wide, name(4)));
    for (const file of ["notes.txt", "events.out.tfevents.1.elsewhere"]) {
      await Deno.writeTextFile(join(wide, file), "mine");
    }
    assertEquals(named(await prunable(folder)), { wide: [name(2)] });
    const [whole] = await prunable(folder, { wholeRuns: true });
    await prune(folder, whole!);
    assertEquals(namesIn(wide), ["events.out.tfevents.1.elsewhere", "notes.txt", ...[1, 3, 4, 5].map(name)]);
  }));

Deno.test("whole runs go but for the latest and the best, with their folders; the tokenizer of others stays", () =>
  withFolder(async (folder) => {
    const at = (hour: number): string => `2026-11-30T${hour}:00:00Z`;
    await makeRun(folder, { name: "now", begun: at(10), bitsPerByte: 3 });
    await Deno.writeTextFile(join(folder, "tokenizer.json"), "{}");
    await makeRun(join(folder, "best-one"), { begun: at(11), bitsPerByte: 1 });
    await makeRun(join(folder, "newest"), { begun: at(13), bitsPerByte: 2 });
    await makeRun(join(folder, "poor"), { begun: at(12), bitsPerByte: 4 });
    await Deno.writeTextFile(join(folder, "poor", "tokenizer.json"), "{}");
    const parts = await prunable(folder, { wholeRuns: true });
    assertEquals(parts.map(({ run, isWhole }) => [run.name, isWhole]), [["poor", true], ["now", true]]);
    for (const part of parts) await prune(folder, part);
    assertEquals(namesIn(folder), ["best-one", "newest", "run.lock", "tokenizer.json"]);
  }));

Deno.test("a run that is written to, or has become the latest meanwhile, loses nothing", () =>
  withFolder(async (folder) => {
    const wide = join(folder, "wide");
    await makeRun(folder, { name: "now", begun: "2026-11-30T12:00:00Z", bitsPerByte: 0.5 });
    await makeRun(wide, { steps: [2, 4, 6] });
    const [part] = await prunable(folder);
    const [whole] = await prunable(folder, { wholeRuns: true });
    const before = namesIn(wide);
    {
      using _lock = lockFolder(wide);
      await assertRejects(() => prune(folder, part!), LockedError);
    }
    await makeRun(wide, { steps: [2, 4, 6], begun: "2026-11-30T13:00:00Z" });
    assertEquals(await prune(folder, whole!), []);
    assertEquals(namesIn(wide), [...before, "run.lock"].sort());
  }));
