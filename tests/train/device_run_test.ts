/**
 * Whole runs on the engine of one device, several steps under way: an orderly end whatever goes wrong, and
 * checkpoints that any backend goes on from.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { compileKernels, WasmBackend } from "../../src/backend/wasm/mod.ts";
import { loadCheckpoint, newestCheckpoint } from "../../src/checkpoint/mod.ts";
import { DivergenceError } from "../../src/errors.ts";
import type { TrainEvent } from "../../src/metrics/events.ts";
import { DeviceEngine } from "../../src/train/engine/device_engine.ts";
import type { Engine } from "../../src/train/engine/engine.ts";
import type { openEngine } from "../../src/train/engine/mod.ts";
import type { TrainOptions } from "../../src/train/train_options.ts";
import { trainWith } from "../../src/train/trainer.ts";
import { digests, prepareCorpus, runOptions, shortRun } from "./run_fixture.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const KERNELS = { module: await compileKernels(), tile: "4x8" } as const;
/** Ten steps; an evaluation after the fifth, a checkpoint after the fourth and the eighth. */
const TRAIN = shortRun({ steps: 10, evalInterval: 5, saveInterval: 4, optimizer: "muon" });

const onDevice: typeof openEngine = async (options) =>
  new DeviceEngine(await WasmBackend.create(KERNELS), options);

/** An engine whose `number`-th step fails, as when the GPU is lost. */
function failingAt(number: number): typeof openEngine {
  return async (options): Promise<Engine> => {
    const engine = await onDevice(options);
    const step = engine.step.bind(engine);
    engine.step = (sequences, at) =>
      at.step < number ? step(sequences, at) : Promise.reject(new Error(`lost in step ${at.step}`));
    return engine;
  };
}

async function eventsOf(options: TrainOptions, open = onDevice): Promise<TrainEvent[]> {
  return await Array.fromAsync(trainWith(open, options));
}

Deno.test("steps are told in order, and evaluations and checkpoints wait for all of them", async () => {
  using folder = new TemporaryFolder();
  const events = await eventsOf(
    await runOptions(await prepareCorpus(folder), join(folder.path, "run"), { train: TRAIN }),
  );
  const told = events.map((event) => "step" in event ? `${event.kind} ${event.step}` : event.kind);
  const steps = (first: number, last: number): string[] =>
    Array.from({ length: last - first + 1 }, (_, i) => `step ${first + i}`);
  assertEquals(told, [
    "start 0",
    "evaluation 0",
    ...steps(1, 4),
    "checkpoint 4",
    "step 5",
    "evaluation 5",
    "checkpoint 5",
    "sample 5",
    ...steps(6, 8),
    "checkpoint 8",
    ...steps(9, 10),
    "evaluation 10",
    "checkpoint 10",
    "sample 10",
    "checkpoint 10",
    "done 10",
  ]);
});

Deno.test("interrupted after any step and resumed, a run leaves the same bytes", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const whole = join(folder.path, "whole");
  await eventsOf(await runOptions(corpus, whole, { train: TRAIN }));
  for (const after of [1, 5, 6]) {
    const directory = join(folder.path, `after_${after}`);
    const options = await runOptions(corpus, directory, { train: TRAIN });
    const controller = new AbortController();
    for await (const event of trainWith(onDevice, { ...options, signal: controller.signal })) {
      if (event.kind === "step" && event.step === after) controller.abort();
    }
    const resume = await loadCheckpoint(await newestCheckpoint(directory));
    assert(resume.step >= after && resume.step < after + 4, `steps under way are finished: ${resume.step}`);
    await eventsOf({ ...options, resume });
    const [expected, found] = [await digests(whole), await digests(directory)];
    for (const name of Object.keys(expected)) assertEquals(found[name], expected[name], name);
  }
});

Deno.test("interrupted within an evaluation, a run saves its step, and makes the evaluation again", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const whole = join(folder.path, "whole");
  await eventsOf(await runOptions(corpus, whole, { train: TRAIN }));
  const directory = join(folder.path, "cut");
  const controller = new AbortController();
  const interrupted: typeof openEngine = async (options) => {
    const engine = await onDevice(options);
    const evaluate = engine.evaluate.bind(engine);
    let evaluations = 0;
    engine.evaluate = (sequences, signal) => {
      if (++evaluations === 2) controller.abort(); // that of step 5
      return evaluate(sequences, signal);
    };
    return engine;
  };
  const options = await runOptions(corpus, directory, { train: TRAIN });
  const events = await eventsOf({ ...options, signal: controller.signal }, interrupted);
  assertEquals(events.filter(({ kind }) => kind === "evaluation").length, 1, "not the one that was cut");
  const resume = await loadCheckpoint(await newestCheckpoint(directory));
  assertEquals([resume.step, resume.evaluationDue], [5, true]);
  const rest = await eventsOf({ ...options, resume });
  assertEquals(rest.slice(0, 2).map(({ kind }) => kind), ["start", "evaluation"]);
  const [expected, found] = [await digests(whole), await digests(directory)];
  for (const name of Object.keys(expected)) assertEquals(found[name], expected[name], name);
});

Deno.test("a device that is lost ends the run with its error, and the last checkpoint goes on", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const directory = join(folder.path, "run");
  const options = await runOptions(corpus, directory, { train: TRAIN });
  await assertRejects(() => eventsOf(options, failingAt(7)), Error, "lost in step 7");
  const resume = await loadCheckpoint(await newestCheckpoint(directory));
  assertEquals(resume.step, 5);
  const events = await eventsOf({ ...options, resume });
  assertEquals(events.at(-1)?.kind, "done");
});

Deno.test("numbers that are not finite end in a DivergenceError, and no checkpoint has them", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const directory = join(folder.path, "run");
  const train = { ...TRAIN, evalInterval: 10, learningRate: 1e-2, warmupSteps: 0 };
  const options = await runOptions(corpus, directory, { train });
  const exploding: typeof openEngine = async (engineOptions) => {
    const engine = await onDevice(engineOptions);
    const step = engine.step.bind(engine);
    engine.step = (sequences, at) => step(sequences, at.step === 6 ? { ...at, learningRate: 1e38 } : at);
    return engine;
  };
  await assertRejects(() => eventsOf(options, exploding), DivergenceError, "Training left the range");
  assertEquals((await loadCheckpoint(await newestCheckpoint(directory))).step, 4);
});

Deno.test("an update to numbers that are not finite is never saved, not even at its own step", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const directory = join(folder.path, "run");
  const options = await runOptions(corpus, directory, { train: { ...TRAIN, evalInterval: 10 } });
  const exploding: typeof openEngine = async (engineOptions) => {
    const engine = await onDevice(engineOptions);
    const step = engine.step.bind(engine);
    engine.step = (sequences, at) => step(sequences, at.step === 8 ? { ...at, learningRate: 1e300 } : at);
    return engine;
  };
  await assertRejects(() => eventsOf(options, exploding), DivergenceError, "a parameter is not finite");
  assertEquals((await loadCheckpoint(await newestCheckpoint(directory))).step, 4);
});

Deno.test("another backend goes on from a checkpoint, and says that bits may differ", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const directory = join(folder.path, "run");
  const short = await runOptions(corpus, directory, { train: { ...TRAIN, steps: 4 }, backend: "wasm" });
  await eventsOf(short);
  const path = await newestCheckpoint(directory);
  const resume = await loadCheckpoint(path);
  const notices: string[][] = [];
  for (const backend of ["wasm", "reference"] as const) {
    const options = await runOptions(corpus, join(folder.path, backend), { train: TRAIN, backend, resume });
    const events = await eventsOf(options);
    notices.push(events.flatMap((event) => event.kind === "notice" ? [event.message] : []));
    assertEquals((await loadCheckpoint(await newestCheckpoint(options.checkpointDir))).backend, backend);
  }
  assertEquals(notices[0], []);
  assertEquals(notices[1], [
    "the checkpoint was computed with backend wasm: with reference the run goes on with numbers that agree " +
    "up to rounding, not with the same bits",
  ]);
});

Deno.test("a run by the clock measures steps under way together, and leaves no trace of them", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const train = { ...TRAIN, steps: null, minutes: 0.01, schedule: "cosine" } as const;
  const clocked = await runOptions(corpus, join(folder.path, "clocked"), { train });
  await eventsOf(clocked);
  const last = await loadCheckpoint(await newestCheckpoint(clocked.checkpointDir));
  const counted = await runOptions(corpus, join(folder.path, "counted"), { train: last.train });
  await eventsOf(counted);
  assertEquals(await digests(counted.checkpointDir), await digests(clocked.checkpointDir));
});
