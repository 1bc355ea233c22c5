// A run by the clock. Before it begins, some steps, an evaluation with its sample and a checkpoint are done
// and timed, and leave nothing behind in the run: they say how many steps fit. With schedule `wsd` this is a
// plan, which the clock corrects on the way: a machine that has become slower, or faster, changes the number
// of steps and not the run's time. What was decided last is in each checkpoint, and a run resumed from it
// keeps it.
import { evaluationSubset, scoreDocuments } from "../evaluate/bits_per_byte.ts";
import { intervals, MOST_STEPS, type PlannedConfig } from "./plan.ts";
import { type RunParts, saveProgress } from "./progress.ts";
import { sampleProof } from "./sample_proof.ts";
import { StepsInFlight } from "./steps_in_flight.ts";

/**
 * At least so many steps and this share of the time, at most so many seconds, are measured. The second half
 * counts: code that has just been loaded is slow.
 */
const MEASURED_STEPS = 3;
const MEASURED_SHARE = 0.02;
const MEASURED_SECONDS = 30;
/** Evaluations take at most this share of the time. */
const EVALUATION_SHARE = 0.05;
/** Evaluations of a run of usual length: ten, and one at its start. */
const EVALUATIONS = 11;
/** The smallest batch that more steps are made with. */
const SMALLEST_BATCH = 4;
/** Tokens of the evaluation that is timed, at most. */
const PROBE_TOKENS = 4096;
/** Share of the steps, the latest ones, whose mean time is taken for that of those to come. */
const LATEST_SHARE = 0.25;
/**
 * Steps are mended in the decay when the end would be missed by more of the run's time: evaluations alone
 * make up half of it.
 */
const TOLERANCE = 0.01;

/**
 * The run's options with the number of steps, and of tokens that evaluations score, that fit into so many
 * minutes since the run was called. The signal's reason is thrown within a step. Where fewer steps fit than the run shall have, the batch is halved, and
 * timed again.
 */
export async function planByTheClock(
  parts: RunParts,
  train: PlannedConfig,
  minutes: number,
): Promise<PlannedConfig> {
  const { options, engine, elapsed } = parts;
  const { data, model: { contextLength }, resume, signal } = options;
  const end = 60 * minutes;
  const step = resume?.step ?? 0;
  let { batchSize } = train;
  const measuredSeconds = Math.min(MEASURED_SECONDS, MEASURED_SHARE * end);
  let stepSeconds = await timeSteps(parts, batchSize, measuredSeconds);
  const timeLeft = (): number => Math.max(0, end - elapsed());
  while (
    step === 0 && batchSize >= 2 * SMALLEST_BATCH && timeLeft() < train.fewestSteps * stepSeconds
  ) {
    batchSize = Math.floor(batchSize / 2);
    stepSeconds = await timeSteps(parts, batchSize, measuredSeconds / 2);
  }
  await forgetMeasuredSteps(parts);
  const mostTokens = train.evalTokens ?? Infinity;
  const probe = evaluationSubset(data.validation, Math.min(PROBE_TOKENS, mostTokens));
  const probeTokens = probe.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const probeSeconds = await timed(() => scoreDocuments(engine, probe, { contextLength, signal }));
  signal?.throwIfAborted();
  const checkpointSeconds = await timed(() => saveAndRemove(parts, train));
  signal?.throwIfAborted();
  await sampleProof(engine, options, step); // the first one finds code that has just been loaded
  const sampleSeconds = await timed(() => sampleProof(engine, options, step));
  const left = end - elapsed();
  const affordable = Math.floor(EVALUATION_SHARE * left / EVALUATIONS * probeTokens / probeSeconds);
  const evalTokens = Math.max(1, Math.min(mostTokens, affordable));
  const evaluationSeconds = sampleSeconds + probeSeconds * evalTokens / probeTokens;
  const measured = { stepSeconds, checkpointSeconds, evaluationSeconds };
  const steps = Math.min(MOST_STEPS, step + stepsWithin(left - evaluationSeconds, train, measured));
  return { ...train, minutes: null, batchSize, evalTokens, steps };
}

/** Seconds of a step of so many sequences, measured for so many seconds. */
async function timeSteps(
  { options, engine, stream, elapsed }: RunParts,
  batchSize: number,
  seconds: number,
): Promise<number> {
  const enough = elapsed() + seconds;
  const times: number[] = [];
  const measured = new StepsInFlight(engine);
  for (let step = options.resume?.step ?? 0; times.length < MEASURED_STEPS || elapsed() < enough; step++) {
    options.signal?.throwIfAborted();
    measured.ask(stream.take(step * batchSize, batchSize), { step: 1, learningRate: 0, apply: true });
    if (measured.count >= engine.stepsInFlight) times.push((await measured.next()).ms / 1000);
  }
  while (measured.count > 0) await measured.next();
  const counted = times.slice(Math.floor(times.length / 2));
  return counted.reduce((sum, time) => sum + time, 0) / counted.length;
}

/** With a learning rate of 0 the parameters are what they were, but not what the optimizer remembers. */
async function forgetMeasuredSteps({ options: { resume }, engine }: RunParts): Promise<void> {
  if (resume !== undefined) return await engine.load(resume);
  const { parameters } = await engine.state();
  const zeros = new Float32Array(parameters.length);
  await engine.load({ parameters, m: zeros, v: zeros });
}

async function saveAndRemove(parts: RunParts, train: PlannedConfig): Promise<void> {
  const { checkpointDir, saveCheckpoint, resume } = parts.options;
  const path = `${checkpointDir}/.measured-${crypto.randomUUID()}.safetensors`;
  const { step = 0, best = null, evaluationsWithoutGain = 0 } = resume ?? {};
  await saveProgress(path, parts, { train, step, best, evaluationsWithoutGain, lastPath: "" });
  if (saveCheckpoint === undefined) await Deno.remove(path);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Seconds of one step, of one evaluation with its sample, and of writing one checkpoint. */
export interface Measured {
  readonly stepSeconds: number;
  readonly evaluationSeconds: number;
  readonly checkpointSeconds: number;
}

/** How many steps, with their evaluations and checkpoints, fit into the seconds that are left. */
export function stepsWithin(seconds: number, train: PlannedConfig, measured: Measured): number {
  const cost = (steps: number): number => {
    const { evaluation, save } = intervals({ ...train, steps });
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

/**
 * When the decay of a run with schedule `wsd` begins: when the decay that is due after so many steps would
 * take all of the time that is left. In the decay the number of steps is mended where the run would miss its
 * end. Times in seconds since the run was called.
 */
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
   * @returns the run's options that change (stableSteps null: the decay has not begun); null when nothing
   * does
   */
  beforeStep(
    step: number,
    { now, steps }: { now: number; steps: number },
  ): Pick<PlannedConfig, "stableSteps" | "steps"> | null {
    this.#starts.push(now);
    const last = this.#starts.length - 1;
    const first = Math.floor((1 - LATEST_SHARE) * last);
    if (first === last) return null;
    const stepSeconds = (now - this.#starts[first]!) / (last - first);
    const secondsLeft = this.#end - now;
    const stepsThatFit = Math.min(MOST_STEPS, step + Math.max(1, Math.round(secondsLeft / stepSeconds)));
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
    if (step + 1 < steps || steps === MOST_STEPS) return null;
    // So much faster than planned that the plan's end comes before the decay.
    return { stableSteps: null, steps: Math.min(MOST_STEPS, step + Math.ceil(secondsLeft / stepSeconds)) };
  }
}
