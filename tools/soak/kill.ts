/**
 * kill -9 at random moments, a quarter of them while a checkpoint is being written (its temporary file is
 * left behind then), with 1, 2 and 3 workers. Every killed run goes on until it is killed again or done. Lost
 * is a checkpoint that was announced and is gone, a file under a checkpoint's name that is not whole, a run
 * that goes on from an earlier step than it could or does not remove what a killed one left, and a finished
 * folder with other bytes than that of a run that nobody killed, or with a step that its metrics miss or have
 * twice.
 */
import { newestCheckpoint, readCheckpointStep } from "../../src/checkpoint/mod.ts";
import { Rng } from "../../src/rng.ts";
import { type Part, type PartOptions, reason, type Row } from "./part.ts";
import {
  difference,
  digests,
  goOn,
  lostCheckpoints,
  metricsProblem,
  send,
  start,
  trainArguments,
  Workplace,
} from "./program.ts";

const SHAPE = { steps: 120, save: 5, width: 64 };

/** See the top of this file. */
export const kill: Part = { name: "kill", summary: "kill -9 and resume", runs: 200, unit: "kills", run };

async function run({ runs, seed, progress }: PartOptions): Promise<Row[]> {
  using work = await new Workplace().prepare();
  const rng = new Rng(seed, "kill");
  const lost: string[] = [];
  const counts = { kills: 0, inside: 0, finished: 0 };
  const insideWanted = Math.ceil(runs / 4);

  const undisturbed = await work.checkpoints("whole");
  const begun = performance.now();
  const whole = start(trainArguments(work, { ...SHAPE, folder: undisturbed, workers: 1 }));
  const { code, text } = await whole.ended;
  if (code !== 0) throw new Error(`the run without a kill ends with ${code}: ${text}`);
  let wholeMs = performance.now() - begun;
  const wanted = await digests(undisturbed);

  const isEnough = (): boolean => counts.kills >= runs && counts.inside >= insideWanted;
  for (let chain = 0; !isEnough() && counts.kills < 4 * runs; chain++) {
    const workers = 1 + chain % 3;
    const folder = await work.checkpoints(`run${chain}`);
    const train = trainArguments(work, { ...SHAPE, folder, workers });
    try {
      for (let isDone = false; !isDone;) {
        const newest = await newestStep(folder);
        const left = temporariesIn(folder);
        const running = start(await goOn(train, folder, workers));
        const isInside = counts.inside < insideWanted && rng.below(3) > 0;
        if (!isEnough()) {
          if (isInside) killInWrite(running.child, { folder, at: rng.below(8), delayMs: rng.below(4) });
          else killLater(running.child, (0.3 + 0.7 * rng.uniform()) * wholeMs);
        }
        const { code, text } = await running.ended;
        const began = running.events.find(({ kind }) => kind === "start");
        if (began !== undefined && newest >= 0 && began.step !== newest) {
          lost.push(`chain ${chain}: went on from step ${began.step}, the newest was ${newest}`);
        }
        lost.push(...await lostCheckpoints(folder, running.events));
        await digests(folder); // all are whole
        wholeMs *= code === 137 ? 1.02 : 0.9; // too late to kill: the machine is less busy now
        if (code === 137) {
          counts.kills++;
          counts.inside += temporariesIn(folder).some((name) => !left.includes(name)) ? 1 : 0;
        } else if (code !== 0) throw new Error(`exit ${code}: ${text}`);
        else if (temporariesIn(folder).length > 0) {
          lost.push(`chain ${chain}: a killed write's file is still there`);
        }
        isDone = code === 0;
        const { kills, inside, finished } = counts;
        progress(`${kills} kills, ${inside} inside a write, ${finished} runs finished; lost: ${lost.length}`);
      }
      const problem = await difference(folder, wanted) ?? await metricsProblem(folder, undisturbed);
      if (problem !== null) lost.push(`chain ${chain}, ${workers} workers: ${problem}`);
      counts.finished++;
    } catch (error) {
      lost.push(`chain ${chain}: ${reason(error)}`);
    }
    await Deno.remove(folder, { recursive: true });
  }
  const note = `${counts.inside} inside a checkpoint's write; ${counts.finished} runs went on to the end`;
  return [{ what: "kill -9 of train and resume", tried: counts.kills, lost, note }];
}

async function newestStep(folder: string): Promise<number> {
  return await newestCheckpoint(folder).then(readCheckpointStep, () => -1);
}

function killLater(child: Deno.ChildProcess, ms: number): void {
  const timer = setTimeout(() => send(child, "SIGKILL"), ms);
  child.status.then(() => clearTimeout(timer));
}

/** Kill when the temporary file of a checkpoint appears, not the first but the `at`-th from now. */
async function killInWrite(
  child: Deno.ChildProcess,
  { folder, at, delayMs }: { folder: string; at: number; delayMs: number },
): Promise<void> {
  const watcher = Deno.watchFs(folder, { recursive: false });
  child.status.then(() => watcher.close());
  let seen = 0;
  for await (const { kind, paths } of watcher) {
    if (kind !== "create" || !paths.some(isTemporary)) continue;
    if (seen++ < at) continue;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    send(child, "SIGKILL");
    return;
  }
}

function isTemporary(path: string): boolean {
  return path.includes(".safetensors.") && path.endsWith(".tmp");
}

/** What killed writes have left: the next run removes it. */
function temporariesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).filter(isTemporary);
}
