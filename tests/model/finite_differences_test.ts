/**
 * Gradients against central differences on the reference backend: every operation, and whole models with
 * dropout (which is counter-based, hence a fixed function). Inputs and results are float32, so steps are
 * coarse and bounds too; PyTorch's golden files are the sharp test.
 */
import type { AttentionOptions, Tensor } from "../../src/backend/mod.ts";
import { ReferenceBackend } from "../../src/backend/reference/mod.ts";
import type { ModelConfig } from "../../src/config.ts";
import { packSequences } from "../../src/model/batch.ts";
import type { DropoutSource } from "../../src/model/block.ts";
import { Gpt } from "../../src/model/gpt.ts";
import { allocateWeights, parameterTable } from "../../src/model/parameters.ts";
import { Rng, streamKey } from "../../src/rng.ts";
import { assertNear } from "../backend/assert_near.ts";

const backend = new ReferenceBackend();
const STEP = 2 ** -7;
const BOUND = 1e-3;

/** A function of some tensors and its gradients, as the seam computes them. */
interface Differentiable {
  readonly inputs: readonly Tensor[];
  /** The outputs' shape. */
  readonly shape: readonly number[];
  /** out = f(inputs); leaves the inputs as they are. */
  forward(out: Tensor): void;
  /** The gradient of sum(out * dOut) for each input. */
  backward(dOut: Tensor): readonly Tensor[] | Promise<readonly Tensor[]>;
}

function values(shape: readonly number[], name: string): Tensor {
  const rng = new Rng(3, name);
  const tensor = backend.allocate(shape);
  backend.write(tensor, Float32Array.from({ length: tensor.size }, () => rng.normal()));
  return tensor;
}

function integers(...list: number[]): Tensor {
  const tensor = backend.allocate([list.length], "i32");
  backend.write(tensor, Int32Array.from(list));
  return tensor;
}

async function copyOf(tensor: Tensor): Promise<Tensor> {
  const copy = backend.allocate(tensor.shape);
  backend.write(copy, await backend.read(tensor));
  return copy;
}

async function checkGradients(name: string, f: Differentiable): Promise<void> {
  const [out, dOut] = [backend.allocate(f.shape), values(f.shape, `${name} dOut`)];
  const weights = await backend.read(dOut);
  const objective = async (): Promise<number> => {
    f.forward(out);
    return (await backend.read(out)).reduce((sum, value, i) => sum + value * weights[i]!, 0);
  };
  f.forward(out);
  const gradients = await f.backward(dOut);
  for (const [index, input] of f.inputs.entries()) {
    const start = await backend.read(input);
    const differences = new Float64Array(start.length);
    for (let i = 0; i < start.length; i++) {
      // Five points: the error is of fourth order in the step.
      const at = async (shift: number): Promise<number> => {
        const moved = start.slice();
        moved[i]! += shift * STEP;
        backend.write(input, moved);
        return await objective();
      };
      differences[i] = (8 * (await at(1) - await at(-1)) - (await at(2) - await at(-2))) / (12 * STEP);
    }
    backend.write(input, start);
    const what = `${name}: gradient of input ${index}`;
    assertNear(await backend.read(gradients[index]!), differences, { bound: BOUND, what });
  }
}

Deno.test("finite differences: linear, both gradients", async () => {
  const [inp, weight] = [values([4, 5], "inp"), values([3, 5], "weight")];
  await checkGradients("linear", {
    inputs: [inp, weight],
    shape: [4, 3],
    forward: (out) => backend.linearForward(out, inp, weight),
    backward: (dOut) => {
      const [dInp, dWeight] = [backend.allocate([4, 5]), backend.allocate([3, 5])];
      backend.linearBackwardInput(dInp, dOut, weight);
      backend.linearBackwardWeight(dWeight, dOut, inp);
      return [dInp, dWeight];
    },
  });
});

Deno.test("finite differences: embedding tables", async () => {
  const [table, positionTable] = [values([5, 3], "table"), values([4, 3], "positions")];
  const [tokens, positions] = [integers(4, 0, 4, 2, 1), integers(0, 1, 2, 0, 1)];
  await checkGradients("embedding", {
    inputs: [table, positionTable],
    shape: [5, 3],
    forward: (out) => backend.embeddingForward(out, tokens, table, positions, positionTable),
    backward: (dOut) => {
      const [dTable, dPositionTable] = [backend.allocate([5, 3]), backend.allocate([4, 3])];
      backend.embeddingBackward(dTable, dPositionTable, dOut, tokens, positions);
      return [dTable, dPositionTable];
    },
  });
});

Deno.test("finite differences: RMSNorm", async () => {
  const [inp, weight, rstd] = [values([3, 6], "inp"), values([6], "weight"), backend.allocate([3])];
  await checkGradients("rmsNorm", {
    inputs: [inp, weight],
    shape: [3, 6],
    forward: (out) => backend.rmsNormForward(out, rstd, inp, weight, 0.1),
    backward: (dOut) => {
      const [dInp, dWeight] = [backend.allocate([3, 6]), backend.allocate([6])];
      backend.rmsNormBackward(dInp, dWeight, dOut, inp, weight, rstd);
      return [dInp, dWeight];
    },
  });
});

Deno.test("finite differences: GELU", async () => {
  const inp = values([40], "gelu");
  await checkGradients("gelu", {
    inputs: [inp],
    shape: [40],
    forward: (out) => backend.geluForward(out, inp),
    backward: (dOut) => {
      const dInp = backend.allocate([40]);
      backend.geluBackward(dInp, dOut, inp);
      return [dInp];
    },
  });
});

Deno.test("finite differences: residual with dropout", async () => {
  const [residual, branch] = [values([5, 7], "residual"), values([5, 7], "branch")];
  const dropout = { probability: 0.3, key: streamKey(1, "residual") };
  await checkGradients("residual", {
    inputs: [residual, branch],
    shape: [5, 7],
    forward: (out) => backend.residualForward(out, residual, branch, dropout),
    backward: (dOut) => {
      const dBranch = backend.allocate([5, 7]);
      backend.residualBackward(dBranch, dOut, dropout);
      return [dOut, dBranch];
    },
  });
});

Deno.test("finite differences: normalised rotary queries and keys", async () => {
  const [qkv, positions, rstd] = [values([3, 24], "qkv"), integers(0, 1, 7), backend.allocate([3, 4])];
  const options = { heads: 2, base: 1000, eps: 0.1 };
  const turned = await copyOf(qkv);
  await checkGradients("qkNormRotary", {
    inputs: [qkv],
    shape: [3, 24],
    forward: (out) => {
      backend.residualForward(out, null, qkv, null); // in place, so on a copy
      backend.qkNormRotaryForward(out, rstd, positions, options);
      backend.residualForward(turned, null, out, null);
    },
    backward: (dOut) => {
      const dQkv = backend.allocate([3, 24]);
      backend.residualForward(dQkv, null, dOut, null);
      backend.qkNormRotaryBackward(dQkv, turned, rstd, positions, options);
      return [dQkv];
    },
  });
});

for (const probability of [0, 0.4]) {
  Deno.test(`finite differences: attention over ragged documents, dropout ${probability}`, async () => {
    const [T, C, heads] = [7, 4, 2];
    const qkv = values([T, 3 * C], "attention qkv");
    const [mixed, logSumExp] = [backend.allocate([T, C]), backend.allocate([heads, T])];
    const documents = { bounds: Int32Array.of(0, 1, 5, 7) };
    const options: AttentionOptions = {
      heads,
      scale: 0.8,
      dropout: probability > 0 ? { probability, key: streamKey(1, "attention") } : null,
      dropoutStride: 4,
    };
    await checkGradients("attention", {
      inputs: [qkv],
      shape: [T, C],
      forward: (out) => {
        backend.attentionForward(out, logSumExp, qkv, documents, options);
        backend.residualForward(mixed, null, out, null);
      },
      backward: (dOut) => {
        const dQkv = backend.allocate([T, 3 * C]);
        backend.attentionBackward(dQkv, dOut, mixed, logSumExp, qkv, documents, options);
        return [dQkv];
      },
    });
  });
}

Deno.test("finite differences: cross-entropy with its output projection", async () => {
  const [hidden, table, targets] = [values([4, 3], "hidden"), values([6, 3], "table"), integers(5, -1, 0, 2)];
  const losses = backend.allocate([4]);
  await checkGradients("crossEntropyHead", {
    inputs: [hidden, table],
    shape: [1],
    forward: (out) => {
      backend.crossEntropyHead(losses, hidden, table, targets, null);
      backend.linearForward(backend.view(out, 0, [1, 1]), backend.view(losses, 0, [1, 4]), onesRow(4));
    },
    backward: async (dOut) => {
      const [dHidden, dTable] = [backend.allocate([4, 3]), backend.allocate([6, 3])];
      const rowScales = backend.allocate([4]);
      backend.write(rowScales, new Float32Array(4).fill((await backend.read(dOut))[0]!));
      backend.crossEntropyHead(losses, hidden, table, targets, { dHidden, dTable, rowScales });
      return [dHidden, dTable];
    },
  });
});

function onesRow(size: number): Tensor {
  const tensor = backend.allocate([1, size]);
  backend.write(tensor, new Float32Array(size).fill(1));
  return tensor;
}

for (const architecture of ["reference", "pointer"] as const) {
  Deno.test(`finite differences: a ${architecture} model with dropout, along random directions`, async () => {
    const config: ModelConfig = {
      architecture,
      vocabSize: 11,
      contextLength: 6,
      dModel: 12,
      nLayers: 2,
      nHeads: 2,
      dMlp: 18,
      dropout: 0.2,
    };
    const { specs, size } = parameterTable(config);
    const rng = new Rng(5, "model");
    const start = Float32Array.from({ length: size }, () => 0.4 * rng.normal());
    const batch = packSequences([
      { tokens: Int32Array.of(3, 1, 4, 1, 5, 9), targets: Int32Array.of(1, 4, 1, 5, 9, 2) },
      { tokens: Int32Array.of(6, 5), targets: Int32Array.of(-1, 3) },
      { tokens: Int32Array.of(8), targets: Int32Array.of(10) },
    ]);
    const dropout: DropoutSource = (site) => ({ probability: 0.2, key: streamKey(1, "dropout", site) });
    const gpt = new Gpt(backend, config);
    const gradients = allocateWeights(backend, config);
    const lossAt = async (parameters: Float32Array): Promise<number> => {
      gpt.load(parameters);
      backend.zero(gradients.flat);
      const losses = await gpt.accumulateGradients(gradients, batch, { scale: 1, dropout });
      return losses.reduce((sum, value) => sum + value, 0);
    };
    await lossAt(start);
    const gradient = await backend.read(gradients.flat);
    // One random direction for each parameter tensor tests all of its elements at once.
    for (const { name, offset, size } of specs) {
      const direction = Float32Array.from({ length: size }, () => rng.normal() / Math.sqrt(size));
      const at = async (shift: number): Promise<number> => {
        const moved = start.slice();
        for (let i = 0; i < size; i++) moved[offset + i]! += shift * STEP * direction[i]!;
        return await lossAt(moved);
      };
      const difference = (8 * (await at(1) - await at(-1)) - (await at(2) - await at(-2))) / (12 * STEP);
      const expected = direction.reduce((sum, value, i) => sum + value * gradient[offset + i]!, 0);
      const length = Math.hypot(...gradient.subarray(offset, offset + size)) / Math.sqrt(size);
      const error = Math.abs(difference - expected) / length;
      if (!(error < 5e-3)) {
        throw new Error(`${name}: the loss changes by ${difference}, the gradient says ${expected}`);
      }
    }
  });
}
