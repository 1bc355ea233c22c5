/** The program in a process of its own, as users start it. */
import { programArguments } from "./permission_set.ts";

/** Environment of a machine without a GPU, a software one included. */
const NO_GPU = { DENO_WEBGPU_BACKEND: "vulkan", VK_ICD_FILENAMES: "/nonexistent" };

/** A program that runs, and what it has printed so far. */
export interface Running {
  readonly child: Deno.ChildProcess;
  out: string;
  error: string;
  /** Wait until either stream has this text. */
  until(text: string): Promise<void>;
  /** Wait for its end. */
  ended(): Promise<{ code: number; out: string; error: string; ms: number }>;
}

/**
 * Start it; its standard input stays open.
 *
 * @param by words before it: a program that starts it
 * @param env more of its environment
 */
export function start(
  folder: string,
  args: readonly string[],
  by: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Running {
  const words = [...by, Deno.execPath(), ...programArguments(args)];
  const child = new Deno.Command(words[0]!, {
    args: words.slice(1),
    cwd: folder,
    env: { NO_COLOR: "1", ...NO_GPU, ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let told = (): void => {};
  const running: Running = {
    child,
    out: "",
    error: "",
    until: async (text) => {
      while (!(running.out + running.error).includes(text)) {
        await new Promise<void>((resolve) => told = resolve);
        if (isOver && !(running.out + running.error).includes(text)) {
          throw new Error(`no "${text}": ${running.error}`);
        }
      }
    },
    ended: async () => {
      const begun = performance.now();
      const { code } = await child.status;
      await reading;
      await child.stdin.close().catch(() => {});
      return { code, out: running.out, error: running.error, ms: performance.now() - begun };
    },
  };
  let isOver = false;
  const read = async (
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    name: "out" | "error",
  ): Promise<void> => {
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      running[name] += piece;
      told();
    }
  };
  const reading = Promise.all([read(child.stdout, "out"), read(child.stderr, "error")]).then(() => {
    isOver = true;
    told();
  });
  return running;
}
