// A training run as an async generator of events. It is a function of the seed, the data and the options: the
// number of workers, an interruption and a resumption leave no trace in its checkpoints. Here everything is
// opened and the number of steps is fixed; run.ts does the steps.
import { recordedBackend, recordedMultiplyAdd } from "../backend/choose.ts";
import type { Checkpoint } from "../checkpoint/mod.ts";
import type { TrainEvent } from "../metrics/mod.ts";
import { initialParameters } from "../model/parameters.ts";
import { DecayClock, planByTheClock } from "./clock.ts";
import { openEngine } from "./engine/mod.ts";
import { tellPlan } from "./estimate.ts";
import { checkHostMemory, checkMemory } from "./memory.ts";
import { stepsOfEpochs } from "./plan.ts";
import type { RunParts } from "./progress.ts";
import { Run } from "./run.ts";
import { SequenceStream } from "./sequence_stream.ts";
import { checkOptions, type TrainOptions } from "./train_options.ts";

/** What takes as long before a run begins is told. */
const TOLD_SECONDS = 1;

/**
 * Train a model, while it is iterated; leaving the loop ends the run without a further checkpoint.
 *
 * @returns events: `start` first (with `estimate` after `plan`), `done` last
 * @throws {RangeError} when an option is outside its range
 * @throws {UsageError} when the run does not fit into memory, or the tokenizer is not the model's
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
 * const tokenizer = tactics.trainTokenizer(texts, { vocabularySize: 300, alphabet: "bytes" });
 * const sizes = { vocabSize: 300, contextLength: 32, dModel: 16, nLayers: 1, nHeads: 2, dMlp: 32 };
 * const config = { ...tactics.DEFAULT_TRAIN_CONFIG, steps: 2, batchSize: 4 };
 *
 * const model = { ...tactics.DEFAULT_MODEL_CONFIG, ...sizes };
 * const data = tactics.prepareData(files, tokenizer, config);
 * const backend = await tactics.chooseBackend("auto");
 * const options = { model, train: config, data, tokenizer, checkpointDir: folder, backend, workers: 2 };
 * const steps: number[] = [];
 * for await (const event of tactics.train(options)) if (event.kind === "step") steps.push(event.step);
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
  const elapsed = (): number => (performance.now() - begun) / 1000;
  checkOptions(options);
  const { model, train: asked, data, tokenizer, resume, backend, workers } = options;
  const { availableBytes = Infinity, estimate = false } = options;
  if (backend.kind === "webgpu") checkHostMemory(model, availableBytes);
  else checkMemory(model, asked, workers, availableBytes);
  const { contextLength } = model;
  const { signal, progress } = options;
  const opened = performance.now();
  const counting = { contextLength, tokenizer, workers, signal, progress };
  const stream = await SequenceStream.open(data, { ...asked, ...counting });
  const openSeconds = (performance.now() - opened) / 1000;
  if (openSeconds >= TOLD_SECONDS) {
    const message = `counted the tokens of the first epoch in ${openSeconds.toFixed(1)} s`;
    yield { kind: "notice", level: "info", message };
  }
  // The engine comes last: what counting needs is free then.
  const parameters = resume?.parameters ?? options.initial ?? initialParameters(model, asked.seed);
  await using engine = await open({ ...options, parameters });
  if (resume !== undefined) await engine.load(resume);
  const parts: RunParts = { options, engine, stream, elapsed };
  const other = resume && otherArithmetic(resume, options);
  if (other) {
    const message = `${other} the run goes on with numbers that agree up to rounding, not with the same bits`;
    yield { kind: "notice", level: "warning", message };
  }
  const { minutes, epochs, batchSize, schedule, decayShare } = asked;
  if (minutes === null) {
    const steps = asked.steps ?? stepsOfEpochs(epochs, stream.sequencesPerEpoch, batchSize);
    if (estimate) yield* tellPlan(parts, { ...asked, steps }, null);
    return yield* new Run(parts, { ...asked, steps }, null).events();
  }
  yield { kind: "notice", level: "info", message: "measuring the time of a step" };
  const train = await planByTheClock(parts, { ...asked, steps: 1 }, minutes);
  if (estimate) yield* tellPlan(parts, train, minutes);
  const clock = schedule === "wsd" ? new DecayClock(60 * minutes, decayShare) : null;
  yield* new Run(parts, train, clock).events();
}

/** Why a run cannot go on with the bits that the checkpoint's would have; null when it can. */
function otherArithmetic({ backend, multiplyAdd }: Checkpoint, options: TrainOptions): string | null {
  const now = recordedBackend(options.backend);
  if (backend !== now) return `the checkpoint was computed with backend ${backend}: with ${now}`;
  const { multiplyAdd: here } = recordedMultiplyAdd(options.backend);
  if (multiplyAdd === undefined || multiplyAdd === here) return null;
  return `the checkpoint was computed on a machine with ${multiplyAdd} multiply-add, here it is ${here}:`;
}
