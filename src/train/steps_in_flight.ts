// Steps of an engine that are under way: done in the order in which they were asked for.
import type { Sequence } from "../model/batch.ts";
import type { Engine, EngineStep, StepOptions } from "./engine/engine.ts";

/** What a step has given. */
export interface FinishedStep extends EngineStep, StepOptions {
  /** Milliseconds since it was asked for, or since the one before it was done. */
  readonly ms: number;
}

export class StepsInFlight {
  readonly #engine: Engine;
  readonly #steps: (() => Promise<FinishedStep>)[] = [];
  #lastDone = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get count(): number {
    return this.#steps.length;
  }

  ask(sequences: readonly Sequence[], options: StepOptions): void {
    const started = performance.now();
    const result = this.#engine.step(sequences, options);
    result.catch(() => {}); // told when its turn comes, unless one before it fails
    this.#steps.push(async () => {
      const step = await result;
      const now = performance.now();
      const ms = now - Math.max(started, this.#lastDone);
      this.#lastDone = now;
      return { ...step, ...options, ms };
    });
  }

  /** Wait for the oldest. @throws what it failed with */
  next(): Promise<FinishedStep> {
    return this.#steps.shift()!();
  }
}
