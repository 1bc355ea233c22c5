// The steps of a run, with its evaluations and checkpoints, as events. Where the engine allows it, a few
// steps are under way while the next ones are prepared; what reads the model (evaluations, samples,
// checkpoints) waits for all of them.
import { BEST_CHECKPOINT_NAME, checkpointFiles, checkpointName } from "../checkpoint/mod.ts";
import type { BestEvaluation } from "../checkpoint/mod.ts";
import { evaluationSubset, type ScoredDocument, scoreDocuments } from "../evaluate/bits_per_byte.ts";
import type { CheckpointEvent, DoneEvent, StepEvent, TrainEvent } from "../metrics/mod.ts";
import { flopsPerToken, parameterTable } from "../model/parameters.ts";
import { learningRateAt } from "../optim/mod.ts";
import type { DecayClock } from "./clock.ts";
import { intervals, isMeeting, type PlannedConfig, proofWeightAt, schedule } from "./plan.ts";
import { DeviceError, type DivergenceError, UsageError } from "../errors.ts";
import { divergence, type RunParts, saveProgress } from "./progress.ts";
import { sampleProof } from "./sample_proof.ts";
import { type FinishedStep, StepsInFlight } from "./steps_in_flight.ts";

export class Run {
  readonly #parts: RunParts;
  /** The same validation proofs in each evaluation. */
  readonly #scored: readonly ScoredDocument[];
  readonly #inFlight: StepsInFlight;
  /** Of a run by the clock; null: the steps are fixed. */
  readonly #clock: DecayClock | null;
  #train: PlannedConfig;
  /** The last step asked for; those in flight are not done yet. */
  #step: number;
  #best: BestEvaluation | null;
  #evaluationsWithoutGain: number;
  /** The run's newest checkpoint, for what it tells; "": there is none. */
  #lastPath = "";
  /** Whether best.safetensors is in the folder: not where a run branched off after it. */
  #hasBestFile = false;
  /** The evaluation after the last step was begun, and has not ended. */
  #evaluationDue = false;
  /** Seconds of the steps of this run, evaluations left out. */
  #trainingSeconds = 0;
  #stepsDone = 0;
  /** Of the steps of this run, by all ranks. */
  #sentBytes = 0;
  /** The step that this run goes on from: after it, all ranks have the same state. */
  readonly #begun: number;
  /** Asked to stop, and on the way to the ranks' next meeting. */
  #isStopping = false;

  constructor(parts: RunParts, train: PlannedConfig, clock: DecayClock | null) {
    const { data, resume } = parts.options;
    this.#parts = parts;
    this.#scored = evaluationSubset(data.validation, train.evalTokens);
    this.#inFlight = new StepsInFlight(parts.engine);
    this.#clock = clock;
    this.#train = train;
    this.#step = this.#begun = resume?.step ?? 0;
    this.#best = resume?.best ?? null;
    this.#evaluationsWithoutGain = resume?.evaluationsWithoutGain ?? 0;
  }

  async *events(): AsyncGenerator<TrainEvent, void, void> {
    const { options: { data, model }, engine, stream } = this.#parts;
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
      flopsPerToken: flopsPerToken(model),
      peakGigaflops: engine.peakGigaflops,
      splitHash: data.splitHash,
    };
    try {
      yield* this.#untilInterrupted();
    } catch (error) {
      throw this.#lost(error);
    }
  }

  async *#untilInterrupted(): AsyncGenerator<TrainEvent, void, void> {
    const { resume, signal } = this.#parts.options;
    try {
      if (resume === undefined || resume.evaluationDue) yield* this.#evaluate();
      yield* this.#loop();
    } catch (error) {
      if (!signal?.aborted || error !== signal.reason) throw error;
      // After Ctrl-C: the steps under way are finished, and a checkpoint is left to go on from.
      yield* this.#finishSteps(0);
      yield await this.#save(checkpointName(this.#step), "interrupted");
      yield this.#done("interrupted");
    }
  }

  /** What ended the run, with what is left of it; expected errors say that themselves. */
  #lost(error: unknown): unknown {
    const isLoss = error instanceof DeviceError;
    if (!(error instanceof Error) || error instanceof DOMException) return error;
    if (error instanceof UsageError && !isLoss) return error;
    const path = this.#lastPath;
    const last = path === "" ? "nothing was saved yet" : `the last checkpoint is ${path}`;
    const message = `${error.message} (step ${this.#step}); ${last}`;
    if (!isLoss) return Object.assign(error, { message });
    const hint = (error.hint ?? "") + (path === "" ? "" : " `tactics resume` goes on from there.");
    return new DeviceError(message, { cause: error, ...(hint === "" ? {} : { hint: hint.trim() }) });
  }

  async *#loop(): AsyncGenerator<TrainEvent, void, void> {
    const { options: { signal, resume, checkpointDir, saveCheckpoint }, engine } = this.#parts;
    // A run killed after the best checkpoint of a step goes on from it: the step's own may still be due; and
    // that of a run interrupted in an evaluation does not know its result.
    const due = resume === undefined ? null : this.#reasonToSave();
    const name = checkpointName(this.#step);
    const hasFiles = resume !== undefined && saveCheckpoint === undefined;
    const found = hasFiles ? await checkpointFiles(checkpointDir) : [];
    this.#hasBestFile ||= saveCheckpoint !== undefined || found.includes(BEST_CHECKPOINT_NAME);
    const last = [name, BEST_CHECKPOINT_NAME].find((name) => found.includes(name));
    if (last !== undefined) this.#lastPath = `${checkpointDir}/${last}`;
    if (due !== null && (resume?.evaluationDue || last !== name)) yield await this.#save(name, due);
    while (this.#step < this.#train.steps && !this.#hasStoppedGaining) {
      if (signal?.aborted) yield* this.#stop(signal);
      yield* this.#watchTheClock();
      await this.#startStep();
      const { steps } = this.#train;
      const isEvaluated = this.#step === steps || this.#step % intervals(this.#train).evaluation === 0;
      const isRead = isEvaluated || this.#reasonToSave() !== null;
      yield* this.#finishSteps(isRead ? 0 : engine.stepsInFlight - 1);
      if (isEvaluated) yield* this.#evaluate();
      const reason = this.#reasonToSave();
      if (reason !== null) yield await this.#save(checkpointName(this.#step), reason);
    }
    yield this.#done(this.#step >= this.#train.steps ? "finished" : "early-stopping");
  }

  /** @throws the signal's reason, where the ranks have met: else what was learned since is with each of them */
  *#stop(signal: AbortSignal): Generator<TrainEvent, void, void> {
    if (this.#mayStop) throw signal.reason;
    if (this.#isStopping) return;
    this.#isStopping = true;
    const { syncEvery, steps } = this.#train;
    const end = Math.min(steps, Math.ceil(this.#step / syncEvery!) * syncEvery!);
    const message = `the ranks are on their own: stopping after step ${end}, where they meet`;
    yield { kind: "notice", level: "info", message };
  }

  get #mayStop(): boolean {
    return isMeeting(this.#step, this.#train) || this.#step === this.#begun;
  }

  get #hasStoppedGaining(): boolean {
    return this.#evaluationsWithoutGain >= this.#train.patience;
  }

  #reasonToSave(): "end" | "interval" | null {
    if (this.#step >= this.#train.steps || this.#hasStoppedGaining) return "end";
    return this.#step % intervals(this.#train).save === 0 ? "interval" : null;
  }

  /** Before a step of a run by the clock: begin the decay when it is time, and end it in time. */
  *#watchTheClock(): Generator<TrainEvent, void, void> {
    const planned = this.#train.steps;
    const decided = this.#clock?.beforeStep(this.#step, { now: this.#parts.elapsed(), steps: planned });
    if (!decided) return;
    const hasBegun = this.#train.stableSteps !== null;
    this.#train = { ...this.#train, ...decided };
    if (decided.stableSteps === null || hasBegun) return;
    const message = `the learning rate falls from step ${decided.stableSteps + 1} to the last, step ` +
      `${decided.steps} (planned: ${planned})`;
    yield { kind: "notice", level: "info", message };
  }

  async #startStep(): Promise<void> {
    const step = this.#step + 1;
    const { batchSize, proofWeight } = this.#train;
    const planned = schedule(this.#train);
    const isBeforeDecay = this.#clock !== null && this.#train.stableSteps === null;
    const options = isBeforeDecay ? { ...planned, stableSteps: Infinity } : planned;
    const { stream, options: { signal } } = this.#parts;
    const interrupting = this.#mayStop ? signal : undefined;
    this.#inFlight.ask(await stream.take(this.#step * batchSize, batchSize, interrupting), {
      step,
      learningRate: learningRateAt(step, options),
      proofWeight: proofWeightAt(step, proofWeight, options),
      apply: true,
      meet: isMeeting(step, this.#train),
    });
    this.#step = step;
  }

  /** Wait until only so many steps are in flight, and tell of those that are done. */
  async *#finishSteps(count: number): AsyncGenerator<TrainEvent, void, void> {
    while (this.#inFlight.count > count) yield this.#stepDone(await this.#inFlight.next());
  }

  #stepDone(finished: FinishedStep): StepEvent {
    const { step, learningRate, loss, targets, gradientNorm, ms, sentBytes } = finished;
    const { steps } = this.#train;
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw this.#divergence(`at step ${step}: loss ${loss}, gradient norm ${gradientNorm}`);
    }
    this.#stepsDone++;
    this.#trainingSeconds += ms / 1000;
    this.#sentBytes += sentBytes ?? 0;
    return {
      kind: "step",
      step,
      steps,
      loss,
      learningRate,
      tokens: targets,
      tokensPerSecond: 1000 * targets / ms,
      stepMs: ms,
      gradientNorm,
      ...sentBytes !== undefined && { sentBytes, meanSentBytes: this.#sentBytes / this.#stepsDone },
      elapsedSeconds: this.#parts.elapsed(),
      remainingSeconds: (steps - step) * this.#trainingSeconds / this.#stepsDone,
      log: step % intervals(this.#train).log === 0 || step === 1 || step === steps,
    };
  }

  #divergence(where: string): DivergenceError {
    return divergence(where, { train: this.#train, lastPath: this.#lastPath });
  }

  /** Score the validation proofs, keep the model where it is the best so far, and let it write. */
  async *#evaluate(): AsyncGenerator<TrainEvent, void, void> {
    const { options, engine, elapsed } = this.#parts;
    const { data, model: { contextLength }, signal } = options;
    const step = this.#step;
    this.#evaluationDue = true;
    const score = await scoreDocuments(engine, this.#scored, { contextLength, signal });
    const { loss, bitsPerByte, sections } = score;
    this.#evaluationDue = false;
    if (!Number.isFinite(loss)) throw this.#divergence(`in the evaluation after step ${step}: loss ${loss}`);
    const best = this.#best === null || bitsPerByte < this.#best.bitsPerByte;
    if (best) this.#best = { step, loss, bitsPerByte };
    this.#evaluationsWithoutGain = best ? 0 : this.#evaluationsWithoutGain + 1;
    const counts = { documents: this.#scored.length, validationDocuments: data.validation.length };
    yield {
      kind: "evaluation",
      step,
      loss,
      bitsPerByte,
      sections,
      best,
      ...counts,
      elapsedSeconds: elapsed(),
    };
    if (best && step > 0) yield await this.#save(BEST_CHECKPOINT_NAME, "best");
    if (step > 0 && !signal?.aborted) yield await sampleProof(engine, options, step);
  }

  async #save(name: string, reason: CheckpointEvent["reason"]): Promise<CheckpointEvent> {
    const path = `${this.#parts.options.checkpointDir}/${name}`;
    await saveProgress(path, this.#parts, {
      train: this.#train,
      step: this.#step,
      best: this.#best,
      evaluationsWithoutGain: this.#evaluationsWithoutGain,
      evaluationDue: this.#evaluationDue,
      lastPath: this.#lastPath,
    });
    this.#lastPath = path;
    this.#hasBestFile ||= name === BEST_CHECKPOINT_NAME;
    return { kind: "checkpoint", step: this.#step, path, reason };
  }

  #done(reason: DoneEvent["reason"]): DoneEvent {
    const { options: { checkpointDir }, elapsed } = this.#parts;
    const [step, { steps }] = [this.#step, this.#train];
    const best = { bestStep: this.#best?.step ?? 0, bestBitsPerByte: this.#best?.bitsPerByte ?? null };
    const hasBest = best.bestStep > 0 && this.#hasBestFile;
    const path = hasBest ? `${checkpointDir}/${BEST_CHECKPOINT_NAME}` : this.#lastPath;
    return { kind: "done", step, steps, reason, ...best, path, elapsedSeconds: elapsed() };
  }
}
