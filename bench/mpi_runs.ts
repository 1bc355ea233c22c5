/** Short runs of the program as one process and as MPI jobs, and how long each of their steps took. */
import { fromFileUrl, join } from "@std/path";
import { writeSampleCorpus } from "../src/corpus/sample/write.ts";
import { readProofs } from "../src/corpus/read.ts";
import { trainTokenizer } from "../src/tokenizer/mod.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));

/** How a run is shared. */
export interface SetUp {
  /** 1: one process, without MPI. */
  readonly ranks: number;
  /** Of each rank. */
  readonly workers: number;
}

/** As it is typed: `2x1` for two ranks of one worker. @throws {TypeError} */
export function parseSetUp(text: string): SetUp {
  const [, ranks, workers] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (ranks === undefined) throw new TypeError(`a set-up is RANKSxWORKERS, not "${text}"`);
  return { ranks: Number(ranks), workers: Number(workers) };
}

/** What a run is made with. */
export interface RunOptions {
  readonly steps: number;
  /** More of `train`'s flags. */
  readonly flags: readonly string[];
  /** The launcher and its options, up to `-n`. */
  readonly launcher: readonly string[];
}

/** Milliseconds of a step, and the tokens that it predicted. */
export interface StepTime {
  readonly stepMs: number;
  readonly tokens: number;
}

/** A folder with proofs and a tokenizer, for runs. */
export class Runs implements AsyncDisposable {
  #count = 0;

  /** @param files of the built-in corpus */
  static async create(files = 2000): Promise<Runs> {
    const folder = await Deno.makeTempDir({ prefix: "tactics_bench_" });
    await writeSampleCorpus(join(folder, "proofs"), { files });
    const { files: proofs } = await readProofs(join(folder, "proofs"));
    const tokenizer = trainTokenizer(proofs.map(({ text }) => text), {
      vocabularySize: 4096,
      alphabet: "bytes",
    });
    await Deno.mkdir(join(folder, "checkpoints"));
    await Deno.writeTextFile(join(folder, "checkpoints", "tokenizer.json"), tokenizer.toJson());
    return new Runs(folder, tokenizer.vocabularySize);
  }

  private constructor(readonly folder: string, readonly vocabSize: number) {}

  [Symbol.asyncDispose](): Promise<void> {
    return Deno.remove(this.folder, { recursive: true });
  }

  /** Train, and tell what each step took. @throws {Error} when the run fails */
  async steps({ ranks, workers }: SetUp, { steps, flags, launcher }: RunOptions): Promise<StepTime[]> {
    const name = `run${this.#count++}`;
    const main = [Deno.execPath(), "run", "-q", "--no-prompt", "--no-check", "-P=train"];
    const v8 = `--env-file=${join(ROOT, "v8.env")}`;
    const words = [...main, v8, "--config", join(ROOT, "deno.json"), join(ROOT, "main.ts"), "train"];
    const run = ["--data-dir", "proofs", "--name", name, "--steps", String(steps)];
    const rare = ["--eval-interval", String(steps), "--save-interval", String(steps), ...flags];
    const job = ranks === 1 ? [] : ["--distributed", "mpi"];
    const command = [
      ...ranks === 1 ? [] : [...launcher, "-n", String(ranks)],
      ...[...words, ...run, ...rare, ...job, "--workers", String(workers)],
    ];
    const { code, stdout, stderr } = await new Deno.Command(command[0]!, {
      args: command.slice(1),
      cwd: this.folder,
      env: { NO_COLOR: "1" },
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${said}`);
    const path = join(this.folder, "checkpoints", name, "metrics.jsonl");
    const events = (await Deno.readTextFile(path)).trim().split("\n").map((line) => JSON.parse(line));
    await Deno.remove(join(this.folder, "checkpoints", name), { recursive: true });
    return events.filter(({ kind }) => kind === "step").map(({ stepMs, tokens }) => ({ stepMs, tokens }));
  }
}
