/**
 * Training on a GPU, a software one is enough: the losses of wasm, step by step; the same bytes twice;
 * checkpoints for every backend; a GPU that is lost.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { compileKernels } from "../../src/backend/wasm/mod.ts";
import type { WebGpuBackend } from "../../src/backend/webgpu/mod.ts";
import { type Checkpoint, checkpointFiles, loadCheckpoint } from "../../src/checkpoint/mod.ts";
import { DeviceError } from "../../src/errors.ts";
import type { TrainEvent } from "../../src/metrics/events.ts";
import type { Sequence } from "../../src/model/batch.ts";
import { initialParameters } from "../../src/model/parameters.ts";
import { Rng } from "../../src/rng.ts";
import { DeviceEngine } from "../../src/train/engine/device_engine.ts";
import { Pool } from "../../src/train/engine/pool.ts";
import type { TrainOptions } from "../../src/train/train_options.ts";
import { train, trainWith } from "../../src/train/trainer.ts";
import { assertNear } from "../backend/assert_near.ts";
import { gpuTestName, HAS_GPU, openGpu } from "../backend/gpu_test_case.ts";
import { digests, prepareCorpus, runOptions, shortRun, smallModel } from "./run_fixture.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const GPU = { kind: "webgpu", adapter: "the machine's" } as const;
/** Few shards, as each of them costs a software adapter as many dispatches as a large one. */
const TRAIN = shortRun({ optimizer: "muon", muonLearningRate: 0.02, proofWeight: 2, shards: 2 });

function gpuTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: gpuTestName(name), ignore: !HAS_GPU, fn });
}

gpuTest("200 steps with dropout and Muon have wasm's losses to within 1e-3 of each", async () => {
  const model = { ...smallModel(), vocabSize: 40, nLayers: 1 };
  const options = { model, train: TRAIN, parameters: initialParameters(model, 1) };
  const wasm = { kind: "wasm", module: await compileKernels(), tile: "4x8" } as const;
  await using pool = await Pool.start({ ...options, backend: wasm, workers: 1 });
  await using gpu = new DeviceEngine(await openGpu(), options);
  const batch = (step: number): Sequence[] => {
    const rng = new Rng(step, "sequences");
    return Array.from({ length: 4 }, () => {
      const length = 2 + rng.below(model.contextLength - 1);
      const tokens = Int32Array.from({ length }, () => rng.below(model.vocabSize));
      const targets = tokens.map((token) => (token * 7 + 3) % model.vocabSize);
      return { tokens, targets, proofFrom: rng.below(length) };
    });
  };
  let losses: number[] = [];
  for (let first = 1; first <= 200; first += gpu.stepsInFlight) {
    const steps = Array.from({ length: gpu.stepsInFlight }, (_, i) => first + i);
    const at = (step: number) => ({
      step,
      learningRate: TRAIN.learningRate * Math.min(1, step / 10) * (1 - step / 210),
      proofWeight: TRAIN.proofWeight,
      apply: true,
    });
    const found = await Promise.all(steps.map((step) => gpu.step(batch(step), at(step))));
    losses = [];
    for (const [i, step] of steps.entries()) {
      const { loss, gradientNorm } = await pool.step(batch(step), at(step));
      const what = `step ${step}`;
      assertNear([found[i]!.loss], [loss], { bound: 1e-3, what: `loss of ${what}` });
      assertNear([found[i]!.gradientNorm], [gradientNorm], { bound: 1e-2, what: `norm of ${what}` });
      losses.push(loss);
    }
  }
  assert(Math.max(...losses) < 1, `it has learnt: ${losses}`);
  const [a, b] = [await pool.state(), await gpu.state()];
  for (const key of ["parameters", "m", "v"] as const) {
    assertNear(b[key]!, a[key]!, { bound: 1e-2, what: key });
  }
});

gpuTest(
  "a gradient that is not finite moves nothing, nor do the steps that were under way with it",
  async () => {
    const model = { ...smallModel(), vocabSize: 40, nLayers: 1 };
    const tokens = Int32Array.from({ length: 12 }, (_, i) => (7 * i) % 40);
    const sequences = [{ tokens, targets: tokens, proofFrom: 3 }];
    for (const train of [TRAIN, shortRun({ proofWeight: 2, shards: 2 })]) {
      const engineOptions = { model, train, parameters: initialParameters(model, 1) };
      await using one = new DeviceEngine(await openGpu(), engineOptions);
      await using several = new DeviceEngine(await openGpu(), engineOptions);
      const at = (step: number) => ({
        step,
        learningRate: 0.01,
        proofWeight: step === 2 ? NaN : 2,
        apply: true,
      });
      const expected = await one.step(sequences, at(1));
      const [first, bad, last] = await Promise.all(
        [1, 2, 3].map((step) => several.step(sequences, at(step))),
      );
      assertEquals(first, expected);
      assert(Number.isFinite(bad!.loss) && !Number.isFinite(bad!.gradientNorm), "only the gradient is none");
      assert(Number.isFinite(last!.gradientNorm));
      const found = await several.state();
      const wanted = await one.state();
      for (const key of ["parameters", "m", "v"] as const) {
        assert(found[key].every((value, i) => Object.is(value, wanted[key][i])), `${key} have moved`);
      }

      const parameters = found.parameters.with(3, NaN);
      await several.load({ ...found, parameters });
      const { loss } = await several.step(sequences, at(4));
      assert(Number.isNaN(loss), `${loss}`);
      const after = await several.state();
      for (const [key, before] of Object.entries({ ...found, parameters })) {
        const now = after[key as "parameters" | "m" | "v"];
        assert(now.every((value, i) => Object.is(value, before[i])), `${key} have moved`);
      }
    }
  },
);

gpuTest("two runs have the same bytes, and so has one that was interrupted and resumed", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const options = async (name: string): Promise<TrainOptions> => ({
    ...await runOptions(corpus, join(folder.path, name), { train: TRAIN }),
    backend: GPU,
  });
  const [first, second, cut] = [await options("first"), await options("second"), await options("cut")];
  const events = await Array.fromAsync(train(first));
  assert(events[0]?.kind === "start" && events[0].backend.startsWith("webgpu, "), "the GPU is named");
  await Array.fromAsync(train(second));
  const expected = await digests(first.checkpointDir);
  assertEquals(Object.keys(expected).length, 4);
  assertEquals(await digests(second.checkpointDir), expected);

  await untilStep(2, cut);
  const resume = await newest(cut);
  assertEquals([resume.step, resume.backend], [2, "webgpu"]);
  assertEquals(notices(await Array.fromAsync(train({ ...cut, resume }))), []);
  assertEquals(await digests(cut.checkpointDir), expected);
});

gpuTest("a checkpoint goes on with another backend, which says so, to nearly the same model", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const ends: Float32Array[] = [];
  for (const [from, to] of [["wasm", "wasm"], ["wasm", "webgpu"], ["webgpu", "wasm"]] as const) {
    const onWasm = await runOptions(corpus, join(folder.path, `${from}_${to}`), {
      train: TRAIN,
      backend: "wasm",
    });
    const [begin, end] = [from, to].map((name): TrainOptions =>
      name === "wasm" ? onWasm : { ...onWasm, backend: GPU }
    ) as [TrainOptions, TrainOptions];
    await untilStep(4, begin);
    const events = await Array.fromAsync(train({ ...end, resume: await newest(begin) }));
    assertEquals(notices(events).length, from === to ? 0 : 1);
    ends.push((await newest(end)).parameters);
  }
  assertNear(ends[1]!, ends[0]!, { bound: 1e-3, what: "parameters of wasm, then webgpu" });
  assertNear(ends[2]!, ends[0]!, { bound: 1e-3, what: "parameters of webgpu, then wasm" });
});

gpuTest("a GPU that is lost ends the run with an error and leaves the last checkpoint whole", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const directory = join(folder.path, "run");
  const options: TrainOptions = { ...await runOptions(corpus, directory, { train: TRAIN }), backend: GPU };
  let backend: WebGpuBackend | null = null;
  const run = trainWith(async (engineOptions) => {
    backend = await openGpu();
    return new DeviceEngine(backend, engineOptions);
  }, options);
  await assertRejects(async () => {
    for await (const event of run) {
      if (event.kind === "step" && event.step === 3) backend!.device.device.destroy();
    }
  }, DeviceError);
  const resume = await newest(options);
  assertEquals(resume.step, 2);
  const events = await Array.fromAsync(train({ ...options, resume }));
  assertEquals(events.at(-1)?.kind, "done");
});

/** Run as far as the checkpoint of a step, and leave. */
async function untilStep(step: number, options: TrainOptions): Promise<void> {
  for await (const event of train(options)) {
    if (event.kind === "checkpoint" && event.step === step && event.reason === "interval") return;
  }
}

/** The last checkpoint of a step. */
async function newest({ checkpointDir }: TrainOptions): Promise<Checkpoint> {
  const steps = (await checkpointFiles(checkpointDir)).filter((name) => name.startsWith("step_"));
  return await loadCheckpoint(join(checkpointDir, steps.toSorted().at(-1)!));
}

function notices(events: readonly TrainEvent[]): string[] {
  return events.flatMap((event) => event.kind === "notice" ? [event.message] : []);
}
