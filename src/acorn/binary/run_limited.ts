// A program of somebody else's, run once with limits: seconds, memory, bytes that it may print, no file to
// write. It leads a process group of its own, which is killed whole at the end, so that nothing that it
// started goes on. Memory, processor time and the size of files are limited by the system (`ulimit` of
// /bin/sh, which then becomes the program); where there is no such shell, only the clock and the bytes are.
import { DataError } from "../../errors.ts";

/** What a program may use, and what it is given. */
export interface RunLimits {
  readonly args: readonly string[];
  /** Text on its standard input; nothing without it. */
  readonly input?: string;
  /** Of the clock. */
  readonly seconds: number;
  /** Of address space, each process. Default 16 GiB. */
  readonly memoryBytes?: number;
  /** That it may print. Default 8 MiB. */
  readonly outputBytes?: number;
  /** Kills it. */
  readonly signal?: AbortSignal | undefined;
  /** Is given each whole line of standard output as it comes. */
  readonly onLine?: (line: string) => void;
}

/** How a program ended. */
export interface RunResult {
  /** By itself, by a signal, out of time, with too much output, or stopped by the caller. */
  readonly end: "exit" | "signal" | "time" | "flood" | "stopped";
  /** Its exit code; null when it was killed. */
  readonly code: number | null;
  /** What it printed, as UTF-8; bytes that are none are U+FFFD. */
  readonly output: string;
  /** What it printed on standard error. */
  readonly errors: string;
  readonly seconds: number;
}

const MEMORY_BYTES = 16 * 2 ** 30;
const OUTPUT_BYTES = 8 * 2 ** 20;
/** How long what a program has started may hold its output open after its end. */
const REST_MS = 300;

/** Run a program. @throws {DataError} when it cannot be started */
export async function runLimited(program: string, limits: RunLimits): Promise<RunResult> {
  const { input = "", seconds, signal, outputBytes = OUTPUT_BYTES, onLine } = limits;
  const begun = performance.now();
  const child = start(program, limits);
  let end: RunResult["end"] | null = null;
  const stop = (reason: RunResult["end"]): void => {
    end ??= reason;
    killGroup(child);
  };
  const clock = setTimeout(() => stop("time"), 1000 * seconds);
  const stopped = (): void => stop("stopped");
  signal?.addEventListener("abort", stopped);
  if (signal?.aborted) stopped();
  let left = outputBytes;
  const take = (bytes: Uint8Array): boolean => {
    left -= bytes.length;
    if (left < 0) stop("flood");
    return left >= 0;
  };
  const readers = [child.stdout.getReader(), child.stderr.getReader()] as const;
  try {
    const texts = Promise.all([readText(readers[0], take, onLine), readText(readers[1], take)]);
    writeInput(child.stdin, input);
    const status = await child.status;
    const rest = setTimeout(() => readers.forEach((reader) => reader.cancel().catch(() => {})), REST_MS);
    killGroup(child);
    const [output, errors] = await texts;
    clearTimeout(rest);
    return {
      end: end ?? (status.signal === null ? "exit" : "signal"),
      code: status.signal === null && end === null ? status.code : null,
      output,
      errors,
      seconds: (performance.now() - begun) / 1000,
    };
  } finally {
    clearTimeout(clock);
    signal?.removeEventListener("abort", stopped);
  }
}

function start(program: string, { args, seconds, memoryBytes = MEMORY_BYTES }: RunLimits): Deno.ChildProcess {
  const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  const environment = { clearEnv: true, env: { LC_ALL: "C" } } as const;
  const isUnix = Deno.build.os !== "windows";
  // What the shell is given as a word stays a word: nothing of the program's name or arguments is parsed.
  const script = 'ulimit -c 0; ulimit -f 0; ulimit -t "$1"; ulimit -v "$2" 2>/dev/null; shift 2; exec "$@"';
  const processorSeconds = String(Math.ceil(16 * seconds) + 1);
  const words = [
    "-c",
    script,
    "sh",
    processorSeconds,
    String(Math.ceil(memoryBytes / 1024)),
    program,
    ...args,
  ];
  try {
    const options = { ...pipes, ...environment, detached: isUnix };
    return new Deno.Command(isUnix ? "/bin/sh" : program, { ...options, args: isUnix ? words : [...args] })
      .spawn();
  } catch (cause) {
    const hint = cause instanceof Deno.errors.NotCapable
      ? "start it with `deno task prove`, or give Deno --allow-run"
      : "is it an executable file for this machine?";
    throw new DataError(`Cannot start "${program}": ${(cause as Error).message}`, { cause, hint });
  }
}

/** Kill a program and all that it has started; where Deno may not, the program alone. */
function killGroup(child: Deno.ChildProcess): void {
  try {
    if (Deno.build.os !== "windows") return Deno.kill(-child.pid, "SIGKILL");
  } catch {
    // No such group is left, or Deno lacks the permission.
  }
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}

/** A program need not read what it is given. */
async function writeInput(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    await writer.abort().catch(() => {});
  }
}

async function readText(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  take: (bytes: Uint8Array) => boolean,
  onLine?: (line: string) => void,
): Promise<string> {
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let rest = "";
  const push = (piece: string): void => {
    pieces.push(piece);
    if (onLine === undefined) return;
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    lines.forEach(onLine);
  };
  for (;;) {
    const { value } = await reader.read().catch(() => ({ value: undefined }));
    if (value === undefined || !take(value)) break;
    push(decoder.decode(value, { stream: true }));
  }
  push(decoder.decode());
  return pieces.join("");
}
