/**
 * Training with activations stored as f16, a software GPU is enough: the losses of f32 to a bound, and what a
 * checkpoint says of it.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { GpuStorage } from "../../src/config.ts";
import { loadCheckpoint } from "../../src/checkpoint/mod.ts";
import type { Sequence } from "../../src/model/batch.ts";
import { initialParameters } from "../../src/model/parameters.ts";
import { Rng } from "../../src/rng.ts";
import { DeviceEngine } from "../../src/train/engine/device_engine.ts";
import { train } from "../../src/train/trainer.ts";
import type { TrainOptions } from "../../src/train/train_options.ts";
import { halfTestName, HAS_HALVES, openGpu } from "../backend/gpu_test_case.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { digests, prepareCorpus, runOptions, shortRun, smallModel } from "./run_fixture.ts";

const TRAIN = shortRun({ optimizer: "muon", muonLearningRate: 0.02, shards: 1, saveInterval: 3 });
const STEPS = 100;

function halfTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: halfTestName(name), ignore: !HAS_HALVES, fn });
}

halfTest("100 steps with f16 have the losses of f32 to within 3e-3 of each, and learn as much", async () => {
  const [whole, half] = [await lossesWith("f32"), await lossesWith("f16")];
  for (const [i, loss] of whole.entries()) {
    const difference = Math.abs(half[i]! - loss) / loss;
    assert(difference < 3e-3, `step ${i + 1}: ${half[i]}, expected ${loss}: ${difference} of it apart`);
  }
  assert(whole.some((loss, i) => loss !== half[i]), "f16 is not f32");
  assert(whole.at(-1)! < 1, `it has learnt: ${whole}`);
});

halfTest(
  "two runs with f16 have the same bytes; on f32 a run goes on and says that bits differ",
  async () => {
    using folder = new TemporaryFolder();
    const corpus = await prepareCorpus(folder);
    const options = async (name: string, storage: GpuStorage): Promise<TrainOptions> => ({
      ...await runOptions(corpus, join(folder.path, name), { train: TRAIN }),
      backend: { kind: "webgpu", adapter: "the machine's", storage },
    });
    const [first, second] = [await options("first", "f16"), await options("second", "f16")];
    const events = await Array.fromAsync(train(first));
    assert(events[0]?.kind === "start" && events[0].backend.endsWith("f16"), "the storage is named");
    await Array.fromAsync(train(second));
    assertEquals(await digests(second.checkpointDir), await digests(first.checkpointDir));

    const resume = await loadCheckpoint(join(first.checkpointDir, "step_000003.safetensors"));
    assertEquals(resume.backend, "webgpu f16");
    const notices = (await Array.fromAsync(train({ ...await options("third", "f32"), resume }))).flatMap((
      event,
    ) => event.kind === "notice" ? [event.message] : []);
    assertEquals(notices.length, 1);
    assert(notices[0]!.includes("webgpu f16"), notices[0]);
  },
);

/** Losses of a model's first steps on sequences that can be predicted. */
async function lossesWith(storage: GpuStorage): Promise<number[]> {
  const model = { ...smallModel(), vocabSize: 40, nLayers: 1, dropout: 0 };
  const parameters = initialParameters(model, 1);
  await using engine = new DeviceEngine(await openGpu({ storage }), { model, train: TRAIN, parameters });
  const losses: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const learningRate = TRAIN.learningRate * Math.min(1, step / 10) * (1 - step / (STEPS + 10));
    losses.push((await engine.step(sequencesOf(step, model), { step, learningRate, apply: true })).loss);
  }
  return losses;
}

function sequencesOf(step: number, model: { contextLength: number; vocabSize: number }): Sequence[] {
  const rng = new Rng(step, "sequences");
  return Array.from({ length: 4 }, () => {
    const length = 2 + rng.below(model.contextLength - 1);
    const tokens = Int32Array.from({ length }, () => rng.below(model.vocabSize));
    return { tokens, targets: tokens.map((token) => (token * 7 + 3) % model.vocabSize) };
  });
}
