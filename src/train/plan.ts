// Fixing what a run leaves open: its number of steps, and from that the intervals, the warm-up and the decay.
import type { TrainConfig } from "../config.ts";
import { COUNT } from "../config/option.ts";
import { UsageError } from "../errors.ts";
import type { ScheduleOptions } from "../optim/mod.ts";

/** A run's options with the number of steps fixed: as checkpoints have them. */
export type PlannedConfig = TrainConfig & { steps: number };

/** Most steps of a run: what checkpoints record, and are read with. */
export const MOST_STEPS = COUNT.max;

/** The steps of a run that is given in epochs. @throws {UsageError} when they are more than a run may have */
export function stepsOfEpochs(epochs: number, sequencesPerEpoch: number, batchSize: number): number {
  const steps = Math.max(1, Math.round(epochs * sequencesPerEpoch / batchSize));
  if (steps <= MOST_STEPS) return steps;
  throw new UsageError(`${epochs} epochs are ${steps} steps, a run has at most ${MOST_STEPS}`, {
    hint: `Use --epochs ${Math.floor(MOST_STEPS * batchSize / sequencesPerEpoch)} or less; ` +
      "Ctrl-C ends any run with a checkpoint, and `tactics resume` makes a run longer.",
  });
}

/** The given ones, or at least so many parts of a run; what reads the model waits for a meeting of the ranks. */
export function intervals(train: PlannedConfig): { log: number; evaluation: number; save: number } {
  const { logInterval, evalInterval, saveInterval, syncEvery } = train;
  const met = (steps: number): number => Math.ceil(steps / (syncEvery ?? 1)) * (syncEvery ?? 1);
  const part = (usual: number, parts: number): number =>
    Math.max(1, Math.min(usual, Math.ceil(train.steps / parts)));
  const [log, evaluation] = [logInterval ?? part(100, 50), evalInterval ?? part(1000, 10)];
  return { log, evaluation: met(evaluation), save: met(saveInterval ?? part(5000, 4)) };
}

/** Steps of a warm-up that is not given, at most; a cosine's are the original trainer's. */
const MOST_WARMUP = { cosine: 1000, wsd: 200 } as const;

/** The learning-rate schedule of a run; a warm-up that is not given takes a tenth of it at most. */
export function schedule(train: PlannedConfig): ScheduleOptions {
  const { schedule, learningRate, minLearningRate, decayShare, steps } = train;
  const asked = train.warmupSteps ?? Math.min(MOST_WARMUP[schedule], Math.ceil(steps / 10));
  const warmupSteps = Math.min(asked, steps);
  const stableSteps = train.stableSteps ?? steps - Math.ceil(decayShare * steps);
  return { schedule, learningRate, minLearningRate, warmupSteps, stableSteps, steps };
}

/** Whether all ranks have the same state after a step: with syncEvery not within a stretch of local steps. */
export function isMeeting(step: number, { syncEvery, steps }: PlannedConfig): boolean {
  return syncEvery === null || step % syncEvery === 0 || step >= steps;
}

// How often a proof's targets count at a step. With schedule `wsd` this begins with the decay: before it a
// weight would delay the step at which copying is learned (docs/log.md).
export function proofWeightAt(
  step: number,
  proofWeight: number,
  { schedule, warmupSteps, stableSteps }: ScheduleOptions,
): number {
  return schedule === "wsd" && step <= Math.max(warmupSteps, stableSteps) ? 1 : proofWeight;
}
