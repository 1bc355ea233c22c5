/** Runs on a disk that fails, and in a folder that is taken away: what was saved stays whole, and it is said. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { describeError } from "../../src/cli/report_error.ts";
import { checkpointFiles, loadCheckpoint, saveCheckpoint } from "../../src/checkpoint/mod.ts";
import { DataError, LockedError } from "../../src/errors.ts";
import { lockFolder } from "../../src/io/mod.ts";
import { failingFiles } from "../io/failing_files.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { eventsOf, prepareCorpus, runOptions, shortRun, smallModel } from "./run_fixture.ts";

const TRAIN = shortRun({
  steps: 2,
  evalInterval: 2,
  saveInterval: 1,
  evalTokens: 10,
  batchSize: 1,
  shards: 1,
});

Deno.test("whatever call of a run's saves fails, the last checkpoint is whole and named", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const model = { ...smallModel("reference"), nLayers: 1, dModel: 4, dMlp: 4 };
  // Every call of a save is tried in tests/checkpoint; here those of a run's first, second and last.
  for (const at of [0, 3, 8, 12, 17, Infinity]) {
    const checkpointDir = join(folder.path, `run_${at}`);
    const { files } = failingFiles({ at, forGood: at % 2 === 1 });
    const options = await runOptions(corpus, checkpointDir, {
      backend: "wasm",
      model,
      train: TRAIN,
      saveCheckpoint: (path, checkpoint) => saveCheckpoint(path, checkpoint, { files }),
    });
    const error = await eventsOf(options).then(() => null, (reason) => reason);
    const isDone = error === null;
    const found = await checkpointFiles(checkpointDir);
    for (const name of found) await loadCheckpoint(join(checkpointDir, name));
    assert(isDone || at % 2 === 1 || [...Deno.readDirSync(checkpointDir)].length === found.length, "litter");
    assertEquals(isDone, at === Infinity);
    if (isDone) break;
    assert(error instanceof DataError, String(error));
    const { code, message } = describeError(error);
    assertEquals(code, 1);
    assertStringIncludes(message, `Cannot write "${checkpointDir}/`);
    const last = /the last whole checkpoint is (.*)$/.exec(message)?.[1];
    if (last === undefined) assertStringIncludes(message, "nothing was saved yet");
    else assert(found.some((name) => last.endsWith(name)), message);
  }
});

// Asked before a checkpoint is written, and before it gets its name: twice for the first one.
for (const [when, call] of [["between two checkpoints", 2], ["while one is written", 3]] as const) {
  Deno.test(`a run whose folder is moved ${when} writes no further one, and ends as locked`, async () => {
    using folder = new TemporaryFolder();
    const corpus = await prepareCorpus(folder);
    const checkpointDir = join(folder.path, "ck");
    using lock = lockFolder(checkpointDir);
    let calls = 0;
    const options = await runOptions(corpus, checkpointDir, {
      train: TRAIN,
      beforeSave: () => {
        if (calls++ === call) {
          Deno.renameSync(checkpointDir, `${checkpointDir}-moved`);
          Deno.mkdirSync(checkpointDir);
        }
        lock.check();
      },
    });
    const error = await assertRejects(() => eventsOf(options), LockedError, checkpointDir);
    assertEquals(describeError(error).code, 5);
    assertEquals([...Deno.readDirSync(checkpointDir)], []);
    assertEquals(await checkpointFiles(`${checkpointDir}-moved`), ["step_000001.safetensors"]);
  });
}
