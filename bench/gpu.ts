/**
 * Speed of training on a GPU: every operation (checked against the reference backend, then timed), and whole
 * steps of the engine that leaves everything on the device, with what goes over the bus and through the GPU's
 * memory, storing activations as f32 and, where there is shader-f16, as f16.
 */
import type { GpuTensor } from "../src/backend/webgpu/memory.ts";
import { findAdapter, WebGpuBackend } from "../src/backend/webgpu/mod.ts";
import type { CommandQueue } from "../src/backend/webgpu/queue.ts";
import type { GpuStorage, ModelConfig, TrainConfig } from "../src/config.ts";
import { DeviceError } from "../src/errors.ts";
import type { Sequence } from "../src/model/batch.ts";
import { initialParameters } from "../src/model/parameters.ts";
import { DeviceEngine } from "../src/train/engine/device_engine.ts";
import { targetsOf } from "./batches.ts";
import { findGpuPeak } from "./gpu_peak.ts";
import { type KernelTime, profileKernels } from "./gpu_profile.ts";
import { timedOnGpu } from "./gpu_time.ts";
import { compareWithReference, Inputs } from "./operation.ts";
import { checkedOperations, operations, type OperationTiming } from "./operations.ts";

type Traffic = CommandQueue["traffic"];

/** Whole steps. */
export interface GpuSteps {
  readonly tokensPerStep: number;
  /** Of a step, several under way. */
  readonly stepMs: number;
  readonly tokensPerSecond: number;
  /** Of one step. */
  readonly traffic: Traffic;
  /** Of the GPU's memory. */
  readonly reservedBytes: number;
  /**
   * The kernels of one step by the GPU's own clock, the longest first; null where it has none, or is the
   * processor.
   */
  readonly kernels: readonly KernelTime[] | null;
}

/** What is found. */
export interface GpuFigures {
  readonly backend: string;
  readonly peakGigaflops: number;
  /** With float32 throughout. */
  readonly operations: readonly OperationTiming[];
  readonly steps: GpuSteps;
  /** The same with activations stored as f16; null where the GPU cannot. */
  readonly halfSteps: GpuSteps | null;
}

/** What is measured with. */
export interface GpuBenchOptions {
  readonly model: ModelConfig;
  readonly train: TrainConfig;
  /** Of a micro-batch. */
  readonly rows: number;
  /** For each operation. */
  readonly budgetMs: number;
  /** Steps on each batch. */
  readonly repeats: number;
}

/** Sequences of the one step that a software adapter is given, which would take minutes for a whole batch. */
const SOFTWARE_SEQUENCES = 2;

/** Measure on the machine's adapter. @throws {DeviceError} where there is none */
export async function measureGpu(
  batches: readonly (readonly Sequence[])[],
  options: GpuBenchOptions,
): Promise<GpuFigures> {
  const steps = await measureSteps(batches, options, "f32");
  using backend = await openGpu("f32");
  const hasHalves = backend.device.features.has("shader-f16");
  const peakGigaflops = await findGpuPeak(backend, 4 * options.budgetMs);
  return {
    backend: backend.description,
    peakGigaflops,
    operations: await measureOperations(backend, { ...options, peakGigaflops }),
    steps,
    halfSteps: hasHalves ? await measureSteps(batches, options, "f16") : null,
  };
}

async function openGpu(storage: GpuStorage): Promise<WebGpuBackend> {
  const adapter = await findAdapter();
  if (adapter === null) throw new DeviceError("There is no WebGPU adapter to measure");
  return await WebGpuBackend.create(adapter, { storage });
}

async function measureSteps(
  allBatches: readonly (readonly Sequence[])[],
  options: GpuBenchOptions,
  storage: GpuStorage,
): Promise<GpuSteps> {
  const { model, train } = options;
  const backend = await openGpu(storage);
  const { isSoftware } = backend.device;
  const batches = isSoftware ? [allBatches[0]!.slice(0, SOFTWARE_SEQUENCES)] : allBatches;
  const repeats = isSoftware ? 1 : options.repeats;
  await using engine = new DeviceEngine(backend, {
    model,
    train,
    parameters: initialParameters(model, train.seed),
  });
  let step = 0;
  const all = async (): Promise<void> => {
    const inFlight: Promise<unknown>[] = [];
    for (const batch of batches) {
      inFlight.push(engine.step(batch, { step: ++step, learningRate: 1e-6, apply: true }));
      if (inFlight.length === engine.stepsInFlight) await inFlight.shift();
    }
    await Promise.all(inFlight);
  };
  await all(); // compiles, and reserves memory
  const { traffic } = backend.queue;
  const before = { ...traffic };
  let best = Infinity;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const started = performance.now();
    await all();
    best = Math.min(best, performance.now() - started);
  }
  const tokens = batches.reduce((sum, batch) => sum + targetsOf(batch), 0);
  const ofOne = (key: keyof Traffic): number => (traffic[key] - before[key]) / repeats / batches.length;
  return {
    tokensPerStep: tokens / batches.length,
    stepMs: best / batches.length,
    tokensPerSecond: 1000 * tokens / best,
    traffic: {
      writtenBytes: ofOne("writtenBytes"),
      readBytes: ofOne("readBytes"),
      touchedBytes: ofOne("touchedBytes"),
      dispatches: ofOne("dispatches"),
      submissions: ofOne("submissions"),
    },
    reservedBytes: backend.memory.reservedBytes,
    kernels: isSoftware ? null : await profileKernels(backend, async () => {
      await engine.step(batches[0]!, { step: ++step, learningRate: 1e-6, apply: true });
    }),
  };
}

async function measureOperations(
  backend: WebGpuBackend,
  { model, train, rows, budgetMs, peakGigaflops }: GpuBenchOptions & { peakGigaflops: number },
): Promise<OperationTiming[]> {
  const checked = checkedOperations(model, train.shards);
  const timings: OperationTiming[] = [];
  for (const [i, { name, count, flops, bytes, make }] of operations(model, rows, train.shards).entries()) {
    const difference = await compareWithReference(backend, checked[i]!);
    using _scope = backend.scope();
    const { run, outputs } = make(new Inputs(backend, i));
    const ms = await timedOnGpu(backend, run, outputs[0] as GpuTensor, budgetMs);
    const gigaflops = flops === undefined ? null : flops / ms / 1e6;
    timings.push({
      name,
      ms,
      count,
      flops: flops ?? 0,
      gigaflops,
      peakShare: gigaflops === null ? null : gigaflops / peakGigaflops,
      gigabytes: bytes === undefined ? null : bytes / ms / 1e6,
      difference,
    });
  }
  return timings;
}
