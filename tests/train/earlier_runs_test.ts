/** Going on from an earlier checkpoint, or into a folder with another run's files: nothing newer is overwritten. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  type Checkpoint,
  checkpointName,
  loadCheckpoint,
  newestCheckpoint,
  openCheckpoint,
  saveCheckpoint,
} from "../../src/checkpoint/mod.ts";
import { saveTokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";
import { moveEarlierRun, prepareToResume } from "../../src/train/earlier_runs.ts";
import { saveModels } from "../infer/saved_models.ts";
import { makeRun as recordedRun } from "../runs/made_runs.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const NOW = new Date(0);
const EARLIER = "earlier-1970-01-01-00-00-00";

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** A folder with a run of ten steps: evaluated after 2, 4, 8, 10, saved after 2, 4, 6, 8, 10; the best at 8. */
async function makeRun(folder: string): Promise<{ directory: string; at: (step: number) => string }> {
  const { checkpoints: directory } = await saveModels(folder, "reference");
  const { checkpoint } = await openCheckpoint(directory);
  const best = (step: number): Checkpoint["best"] => ({ step, loss: 9 - step, bitsPerByte: 9 - step });
  const at = (step: number): string => join(directory, checkpointName(step));
  for (const step of [2, 4, 6, 8, 10]) {
    const found = best(step === 6 ? 4 : step === 10 ? 8 : step);
    await saveCheckpoint(at(step), { ...checkpoint, step, best: found });
  }
  await Deno.copyFile(at(8), join(directory, "best.safetensors"));
  const lines = [0, 2, 4, 6, 8, 10].map((step) => `{"kind":"step","step":${step}}\n`);
  await Deno.writeTextFile(join(directory, "metrics.jsonl"), `{"kind":"start","step":0}\n${lines.join("")}`);
  return { directory, at };
}

async function resume(directory: string, path: string): Promise<string[]> {
  return await prepareToResume(directory, { path, checkpoint: await loadCheckpoint(path), now: NOW });
}

Deno.test("a run that goes on from its newest checkpoint changes nothing", async () => {
  using folder = new TemporaryFolder();
  const { directory, at } = await makeRun(folder.path);
  const before = names(directory);
  assertEquals(await resume(directory, at(10)), []);
  assertEquals(names(directory), before);
});

Deno.test("a run that branches off moves aside what is newer, the best model and the metrics included", async () => {
  using folder = new TemporaryFolder();
  const { directory, at } = await makeRun(folder.path);
  const kept = await Deno.readFile(join(directory, "best.safetensors"));
  const metrics = await Deno.readTextFile(join(directory, "metrics.jsonl"));
  await Deno.writeTextFile(join(directory, checkpointName(12)), ""); // damaged
  await saveCheckpoint(join(directory, checkpointName(5)), { ...await loadCheckpoint(at(8)), step: 9 }); // renamed
  const said = await resume(directory, at(6));
  const earlier = join(directory, EARLIER);
  const moved = [5, 8, 10, 12].map(checkpointName);
  assertEquals(names(earlier), ["best.safetensors", "metrics.jsonl", ...moved, "tokenizer.json"]);
  assertEquals(await Deno.readFile(join(earlier, "best.safetensors")), kept);
  assertEquals(await Deno.readTextFile(join(earlier, "metrics.jsonl")), metrics);
  assertStringIncludes(said.join("\n"), earlier);
  // The new branch: its newest is 6, its best so far was at 4, its metrics end at 6.
  assertEquals(await newestCheckpoint(directory), at(6));
  assertEquals(await Deno.readFile(join(directory, "best.safetensors")), await Deno.readFile(at(4)));
  assertEquals((await openCheckpoint(directory)).checkpoint.step, 4);
  const lines = (await Deno.readTextFile(join(directory, "metrics.jsonl"))).trimEnd().split("\n");
  assertEquals(lines.map((line) => JSON.parse(line).step), [0, 0, 2, 4, 6]);
  // What was moved aside can be used, and gone on from.
  assertEquals((await openCheckpoint(earlier)).checkpoint.step, 8);
});

Deno.test("the best model of another branch does not stay in the place of this one's", async () => {
  using folder = new TemporaryFolder();
  const { directory, at } = await makeRun(folder.path);
  const { checkpoint } = await openCheckpoint(directory);
  await saveCheckpoint(join(directory, "best.safetensors"), {
    ...checkpoint,
    step: 8,
    best: { step: 8, loss: 0.5, bitsPerByte: 0.5 },
  });
  await resume(directory, at(10));
  assertEquals(names(join(directory, EARLIER)), ["best.safetensors", "metrics.jsonl", "tokenizer.json"]);
  assertEquals(await Deno.readFile(join(directory, "best.safetensors")), await Deno.readFile(at(8)));
});

Deno.test("a damaged file of the step that a run goes on from makes room for a whole one", async () => {
  using folder = new TemporaryFolder();
  const { directory, at } = await makeRun(folder.path);
  const best = join(directory, "best.safetensors");
  const bytes = await Deno.readFile(at(8));
  bytes[bytes.length - 9]! ^= 1;
  await Deno.writeFile(at(8), bytes);
  await Deno.remove(at(10));
  await resume(directory, best);
  assertEquals(names(join(directory, EARLIER)), ["metrics.jsonl", checkpointName(8), "tokenizer.json"]);
});

Deno.test("a run that goes on in another folder finds its tokenizer and best model there, and moves others aside", async () => {
  using folder = new TemporaryFolder();
  const { directory, at } = await makeRun(folder.path);
  const [empty, other] = [join(folder.path, "empty"), join(folder.path, "other")];
  for (const target of [empty, other]) await Deno.mkdir(target);
  assertEquals(await resume(empty, at(10)), []);
  assertEquals(names(empty), ["best.safetensors", "tokenizer.json"]);
  await Deno.copyFile(at(10), join(empty, checkpointName(10)));
  assertEquals((await openCheckpoint(empty)).checkpoint.step, 8);

  const tokenizer = trainTokenizer(["another text"], { vocabularySize: 258, alphabet: "bytes" });
  await saveTokenizer(join(other, "tokenizer.json"), tokenizer);
  await Deno.writeTextFile(join(other, checkpointName(10)), "mine");
  await Deno.writeTextFile(join(other, "metrics.jsonl"), "mine");
  const own = await Deno.readTextFile(join(other, "tokenizer.json"));
  await resume(other, at(2));
  assertEquals(names(other), ["best.safetensors", EARLIER, "tokenizer.json"]);
  assertEquals(names(join(other, EARLIER)), ["metrics.jsonl", checkpointName(10), "tokenizer.json"]);
  assertEquals(await Deno.readTextFile(join(other, EARLIER, "tokenizer.json")), own);
  const copied = await Deno.readTextFile(join(other, "tokenizer.json"));
  assertEquals(copied, await Deno.readTextFile(join(directory, "tokenizer.json")));
});

Deno.test("torn and repeated metrics are mended, and what is no file is moved aside", async () => {
  using folder = new TemporaryFolder();
  const { directory, at } = await makeRun(folder.path);
  const path = join(directory, "metrics.jsonl");
  const whole = await Deno.readTextFile(path);
  for (
    const tail of ['{"kind":"ev', "\0".repeat(4096), '{"kind":"step","step":11}\n{"kind":"step","step":12}\n']
  ) {
    await Deno.writeTextFile(path, whole + tail);
    const said = await resume(directory, at(10));
    assertEquals(await Deno.readTextFile(path), whole);
    assertStringIncludes(said.join(), "metrics.jsonl is mended");
    assertEquals(names(directory).filter((name) => name.startsWith("earlier")), []);
  }
  await Deno.writeTextFile(path, whole.trimEnd()); // only its last line's end is missing
  await resume(directory, at(10));
  assertEquals(await Deno.readTextFile(path), whole);
  await Deno.remove(path);
  await Deno.mkdir(path);
  await resume(directory, at(10));
  assert(names(join(directory, EARLIER)).includes("metrics.jsonl"));
});

Deno.test("runs that begin in the same second, or with the clock set back, share no folder", async () => {
  using folder = new TemporaryFolder();
  await Deno.mkdir(join(folder.path, `${EARLIER}-3`));
  const contents: string[] = [];
  for (const text of ["one", "two", "three"]) {
    await Deno.writeTextFile(join(folder.path, checkpointName(1)), text);
    const target = await moveEarlierRun(folder.path, NOW);
    contents.push(await Deno.readTextFile(join(target!, checkpointName(1))));
  }
  const made = ["", "-2", "-3", "-4"].map((suffix) => EARLIER + suffix);
  assertEquals([names(folder.path), contents], [made, ["one", "two", "three"]]);
  assertEquals(names(join(folder.path, `${EARLIER}-3`)), []);
});

Deno.test("a run moves into a folder of its own name, with all that it left, and into no other's", async () => {
  using folder = new TemporaryFolder();
  const left = [
    "best.safetensors",
    "held_out.txt",
    "metrics.jsonl",
    "run.json",
    "samples.txt",
    checkpointName(2),
  ];
  const targets: string[] = [];
  for (const _time of [1, 2]) {
    await recordedRun(folder.path, { name: "2026-11-30-12-00-00" });
    await Deno.writeTextFile(join(folder.path, "samples.txt"), "sample");
    await Deno.writeTextFile(join(folder.path, "mine.txt"), "mine");
    targets.push((await moveEarlierRun(folder.path, NOW))!);
  }
  assertEquals(targets, ["", "-2"].map((suffix) => join(folder.path, `2026-11-30-12-00-00${suffix}`)));
  for (const target of targets) assertEquals(names(target), left);
  assertEquals(names(folder.path), ["2026-11-30-12-00-00", "2026-11-30-12-00-00-2", "mine.txt"]);
});
