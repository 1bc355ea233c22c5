/**
 * Whole runs on a tiny corpus: the same bytes whatever the machine does, and an orderly end whatever goes
 * wrong.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { CheckpointError, DivergenceError, UsageError } from "../../src/errors.ts";
import type { TrainConfig } from "../../src/config.ts";
import type { TrainEvent } from "../../src/metrics/events.ts";
import { checkpointFiles, loadCheckpoint, newestCheckpoint } from "../../src/checkpoint/mod.ts";
import { learningRateAt } from "../../src/optim/schedule.ts";
import { schedule } from "../../src/train/plan.ts";
import { train } from "../../src/train/trainer.ts";
import {
  BACKEND_NAMES,
  digests,
  eventsOf,
  prepareCorpus,
  runOptions,
  shortRun,
  smallModel,
} from "./run_fixture.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const ALL_FILES = [
  "best.safetensors",
  "step_000002.safetensors",
  "step_000004.safetensors",
  "step_000006.safetensors",
];

function kinds(events: readonly TrainEvent[]): string[] {
  return events.map((event) => {
    if (event.kind === "step") return `step ${event.step}`;
    return event.kind === "checkpoint" ? `checkpoint ${event.reason} ${event.step}` : event.kind;
  });
}

for (const backend of BACKEND_NAMES) {
  for (const architecture of ["reference", "pointer"] as const) {
    Deno.test(`${backend}, ${architecture}: 1, 2 and 3 workers write the same checkpoints`, async () => {
      using folder = new TemporaryFolder();
      const corpus = await prepareCorpus(folder);
      const results: Record<string, string>[] = [];
      for (const workers of [1, 2, 3]) {
        const directory = join(folder.path, `workers_${workers}`);
        const model = smallModel(architecture);
        const events = await eventsOf(await runOptions(corpus, directory, { backend, workers, model }));
        assertEquals(events.at(-1)!.kind, "done");
        results.push(await digests(directory));
      }
      assertEquals(Object.keys(results[0]!), ALL_FILES);
      assertEquals(results[1], results[0]);
      assertEquals(results[2], results[0]);
    });
  }
}

Deno.test("a run learns, and tells what it does in order", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const changes = { backend: "wasm", model: smallModel("reference") } as const;
  const events = await eventsOf(await runOptions(corpus, join(folder.path, "run"), changes));
  assertEquals(kinds(events), [
    "start",
    "evaluation",
    "step 1",
    "step 2",
    "checkpoint interval 2",
    "step 3",
    "evaluation",
    "checkpoint best 3",
    "sample",
    "step 4",
    "checkpoint interval 4",
    "step 5",
    "step 6",
    "evaluation",
    "checkpoint best 6",
    "sample",
    "checkpoint end 6",
    "done",
  ]);
  const evaluations = events.flatMap((event) => event.kind === "evaluation" ? [event] : []);
  assert(evaluations[2]!.bitsPerByte < 0.95 * evaluations[0]!.bitsPerByte, "six steps bring a gain");
  const { sections, bitsPerByte } = evaluations[2]!;
  const bits = Object.values(sections);
  assert(
    "P" in sections && bits.some((value) => value < bitsPerByte) && bits.some((value) => value > bitsPerByte),
  );
  const sample = events.findLast((event) => event.kind === "sample")!;
  assert(sample.kind === "sample" && sample.tokens.length > 0);
  assertEquals([sample.tokens.join(""), sample.tokens.length], [sample.text, sample.probabilities.length]);
  assert(sample.probabilities.every((probability) => probability > 0 && probability <= 1));
  const start = events[0]!;
  assert(start.kind === "start" && start.flopsPerToken > 3 * start.parameters);
  assert(start.flopsPerToken < 6 * start.parameters);
  const done = events.at(-1)!;
  assert(done.kind === "done" && done.reason === "finished" && done.bestStep === 6);
  assertEquals(done.path, join(folder.path, "run", "best.safetensors"));
});

Deno.test("the bytes depend on the seed, the dropout and the number of shards", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const variants = [
    {},
    { train: shortRun({ seed: 43 }) },
    { train: shortRun({ shards: 3 }) },
    { model: { ...smallModel(), dropout: 0 } },
  ];
  const parameters: string[] = [];
  for (const [index, variant] of variants.entries()) {
    const directory = join(folder.path, String(index));
    await eventsOf(await runOptions(corpus, directory, { backend: "wasm", ...variant }));
    const checkpoint = await loadCheckpoint(join(directory, "step_000006.safetensors"));
    parameters.push(checkpoint.parameters.slice(0, 100).join());
  }
  assertEquals(new Set(parameters).size, variants.length);
});

/** Run to the event with this index; then abort (and let the run end), or leave it as a crash would. */
async function interrupt(
  options: Awaited<ReturnType<typeof runOptions>>,
  { after, how }: { after: number; how: "signal" | "crash" },
): Promise<TrainEvent[]> {
  const controller = new AbortController();
  const events: TrainEvent[] = [];
  for await (const event of train({ ...options, signal: controller.signal })) {
    events.push(event);
    if (events.length <= after) continue;
    if (how === "crash") break;
    controller.abort();
  }
  return events;
}

Deno.test("interrupted and resumed with other workers, a run leaves the same bytes", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const whole = join(folder.path, "whole");
  await eventsOf(await runOptions(corpus, whole, { backend: "wasm" }));
  const expected = await digests(whole);
  // start, evaluation, checkpoint 2, step 3, evaluation at 3, best at 3, step 5: see the order above
  for (const after of [0, 1, 4, 5, 6, 7, 11]) {
    const directory = join(folder.path, `interrupted_${after}`);
    const options = await runOptions(corpus, directory, { backend: "wasm", workers: 1 + after % 2 });
    const events = await interrupt(options, { after, how: "signal" });
    const done = events.at(-1)!;
    assert(done.kind === "done" && done.reason === "interrupted", kinds(events).join(", "));
    const resume = await loadCheckpoint(await newestCheckpoint(directory));
    assertEquals(resume.step, done.step);
    await eventsOf({ ...options, workers: 2 - after % 2, model: resume.model, train: resume.train, resume });
    const found = await digests(directory);
    for (const name of ALL_FILES) assertEquals(found[name], expected[name], `${name} after event ${after}`);
  }
});

Deno.test("killed after any event and resumed from what is there, a run leaves the same bytes", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const whole = join(folder.path, "whole");
  await eventsOf(await runOptions(corpus, whole, { backend: "wasm" }));
  const expected = await digests(whole);
  // checkpoint 2, evaluation at 3, best at 3, checkpoint 4, evaluation at 6, best at 6
  for (const after of [4, 6, 7, 10, 13, 14]) {
    const directory = join(folder.path, `killed_${after}`);
    const options = await runOptions(corpus, directory, { backend: "wasm" });
    await interrupt(options, { after, how: "crash" });
    const resume = await loadCheckpoint(await newestCheckpoint(directory));
    const events = await eventsOf({ ...options, model: resume.model, train: resume.train, resume });
    assert(!kinds(events).includes(`step ${resume.step}`), "no step is done twice");
    assertEquals(await digests(directory), expected, `killed after event ${after}`);
  }
});

Deno.test("resuming from the best checkpoint gives the same bytes too", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const [whole, again] = [join(folder.path, "whole"), join(folder.path, "again")];
  const options = await runOptions(corpus, whole);
  await interrupt(options, { after: 7, how: "crash" });
  const resume = await loadCheckpoint(join(whole, "best.safetensors"));
  assertEquals(resume.step, 3);
  await eventsOf(options);
  await eventsOf({ ...await runOptions(corpus, again), resume, model: resume.model, train: resume.train });
  assertEquals(
    (await digests(again))["step_000006.safetensors"],
    (await digests(whole))["step_000006.safetensors"],
  );
});

Deno.test("a finished run that is resumed does nothing and says so", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const options = await runOptions(corpus, join(folder.path, "run"), { train: shortRun({ steps: 2 }) });
  await eventsOf(options);
  const resume = await loadCheckpoint(await newestCheckpoint(options.checkpointDir));
  for (const steps of [2, 1]) {
    const events = await eventsOf({ ...options, resume, train: { ...resume.train, steps } });
    assertEquals(kinds(events), ["start", "done"]);
    const done = events.at(-1)!;
    assert(done.kind === "done" && done.reason === "finished" && done.step === 2);
  }
});

Deno.test("a run without gain stops after its patience, with a checkpoint", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const config = shortRun({
    steps: 100,
    evalInterval: 1,
    saveInterval: 100,
    patience: 3,
    learningRate: 1e-30,
    minLearningRate: 0,
  });
  const options = await runOptions(corpus, join(folder.path, "run"), { train: config });
  const events = await eventsOf(options);
  const done = events.at(-1)!;
  assert(done.kind === "done" && done.reason === "early-stopping");
  assertEquals(done.step, 3);
  assertEquals(await checkpointFiles(options.checkpointDir), ["step_000003.safetensors"]);
  assertEquals(done.path, join(options.checkpointDir, "step_000003.safetensors"));

  const resume = await loadCheckpoint(done.path);
  assertEquals(resume.evaluationsWithoutGain, 3);
  const again = await eventsOf({ ...options, resume, train: resume.train });
  assertEquals(kinds(again), ["start", "done"]);
  const end = again.at(-1)!;
  assert(end.kind === "done" && end.path !== "", "the model's path is told");
});

Deno.test("an absurd learning rate ends in a DivergenceError, earlier checkpoints are whole", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const config = shortRun({
    steps: 60,
    evalInterval: 100,
    saveInterval: 1,
    warmupSteps: 0,
    learningRate: 100,
    minLearningRate: 100,
    weightDecay: 100,
  });
  const options = await runOptions(corpus, join(folder.path, "run"), { train: config });
  const error = await assertRejects(
    () => eventsOf(options),
    DivergenceError,
    "left the range of finite numbers",
  );
  assertStringIncludes(error.hint!, "--learning-rate (now 100)");
  const names = await checkpointFiles(options.checkpointDir);
  assert(names.length >= 1);
  for (const name of names) {
    const { parameters } = await loadCheckpoint(join(options.checkpointDir, name));
    assert(parameters.every(Number.isFinite), `${name} has parameters that are not finite`);
  }
});

Deno.test("a parameter that is not a number ends in a DivergenceError at once", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const options = await runOptions(corpus, join(folder.path, "run"));
  await eventsOf(options);
  const resume = await loadCheckpoint(await newestCheckpoint(options.checkpointDir));
  resume.parameters.fill(NaN, 0, 4000);
  const before = await digests(options.checkpointDir);
  const train = { ...resume.train, steps: 9 };
  await assertRejects(() => eventsOf({ ...options, resume, train }), DivergenceError, "at step 7: loss NaN");
  assertEquals(await digests(options.checkpointDir), before);
});

Deno.test("a checkpoint of other tokens, proofs or sizes is refused with the way out", async () => {
  using folder = new TemporaryFolder();
  using otherFolder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const other = await prepareCorpus(otherFolder, { seed: 2 });
  const options = await runOptions(corpus, join(folder.path, "run"), { train: shortRun({ steps: 1 }) });
  await eventsOf(options);
  const resume = await loadCheckpoint(await newestCheckpoint(options.checkpointDir));
  const refused = async (changes: Partial<typeof options>, reason: string): Promise<void> => {
    const error = await assertRejects(
      () => eventsOf({ ...options, resume, ...changes }),
      CheckpointError,
      reason,
    );
    assertStringIncludes(error.message, "Cannot resume from step 1: ");
    assert(error.hint !== undefined && error.hint.includes("tactics train"));
  };
  await refused({ tokenizer: other.tokenizer }, "trained with another tokenizer");
  await refused({ data: other.data }, "the proofs or their split have changed");
  for (
    const change of [{ nHeads: 4 }, { dMlp: 25 }, { contextLength: 25 }, {
      architecture: "reference" as const,
    }]
  ) {
    await refused({ model: { ...options.model, ...change } }, "its model is pointer with vocabSize 280");
  }
});

Deno.test("options that cannot work are refused before anything starts", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const options = await runOptions(corpus, join(folder.path, "run"));
  const attempt = (changes: Partial<typeof options>) => () => eventsOf({ ...options, ...changes });
  const model = { ...options.model, vocabSize: 300 };
  await assertRejects(attempt({ model }), UsageError, "The tokenizer has 280 tokens, but the model");
  await assertRejects(attempt({ workers: 5 }), RangeError, "workers must be at least 1 and at most 4: got 5");
  await assertRejects(attempt({ workers: 0 }), RangeError, "workers");
  await assertRejects(attempt({ train: shortRun({ learningRate: 1e30 }) }), RangeError, "learningRate");
  await assertRejects(attempt({ availableBytes: 1e6 }), UsageError, "Not enough memory for a batch of 4");
  assertEquals(await checkpointFiles(options.checkpointDir), []);
});

Deno.test("a run by the clock with a stable phase decides when to decay, and records it", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const open = { steps: null, minutes: 0.04, evalInterval: null, saveInterval: null };
  const config = shortRun({ ...open, schedule: "wsd", decayShare: 0.5, minLearningRate: 1e-4 });
  const options = await runOptions(corpus, join(folder.path, "run"), { train: config, backend: "wasm" });
  const events = await eventsOf(options);
  const rates = events.flatMap((event) => event.kind === "step" ? [event.learningRate] : []);
  const { train, step } = await loadCheckpoint(await newestCheckpoint(options.checkpointDir));
  assertEquals([train.minutes, train.steps], [null, step]);
  assert(train.stableSteps !== null && train.stableSteps < step);
  const stable = train.stableSteps;
  assertEquals(Math.max(...rates), 1e-2);
  const decay = events.flatMap((event) => event.kind === "step" && event.step >= stable ? [event] : []);
  assertEquals(
    decay.map(({ learningRate }) => learningRate),
    decay.map((event) => learningRateAt(event.step, schedule({ ...train, steps: event.steps }))),
  );
  assert(rates.slice(stable).every((rate) => rate < rates[stable - 1]!));
  assert(Math.abs(rates.at(-1)! - 1e-4) < 1e-9);
  assert(
    events.some((event) => event.kind === "notice" && event.message.includes("the learning rate falls")),
  );
});

Deno.test("a weight on proofs counts in the decay of wsd, and in the whole of a cosine", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const norms = async (changes: Partial<TrainConfig>): Promise<number[]> => {
    const train = shortRun({ ...changes, decayShare: 0.5, warmupSteps: 1 });
    const options = await runOptions(corpus, join(folder.path, JSON.stringify(changes)), { train });
    return (await eventsOf(options)).flatMap((event) => event.kind === "step" ? [event.gradientNorm] : []);
  };
  for (const [schedule, equal] of [["wsd", 3], ["cosine", 0]] as const) {
    const [light, heavy] = [await norms({ schedule }), await norms({ schedule, proofWeight: 3 })];
    assertEquals(light.length, 6);
    for (const [i, norm] of heavy.entries()) {
      assertEquals(norm === light[i], i < equal, `${schedule}, step ${i + 1}`);
    }
  }
});

Deno.test("a run by the clock halves its batch for the sake of more steps, down to 4", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const batchOf = async (changes: Partial<TrainConfig>): Promise<number> => {
    const short = { steps: null, minutes: 0.005, evalInterval: 1000, saveInterval: 1000, batchSize: 36 };
    const config = shortRun({ ...short, ...changes });
    const directory = join(folder.path, JSON.stringify(Object.values(changes)));
    const options = await runOptions(corpus, directory, { train: config, backend: "wasm" });
    await eventsOf(options);
    return (await loadCheckpoint(await newestCheckpoint(options.checkpointDir))).train.batchSize;
  };
  assertEquals(await batchOf({ fewestSteps: 0 }), 36);
  assertEquals(await batchOf({ fewestSteps: 1e6 }), 4);
  assertEquals(await batchOf({ fewestSteps: 1e6, batchSize: 7 }), 7);
});

Deno.test("what a run by the clock has measured leaves no trace", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const features = {
    optimizer: "muon",
    evalInterval: 1000,
    saveInterval: 1000,
    patience: 100,
  } as const;
  const timed = await runOptions(corpus, join(folder.path, "timed"), {
    backend: "wasm",
    train: shortRun({ ...features, steps: null, minutes: 0.005, batchSize: 8, fewestSteps: 1e6 }),
  });
  await eventsOf(timed);
  const { train, step, parameters, m } = await loadCheckpoint(await newestCheckpoint(timed.checkpointDir));
  const counted = await runOptions(corpus, join(folder.path, "counted"), { backend: "wasm", train });
  await eventsOf(counted);
  const expected = await loadCheckpoint(await newestCheckpoint(counted.checkpointDir));
  assertEquals(expected.step, step);
  assertEquals(parameters, expected.parameters);
  assertEquals(m, expected.m);
});

Deno.test("a run by the clock ends near its time, with its number of steps fixed", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const config = shortRun({ steps: null, minutes: 0.05, evalInterval: null, saveInterval: null });
  const options = await runOptions(corpus, join(folder.path, "run"), { train: config, backend: "wasm" });
  const events = await eventsOf(options);
  const done = events.at(-1)!;
  assert(done.kind === "done" && done.reason === "finished");
  assert(done.steps > 10, `only ${done.steps} steps`);
  // wide bounds: half of the code is still being optimised, and other tests may run beside this one
  assert(done.elapsedSeconds > 0.6 && done.elapsedSeconds < 6, `${done.elapsedSeconds} s instead of 3`);
  const { train, step } = await loadCheckpoint(await newestCheckpoint(options.checkpointDir));
  assertEquals([train.minutes, train.steps, step], [null, done.steps, done.steps]);
  const left = [...Deno.readDirSync(options.checkpointDir)].map(({ name }) => name);
  assert(!left.some((name) => name.includes("measured")), `${left}`);
});

Deno.test("a run that keeps its checkpoints elsewhere writes no file", async () => {
  using folder = new TemporaryFolder();
  const options = await runOptions(await prepareCorpus(folder), join(folder.path, "run"));
  const kept: Record<string, { step: number; first: number }> = {};
  const events = await eventsOf({
    ...options,
    saveCheckpoint: (path, { step, parameters }) => {
      kept[path] = { step, first: parameters[0]! };
      return Promise.resolve();
    },
  });
  const told = events.flatMap((event) => event.kind === "checkpoint" ? [event.path] : []);
  assertEquals(Object.keys(kept).sort(), [...new Set(told)].sort());
  assertEquals([...Deno.readDirSync(options.checkpointDir)], []);

  await eventsOf(options);
  const newest = await loadCheckpoint(await newestCheckpoint(options.checkpointDir));
  assertEquals(kept[join(options.checkpointDir, "step_000006.safetensors")], {
    step: 6,
    first: newest.parameters[0]!,
  });
});

Deno.test("a model that does not fit into memory is refused before anything of it is allocated", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const huge = { ...smallModel(), dModel: 1 << 14, nLayers: 256, nHeads: 32, dMlp: 1 << 16 }; // 3 TB
  const options = await runOptions(corpus, join(folder.path, "run"), { backend: "reference", model: huge });
  const begun = performance.now();
  const error = await assertRejects(() => eventsOf({ ...options, availableBytes: 4e9 }), UsageError);
  assert(error.message.startsWith("Not enough memory"), error.message);
  assert(performance.now() - begun < 1000, "memory was taken before the check");
});
