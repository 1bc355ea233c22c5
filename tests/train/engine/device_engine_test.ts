/**
 * The engine of one device, on backends that every machine has: its steps are a pool's up to rounding, and
 * how many of them are under way leaves no trace. (tests/backend/webgpu_training_test.ts has it on a GPU.)
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Backend, Tensor } from "../../../src/backend/mod.ts";
import { ReferenceBackend } from "../../../src/backend/reference/mod.ts";
import { crossEntropy } from "../../../src/backend/reference/cross_entropy.ts";
import { optimizer } from "../../../src/backend/reference/optimizer.ts";
import { compileKernels, WasmBackend } from "../../../src/backend/wasm/mod.ts";
import type { TrainConfig } from "../../../src/config.ts";
import type { Sequence } from "../../../src/model/batch.ts";
import { parameterTable } from "../../../src/model/parameters.ts";
import { Rng } from "../../../src/rng.ts";
import { DeviceEngine } from "../../../src/train/engine/device_engine.ts";
import type { EngineOptions, EngineState } from "../../../src/train/engine/engine.ts";
import { Pool } from "../../../src/train/engine/pool.ts";
import { assertNear } from "../../backend/assert_near.ts";
import { shortRun, smallModel } from "../run_fixture.ts";

const MODEL = { ...smallModel(), vocabSize: 40 };
const MUON = shortRun({ optimizer: "muon", muonLearningRate: 0.02, proofWeight: 2, gradClip: 0.5 });
const WASM = { kind: "wasm", module: await compileKernels(), tile: "4x8" } as const;

function options(train: TrainConfig = MUON, model = MODEL): EngineOptions {
  const rng = new Rng(4, "parameters");
  const size = parameterTable(model).size;
  const parameters = Float32Array.from({ length: size }, () => 0.2 * rng.normal());
  return { model, train, parameters };
}

async function onWasm(train: TrainConfig = MUON, model = MODEL): Promise<DeviceEngine> {
  return new DeviceEngine(await WasmBackend.create(WASM), options(train, model));
}

/**
 * The batch of a step; its sequences' targets follow from their tokens, so that there is something to learn.
 */
function batch(step: number, count = 7): Sequence[] {
  const rng = new Rng(step, "sequences");
  return Array.from({ length: count }, () => {
    const length = 2 + rng.below(MODEL.contextLength - 1);
    const tokens = Int32Array.from({ length }, () => rng.below(MODEL.vocabSize));
    const targets = tokens.map((token) => (token * 7 + 3) % MODEL.vocabSize);
    return { tokens, targets, proofFrom: rng.below(length) };
  });
}

const at = (step: number, { proofWeight } = MUON) => ({
  step,
  learningRate: 0.01,
  proofWeight,
  apply: true,
});

for (
  const [name, train, model] of [
    ["Muon, heavier proofs", MUON, MODEL],
    ["AdamW", shortRun(), { ...smallModel("reference"), vocabSize: 40 }],
  ] as const
) {
  Deno.test(`with ${name}, thirty steps with dropout are the pool's up to rounding`, async () => {
    await using pool = await Pool.start({ ...options(train, model), backend: WASM, workers: 2 });
    await using engine = await onWasm(train, model);
    const found: number[][] = [];
    for (let step = 1; step <= 30; step++) {
      const [a, b] = [
        await pool.step(batch(step), at(step, train)),
        await engine.step(batch(step), at(step, train)),
      ];
      assertEquals(b.targets, a.targets);
      const what = `loss and norm of step ${step}`;
      assertNear([b.loss, b.gradientNorm], [a.loss, a.gradientNorm], { bound: 1e-3, what });
      found.push([a.loss]);
    }
    assert(found.at(-1)![0]! < 0.8 * found[0]![0]!, "it learns");
    const [a, b] = [await pool.state(), await engine.state()];
    assertNear(b.parameters, a.parameters, { bound: 1e-2, what: "parameters" });
    assertNear(b.m, a.m, { bound: 1e-2, what: "m" });
    assertNear(b.v, a.v, { bound: 1e-2, what: "v" });
    const held = batch(0, 20);
    const [nats, same] = [await pool.evaluate(held), await engine.evaluate(held)];
    assertNear([same.nats], [nats.nats], { bound: 1e-3, what: "evaluation" });
    assertNear(same.rows, nats.rows, { bound: 1e-2, what: "losses" });
  });
}

Deno.test("without dropout, in one large micro-batch, it is the pool's up to rounding, too", async () => {
  const plain = options(MUON, { ...MODEL, dropout: 0 });
  await using pool = await Pool.start({ ...plain, backend: WASM, workers: 2 });
  await using engine = new DeviceEngine(await WasmBackend.create(WASM), plain);
  for (const step of [1, 2, 3]) {
    const [a, b] = [await pool.step(batch(step), at(step)), await engine.step(batch(step), at(step))];
    const what = `loss and norm of step ${step}`;
    assertNear([b.loss, b.gradientNorm], [a.loss, a.gradientNorm], { bound: 1e-5, what });
  }
});

Deno.test("the reference backend gives the same steps", async () => {
  await using wasm = await onWasm();
  await using reference = new DeviceEngine(new ReferenceBackend(), options());
  for (const step of [1, 2]) {
    const [a, b] = [await wasm.step(batch(step), at(step)), await reference.step(batch(step), at(step))];
    assertNear([a.loss, a.gradientNorm], [b.loss, b.gradientNorm], { bound: 1e-4, what: `step ${step}` });
  }
});

Deno.test("several steps under way leave the same bits as one after the other", async () => {
  await using one = await onWasm();
  await using several = await onWasm();
  const steps = [1, 2, 3, 4];
  const alone = [];
  for (const step of steps) alone.push(await one.step(batch(step), at(step)));
  assertEquals(await Promise.all(steps.map((step) => several.step(batch(step), at(step)))), alone);
  assertEquals(await several.state(), await one.state());
  assertEquals(await several.evaluate(batch(9)), await one.evaluate(batch(9)));
});

Deno.test("a state comes back as it was loaded, and the next step goes on from it", async () => {
  await using one = await onWasm();
  await one.step(batch(1), at(1));
  const state = await one.state();
  await using other = await onWasm();
  await other.load(state);
  assertEquals(await other.state(), state);
  assertEquals(await other.step(batch(2), at(2)), await one.step(batch(2), at(2)));
  assertEquals(await other.state(), await one.state());
});

Deno.test("a step that is only measured changes nothing", async () => {
  await using engine = await onWasm();
  const before = await engine.state();
  const { gradientNorm } = await engine.step(batch(1), { ...at(1), apply: false });
  assert(gradientNorm > 0);
  assertEquals(await engine.state(), before);
});

Deno.test("a gradient that is not finite moves nothing, nor do the steps that were under way with it", async () => {
  for (const train of [MUON, shortRun({ proofWeight: 2 })]) {
    await using one = await onWasm(train);
    await using several = await onWasm(train);
    const expected = await one.step(batch(1), at(1, train));
    const steps = [1, 2, 3].map((step) =>
      several.step(batch(step), step === 2 ? { ...at(step, train), proofWeight: NaN } : at(step, train))
    );
    const [first, bad, last] = await Promise.all(steps);
    assertEquals(first, expected);
    assert(Number.isFinite(bad!.loss) && !Number.isFinite(bad!.gradientNorm), "only the gradient is none");
    assert(Number.isFinite(last!.loss) && Number.isFinite(last!.gradientNorm));
    assert(areSame(await several.state(), await one.state()), "nothing has moved");
    await several.load(await one.state());
    await one.step(batch(4), at(4, train));
    await several.step(batch(4), at(4, train));
    assert(areSame(await several.state(), await one.state()), "a loaded state is trained again");
  }
});

Deno.test("a loss that is not finite moves nothing, though its gradient is", async () => {
  let isBad = false;
  class BadLosses extends ReferenceBackend implements Backend {
    override readonly crossEntropyHead: Backend["crossEntropyHead"] = (losses, ...inputs) => {
      crossEntropy.crossEntropyHead(losses, ...inputs);
      if (isBad) void this.write(this.view(losses, 1, [1]), Float32Array.of(Infinity));
    };
  }
  const train = shortRun();
  await using engine = new DeviceEngine(
    new BadLosses(),
    options(train, { ...smallModel("reference"), vocabSize: 40 }),
  );
  await engine.step(batch(1), at(1, train));
  const before = await engine.state();
  isBad = true;
  const { loss, gradientNorm } = await engine.step(batch(2), at(2, train));
  assertEquals([loss, Number.isFinite(gradientNorm)], [Infinity, true]);
  assert(areSame(await engine.state(), before), "nothing has moved");
});

Deno.test("samples are the same for the same seed", async () => {
  await using engine = await onWasm();
  await using other = await onWasm();
  const prompt = Int32Array.of(3, 4, 5);
  const sampling = { maxTokens: 7, seed: 1, temperature: 1 };
  const before = await engine.generate(prompt, sampling);
  const state = await engine.state();
  await other.load(state);
  assertEquals(await other.generate(prompt, sampling), before);
});

/** Told in a word: assertEquals() would write for half a minute where thousands of numbers differ. */
function areSame(a: EngineState, b: EngineState): boolean {
  return (["parameters", "m", "v"] as const).every((key) =>
    a[key].length === b[key].length && a[key].every((value, i) => Object.is(value, b[key][i]))
  );
}

/** A backend that fails from one read on, as a device that is lost. */
class FailingBackend extends ReferenceBackend implements Backend {
  reads = 0;
  constructor(readonly failsFrom: number) {
    super();
  }
  override read(tensor: Tensor, target?: Float32Array): Promise<Float32Array> {
    return ++this.reads >= this.failsFrom
      ? Promise.reject(new Error("the device was lost"))
      : super.read(tensor, target);
  }
  override readonly adamW: Backend["adamW"] = (...tensors) => {
    if (this.reads >= this.failsFrom) throw new Error("the device was lost");
    optimizer.adamW(...tensors);
  };
}

Deno.test("a device that fails in a step fails every step under way; nothing is left unhandled", async () => {
  for (const failsFrom of [1, 3, 6]) {
    await using engine = new DeviceEngine(new FailingBackend(failsFrom), options());
    const steps = [1, 2].map((step) => engine.step(batch(step), at(step)));
    const results = await Promise.allSettled(steps);
    assert(results.some(({ status }) => status === "rejected"));
    await assertRejects(() => engine.step(batch(3), at(3)), Error, "the device was lost");
    await assertRejects(() => engine.state(), Error, "the device was lost");
  }
});
