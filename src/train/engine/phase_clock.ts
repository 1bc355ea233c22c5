// Where a worker's time goes in a step: in phases without a gap, so that they add up to the step.

/** Names of a step's phases, in order; `waiting` is for this rank's workers, `exchange` for other ranks. */
export const STEP_PHASES = [
  "gradients",
  "handOver",
  "reduce",
  "update",
  "pull",
  "waiting",
  "exchange",
] as const;
export type StepPhase = typeof STEP_PHASES[number];
/** Milliseconds of each phase of a step. */
export type StepTimes = Readonly<Record<StepPhase, number>>;

export class PhaseClock {
  readonly times = Object.fromEntries(STEP_PHASES.map((phase) => [phase, 0])) as Record<StepPhase, number>;
  #last = performance.now();

  /** What happened since the last call, or since the clock was made, was this phase. */
  end(phase: StepPhase): void {
    const now = performance.now();
    this.times[phase] += now - this.#last;
    this.#last = now;
  }
}
