/**
 * Speed of the wasm backend's operations at the shapes of a training step, one thread. Every product's result is checked before it is timed.
 *
 *     deno run --allow-read [--v8-flags=--experimental-wasm-revectorize,--no-wasm-bounds-checks] bench/kernels.ts [6x16|4x8] [rows…]
 *
 * GFLOP/s are those of the useful multiplications and additions, packing included; the times are processor time (so that other processes
 * disturb little), the best of several.
 */
import { cpuUsage } from "node:process";
import type { Tensor } from "../src/backend/mod.ts";
import { type TileName, WasmBackend } from "../src/backend/wasm/mod.ts";

const [C, M, V, H, LAYERS] = [256, 1024, 4096, 8, 6];
/** Tokens of a document, about the mean of real proofs at a context of 256. */
const DOCUMENT = 180;
/** Time spent on one operation. */
const BUDGET_MS = 400;

interface Timing {
  readonly name: string;
  readonly ms: number;
  /** Times it is run in a step. */
  readonly count: number;
  readonly gigaflops: number;
}

const [tile, ...rowArguments] = Deno.args;
for (const T of rowArguments.length > 0 ? rowArguments.map(Number) : [728, 2048]) {
  const start = performance.now();
  using backend = await WasmBackend.create({
    tile: tile === "auto" ? undefined : tile as TileName | undefined,
  });
  console.log(`\n${T} rows, ${backend.description}, opened in ${(performance.now() - start).toFixed(0)} ms`);
  const timings = await measure(backend, T);
  for (const { name, ms, count, gigaflops } of timings) {
    const speed = gigaflops > 0 ? `${(gigaflops / ms * 1000).toFixed(1).padStart(7)} GFLOP/s` : "";
    console.log(`${name.padEnd(32)} ${ms.toFixed(3).padStart(9)} ms x ${String(count).padStart(2)} ${speed}`);
  }
  const stepMs = timings.reduce((sum, { ms, count }) => sum + ms * count, 0);
  const productMs = timings.reduce(
    (sum, { ms, count, gigaflops }) => sum + (gigaflops > 0 ? ms * count : 0),
    0,
  );
  console.log(
    `sum of a step's operations ${stepMs.toFixed(1)} ms, products ${productMs.toFixed(1)} ms: ${
      (T / stepMs * 1000).toFixed(0)
    } tokens/s`,
  );
}

async function measure(backend: WasmBackend, T: number): Promise<Timing[]> {
  const timings: Timing[] = [];
  const tensor = (...shape: number[]): Tensor => {
    const result = backend.allocate(shape);
    backend.write(result, Float32Array.from({ length: result.size }, () => Math.random() - 0.5));
    return result;
  };
  const time = (name: string, count: number, flops: number, run: () => void): void => {
    let best = Infinity;
    const end = performance.now() + BUDGET_MS;
    while (performance.now() < end) {
      // Enough runs for the clock, which counts microseconds.
      const runs = best < 0.5 ? 10 : 1;
      const start = cpuMs();
      for (let i = 0; i < runs; i++) run();
      best = Math.min(best, (cpuMs() - start) / runs);
    }
    timings.push({ name, count, ms: best, gigaflops: flops / 1e9 });
  };

  for (const [name, N, K] of [["qkv", 3 * C, C], ["proj", C, C], ["fc1", M, C], ["fc2", C, M]] as const) {
    const [inp, weight, out, dWeight] = [tensor(T, K), tensor(N, K), tensor(T, N), tensor(N, K)];
    backend.linearForward(out, inp, weight);
    await checkProduct(backend, out, inp, weight, [T, N, K]);
    const flops = 2 * T * N * K;
    time(`${name} forward`, LAYERS, flops, () => backend.linearForward(out, inp, weight));
    time(`${name} backward input`, LAYERS, flops, () => backend.linearBackwardInput(inp, out, weight));
    time(`${name} backward weight`, LAYERS, flops, () => backend.linearBackwardWeight(dWeight, out, inp));
  }

  const [hidden, table, losses] = [tensor(T, C), tensor(V, C), tensor(T)];
  const targets = backend.allocate([T], "i32");
  const gradients = { dHidden: tensor(T, C), dTable: tensor(V, C), scale: 1e-3 };
  time("cross-entropy head", 1, 6 * T * V * C, () => {
    backend.crossEntropyHead(losses, hidden, table, targets, gradients);
  });

  const bounds = Int32Array.from(
    { length: Math.ceil(T / DOCUMENT) + 1 },
    (_, d) => Math.min(d * DOCUMENT, T),
  );
  let pairs = 0;
  for (let d = 0; d + 1 < bounds.length; d++) {
    pairs += (bounds[d + 1]! - bounds[d]!) * (bounds[d + 1]! - bounds[d]! + 1) / 2;
  }
  const [qkv, dQkv, out, dOut, lse] = [
    tensor(T, 3 * C),
    tensor(T, 3 * C),
    tensor(T, C),
    tensor(T, C),
    tensor(H, T),
  ];
  const dropout = { probability: 0.1, key: [1, 2] as const };
  const options = { heads: H, scale: 0.25, dropout, dropoutStride: 256 };
  time("attention forward", LAYERS, 4 * pairs * C, () => {
    backend.attentionForward(out, lse, qkv, { bounds }, options);
  });
  time("attention backward", LAYERS, 10 * pairs * C, () => {
    backend.attentionBackward(dQkv, dOut, out, lse, qkv, { bounds }, options);
  });

  const [wide, dWide] = [tensor(T, M), tensor(T, M)];
  const [weight, dWeight, rstd] = [tensor(C), tensor(C), tensor(T)];
  const positions = backend.allocate([T], "i32");
  const [rotaryRstd, rotary] = [tensor(T, 2 * H), { heads: H, base: 1000, eps: 1e-6 }];
  time("GELU forward", LAYERS, 0, () => backend.geluForward(dWide, wide));
  time("GELU backward", LAYERS, 0, () => backend.geluBackward(dWide, dWide, wide));
  time("RMSNorm forward", 2 * LAYERS + 1, 0, () => backend.rmsNormForward(out, rstd, hidden, weight, 1e-6));
  time("RMSNorm backward", 2 * LAYERS + 1, 0, () => {
    backend.rmsNormBackward(gradients.dHidden, dWeight, dOut, hidden, weight, rstd);
  });
  time(
    "residual + dropout forward",
    2 * LAYERS + 1,
    0,
    () => backend.residualForward(out, hidden, dOut, dropout),
  );
  time("residual + dropout backward", 2 * LAYERS + 1, 0, () => backend.residualBackward(out, dOut, dropout));
  time("rotary forward", LAYERS, 0, () => backend.qkNormRotaryForward(qkv, rotaryRstd, positions, rotary));
  time(
    "rotary backward",
    LAYERS,
    0,
    () => backend.qkNormRotaryBackward(dQkv, qkv, rotaryRstd, positions, rotary),
  );
  time("embedding backward", 1, 0, () => backend.embeddingBackward(table, null, out, targets, null));
  const [p, g, m, v] = [
    tensor(5_836_032),
    tensor(5_836_032),
    backend.allocate([5_836_032]),
    backend.allocate([5_836_032]),
  ];
  // Once a step, not once a shard.
  time("AdamW, 5.8 M parameters", 0, 0, () => {
    backend.adamW(p, g, m, v, {
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.95,
      eps: 1e-8,
      weightDecay: 0.1,
      step: 10,
      gradientScale: 1,
    });
  });
  const sums = tensor(Math.ceil(g.size / 4096));
  time("sum of squares, 5.8 M", 0, 0, () => backend.sumSquares(sums, g, 4096));
  const [one, oneOut] = [tensor(1, C), tensor(1, V)];
  time("head of one row", 0, 2 * V * C, () => backend.linearForward(oneOut, one, table));
  time("zero 5.8 M", 0, 0, () => backend.zero(g));
  time("add 5.8 M", 0, 0, () => backend.add(p, g));
  return timings;
}

/** A sample of out (T, N) against plain sums. */
async function checkProduct(
  backend: WasmBackend,
  out: Tensor,
  inp: Tensor,
  weight: Tensor,
  [T, N, K]: readonly [number, number, number],
): Promise<void> {
  const [o, x, w] = [await backend.read(out), await backend.read(inp), await backend.read(weight)];
  for (let i = 0; i < T * N; i += 997) {
    const [t, n] = [Math.floor(i / N), i % N];
    let sum = 0;
    for (let k = 0; k < K; k++) sum += x[t * K + k]! * w[n * K + k]!;
    if (!(Math.abs(o[i]! - sum) < 1e-3)) throw new Error(`element (${t}, ${n}) is ${o[i]}, expected ${sum}`);
  }
}

/** Processor time of this process. */
function cpuMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}
