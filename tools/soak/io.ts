/**
 * Every call to the file system that a short run makes in its checkpoint folder fails in turn: with EIO,
 * ENOSPC and EACCES, with EIO for good as on a disk that was unplugged, and by kill -9 at that very call.
 * failing_calls.c does it, built here; without a C compiler, or on other systems than Linux, the part is left
 * out. Lost is what kill.ts calls lost; besides, the program has to end by itself, name the path, and call
 * it no fault of its own (exit 70, a stack trace).
 */
import { fromFileUrl, join } from "@std/path";
import { type Part, type PartOptions, reason, type Row } from "./part.ts";
import { difference, digests, goOn, lostCheckpoints, start, trainArguments, Workplace } from "./program.ts";

/** What a call does instead; 0 is kill -9. */
const FAILURES = [
  { name: "EIO", error: 5, forever: false },
  { name: "ENOSPC", error: 28, forever: false },
  { name: "EACCES", error: 13, forever: false },
  { name: "EIO for good", error: 5, forever: true },
  { name: "kill -9", error: 0, forever: false },
] as const;

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
  const log = join(work.path, "calls");
  const shim = (folder: string, at: number): Record<string, string> => {
    return { LD_PRELOAD: library, SOAK_FOLDER: folder, SOAK_AT: String(at) };
  };
  const whole = start(trainArguments(work, { ...SHAPE, folder: undisturbed }), {
    ...shim(undisturbed, -1),
    SOAK_LOG: log,
  });
  const { code, text } = await whole.ended;
  if (code !== 0) throw new Error(`the run without a failure ends with ${code}: ${text}`);
  const wanted = await digests(undisturbed);
  const calls = (await Deno.readTextFile(log)).trimEnd().split("\n");

  const rows: Row[] = [];
  for (const failure of FAILURES) {
    const lost: string[] = [];
    const codes: Record<number, number> = {};
    const step = Math.max(1, Math.ceil(calls.length / runs));
    let tried = 0;
    for (let at = 0; at < calls.length; at += step) {
      const folder = await work.checkpoints(`${failure.name} ${at}`);
      const train = trainArguments(work, { ...SHAPE, folder });
      const running = start(train, {
        ...shim(folder, at),
        SOAK_ERRNO: String(failure.error),
        ...failure.forever && { SOAK_FOREVER: "1" },
      });
      try {
        const { code, text } = await running.ended;
        codes[code] = (codes[code] ?? 0) + 1;
        const problems = [...await lostCheckpoints(folder, running.events)];
        if (failure.error > 0) problems.push(...complaints({ code, folder, text, events: running.events }));
        const isDone = await difference(folder, wanted) === null;
        if (!isDone) {
          const again = start(await goOn(train, folder, 1));
          const { code, text } = await again.ended;
          if (code !== 0) problems.push(`to go on ends with ${code}: ${text.slice(0, 300)}`);
          const other = await difference(folder, wanted);
          if (other !== null) problems.push(other);
        }
        lost.push(...problems.map((problem) => `${failure.name} at call ${at} (${calls[at]}): ${problem}`));
      } catch (error) {
        lost.push(`${failure.name} at call ${at} (${calls[at]}): ${reason(error)}`);
      }
      tried++;
      progress(`${failure.name}: ${tried} of ${Math.ceil(calls.length / step)} calls`);
      await Deno.remove(folder, { recursive: true });
    }
    const counted = Object.entries(codes).map(([code, count]) => `${count} with ${code}`).join(", ");
    rows.push({ what: `${failure.name} at a call of a run`, tried, lost, note: `ended: ${counted}` });
  }
  return rows;
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
