/**
 * Every operation of the seam, on every backend, against what PyTorch computed in float64
 * (tests/golden/model). Outputs that are overwritten start as rubbish, outputs that accumulate start with
 * values; in-place use is tested where the model uses it.
 */
import type { AttentionOptions, Backend, Tensor } from "../../src/backend/mod.ts";
import { Rng } from "../../src/rng.ts";
import { type Golden, readGolden } from "../golden/golden_file.ts";
import { assertNear } from "./assert_near.ts";
import { BACKENDS } from "./backends.ts";
import { matricesIn } from "./compare.ts";

/** One golden file on one backend. */
class Case {
  constructor(readonly golden: Golden, readonly backend: Backend, readonly bound: number) {}

  /** A tensor of the file, float32 or int32. */
  load(name: string): Tensor {
    const shape = this.golden.shape(name);
    return this.#isInteger(name)
      ? this.#filled(shape, this.golden.integers(name))
      : this.#filled(shape, this.golden.tensor(name));
  }

  /** An output that will be overwritten: full of rubbish, as reused memory is. */
  output(shape: readonly number[]): Tensor {
    return this.#filled(shape, noise(shape, 1e3));
  }

  /** An output that is accumulated into, and the values that it starts with. */
  accumulator(shape: readonly number[]): { tensor: Tensor; start: Float32Array } {
    const start = noise(shape, 1);
    return { tensor: this.#filled(shape, start), start };
  }

  /** Compare with the file's tensor, plus what an accumulator started with. */
  async check(tensor: Tensor, name: string, start?: Float32Array): Promise<void> {
    const expected = this.golden.tensor(name);
    if (start !== undefined) { for (let i = 0; i < expected.length; i++) expected[i]! += start[i]!; }
    const actual = await this.backend.read(tensor);
    assertNear(actual, expected, { bound: this.bound, what: `${this.golden.name}.${name}` });
  }

  #filled(shape: readonly number[], values: Float32Array | Int32Array): Tensor {
    const tensor = this.backend.allocateUninitialized(shape, values instanceof Int32Array ? "i32" : "f32");
    this.backend.write(tensor, values);
    return tensor;
  }

  #isInteger(name: string): boolean {
    return ["tokens", "positions", "targets", "bounds"].includes(name);
  }
}

function noise(shape: readonly number[], spread: number): Float32Array {
  const rng = new Rng(7, "noise", ...shape);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => spread * rng.normal());
}

const OPERATIONS: Record<string, (test: Case) => Promise<void>> = {
  async embedding(test) {
    const { golden, backend } = test;
    const [tokens, positions] = [test.load("tokens"), test.load("positions")];
    const [table, positionTable] = [test.load("table"), test.load("positionTable")];
    const [out, plain] = [test.output(golden.shape("out")), test.output(golden.shape("out"))];
    backend.embeddingForward(out, tokens, table, positions, positionTable);
    await test.check(out, "out");
    backend.embeddingForward(plain, tokens, table, null, null);
    await test.check(plain, "outPlain");
    for (const withPositions of [true, false]) {
      const dTable = test.accumulator(table.shape);
      const dPositions = test.accumulator(positionTable.shape);
      const dOut = test.load("dOut");
      if (withPositions) {
        backend.embeddingBackward(dTable.tensor, dPositions.tensor, dOut, tokens, positions);
        await test.check(dPositions.tensor, "dPositionTable", dPositions.start);
      } else {
        backend.embeddingBackward(dTable.tensor, null, dOut, tokens, null);
      }
      await test.check(dTable.tensor, "dTable", dTable.start);
    }
  },

  async rms_norm(test) {
    const { golden, backend } = test;
    const [inp, weight] = [test.load("inp"), test.load("weight")];
    const [out, rstd] = [test.output(inp.shape), test.output(golden.shape("rstd"))];
    backend.rmsNormForward(out, rstd, inp, weight, golden.scalar("eps"));
    await test.check(out, "out");
    await test.check(rstd, "rstd");
    const [dInp, dWeight] = [test.accumulator(inp.shape), test.accumulator(weight.shape)];
    backend.rmsNormBackward(dInp.tensor, dWeight.tensor, test.load("dOut"), inp, weight, test.load("rstd"));
    await test.check(dInp.tensor, "dInp", dInp.start);
    await test.check(dWeight.tensor, "dWeight", dWeight.start);
  },

  async linear(test) {
    const { golden, backend } = test;
    const [inp, weight, dOut] = [test.load("inp"), test.load("weight"), test.load("dOut")];
    const out = test.output(golden.shape("out"));
    backend.linearForward(out, inp, weight);
    await test.check(out, "out");
    const dInp = test.output(inp.shape);
    backend.linearBackwardInput(dInp, dOut, weight);
    await test.check(dInp, "dInp");
    const dWeight = test.accumulator(weight.shape);
    backend.linearBackwardWeight(dWeight.tensor, dOut, inp);
    await test.check(dWeight.tensor, "dWeight", dWeight.start);
  },

  async gelu(test) {
    const { backend } = test;
    const inp = test.load("inp");
    const [out, dInp] = [test.output(inp.shape), test.output(inp.shape)];
    backend.geluForward(out, inp);
    await test.check(out, "out");
    backend.geluBackward(dInp, test.load("dOut"), inp);
    await test.check(dInp, "dInp");
    const dInPlace = test.load("dOut");
    backend.geluBackward(dInPlace, dInPlace, inp);
    await test.check(dInPlace, "dInp");
    backend.geluForward(inp, inp);
    await test.check(inp, "out");
  },

  async qk_norm_rotary(test) {
    const { golden, backend } = test;
    const options = {
      heads: golden.scalar("heads"),
      base: golden.scalar("base"),
      eps: golden.scalar("eps"),
    };
    const [qkv, positions] = [test.load("qkv"), test.load("positions")];
    const rstd = test.output(golden.shape("rstd"));
    backend.qkNormRotaryForward(qkv, rstd, positions, options);
    await test.check(qkv, "out");
    await test.check(rstd, "rstd");
    const dQkv = test.load("dOut");
    backend.qkNormRotaryBackward(dQkv, test.load("out"), test.load("rstd"), positions, options);
    await test.check(dQkv, "dQkv");
  },

  async attention(test) {
    const { golden } = test;
    await checkAttention(test, {
      heads: golden.scalar("heads"),
      scale: golden.scalar("scale"),
      dropout: null,
      dropoutStride: 16,
    });
  },

  async attention_dropout(test) {
    const { golden } = test;
    await checkAttention(test, {
      heads: golden.scalar("heads"),
      scale: golden.scalar("scale"),
      dropout: {
        probability: golden.scalar("probability"),
        key: [golden.scalar("key0"), golden.scalar("key1")],
      },
      dropoutStride: golden.scalar("stride"),
    });
  },

  async attention_cached(test) {
    const { golden, backend } = test;
    const [past, scale] = [golden.scalar("past"), golden.scalar("scale")];
    const [qkv, keys, values] = [test.load("qkv"), test.load("keys"), test.load("values")];
    const out = test.output(golden.shape("out"));
    const [S, C] = out.shape as [number, number];
    const integers = (shape: readonly number[], data: readonly number[]): Tensor => {
      const tensor = backend.allocate(shape, "i32");
      backend.write(tensor, Int32Array.from(data));
      return tensor;
    };
    const indices = (first: number, end: number): number[] =>
      Array.from({ length: end - first }, (_, i) => first + i);
    const slots = integers([past + S], indices(0, past + S));
    backend.storeKeysValues(keys, values, qkv, integers([S], indices(past, past + S)));
    const ranges = integers([S, 2], indices(0, S).flatMap((s) => [0, past + s + 1]));
    backend.attentionCached(out, qkv, keys, values, { slots, ranges }, { scale });
    await test.check(out, "out");
    await test.check(keys, "keysAfter");
    await test.check(values, "valuesAfter");

    // the same row by row
    const [keysAgain, valuesAgain, again] = [test.load("keys"), test.load("values"), test.output(out.shape)];
    for (let s = 0; s < S; s++) {
      const [mixed, row] = [
        backend.view(again, s * C, [1, C]),
        backend.view(qkv, s * 3 * C, [1, 3 * C]),
      ];
      backend.storeKeysValues(keysAgain, valuesAgain, row, integers([1], [past + s]));
      const seen = { slots, ranges: integers([1, 2], [0, past + s + 1]) };
      backend.attentionCached(mixed, row, keysAgain, valuesAgain, seen, { scale });
    }
    await test.check(again, "out");
    await test.check(keysAgain, "keysAfter");
  },

  async cross_entropy_head(test) {
    const { golden, backend } = test;
    const [hidden, table, targets] = [test.load("hidden"), test.load("table"), test.load("targets")];
    const losses = test.output(golden.shape("losses"));
    backend.crossEntropyHead(losses, hidden, table, targets, null);
    await test.check(losses, "losses");
    const lossesAgain = test.output(golden.shape("losses"));
    const [dHidden, dTable] = [test.output(hidden.shape), test.accumulator(table.shape)];
    const rowScales = test.output(golden.shape("losses"));
    backend.write(rowScales, new Float32Array(rowScales.size).fill(golden.scalar("scale")));
    const gradients = { dHidden, dTable: dTable.tensor, rowScales };
    backend.crossEntropyHead(lossesAgain, hidden, table, targets, gradients);
    await test.check(lossesAgain, "losses");
    await test.check(dHidden, "dHidden");
    await test.check(dTable.tensor, "dTable", dTable.start);
    const logits = test.output(golden.shape("logits"));
    backend.linearForward(logits, hidden, table);
    await test.check(logits, "logits");
  },

  async residual(test) {
    const { golden, backend } = test;
    const dropout = {
      probability: golden.scalar("probability"),
      key: [golden.scalar("key0"), golden.scalar("key1")] as [number, number],
    };
    for (const [mask, name] of [[null, "out"], [dropout, "outDropped"]] as const) {
      const [residual, branch, out] = [
        test.load("residual"),
        test.load("branch"),
        test.output([5, 7]),
      ];
      backend.residualForward(out, residual, branch, mask);
      await test.check(out, name);
      backend.residualForward(branch, residual, branch, mask); // as the model does
      await test.check(branch, name);
      backend.residualForward(residual, residual, test.load("branch"), mask);
      await test.check(residual, name);
    }
    const [dBranch, dOut] = [test.output([5, 7]), test.load("dOut")];
    backend.residualBackward(dBranch, dOut, dropout);
    await test.check(dBranch, "dBranch");
    backend.residualBackward(dOut, dOut, dropout);
    await test.check(dOut, "dBranch");
    const alone = test.load("branch");
    backend.residualForward(alone, null, alone, dropout); // dropout of the embedding
    backend.add(alone, test.load("residual"));
    await test.check(alone, "outDropped");
  },

  async adam_w(test) {
    const { golden, backend } = test;
    const parameters = test.load("parameters0");
    const [m, v] = [backend.allocate(parameters.shape), backend.allocate(parameters.shape)];
    for (let step = 1; step <= 3; step++) {
      const gradients = test.load(`gradient${step}`);
      backend.adamW(parameters, gradients, m, v, {
        learningRate: golden.scalar("learningRate"),
        beta1: golden.scalar("beta1"),
        beta2: golden.scalar("beta2"),
        eps: golden.scalar("eps"),
        weightDecay: golden.scalar("weightDecay"),
        step,
        gradientScale: 1,
      });
      await test.check(parameters, `parameters${step}`);
      await test.check(m, `m${step}`);
      await test.check(v, `v${step}`);
    }
  },

  async muon(test) {
    const { golden, backend } = test;
    const [stepSize, beta, decay, gradientScale] = ["stepSize", "beta", "decay", "gradientScale"].map((
      name,
    ) => golden.scalar(name)) as [number, number, number, number];
    for (const shape of ["Tall", "Wide"]) {
      const matrix = test.load(`matrix${shape}0`);
      const momentum = backend.allocate(matrix.shape);
      for (const step of [1, 2]) {
        const gradient = test.load(`gradient${shape}${step}`);
        const options = { stepSize, beta, decay, gradientScale };
        backend.muon(matrix, gradient, momentum, matricesIn(matrix.shape), options);
        await test.check(matrix, `matrix${shape}${step}`);
        await test.check(momentum, `momentum${shape}${step}`);
      }
    }
  },

  async clip(test) {
    // the norm from blocks' sums of squares, as the engines take it
    const { golden, backend } = test;
    const sums = test.output([4 + 3]);
    backend.sumSquares(backend.view(sums, 0, [4]), test.load("a"), 4);
    backend.sumSquares(backend.view(sums, 4, [3]), test.load("b"), 3);
    for (const limit of ["Tight", "Loose"]) {
      const out = test.output([2]);
      backend.clipScale(out, sums, golden.scalar(`maxNorm${limit}`), backend.allocate([1]));
      assertNear([...await backend.read(out)], [golden.scalar("norm"), golden.scalar(`factor${limit}`)], {
        bound: test.bound,
        what: "clip: norm and factor",
      });
    }
  },
};

async function checkAttention(test: Case, options: AttentionOptions): Promise<void> {
  const { golden, backend } = test;
  const documents = { bounds: golden.integers("bounds") };
  const qkv = test.load("qkv");
  const [out, logSumExp] = [
    test.output(golden.shape("out")),
    test.output([options.heads, qkv.shape[0]!]),
  ];
  backend.attentionForward(out, logSumExp, qkv, documents, options);
  await test.check(out, "out");
  if (golden.tensorNames.includes("logSumExp")) await test.check(logSumExp, "logSumExp");
  const dQkv = test.output(qkv.shape);
  backend.attentionBackward(dQkv, test.load("dOut"), out, logSumExp, qkv, documents, options);
  await test.check(dQkv, "dQkv");
}

for (const { name: backendName, opBound, open } of BACKENDS) {
  for (const [name, check] of Object.entries(OPERATIONS)) {
    Deno.test(`${backendName}: ${name} is PyTorch's`, async () => {
      using backend = await open();
      await check(new Case(readGolden(name), backend, opBound));
    });
  }
}

Deno.test("every golden file of an operation is tested", () => {
  const files = [...Deno.readDirSync(new URL("../golden/model", import.meta.url))];
  const names = files.map(({ name }) => name.replace(".json", "")).filter((name) =>
    !name.startsWith("model_")
  );
  const untested = names.filter((name) => !(name in OPERATIONS));
  if (untested.length > 0) throw new Error(`no test reads ${untested.join(", ")}`);
});
