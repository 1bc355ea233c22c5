/** A run whose worker fails in a step: it ends soon, with the worker, the step and the last checkpoint. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeviceError } from "../../../src/errors.ts";
import { Pool } from "../../../src/train/engine/pool.ts";
import { trainWith } from "../../../src/train/trainer.ts";
import { TemporaryFolder } from "../../temporary_folder.ts";
import type { FaultKind } from "../../workers/fault.ts";
import { prepareCorpus, runOptions, shortRun } from "../run_fixture.ts";

/** Which of a step's barriers the second worker does not come to; 0: it does not begin. */
const FAULTS: readonly (readonly [kind: FaultKind, at: number, reason: string])[] = [
  ["hang", 1, "gave no sign for 1.5 s"],
  ["hang", 2, "gave no sign for 1.5 s"],
  ["hang", 3, "gave no sign for 1.5 s"],
  ["sleep", 0, "gave no sign for 1.5 s"],
  ["close", 0, "has stopped: it was closed"],
  ["exit", 2, "has stopped: it was closed"],
];

async function failure(folder: TemporaryFolder, kind: FaultKind, at: number): Promise<Error> {
  const corpus = await prepareCorpus(folder, { files: 12 });
  const train = shortRun({ steps: 3, saveInterval: 1, evalInterval: 100 });
  const options = await runOptions(corpus, `${folder.path}/checkpoints`, { train, workers: 2 });
  const module = `${import.meta.resolve("./faulty_worker.ts")}?kind=${kind}&at=${at}`;
  const run = trainWith((options) => Pool.start({ ...options, module, silenceMs: 1500 }), options);
  return await assertRejects(() => Array.fromAsync(run), Error);
}

for (const [kind, at, reason] of FAULTS) {
  Deno.test(`${kind} at barrier ${at} of a step ends the run with the last checkpoint named`, async () => {
    using folder = new TemporaryFolder();
    const error = await failure(folder, kind, at);
    assert(error instanceof DeviceError, String(error));
    const path = `${folder.path}/checkpoints/step_000001.safetensors`;
    assertEquals(error.message, `worker 2 of 2 ${reason} (step 2); the last checkpoint is ${path}`);
    assert(error.hint?.includes("tactics resume"), error.hint);
  });
}

Deno.test("an error in any part of a step is the run's, and the other worker does not wait", async () => {
  for (const at of [1, 3]) {
    using folder = new TemporaryFolder();
    const { message } = await failure(folder, "throw", at);
    const path = `${folder.path}/checkpoints/step_000001.safetensors`;
    assertEquals(message, `injected (step 2); the last checkpoint is ${path}`);
  }
});
