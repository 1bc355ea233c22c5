/** Fixing what a run leaves open: its number of steps, and from that the intervals, the warm-up and the decay. */
import type { TrainConfig } from "../config.ts";
import type { ScheduleOptions } from "../optim/schedule.ts";

/** A run's intervals, all given. */
export interface Intervals {
  readonly log: number;
  readonly evaluation: number;
  readonly save: number;
}

/** The steps of a run that is given in epochs. */
export function stepsOfEpochs(epochs: number, sequencesPerEpoch: number, batchSize: number): number {
  return Math.max(1, Math.round(epochs * sequencesPerEpoch / batchSize));
}

/** Intervals: the given ones, else 100, 1000 and 5000 steps, or less in a short run (50 logs, 10 evaluations, 4 checkpoints). */
export function intervals(config: TrainConfig, steps: number): Intervals {
  const part = (usual: number, parts: number): number =>
    Math.max(1, Math.min(usual, Math.ceil(steps / parts)));
  return {
    log: config.logInterval ?? part(100, 50),
    evaluation: config.evalInterval ?? part(1000, 10),
    save: config.saveInterval ?? part(5000, 4),
  };
}

/** Steps of a warm-up that is not given, at most; a cosine's are the original trainer's. */
const MOST_WARMUP = { cosine: 1000, wsd: 200 } as const;

/** The learning-rate schedule of a run; a warm-up that is not given takes so many steps, or a tenth of the run where that is less. */
export function schedule(config: TrainConfig, steps: number): ScheduleOptions {
  return {
    schedule: config.schedule,
    stableSteps: config.stableSteps ?? steps - Math.ceil(config.decayShare * steps),
    learningRate: config.learningRate,
    minLearningRate: config.minLearningRate,
    warmupSteps: Math.min(
      config.warmupSteps ?? Math.min(MOST_WARMUP[config.schedule], Math.ceil(steps / 10)),
      steps,
    ),
    steps,
  };
}

/**
 * How often a proof's targets count at a step. With schedule `wsd` this begins with the decay: before it a weight would delay the step at which
 * copying is learned, which the goal's text teaches as well (docs/log.md).
 *
 * @param options the run's schedule
 */
export function proofWeightAt(
  step: number,
  proofWeight: number,
  { schedule, warmupSteps, stableSteps }: ScheduleOptions,
): number {
  return schedule === "wsd" && step <= Math.max(warmupSteps, stableSteps) ? 1 : proofWeight;
}

/** What was measured to plan a run by the clock. Seconds. */
export interface Measured {
  /** One step. */
  readonly stepSeconds: number;
  /** One evaluation. */
  readonly evaluationSeconds: number;
  /** Writing one checkpoint. */
  readonly checkpointSeconds: number;
}

/** How many steps, with their evaluations and checkpoints, fit into the seconds that are left. */
export function stepsWithin(seconds: number, config: TrainConfig, measured: Measured): number {
  const cost = (steps: number): number => {
    const { evaluation, save } = intervals(config, steps);
    const evaluations = Math.ceil(steps / evaluation);
    const checkpoints = evaluations + Math.ceil(steps / save);
    return steps * measured.stepSeconds + evaluations * measured.evaluationSeconds +
      checkpoints * measured.checkpointSeconds;
  };
  let [low, high] = [1, Math.max(1, Math.floor(seconds / measured.stepSeconds))];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (cost(middle) <= seconds) low = middle;
    else high = middle - 1;
  }
  return low;
}
