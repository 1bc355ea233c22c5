/**
 * Whole small models on every backend against PyTorch in float64: loss, logits, gradients, the gradient's
 * norm, three AdamW steps.
 */
import { assertEquals } from "@std/assert";
import type { Backend } from "../../src/backend/mod.ts";
import type { ModelConfig } from "../../src/config.ts";
import type { RaggedBatch } from "../../src/model/batch.ts";
import { Gpt } from "../../src/model/gpt.ts";
import { allocateWeights, type ModelWeights, parameterTable } from "../../src/model/parameters.ts";
import { assertNear } from "../backend/assert_near.ts";
import { BACKENDS } from "../backend/backends.ts";
import { type Golden, readGolden } from "../golden/golden_file.ts";
import { goldenConfig, goldenParameters } from "../golden/golden_model.ts";

const MODELS = [
  "model_reference",
  "model_pointer",
  "model_reference_odd",
  "model_pointer_odd",
] as const;

for (const { name: backendName, modelBound: bound, open } of BACKENDS) {
  for (const name of MODELS) {
    const golden = readGolden(name);
    const config = goldenConfig(golden);

    Deno.test(`${backendName}: ${name} has PyTorch's loss, logits and gradients`, async () => {
      using backend = await open();
      const gpt = modelOf(golden, config, backend);
      const batch = batchOf(golden);
      const targets = batch.targets.filter((target) => target >= 0).length;
      const what = (part: string): { bound: number; what: string } => ({ bound, what: `${name}: ${part}` });

      const losses = await gpt.losses(batch);
      assertNear([sum(losses) / targets], [golden.scalar("loss")], what("loss"));
      const logits: number[] = [];
      for (const [begin, end] of documents(batch)) {
        logits.push(...await gpt.logits(batch.tokens.slice(begin, end)));
      }
      assertNear(logits, golden.tensor("logits"), what("logits"));

      const gradients = allocateWeights(backend, config);
      const withGradients = await gpt.accumulateGradients(gradients, batch, { scale: 1 / targets });
      assertNear(withGradients, losses, what("losses of the pass with gradients"));
      const flat = await backend.read(gradients.flat);
      for (const { name, offset, size } of parameterTable(config).specs) {
        const expected = golden.tensor(`gradient.${name}`);
        assertNear(flat.subarray(offset, offset + size), expected, what(`gradient of ${name}`));
      }
      assertNear([await gradientNorm(backend, gradients)], [golden.scalar("gradNorm0")], what("norm"));

      await gpt.accumulateGradients(gradients, batch, { scale: 1 / targets });
      const twice = await backend.read(gradients.flat);
      assertNear(twice, flat.map((value) => 2 * value), what("gradients accumulated twice"));
    });

    if (!golden.tensorNames.some((name) => name.startsWith("after."))) continue;
    Deno.test(`${backendName}: ${name} trains three steps as PyTorch does`, async () => {
      using backend = await open();
      const gpt = modelOf(golden, config, backend);
      const batch = batchOf(golden);
      const targets = batch.targets.filter((target) => target >= 0).length;
      const gradients = allocateWeights(backend, config);
      const { flat } = gpt.weights;
      const [m, v] = [backend.allocate(flat.shape), backend.allocate(flat.shape)];
      const [trace, expectedTrace]: [number[], number[]] = [[], []];
      for (let step = 1; step <= 3; step++) {
        backend.zero(gradients.flat);
        const losses = await gpt.accumulateGradients(gradients, batch, { scale: 1 / targets });
        const norm = await gradientNorm(backend, gradients);
        trace.push(sum(losses) / targets, norm);
        expectedTrace.push(golden.scalar(`loss${step - 1}`), golden.scalar(`gradNorm${step - 1}`));
        backend.adamW(flat, gradients.flat, m, v, {
          learningRate: golden.scalar("learningRate"),
          beta1: golden.scalar("beta1"),
          beta2: golden.scalar("beta2"),
          eps: golden.scalar("eps"),
          weightDecay: golden.scalar("weightDecay"),
          step,
          gradientScale: Math.min(1, golden.scalar("gradClip") / (norm + 1e-6)),
        });
        backend.parametersChanged();
      }
      trace.push(sum(await gpt.losses(batch)) / targets);
      expectedTrace.push(golden.scalar("loss3"));
      assertNear(trace, expectedTrace, { bound, what: "losses and norms" });
      const after = await backend.read(flat);
      for (const { name, offset, size } of parameterTable(config).specs) {
        // AdamW's first steps are lr * sign(g): an error in a gradient near 0 becomes one of the parameter
        const options = { bound: 20 * bound, what: `${name} after three steps` };
        assertNear(after.subarray(offset, offset + size), golden.tensor(`after.${name}`), options);
      }
    });
  }
}

Deno.test("the parameter table has PyTorch's names, shapes and order", () => {
  for (const name of MODELS) {
    const golden = readGolden(name);
    const { specs, size } = parameterTable(goldenConfig(golden));
    const names = golden.tensorNames.filter((name) => name.startsWith("parameter."));
    assertEquals(specs.map((spec) => `parameter.${spec.name}`), names);
    for (const spec of specs) assertEquals(spec.shape, golden.shape(`parameter.${spec.name}`));
    assertEquals(size, specs.reduce((total, spec) => total + spec.size, 0));
  }
});

function modelOf(golden: Golden, config: ModelConfig, backend: Backend): Gpt {
  const gpt = new Gpt(backend, config);
  gpt.load(goldenParameters(golden));
  return gpt;
}

function batchOf(golden: Golden): RaggedBatch {
  const [tokens, targets, bounds] = ["tokens", "targets", "bounds"].map((name) => golden.integers(name));
  const positions = new Int32Array(tokens!.length);
  for (let d = 0; d + 1 < bounds!.length; d++) {
    for (let row = bounds![d]!; row < bounds![d + 1]!; row++) positions[row] = row - bounds![d]!;
  }
  return { tokens: tokens!, targets: targets!, positions, bounds: bounds! };
}

function documents({ bounds }: RaggedBatch): [begin: number, end: number][] {
  return Array.from({ length: bounds.length - 1 }, (_, d) => [bounds[d]!, bounds[d + 1]!]);
}

async function gradientNorm(backend: Backend, gradients: ModelWeights): Promise<number> {
  using _scope = backend.scope();
  const block = 100;
  const sums = backend.allocate([Math.ceil(gradients.flat.size / block)]);
  backend.sumSquares(sums, gradients.flat, block);
  return Math.sqrt(sum(await backend.read(sums)));
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
