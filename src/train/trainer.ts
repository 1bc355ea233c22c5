/**
 * A training run as an async generator of events. The run is a function of the seed, the data and the options: the number of workers, an
 * interruption and a resumption leave no trace in its checkpoints. Where the engine allows it, a few steps are under way while the next ones are prepared;
 * what reads the model (evaluations, samples, checkpoints) waits for all of them. One class, long as it is: everything here reads and moves one state.
 */
import type { TrainConfig } from "../config.ts";
import { DivergenceError } from "../errors.ts";
import { evaluationSubset, type ScoredDocument, scoreDocuments } from "../evaluate/bits_per_byte.ts";
import type { DoneEvent, EvaluationEvent, TrainEvent } from "../metrics/events.ts";
import { initialParameters, parameterTable } from "../model/parameters.ts";
import { learningRateAt } from "../optim/schedule.ts";
import {
  BEST_CHECKPOINT_NAME,
  type BestEvaluation,
  type Checkpoint,
  checkpointFiles,
  checkpointName,
  DEFAULT_BACKEND,
  saveCheckpoint,
} from "../checkpoint/mod.ts";
import { checkOptions, checkResume } from "./check_run.ts";
import { DecayClock } from "./decay_clock.ts";
import { SequenceStream } from "./documents.ts";
import type { Engine, EngineState } from "./engine/engine.ts";
import { openEngine } from "./engine/open_engine.ts";
import { type Intervals, intervals, schedule, stepsOfEpochs, stepsWithin } from "./plan.ts";
import { type FinishedStep, StepsInFlight } from "./steps_in_flight.ts";
import type { TrainOptions } from "./train_options.ts";

/** Tokens that a sample at an evaluation has at most. */
const SAMPLE_TOKENS = 96;
/**
 * To plan a run by the clock, at least so many steps and this share of the time are measured and thrown away. The second half counts: code
 * that has just been loaded is slow.
 */
const MEASURED_STEPS = 3;
const MEASURED_SHARE = 0.02;
/** Evaluations take at most this share of a run by the clock. */
const EVALUATION_SHARE = 0.1;

/**
 * Train a model. The generator works while it is iterated; leaving the loop ends the run without a further checkpoint.
 *
 * @param options model, data, and where the checkpoints go
 * @returns events: `start` first, `done` last
 * @throws {RangeError} when an option is outside its range
 * @throws {UsageError} when the run does not fit into memory, or the tokenizer's vocabulary is not the model's
 * @throws {CheckpointError} when the checkpoint to resume is of another tokenizer, split or model
 * @throws {DivergenceError} when the loss or a gradient is no longer finite; the last checkpoints stay
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as tactics from "../../mod.ts";
 *
 * const folder = await Deno.makeTempDir();
 * await tactics.writeSampleCorpus(`${folder}/proofs`, { files: 50 });
 * const { files } = await tactics.readProofs(`${folder}/proofs`);
 * const texts = files.map((file) => file.text);
 * const tokenizer = tactics.trainTokenizer(texts, { vocabularySize: 300, alphabet: "bytes", preTokenizer: "gpt2" });
 * const sizes = { vocabSize: 300, contextLength: 32, dModel: 16, nLayers: 1, nHeads: 2, dMlp: 32 };
 * const config = { ...tactics.DEFAULT_TRAIN_CONFIG, steps: 2, batchSize: 4 };
 *
 * const run = tactics.train({
 *   model: { ...tactics.DEFAULT_MODEL_CONFIG, ...sizes },
 *   train: config,
 *   data: tactics.prepareData(files, tokenizer, config),
 *   tokenizer,
 *   checkpointDir: folder,
 *   backend: await tactics.chooseBackend("auto"),
 *   workers: 2,
 * });
 * const steps: number[] = [];
 * for await (const event of run) if (event.kind === "step") steps.push(event.step);
 * assertEquals(steps, [1, 2]);
 * assertEquals((await tactics.loadCheckpoint(await tactics.newestCheckpoint(folder))).step, 2);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function train(options: TrainOptions): AsyncGenerator<TrainEvent, void, void> {
  return trainWith(openEngine, options);
}

/** {@linkcode train}, with another way to open the engine. */
export async function* trainWith(
  open: typeof openEngine,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void, void> {
  const begun = performance.now();
  checkOptions(options);
  const tokenizerSha256 = await options.tokenizer.sha256();
  if (options.resume !== undefined) checkResume(options, options.resume, tokenizerSha256);
  const started = options.resume === undefined ? null : stateOf(options.resume);
  await using engine = await open({
    ...options,
    parameters: started?.parameters ?? initialParameters(options.model, options.train.seed),
  });
  if (started !== null) await engine.load(started);
  const run = new Run(options, engine, tokenizerSha256, begun);
  yield* run.events();
}

/** What a checkpoint says of the state of an engine. */
function stateOf({ parameters, optimizerParameters, m, v }: Checkpoint): EngineState {
  return { parameters: optimizerParameters ?? parameters, average: parameters, m, v };
}

/** A loop, because `every` takes 160 ms for 6 million numbers. */
function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return false;
  return true;
}

class Run {
  readonly #options: TrainOptions;
  readonly #engine: Engine;
  readonly #tokenizerSha256: string;
  readonly #begun: number;
  readonly #stream: SequenceStream;
  #train: TrainConfig & { steps: number };
  #scored: ScoredDocument[] = [];
  /** The last step asked for; those in flight are not done yet. */
  #step: number;
  readonly #inFlight: StepsInFlight;
  #best: BestEvaluation | null;
  #evaluationsWithoutGain: number;
  #lastPath = "";
  /** Seconds of the steps of this run, evaluations left out. */
  #trainingSeconds = 0;
  #stepsDone = 0;
  /** Of a run by the clock whose decay has not begun; null: the steps are fixed. */
  #clock: DecayClock | null = null;

  constructor(options: TrainOptions, engine: Engine, tokenizerSha256: string, begun: number) {
    const { data, train, model, resume } = options;
    this.#options = options;
    this.#engine = engine;
    this.#inFlight = new StepsInFlight(engine);
    this.#tokenizerSha256 = tokenizerSha256;
    this.#begun = begun;
    this.#stream = new SequenceStream(data.documents, {
      ...train,
      contextLength: model.contextLength,
      tokenizer: options.tokenizer,
    });
    const { sequencesPerEpoch } = this.#stream;
    const steps = train.steps ?? stepsOfEpochs(train.epochs, sequencesPerEpoch, train.batchSize);
    this.#train = { ...train, steps };
    this.#step = resume?.step ?? 0;
    this.#best = resume?.best ?? null;
    this.#evaluationsWithoutGain = resume?.evaluationsWithoutGain ?? 0;
  }

  async *events(): AsyncGenerator<TrainEvent, void, void> {
    const { data, model, train, resume } = this.#options;
    const recorded = resume?.backend ?? DEFAULT_BACKEND;
    if (resume !== undefined && recorded !== this.#options.backend.kind) {
      const message =
        `the checkpoint was computed with backend ${recorded}: with ${this.#options.backend.kind} the run goes on with ` +
        "numbers that agree up to rounding, not with the same bits";
      yield { kind: "notice", level: "warning", message };
    }
    if (train.minutes !== null) {
      yield { kind: "notice", level: "info", message: "measuring the time of a step" };
      await this.#planByTheClock(train.minutes);
    }
    this.#scored = evaluationSubset(data.validation, this.#train.evalTokens);
    yield {
      kind: "start",
      step: this.#step,
      steps: this.#train.steps,
      parameters: parameterTable(model).size,
      architecture: model.architecture,
      options: { ...model, ...this.#train },
      trainDocuments: data.documents.length,
      validationDocuments: data.validation.length,
      trainTokens: this.#stream.targetsPerEpoch,
      stepsPerEpoch: Math.ceil(this.#stream.sequencesPerEpoch / this.#train.batchSize),
      workers: this.#engine.workers,
      backend: this.#engine.description,
      splitHash: data.splitHash,
    };
    if (resume === undefined && this.#best === null) yield* this.#evaluate();
    yield* this.#loop();
  }

  async *#loop(): AsyncGenerator<TrainEvent, void, void> {
    const { signal, resume } = this.#options;
    const { patience } = this.#train;
    const every = (): Intervals => intervals(this.#train, this.#train.steps);
    const isStopping = (): boolean => this.#evaluationsWithoutGain >= patience;
    const reasonToSave = (): "end" | "interval" | null => {
      if (this.#step >= this.#train.steps || isStopping()) return "end";
      return this.#step % every().save === 0 ? "interval" : null;
    };
    // A run that was killed between the best checkpoint of a step and the step's own is resumed from the best one: the other is still due.
    const due = resume === undefined ? null : reasonToSave();
    if (
      due !== null &&
      !(await checkpointFiles(this.#options.checkpointDir)).includes(checkpointName(this.#step))
    ) {
      yield* this.#save(checkpointName(this.#step), due);
    }
    while (this.#step < this.#train.steps && !isStopping()) {
      if (signal?.aborted) {
        yield* this.#stepsDown(0, every().log);
        yield* this.#save(checkpointName(this.#step), "interrupted");
        yield this.#done("interrupted");
        return;
      }
      yield* this.#watchTheClock();
      this.#startStep();
      const isEvaluated = this.#step === this.#train.steps || this.#step % every().evaluation === 0;
      const isRead = isEvaluated || reasonToSave() !== null;
      yield* this.#stepsDown(isRead ? 0 : this.#engine.stepsInFlight - 1, every().log);
      if (isEvaluated) {
        yield* this.#evaluate();
        yield await this.#sample();
      }
      const reason = reasonToSave();
      if (reason !== null) yield* this.#save(checkpointName(this.#step), reason);
    }
    yield this.#done(this.#step >= this.#train.steps ? "finished" : "early-stopping");
  }

  /** Before a step of a run by the clock: begin the decay when it is time. The decision is part of the configuration, and so of checkpoints. */
  *#watchTheClock(): Generator<TrainEvent, void, void> {
    const planned = this.#train.steps;
    const decided = this.#clock?.beforeStep(this.#step, { now: this.#elapsed(), steps: planned }) ?? null;
    if (decided === null) return;
    this.#train = { ...this.#train, ...decided };
    if (decided.stableSteps === null) return;
    this.#clock = null;
    const message = `the learning rate falls from step ${
      decided.stableSteps + 1
    } to the last, step ${decided.steps}`;
    yield { kind: "notice", level: "info", message: `${message} (planned: ${planned})` };
  }

  /** Ask for the next step. */
  #startStep(): void {
    const step = this.#step + 1;
    const { batchSize } = this.#train;
    const { stableSteps, ...rest } = schedule(this.#train, this.#train.steps);
    const learningRate = learningRateAt(step, {
      ...rest,
      stableSteps: this.#clock === null ? stableSteps : Infinity,
    });
    const sequences = this.#stream.take(this.#step * batchSize, batchSize);
    this.#inFlight.ask(sequences, { step, learningRate, apply: true });
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
      throw this.#divergence(`at step ${step}: loss ${loss}, gradient norm ${gradientNorm}`);
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
      elapsedSeconds: this.#elapsed(),
      remainingSeconds: (steps - step) * this.#trainingSeconds / this.#stepsDone,
      log: step % logInterval === 0 || step === 1 || step === steps,
    };
  }

  async *#evaluate(): AsyncGenerator<TrainEvent, void, void> {
    const { model, data } = this.#options;
    const { loss, bitsPerByte } = await scoreDocuments(this.#engine, this.#scored, model.contextLength);
    if (!Number.isFinite(loss)) {
      throw this.#divergence(`in the evaluation after step ${this.#step}: loss ${loss}`);
    }
    const best = this.#best === null || bitsPerByte < this.#best.bitsPerByte;
    if (best) {
      this.#best = { step: this.#step, loss, bitsPerByte };
      this.#evaluationsWithoutGain = 0;
    } else {
      this.#evaluationsWithoutGain++;
    }
    const event: EvaluationEvent = {
      kind: "evaluation",
      step: this.#step,
      loss,
      bitsPerByte,
      best,
      documents: this.#scored.length,
      validationDocuments: data.validation.length,
      elapsedSeconds: this.#elapsed(),
    };
    yield event;
    if (best && this.#step > 0) yield* this.#save(BEST_CHECKPOINT_NAME, "best");
  }

  async #sample(): Promise<TrainEvent> {
    const { tokenizer, data, model } = this.#options;
    const text = data.validationTexts[this.#step % data.validationTexts.length]!;
    const proof = text.indexOf("\n@P\n");
    const prompt = proof < 0 ? text.slice(0, Math.ceil(text.length / 2)) : text.slice(0, proof + 4);
    const room = Math.max(1, model.contextLength - SAMPLE_TOKENS);
    const tokens = await this.#engine.generate(tokenizer.encode(prompt).slice(-room), {
      temperature: 0.8,
      topP: 0.9,
      seed: this.#step,
      maxTokens: SAMPLE_TOKENS,
    });
    return { kind: "sample", step: this.#step, prompt, text: tokenizer.decode(tokens) };
  }

  async *#save(
    name: string,
    reason: "best" | "interval" | "end" | "interrupted",
  ): AsyncGenerator<TrainEvent, void, void> {
    const path = `${this.#options.checkpointDir}/${name}`;
    await this.#saveTo(path);
    this.#lastPath = path;
    yield { kind: "checkpoint", step: this.#step, path, reason };
  }

  async #saveTo(path: string): Promise<void> {
    const { parameters, average, m, v } = await this.#engine.state();
    if (!areFinite(parameters)) {
      throw this.#divergence(`with the update of step ${this.#step}: a parameter is not finite`);
    }
    const save = this.#options.saveCheckpoint ?? saveCheckpoint;
    await save(path, {
      model: this.#options.model,
      train: this.#train,
      step: this.#step,
      parameters: average ?? parameters,
      ...(average === null ? {} : { optimizerParameters: parameters }),
      m,
      v,
      tokenizerSha256: this.#tokenizerSha256,
      splitHash: this.#options.data.splitHash,
      best: this.#best,
      evaluationsWithoutGain: this.#evaluationsWithoutGain,
      backend: this.#options.backend.kind,
    });
  }

  #divergence(where: string): DivergenceError {
    return new DivergenceError(`Training left the range of finite numbers ${where}`, {
      hint:
        `Use a smaller --learning-rate (now ${this.#train.learningRate}); the last checkpoint is unharmed.`,
    });
  }

  #done(reason: DoneEvent["reason"]): DoneEvent {
    const hasBest = this.#best !== null && this.#best.step > 0;
    return {
      kind: "done",
      step: this.#step,
      steps: this.#train.steps,
      reason,
      bestStep: this.#best?.step ?? 0,
      bestBitsPerByte: this.#best?.bitsPerByte ?? null,
      path: hasBest ? `${this.#options.checkpointDir}/${BEST_CHECKPOINT_NAME}` : this.#lastPath,
      elapsedSeconds: this.#elapsed(),
    };
  }

  /** Measure steps, an evaluation with its sample and a checkpoint without changing anything, then fix the number of steps. */
  async #planByTheClock(minutes: number): Promise<void> {
    const { batchSize } = this.#train;
    const { data, model, checkpointDir } = this.#options;
    const timed = async (work: () => Promise<unknown>): Promise<number> => {
      const started = performance.now();
      await work();
      return (performance.now() - started) / 1000;
    };
    const times: number[] = [];
    const measured = new StepsInFlight(this.#engine);
    const enough = this.#elapsed() + MEASURED_SHARE * 60 * minutes;
    for (let asked = this.#step; times.length < MEASURED_STEPS || this.#elapsed() < enough; asked++) {
      const batch = this.#stream.take(asked * batchSize, batchSize);
      measured.ask(batch, { step: 1, learningRate: 0, apply: true });
      if (measured.isFull) times.push((await measured.next()).ms / 1000);
    }
    while (measured.count > 0) await measured.next();
    await this.#forgetMeasuredSteps();
    const counted = times.slice(Math.floor(times.length / 2));
    const stepSeconds = counted.reduce((sum, time) => sum + time, 0) / counted.length;
    const probe = evaluationSubset(data.validation, Math.min(4096, this.#train.evalTokens ?? Infinity));
    const probeTokens = probe.reduce((sum, { tokens }) => sum + tokens.length, 0);
    const probeSeconds = await timed(() => scoreDocuments(this.#engine, probe, model.contextLength));
    const checkpointSeconds = await timed(async () => {
      const path = `${checkpointDir}/measured.safetensors`;
      await this.#saveTo(path);
      if (this.#options.saveCheckpoint === undefined) await Deno.remove(path);
    });
    await this.#sample(); // the first one finds code that has just been loaded
    const sampleSeconds = await timed(() => this.#sample());
    const left = 60 * minutes - this.#elapsed();
    const evaluations = 11;
    const affordable = Math.floor(EVALUATION_SHARE * left / evaluations * probeTokens / probeSeconds);
    const evalTokens = Math.max(1, Math.min(this.#train.evalTokens ?? Infinity, affordable));
    const evaluationSeconds = sampleSeconds + probeSeconds * evalTokens / probeTokens;
    const costs = { stepSeconds, checkpointSeconds, evaluationSeconds };
    const steps = this.#step + stepsWithin(left - evaluationSeconds, this.#train, costs);
    this.#train = { ...this.#train, minutes: null, evalTokens, steps };
    const { schedule, decayShare } = this.#train;
    if (schedule === "wsd") this.#clock = new DecayClock(60 * minutes, decayShare);
  }

  /** With a learning rate of 0 the parameters are what they were, but not what optimizer and average remember. */
  async #forgetMeasuredSteps(): Promise<void> {
    const { resume } = this.#options;
    if (resume !== undefined) return await this.#engine.load(stateOf(resume));
    const { parameters } = await this.#engine.state();
    const zeros = new Float32Array(parameters.length);
    await this.#engine.load({ parameters, average: parameters, m: zeros, v: zeros });
  }

  #elapsed(): number {
    return (performance.now() - this.#begun) / 1000;
  }
}
