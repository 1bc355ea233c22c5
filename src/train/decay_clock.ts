/**
 * When the decay of a run by the clock with schedule `wsd` begins: when the decay that is due after so many steps would take all of the time that is left. In the
 * decay the number of steps is mended where the run would miss its end. So a machine that has become slower, or faster, since the run was planned changes the
 * number of steps and not the run's time. What was decided last is in each checkpoint, and a run resumed from it keeps it.
 */

/** What changes about a run before a step. */
export interface ClockDecision {
  /** Last step at the peak learning rate; null: there are more to come. */
  readonly stableSteps: number | null;
  /** Steps of the whole run: before the decay a plan. */
  readonly steps: number;
}

/** Share of the steps, the latest ones, whose mean time is taken for that of those to come. */
const LATEST_SHARE = 0.25;
/** Steps are mended in the decay when the end would be missed by more than this share of the run's time: evaluations between steps alone make up half of it. */
const TOLERANCE = 0.01;

/** See the top of this file. Times in seconds since the run was called. */
export class DecayClock {
  readonly #end: number;
  readonly #decayShare: number;
  /** When each step of this run began: evaluations and checkpoints between them count as well. */
  readonly #starts: number[] = [];
  #stableSteps: number | null = null;

  /** @param end when the run is to end */
  constructor(end: number, decayShare: number) {
    this.#end = end;
    this.#decayShare = decayShare;
  }

  /**
   * To be called before every step.
   *
   * @param step steps done
   * @param steps of the whole run, as decided or planned last
   * @returns null when nothing changes
   */
  beforeStep(step: number, { now, steps }: { now: number; steps: number }): ClockDecision | null {
    this.#starts.push(now);
    const last = this.#starts.length - 1;
    const first = Math.floor((1 - LATEST_SHARE) * last);
    if (first === last) return null;
    const stepSeconds = (now - this.#starts[first]!) / (last - first);
    const secondsLeft = this.#end - now;
    const stepsThatFit = step + Math.max(1, Math.round(secondsLeft / stepSeconds));
    if (this.#stableSteps !== null) {
      const missedBy = (steps - step) * stepSeconds - secondsLeft;
      const isMissed = Math.abs(missedBy) > TOLERANCE * this.#end && stepsThatFit !== steps;
      return isMissed ? { stableSteps: this.#stableSteps, steps: stepsThatFit } : null;
    }
    const decaySteps = step * this.#decayShare / (1 - this.#decayShare);
    if (decaySteps * stepSeconds >= secondsLeft - stepSeconds) {
      this.#stableSteps = step;
      return { stableSteps: step, steps: stepsThatFit };
    }
    // So much faster than planned that the plan's end comes before the decay.
    return step + 1 < steps
      ? null
      : { stableSteps: null, steps: step + Math.ceil(secondsLeft / stepSeconds) };
  }
}
