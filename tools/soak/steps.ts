/**
 * As many small steps as a run of the default model makes in eight hours on two cores. The program's memory
 * is sampled: the least that it takes, when its garbage is collected, may grow by less than 1 MB in the steps
 * of an hour. A second run of as many steps is interrupted ten times and goes on: its checkpoints have to be
 * the same bytes.
 */
import { join } from "@std/path";
import { Rng } from "../../src/rng.ts";
import type { Part, PartOptions, Row } from "./part.ts";
import {
  difference,
  digests,
  goOn,
  metricsProblem,
  ROOT,
  send,
  start,
  trainArguments,
  Workplace,
} from "./program.ts";

/** Of the default model: about three a second on two cores. */
const STEPS_AN_HOUR = 10_000;
const MAX_SLOPE_BYTES = 1e6;
const SAMPLE_MS = 500;
const MAX_INTERRUPTIONS = 10;

type Sample = readonly [step: number, bytes: number];

/** See the top of this file. */
export const steps: Part = {
  name: "steps",
  summary: "memory and bytes over eight hours' worth of steps",
  runs: 8 * STEPS_AN_HOUR,
  unit: "steps",
  run,
};

async function run({ runs, seed, progress }: PartOptions): Promise<Row[]> {
  using work = await new Workplace().prepare();
  const shape = { steps: runs, save: Math.ceil(runs / 8), width: 8, workers: 2 };
  const undisturbed = await work.checkpoints("whole");
  const watched = start(trainArguments(work, { ...shape, folder: undisturbed }), {
    DENO_V8_FLAGS: `${await trainingFlags()},--max-semi-space-size=1`,
  });
  const samples: Sample[] = [];
  const timer = setInterval(async () => {
    const bytes = await residentBytes(watched.child.pid);
    const step = Number(watched.events.findLast(({ kind }) => kind === "step")?.step ?? 0);
    if (bytes !== null && step > 0) samples.push([step, bytes]);
    progress(`step ${step} of ${runs}, ${Math.round((bytes ?? 0) / 1e6)} MB`);
  }, SAMPLE_MS);
  const { code, text } = await watched.ended;
  clearInterval(timer);
  if (code !== 0) throw new Error(`the run ends with ${code}: ${text}`);
  const slope = growth(samples, runs);
  const isSettled = runs >= 8 * STEPS_AN_HOUR; // before, V8's heap is still finding its size
  const lost = isSettled && slope > MAX_SLOPE_BYTES
    ? [`memory grows by ${Math.round(slope)} bytes an hour`]
    : [];
  const peak = samples.reduce((most, [, bytes]) => Math.max(most, bytes), 0);
  const wanted = await digests(undisturbed);
  const memory =
    `${(slope / 1e6).toFixed(3)} MB in ${STEPS_AN_HOUR} steps, peak ${Math.round(peak / 1e6)} MB, ` +
    `${samples.length} samples${isSettled ? "" : ", not judged: too few steps"}`;

  const folder = await work.checkpoints("interrupted");
  const train = trainArguments(work, { ...shape, folder });
  const rng = new Rng(seed, "steps");
  const drift: string[] = [];
  const wantedInterruptions = Math.min(MAX_INTERRUPTIONS, Math.ceil(runs / 400));
  let interruptions = 0;
  for (let isDone = false; !isDone;) {
    const running = start(await goOn(train, folder, 1 + interruptions % 3));
    const until = (interruptions + rng.uniform()) * runs / wantedInterruptions;
    let isStopped = false;
    const watch = setInterval(() => {
      const step = Number(running.events.findLast(({ kind }) => kind === "step")?.step ?? 0);
      progress(`step ${step} of ${runs} again, ${interruptions} times interrupted`);
      if (isStopped || interruptions >= wantedInterruptions || step < until) return;
      isStopped = true; // a second signal, two seconds later, would end it without a checkpoint
      send(running.child, "SIGINT");
    }, 20);
    const { code, text } = await running.ended;
    clearInterval(watch);
    if (code === 130) interruptions++;
    else if (code === 0) isDone = true;
    else throw new Error(`the run goes on with ${code}: ${text}`);
  }
  // What an interruption saved is no checkpoint of the other run.
  for (const name of Object.keys(await digests(folder))) {
    if (wanted[name] === undefined) await Deno.remove(`${folder}/${name}`);
  }
  const problem = await difference(folder, wanted) ?? await metricsProblem(folder, undisturbed);
  if (problem !== null) drift.push(problem);
  return [
    { what: "small steps, memory sampled", tried: runs, lost, note: memory },
    {
      what: "the same, interrupted",
      tried: runs,
      lost: drift,
      note: `${interruptions} times; the same bytes`,
    },
  ];
}

/**
 * V8's flags of training. With a fixed room for new objects besides, the memory that V8 takes for its own speed does
 * not grow for an hour, which would hide what leaks.
 */
async function trainingFlags(): Promise<string> {
  const text = await Deno.readTextFile(join(ROOT, "v8.env"));
  return /^DENO_V8_FLAGS=(.*)$/m.exec(text)![1]!;
}

/** Resident memory of a process; null where the system does not tell. */
async function residentBytes(pid: number): Promise<number | null> {
  const command = Deno.build.os === "linux"
    ? new Deno.Command("cat", { args: [`/proc/${pid}/status`] })
    : new Deno.Command("ps", { args: ["-o", "rss=", "-p", String(pid)] });
  const text = new TextDecoder().decode((await command.output()).stdout);
  const kilobytes = /VmRSS:\s*(\d+)/.exec(text)?.[1] ?? /^\s*(\d+)/.exec(text)?.[1];
  return kilobytes === undefined ? null : 1024 * Number(kilobytes);
}

/** How much the least memory grows from the third quarter of the steps to the last, in the steps of an hour. */
function growth(samples: readonly Sample[], steps: number): number {
  const least = (from: number): number => {
    const quarter = samples.filter(([step]) => step > from && step <= from + steps / 4);
    return quarter.length < 5 ? NaN : Math.min(...quarter.map(([, bytes]) => bytes));
  };
  return (least(3 * steps / 4) - least(steps / 2)) / (steps / 4) * STEPS_AN_HOUR;
}
