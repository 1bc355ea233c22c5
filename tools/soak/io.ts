/**
 * Every call to the file system that a short run makes in its checkpoint folder fails in turn, from its
 * beginning and when it is resumed: with EIO, ENOSPC and EACCES, with EIO for good as on a disk that was
 * unplugged, and by kill -9 at that very call. failing_calls.c does it, built here; without a C compiler, or
 * on other systems than Linux, the part is left out. Lost is what kill.ts calls lost; besides, the program
 * has to end by itself, name the path, and call it no fault of its own (exit 70, a stack trace).
 */
import { fromFileUrl, join } from "@std/path";
import { type Part, type PartOptions, reason, type Row } from "./part.ts";
import {
  difference,
  digests,
  goOn,
  lostCheckpoints,
  start,
  type Started,
  trainArguments,
  Workplace,
} from "./program.ts";

type From = "train" | "resume";
type Shim = Record<string, string>;

/** What a call does instead, and in which command; error 0 is kill -9. */
const FAILURES: readonly { name: string; error: number; forever: boolean; of: readonly From[] }[] = [
  { name: "EIO", error: 5, forever: false, of: ["train", "resume"] },
  { name: "ENOSPC", error: 28, forever: false, of: ["train"] },
  { name: "EACCES", error: 13, forever: false, of: ["train"] },
  { name: "EIO for good", error: 5, forever: true, of: ["train"] },
  { name: "kill -9", error: 0, forever: false, of: ["train", "resume"] },
];

/** What a run that is resumed has. */
const FIRST = "step_000001.safetensors";
/** Runs at a time: most of a short run is waiting. */
const LANES = 4;

const SHAPE = { steps: 2, save: 1, width: 8, workers: 1 };

/** See the top of this file. */
export const io: Part = {
  name: "io",
  summary: "every file operation of a run fails in turn",
  runs: 1000,
  unit: "calls a failure at most",
  run,
};

async function run({ runs, progress }: PartOptions): Promise<Row[]> {
  using work = await new Workplace().prepare();
  const library = await build(work.path);
  if (library === null) {
    return [{ what: "failing calls", tried: 0, lost: [], note: "LEFT OUT: needs Linux and gcc" }];
  }
  const undisturbed = await work.checkpoints("whole");
  await succeed(start(trainArguments(work, { ...SHAPE, folder: undisturbed })));
  const wanted = await digests(undisturbed);

  /** A run from its beginning, or from a checkpoint of its first step, in a folder of its own. */
  const prepare = async (name: string, from: From): Promise<{ folder: string; train: string[] }> => {
    const folder = await work.checkpoints(name);
    if (from === "resume") await Deno.copyFile(join(undisturbed, FIRST), join(folder, FIRST));
    return { folder, train: trainArguments(work, { ...SHAPE, folder }) };
  };
  const shimmed = async ({ folder, train }: { folder: string; train: string[] }, more: Shim) =>
    start(await goOn(train, folder, 1), { LD_PRELOAD: library, SOAK_FOLDER: folder, ...more });

  const rows: Row[] = [];
  for (const from of ["train", "resume"] as const) {
    const log = join(work.path, `calls of ${from}`);
    await succeed(await shimmed(await prepare(`${from} counted`, from), { SOAK_AT: "-1", SOAK_LOG: log }));
    const calls = (await Deno.readTextFile(log)).trimEnd().split("\n");
    const every = Math.max(1, Math.ceil(calls.length / runs));
    for (const failure of FAILURES.filter(({ of }) => of.includes(from))) {
      const lost: string[] = [];
      const codes: Record<number, number> = {};
      let tried = 0;
      const attempt = async (at: number): Promise<void> => {
        const place = await prepare(`${from} ${failure.name} ${at}`, from);
        const { folder, train } = place;
        const running = await shimmed(place, {
          SOAK_AT: String(at),
          SOAK_ERRNO: String(failure.error),
          ...failure.forever && { SOAK_FOREVER: "1" },
        });
        const problems: string[] = [];
        try {
          const { code, text } = await running.ended;
          codes[code] = (codes[code] ?? 0) + 1;
          problems.push(...await lostCheckpoints(folder, running.events));
          if (failure.error > 0) problems.push(...complaints({ code, folder, text, events: running.events }));
          if (await difference(folder, wanted) !== null) {
            await succeed(start(await goOn(train, folder, 1)));
            problems.push(...[await difference(folder, wanted)].filter((other) => other !== null));
          }
        } catch (error) {
          problems.push(reason(error));
        }
        lost.push(...problems.map((problem) => `${failure.name} at call ${at} (${calls[at]}): ${problem}`));
        progress(`${from}, ${failure.name}: ${++tried} of ${Math.ceil(calls.length / every)} calls`);
        await Deno.remove(folder, { recursive: true });
      };
      const lane = async (first: number): Promise<void> => {
        for (let at = first * every; at < calls.length; at += LANES * every) await attempt(at);
      };
      await Promise.all(Array.from({ length: LANES }, (_, first) => lane(first)));
      const counted = Object.entries(codes).map(([code, count]) => `${count} with ${code}`).join(", ");
      rows.push({ what: `${failure.name} at a call of ${from}`, tried, lost, note: `ended: ${counted}` });
    }
  }
  return rows;
}

async function succeed({ ended }: Started): Promise<void> {
  const { code, text } = await ended;
  if (code !== 0) throw new Error(`without a failure it ends with ${code}: ${text}`);
}

/** What is wrong with how a run ended whose disk failed. */
function complaints(
  { code, folder, text, events }: {
    code: number;
    folder: string;
    text: string;
    events: readonly Readonly<Record<string, unknown>>[];
  },
): string[] {
  if (code === 0) return [];
  const error = events.findLast(({ kind }) => kind === "error");
  const found: string[] = [];
  if (![1, 4].includes(code)) found.push(`ends with ${code}: ${text.slice(0, 300)}`);
  if (error === undefined) found.push(`says nothing: ${text.slice(0, 300)}`);
  else {
    if (!String(error.message).includes(folder)) found.push(`does not name the path: ${error.message}`);
    if (error.stack !== undefined) found.push(`prints a stack trace: ${error.message}`);
  }
  return found;
}

/** Compile the library. @returns its path; null where that is not possible */
async function build(folder: string): Promise<string | null> {
  if (Deno.build.os !== "linux") return null;
  const path = join(folder, "failing_calls.so");
  const source = fromFileUrl(import.meta.resolve("./failing_calls.c"));
  try {
    const args = ["-shared", "-fPIC", "-O1", "-o", path, source, "-ldl"];
    const { success, stderr } = await new Deno.Command("gcc", { args }).output();
    if (!success) throw new Error(`gcc: ${new TextDecoder().decode(stderr)}`);
    return path;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
