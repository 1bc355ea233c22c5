/**
 * The steps of a run, with its evaluations and checkpoints, as events. Where the engine allows it, a few steps are under way while the next ones are prepared;
 * what reads the model (evaluations, samples, checkpoints) waits for all of them.
 */
import type { TrainConfig } from "../config.ts";
import type { CheckpointEvent, DoneEvent, TrainEvent } from "../metrics/mod.ts";
import { parameterTable } from "../model/parameters.ts";
import { learningRateAt } from "../optim/schedule.ts";
import { BEST_CHECKPOINT_NAME, checkpointFiles, checkpointName } from "../checkpoint/mod.ts";
import type { DecayClock } from "./decay_clock.ts";
import { Evaluations, sampleProof } from "./evaluations.ts";
import { type Intervals, intervals, proofWeightAt, schedule } from "./plan.ts";
import { divergence, type RunParts, saveProgress } from "./progress.ts";
import { type FinishedStep, StepsInFlight } from "./steps_in_flight.ts";

/** See the top of this file. */
export class Run {
  readonly #parts: RunParts;
  readonly #evaluations: Evaluations;
  readonly #inFlight: StepsInFlight;
  #train: TrainConfig & { steps: number };
  /** The last step asked for; those in flight are not done yet. */
  #step: number;
  #lastPath = "";
  /** Seconds of the steps of this run, evaluations left out. */
  #trainingSeconds = 0;
  #stepsDone = 0;
  /** Of a run by the clock; null: the steps are fixed. */
  readonly #clock: DecayClock | null;

  constructor(parts: RunParts, train: TrainConfig & { steps: number }, clock: DecayClock | null) {
    this.#parts = parts;
    this.#evaluations = new Evaluations(parts, train.evalTokens);
    this.#inFlight = new StepsInFlight(parts.engine);
    this.#train = train;
    this.#step = parts.options.resume?.step ?? 0;
    this.#clock = clock;
  }

  /** The run: `start` first, `done` last. */
  async *events(): AsyncGenerator<TrainEvent, void, void> {
    const { options: { data, model, resume }, engine, stream } = this.#parts;
    yield {
      kind: "start",
      step: this.#step,
      steps: this.#train.steps,
      parameters: parameterTable(model).size,
      architecture: model.architecture,
      options: { ...model, ...this.#train },
      trainDocuments: data.documents.length,
      validationDocuments: data.validation.length,
      trainTokens: stream.targetsPerEpoch,
      stepsPerEpoch: Math.ceil(stream.sequencesPerEpoch / this.#train.batchSize),
      workers: engine.workers,
      backend: engine.description,
      splitHash: data.splitHash,
    };
    if (resume === undefined) yield* this.#evaluate();
    yield* this.#loop();
  }

  async *#loop(): AsyncGenerator<TrainEvent, void, void> {
    const { options: { signal, resume, checkpointDir }, engine } = this.#parts;
    const { patience } = this.#train;
    const every = (): Intervals => intervals(this.#train, this.#train.steps);
    const isStopping = (): boolean => this.#evaluations.withoutGain >= patience;
    const reasonToSave = (): "end" | "interval" | null => {
      if (this.#step >= this.#train.steps || isStopping()) return "end";
      return this.#step % every().save === 0 ? "interval" : null;
    };
    // A run that was killed between the best checkpoint of a step and the step's own is resumed from the best one: the other is still due.
    const due = resume === undefined ? null : reasonToSave();
    if (due !== null && !(await checkpointFiles(checkpointDir)).includes(checkpointName(this.#step))) {
      yield await this.#save(checkpointName(this.#step), due);
    }
    while (this.#step < this.#train.steps && !isStopping()) {
      if (signal?.aborted) {
        yield* this.#stepsDown(0, every().log);
        yield await this.#save(checkpointName(this.#step), "interrupted");
        yield this.#done("interrupted");
        return;
      }
      yield* this.#watchTheClock();
      this.#startStep();
      const isEvaluated = this.#step === this.#train.steps || this.#step % every().evaluation === 0;
      const isRead = isEvaluated || reasonToSave() !== null;
      yield* this.#stepsDown(isRead ? 0 : engine.stepsInFlight - 1, every().log);
      if (isEvaluated) {
        yield* this.#evaluate();
        yield await sampleProof(engine, this.#parts.options, this.#step);
      }
      const reason = reasonToSave();
      if (reason !== null) yield await this.#save(checkpointName(this.#step), reason);
    }
    yield this.#done(this.#step >= this.#train.steps ? "finished" : "early-stopping");
  }

  /** Before a step of a run by the clock: begin the decay when it is time, and end it in time. The decision is part of the configuration, and so of checkpoints. */
  *#watchTheClock(): Generator<TrainEvent, void, void> {
    const planned = this.#train.steps;
    const decided = this.#clock?.beforeStep(this.#step, { now: this.#parts.elapsed(), steps: planned }) ??
      null;
    if (decided === null) return;
    const hasBegun = this.#train.stableSteps !== null;
    this.#train = { ...this.#train, ...decided };
    if (decided.stableSteps === null || hasBegun) return;
    const message = `the learning rate falls from step ${
      decided.stableSteps + 1
    } to the last, step ${decided.steps}`;
    yield { kind: "notice", level: "info", message: `${message} (planned: ${planned})` };
  }

  /** Ask for the next step. */
  #startStep(): void {
    const step = this.#step + 1;
    const { batchSize } = this.#train;
    const planned = schedule(this.#train, this.#train.steps);
    const isBeforeDecay = this.#clock !== null && this.#train.stableSteps === null;
    const options = { ...planned, stableSteps: isBeforeDecay ? Infinity : planned.stableSteps };
    const learningRate = learningRateAt(step, options);
    const proofWeight = proofWeightAt(step, this.#train.proofWeight, options);
    const sequences = this.#parts.stream.take(this.#step * batchSize, batchSize);
    this.#inFlight.ask(sequences, { step, learningRate, proofWeight, apply: true });
    this.#step = step;
  }

  /** Wait until so many steps are in flight, and tell of those that are done. */
  async *#stepsDown(count: number, logInterval: number): AsyncGenerator<TrainEvent, void, void> {
    while (this.#inFlight.count > count) yield this.#stepDone(await this.#inFlight.next(), logInterval);
  }

  #stepDone(finished: FinishedStep, logInterval: number): TrainEvent {
    const { steps } = this.#train;
    const { step, learningRate, loss, targets, gradientNorm, ms: stepMs } = finished;
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw divergence(`at step ${step}: loss ${loss}, gradient norm ${gradientNorm}`, this.#train);
    }
    this.#stepsDone++;
    this.#trainingSeconds += stepMs / 1000;
    return {
      kind: "step",
      step,
      steps,
      loss,
      learningRate,
      tokens: targets,
      tokensPerSecond: 1000 * targets / stepMs,
      stepMs,
      gradientNorm,
      elapsedSeconds: this.#parts.elapsed(),
      remainingSeconds: (steps - step) * this.#trainingSeconds / this.#stepsDone,
      log: step % logInterval === 0 || step === 1 || step === steps,
    };
  }

  async *#evaluate(): AsyncGenerator<TrainEvent, void, void> {
    const evaluation = await this.#evaluations.evaluate(this.#step, this.#train);
    yield evaluation;
    if (evaluation.best && this.#step > 0) yield await this.#save(BEST_CHECKPOINT_NAME, "best");
  }

  async #save(name: string, reason: CheckpointEvent["reason"]): Promise<CheckpointEvent> {
    const path = `${this.#parts.options.checkpointDir}/${name}`;
    const { best, withoutGain } = this.#evaluations;
    await saveProgress(path, this.#parts, {
      train: this.#train,
      step: this.#step,
      best,
      evaluationsWithoutGain: withoutGain,
    });
    this.#lastPath = path;
    return { kind: "checkpoint", step: this.#step, path, reason };
  }

  #done(reason: DoneEvent["reason"]): DoneEvent {
    const { best } = this.#evaluations;
    const hasBest = best !== null && best.step > 0;
    return {
      kind: "done",
      step: this.#step,
      steps: this.#train.steps,
      reason,
      bestStep: best?.step ?? 0,
      bestBitsPerByte: best?.bitsPerByte ?? null,
      path: hasBest ? `${this.#parts.options.checkpointDir}/${BEST_CHECKPOINT_NAME}` : this.#lastPath,
      elapsedSeconds: this.#parts.elapsed(),
    };
  }
}
