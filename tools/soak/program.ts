/** The program in a process of its own, over a small corpus: what is killed, starved and watched. */
import { fromFileUrl, join } from "@std/path";
import { checkpointFiles, loadCheckpoint } from "../../src/checkpoint/mod.ts";
import { writeSampleCorpus } from "../../src/corpus/sample/write.ts";
import { sha256Hex } from "../../src/io/mod.ts";
import { metricsLines } from "../../src/metrics/metrics_lines.ts";
import { saveTokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";

/** The checkout. */
export const ROOT = fromFileUrl(import.meta.resolve("../../"));

/** A folder with proofs and a tokenizer, removed at the end. */
export class Workplace implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "tactics_soak_" });
  readonly proofs = join(this.path, "proofs");
  readonly #tokenizer = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });

  /** Write the proofs. */
  async prepare(): Promise<this> {
    await writeSampleCorpus(this.proofs, { files: 60 });
    return this;
  }

  /** A new checkpoint folder, with the tokenizer in it. */
  async checkpoints(name: string): Promise<string> {
    const folder = join(this.path, name);
    await Deno.mkdir(folder);
    await saveTokenizer(join(folder, "tokenizer.json"), this.#tokenizer);
    return folder;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** An event of --json. */
export type Told = Readonly<Record<string, unknown>> & { readonly kind: string };

/** A program that runs. */
export interface Started {
  readonly child: Deno.ChildProcess;
  /** Its events so far. */
  readonly events: Told[];
  /** Its end: the exit code, 137 after kill -9, and what it wrote that is no event. */
  readonly ended: Promise<{ code: number; text: string }>;
}

/** Start `tactics COMMAND … --json` as its task does, without `deno task` around it. */
export function start([command, ...args]: readonly string[], env: Record<string, string> = {}): Started {
  const flags = ["run", "-q", "--no-prompt", "--env-file=v8.env", `-P=${command}`, "main.ts", command!];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...flags, ...args, "--json"],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const events: Told[] = [];
  let rest = "";
  const readEvents = async (): Promise<void> => {
    let text = "";
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (text + piece).split("\n");
      text = lines.pop()!;
      for (const line of lines) {
        if (line.startsWith("{")) events.push(JSON.parse(line));
        else rest += `${line}\n`;
      }
    }
    rest += text;
  };
  const ended = Promise.all([readEvents(), new Response(child.stderr).text(), child.status])
    .then(([_, error, { code }]) => ({ code, text: rest + error }));
  return { child, events, ended };
}

/** Send a signal to a program that may have ended by itself. */
export function send(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // it has ended
  }
}

/** Options of a run of `steps` steps with a model of `width`. */
export function trainArguments(
  { proofs }: Workplace,
  { folder, steps, save, width, workers }: {
    folder: string;
    steps: number;
    save: number;
    width: number;
    workers: number;
  },
): string[] {
  const sizes = `--d-model ${width} --n-layers 1 --n-heads 2 --d-mlp ${2 * width} --context-length 48`;
  const run = `--batch-size 4 --steps ${steps} --save-interval ${save} --eval-interval ${2 * save}`;
  // Every step is logged: others come into metrics.jsonl by the clock, and no two runs would have the same.
  const words = `train ${sizes} ${run} --log-interval 1 --workers ${workers} --backend wasm`.split(" ");
  return [...words, "--data-dir", proofs, "--checkpoint-dir", folder];
}

/** The command that goes on in a folder, or begins again where nothing was saved yet. */
export async function goOn(train: readonly string[], folder: string, workers: number): Promise<string[]> {
  if ((await checkpointFiles(folder)).length === 0) return [...train];
  const proofs = train[train.indexOf("--data-dir") + 1]!;
  const where = ["--data-dir", proofs, "--checkpoint-dir", folder];
  return ["resume", ...where, "--workers", String(workers), "--backend", "wasm"];
}

/** sha256 of every checkpoint of a folder, which all have to be whole. */
export async function digests(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await checkpointFiles(folder)) {
    const path = join(folder, name);
    await loadCheckpoint(path);
    found[name] = sha256Hex(await Deno.readFile(path));
  }
  return found;
}

/** Where a checkpoint folder differs from that of a run that nobody disturbed; null where it does not. */
export async function difference(
  folder: string,
  wanted: Readonly<Record<string, string>>,
): Promise<string | null> {
  const found = await digests(folder);
  for (const name of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    if (found[name] !== wanted[name]) {
      return `${name} is ${found[name] === undefined ? "missing" : "other bytes"}`;
    }
  }
  return null;
}

/** What is wrong with a run's metrics.jsonl: it has to tell of the same steps, in order, as another's. */
export async function metricsProblem(folder: string, undisturbed: string): Promise<string | null> {
  const [{ torn, steps }, wanted] = [await loggedSteps(folder), await loggedSteps(undisturbed)];
  if (torn > 0) return `metrics.jsonl has ${torn} torn lines`;
  const first = wanted.steps.findIndex((step, i) => steps[i] !== step);
  if (first >= 0) return `metrics.jsonl has step ${steps[first]} where ${wanted.steps[first]} belongs`;
  return steps.length === wanted.steps.length ? null : `metrics.jsonl has ${steps.length} steps`;
}

async function loggedSteps(folder: string): Promise<{ torn: number; steps: unknown[] }> {
  const { lines, torn } = metricsLines(await Deno.readTextFile(join(folder, "metrics.jsonl")));
  return {
    torn: torn.length,
    steps: lines.flatMap(({ event }) => event.kind === "step" ? [event.step] : []),
  };
}

/** Checkpoints that a program announced, and that are not there any more, or older than announced. */
export async function lostCheckpoints(folder: string, events: readonly Told[]): Promise<string[]> {
  const lost: string[] = [];
  for (const { kind, path, step } of events) {
    if (kind !== "checkpoint") continue;
    const file = join(folder, String(path).split("/").at(-1)!);
    const found = await loadCheckpoint(file).then(({ step }) => step, () => -1);
    if (found < Number(step)) lost.push(`${path} of step ${step} is gone`);
  }
  return lost;
}
