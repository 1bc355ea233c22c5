/** `tactics sweep` as users start it: the whole of it, killed and stopped in the middle, and as jobs of an array. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { checkpointFiles } from "../../../src/checkpoint/mod.ts";
import { writeSampleCorpus } from "../../../src/corpus/sample/write.ts";
import { saveTokenizer, trainTokenizer } from "../../../src/tokenizer/mod.ts";
import { withFolder } from "../../temporary_folder.ts";
import { digestsIn } from "./run_digests.ts";
import { start } from "../process.ts";

const TINY = { dModel: 8, nLayers: 1, nHeads: 1, dMlp: 8, contextLength: 32, batchSize: 2, workers: 1 };
const GRID = { ...TINY, steps: 6, saveInterval: 3, learningRate: [0.01, 0.02], seed: [1, 2] };
const NAMES = ["0.01-seed1", "0.01-seed2", "0.02-seed1", "0.02-seed2"].map((end) =>
  `grid-learningRate${end}`
);

/** A folder with proofs, a tokenizer and a sweep's file, grid.json. */
function test(name: string, grid: object, work: (folder: string) => Promise<void>): void {
  const fn = (): Promise<void> =>
    withFolder(async (folder) => {
      await writeSampleCorpus(join(folder, "data", "proofs"), { files: 30 });
      await Deno.mkdir(join(folder, "checkpoints"));
      const tokenizer = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
      await saveTokenizer(join(folder, "checkpoints", "tokenizer.json"), tokenizer);
      await Deno.writeTextFile(join(folder, "grid.json"), JSON.stringify(grid));
      await work(folder);
    });
  Deno.test({ name, ignore: Deno.build.os === "windows", fn });
}

type Event = Record<string, unknown>;

/** Run it to its end. @returns its JSON lines */
async function sweep(
  folder: string,
  args: readonly string[] = [],
  wanted = 0,
  env: Record<string, string> = {},
): Promise<Event[]> {
  const { code, out, error } = await start(folder, ["sweep", "grid.json", "--json", ...args], [], env)
    .ended();
  assertEquals(code, wanted, out + error);
  return out.trimEnd().split("\n").map((line) => JSON.parse(line));
}

function runsThat(state: string, events: readonly Event[]): unknown[] {
  return events.filter((event) => event.kind === "run" && event.state === state).map(({ run }) => run);
}

function last(events: readonly Event[]): { over: number; best: string; groups: { options: Event }[] } {
  return events.findLast(({ kind }) => kind === "sweep") as never;
}

test("a sweep makes every run of the grid, once, and tells the best point first", GRID, async (folder) => {
  const [plan] = (await sweep(folder, ["--dry-run"])).filter(({ kind }) => kind === "sweep-plan") as [Event];
  assertEquals(
    (plan.runs as Event[]).map(({ name, steps, state }) => [name, steps, state]),
    NAMES.map((name) => [name, 6, "new"]),
  );
  assert((plan.minutes as number) > 0);
  assertEquals([...Deno.readDirSync(join(folder, "checkpoints"))].map(({ name }) => name), [
    "tokenizer.json",
  ]);

  const events = await sweep(folder);
  assertEquals(runsThat("over", events), NAMES);
  const { over, best, groups } = last(events);
  assertEquals([over, groups.length], [4, 2]);
  assertEquals(groups[0]!.options, { learningRate: Number(/Rate(0.0[12])/.exec(best)![1]) });
  const evaluated = events.filter(({ kind, run }) => kind === "evaluation" && run === best);
  assert(evaluated.length >= 2, "events of the runs carry their names");

  const made = await digestsIn(folder, NAMES);
  const again = await sweep(folder);
  assertEquals([runsThat("begins", again), last(again)], [[], last(events)]);
  assertEquals(await digestsIn(folder, NAMES), made);

  const runs = await start(folder, ["runs", "compare", NAMES[0]!, NAMES[2]!]).ended();
  assert(/learningRate +0.01 +0.02\n/.test(runs.out), runs.out);

  await Deno.writeTextFile(join(folder, "grid.json"), JSON.stringify({ ...GRID, steps: 7 }));
  const other = await sweep(folder, [], 2);
  assertEquals(
    other.at(-1)!.message,
    `there is another run "${NAMES[0]}" already: steps was 6 there, and is 7 now`,
  );
});

// Steps enough to be killed among them.
const LONG = { ...GRID, steps: 300, saveInterval: 20, seed: [1], logInterval: 1 };
const LONG_NAMES = [NAMES[0]!, NAMES[2]!];

test("a sweep that is killed goes on where it was, to the same bytes", LONG, async (folder) => {
  const killed = start(folder, ["sweep", "grid.json", "--json"]);
  await killed.until(`"step":70,`);
  killed.child.kill("SIGKILL");
  await killed.ended();
  assert((await checkpointFiles(join(folder, "checkpoints", LONG_NAMES[0]!))).length > 0);
  const events = await sweep(folder);
  assertEquals([runsThat("goes on", events), runsThat("begins", events)], [[LONG_NAMES[0]], [LONG_NAMES[1]]]);
  const made = await digestsIn(folder, LONG_NAMES);
  for (const name of LONG_NAMES) await Deno.remove(join(folder, "checkpoints", name), { recursive: true });
  await sweep(folder, ["--parallel", "2"]);
  assertEquals(await digestsIn(folder, LONG_NAMES), made);
});

test("Ctrl-C ends all runs of a sweep with a checkpoint, and the next call goes on", LONG, async (folder) => {
  const stopped = start(folder, ["sweep", "grid.json", "--parallel", "2"]);
  const metrics = LONG_NAMES.map((name) => join(folder, "checkpoints", name, "metrics.jsonl"));
  const hasStep = (path: string): boolean => {
    try {
      return Deno.readTextFileSync(path).includes('"kind":"step"');
    } catch {
      return false;
    }
  };
  while (!metrics.every(hasStep)) await new Promise((resolve) => setTimeout(resolve, 20));
  stopped.child.kill("SIGINT");
  const { code, out, error } = await stopped.ended();
  assertEquals([code, out], [130, ""], error);
  assert(error.includes("stopping after this step"), error);
  assert(error.endsWith("go on with: tactics sweep grid.json\n"), error);
  const events = await sweep(folder);
  assertEquals(runsThat("goes on", events), LONG_NAMES);
  assertEquals(last(events).over, 2);
});

test(
  "jobs of a Slurm array make a run each, and the last of them has the whole table",
  GRID,
  async (folder) => {
    for (const [i, name] of NAMES.entries()) {
      const events = await sweep(folder, [], 0, { SLURM_ARRAY_TASK_ID: String(i + 1) });
      assertEquals([runsThat("over", events), last(events).over], [[name], i + 1]);
    }
    for (const task of ["0", "5", "x", "1.5"]) {
      const { message, hint } = (await sweep(folder, [], 2, { SLURM_ARRAY_TASK_ID: task })).at(-1)!;
      assertEquals([message, hint], [
        `SLURM_ARRAY_TASK_ID is "${task}": the sweep has runs 1 to 4`,
        "submit it with --array=1-4",
      ]);
    }
  },
);

const NO_GPU = { ...TINY, steps: 6, backend: ["webgpu", "wasm"] };

test("a run that fails ends alone, and is tried again", NO_GPU, async (folder) => {
  for (const begun of [["grid-backendwebgpu", "grid-backendwasm"], ["grid-backendwebgpu"]]) {
    const events = await sweep(folder, [], 1);
    assertEquals([runsThat("begins", events), last(events).over], [begun, 1]);
    const { message, hint } = events.at(-1)!;
    assert(String(message).startsWith("1 of 2 runs failed; grid-backendwebgpu: "), String(message));
    assertEquals(hint, "`tactics sweep grid.json` tries them again; the others are not made again");
  }
});

test(
  "a grid with a point that cannot be is refused before anything begins",
  { ...GRID, nHeads: [3, 1] },
  async (folder) => {
    const { message } = (await sweep(folder, [], 2)).at(-1)!;
    assertEquals(
      message,
      "grid-nHeads3-learningRate0.01-seed1: --n-heads 3 does not divide --d-model 8: try 2 or 4",
    );
    assertEquals([...Deno.readDirSync(join(folder, "checkpoints"))].length, 1);
  },
);
