/**
 * The whole step with one worker and with several: tokens a second, scaling, where each worker's time goes,
 * memory. The pools take turns on the same batches and every batch's best time counts, so that other programs
 * on the machine disturb the ratio little.
 */
import type { BackendChoice } from "../src/backend/choose.ts";
import type { ModelConfig, TrainConfig } from "../src/config.ts";
import { saveCheckpoint } from "../src/checkpoint/mod.ts";
import type { Sequence } from "../src/model/batch.ts";
import { initialParameters } from "../src/model/parameters.ts";
import { PhaseClock, STEP_PHASES, type StepPhase } from "../src/train/engine/phase_clock.ts";
import { Pool } from "../src/train/engine/pool.ts";
import type { PoolStep } from "../src/train/engine/step_jobs.ts";
import { targetsOf } from "./batches.ts";
import { cpuMs } from "./cpu_time.ts";

/** Steps with one number of workers. */
export interface StepTiming {
  readonly workers: number;
  /** Mean of the batches' best times. */
  readonly stepMs: number;
  /**
   * Mean of the batches' least processor times, of all threads: what other programs on the machine disturb
   * less.
   */
  readonly cpuMs: number;
  /** Predicted tokens per second at `stepMs`. */
  readonly tokensPerSecond: number;
  /**
   * Mean milliseconds of each phase over workers and batches; `main`: what the main thread adds around the
   * slowest worker.
   */
  readonly phases: Readonly<Record<StepPhase | "main", number>>;
  /** Longest time that a worker took for its gradients, by the mean of all workers. */
  readonly imbalance: number;
}

/** What {@linkcode measureScaling} finds. */
export interface Scaling {
  readonly timings: readonly StepTiming[];
  /**
   * Peak memory of the process after steps with the most workers and a checkpoint; null where the system does
   * not tell.
   */
  readonly peakBytes: number | null;
}

/** What it measures with. */
export interface ScalingOptions {
  readonly model: ModelConfig;
  readonly train: TrainConfig & { steps: number };
  readonly backend: BackendChoice;
  /** Ascending. */
  readonly workers: readonly number[];
  /** Steps on each batch with each number of workers. */
  readonly repeats: number;
}

/** Time steps on these batches. Parameters stay as they are, the optimizer's work is done. */
export async function measureScaling(
  batches: readonly (readonly Sequence[])[],
  options: ScalingOptions,
): Promise<Scaling> {
  const pools: Pool[] = [];
  await using _close = { [Symbol.asyncDispose]: () => closeAll(pools) };
  let peakBytes: number | null = null;
  for (const workers of options.workers.toReversed()) { // the largest alone first, for the memory
    const parameters = initialParameters(options.model, options.train.seed);
    const pool = await Pool.start({ ...options, workers, parameters });
    pools.unshift(pool);
    for (const [i, batch] of batches.entries()) await timedStep(pool, batch, i + 1);
    if (pools.length > 1) continue;
    await writeCheckpoint(pool, options);
    peakBytes = peakMemory();
  }
  const best = pools.map(() => batches.map((): Timed => ({ ms: Infinity, cpuMs: Infinity, step: null })));
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    for (const [b, batch] of batches.entries()) {
      for (const [p, pool] of pools.entries()) {
        const timed = await timedStep(pool, batch, batches.length + repeat + 1);
        const known = best[p]![b]!;
        const faster = timed.ms < known.ms ? timed : known;
        best[p]![b] = { ...faster, cpuMs: Math.min(timed.cpuMs, known.cpuMs) };
      }
    }
  }
  const tokens = batches.reduce((sum, batch) => sum + targetsOf(batch), 0);
  return { timings: pools.map((pool, p) => summary(pool.workers, best[p]!, tokens)), peakBytes };
}

interface Timed {
  readonly ms: number;
  readonly cpuMs: number;
  readonly step: PoolStep | null;
}

async function timedStep(pool: Pool, batch: readonly Sequence[], step: number): Promise<Timed> {
  const [started, cpuStarted] = [performance.now(), cpuMs()];
  const result = await pool.step(batch, { step, learningRate: 1e-6, apply: true });
  return { ms: performance.now() - started, cpuMs: cpuMs() - cpuStarted, step: result };
}

function summary(workers: number, best: readonly Timed[], tokens: number): StepTiming {
  const totalMs = best.reduce((sum, { ms }) => sum + ms, 0);
  const phases: Record<StepPhase | "main", number> = { ...new PhaseClock().times, main: 0 };
  let [longest, mean] = [0, 0];
  for (const { ms, step } of best) {
    const { times } = step!;
    let slowest = 0;
    for (const time of times) {
      let sum = 0;
      for (const phase of STEP_PHASES) {
        phases[phase] += time[phase] / workers / best.length;
        sum += time[phase];
      }
      slowest = Math.max(slowest, sum);
    }
    phases.main += (ms - slowest) / best.length;
    longest += Math.max(...times.map(({ gradients }) => gradients));
    mean += times.reduce((sum, { gradients }) => sum + gradients, 0) / workers;
  }
  return {
    workers,
    stepMs: totalMs / best.length,
    cpuMs: best.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / best.length,
    tokensPerSecond: 1000 * tokens / totalMs,
    phases,
    imbalance: longest / mean,
  };
}

async function writeCheckpoint(pool: Pool, { model, train }: ScalingOptions): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await saveCheckpoint(path, {
      model,
      train,
      step: 1,
      ...await pool.state(),
      tokenizerSha256: "",
      splitHash: "",
      best: null,
      evaluationsWithoutGain: 0,
      backend: "wasm",
    });
  } finally {
    await Deno.remove(path);
  }
}

/** Largest resident size of this process so far, as Linux counts it. */
function peakMemory(): number | null {
  if (Deno.build.os !== "linux") return null;
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync("/proc/self/status"));
  return line === null ? null : 1024 * Number(line[1]);
}

async function closeAll(pools: readonly Pool[]): Promise<void> {
  for (const pool of pools) await pool[Symbol.asyncDispose]();
}
