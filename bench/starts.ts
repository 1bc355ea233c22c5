/**
 * How long commands take to start, from the process' beginning, in ms: `suggest` from a checkpoint and from an
 * exported folder until it has ended, `train` until its first step. Medians, in turns, with a warm file cache.
 *
 *     deno run -A bench/starts.ts [--data-dir data/proofs] [--runs 10]
 *
 * The model is a random one of the default size. Prints JSON; bench/waits.ts shows it.
 */
import { parseArgs } from "@std/cli";
import { fromFileUrl, join } from "@std/path";
import { saveCheckpoint } from "../src/checkpoint/mod.ts";
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG } from "../src/config.ts";
import { writeSampleCorpus } from "../src/corpus/sample/write.ts";
import { exportModel } from "../src/export/mod.ts";
import { initialParameters } from "../src/model/mod.ts";
import { saveTokenizer, trainTokenizer } from "../src/tokenizer/mod.ts";

/** Median milliseconds of one kind of start. */
export interface Start {
  readonly what: string;
  readonly ms: number;
}

const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));
const FLAGS = fromFileUrl(new URL("../v8.env", import.meta.url));
const GOAL = "@G\n    a + b = b + a\n@C\nnot (a + b = b + a)\n";

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["data-dir", "runs"] });
  const dataDir = typeof args["data-dir"] === "string" ? args["data-dir"] : null;
  const folder = await Deno.makeTempDir({ prefix: "tactics_bench_" });
  try {
    console.log(JSON.stringify(await measureStarts(folder, { dataDir, runs: Number(args.runs ?? 10) })));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measureStarts(
  folder: string,
  { dataDir, runs }: { dataDir: string | null; runs: number },
): Promise<Start[]> {
  const proofs = dataDir ?? join(folder, "proofs");
  if (dataDir === null) await writeSampleCorpus(proofs, {});
  const [checkpoints, exported, training, goal] = ["checkpoints", "model", "training", "goal.txt"]
    .map((name) => join(folder, name));
  for (const made of [checkpoints!, training!]) await Deno.mkdir(made);
  await Deno.writeTextFile(goal!, GOAL);
  await saveModel(proofs, checkpoints!, exported!);
  await Deno.copyFile(join(checkpoints!, "tokenizer.json"), join(training!, "tokenizer.json"));
  const suggest = (
    model: string,
  ): string[] => ["run", "-q", "-A", MAIN, "suggest", "--goal", goal!, "--model", model];
  const train = ["train", "--json", "--steps", "1", "--data-dir", proofs, "--checkpoint-dir", training!];
  const starts: [what: string, measure: () => Promise<number>][] = [
    ["suggest from a checkpoint", () => timeOf(suggest(checkpoints!))],
    ["suggest from an exported folder", () => timeOf(suggest(exported!))],
    [
      "train to its first step",
      () => timeOf(["run", "-q", "-A", `--env-file=${FLAGS}`, MAIN, ...train], '"kind":"step"'),
    ],
  ];
  const times = starts.map((): number[] => []);
  for (let run = 0; run < runs; run++) {
    for (const [i, [, measure]] of starts.entries()) times[i]!.push(await measure());
  }
  return starts.map(([what], i) => ({ what, ms: median(times[i]!) }));
}

async function saveModel(proofs: string, checkpoints: string, exported: string): Promise<void> {
  const names = [...Deno.readDirSync(proofs)].map(({ name }) => name).filter((name) => name.endsWith(".txt"));
  const texts = names.sort().map((name) => Deno.readTextFileSync(join(proofs, name)));
  const { vocabSize } = DEFAULT_MODEL_CONFIG;
  const tokenizer = trainTokenizer(texts, { vocabularySize: vocabSize, alphabet: "bytes" });
  const model = { ...DEFAULT_MODEL_CONFIG, vocabSize: tokenizer.vocabularySize };
  const parameters = initialParameters(model, 42);
  await saveTokenizer(join(checkpoints, "tokenizer.json"), tokenizer);
  await saveCheckpoint(join(checkpoints, "best.safetensors"), {
    ...{
      model,
      parameters,
      m: parameters,
      v: parameters,
      train: { ...DEFAULT_TRAIN_CONFIG, steps: 1 },
      step: 1,
    },
    ...{ tokenizerSha256: tokenizer.sha256(), splitHash: "0".repeat(64), best: null },
    ...{ evaluationsWithoutGain: 0, backend: "wasm" },
  });
  await exportModel({ config: model, parameters, tokenizerJson: tokenizer.toJson(), directory: exported });
}

/** Milliseconds of a run of Deno, until it prints `line`, with which it is ended, or ends itself. */
async function timeOf(args: string[], line?: string): Promise<number> {
  const started = performance.now();
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).spawn();
  const errors = new Response(child.stderr).text();
  let text = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (line === undefined || !text.includes(line)) continue;
    const ms = performance.now() - started;
    child.kill("SIGKILL");
    await Promise.all([child.status, errors]);
    return ms;
  }
  const { success } = await child.status;
  const ms = performance.now() - started;
  if (!success || line !== undefined) throw new Error(`deno ${args.join(" ")} failed:\n${await errors}`);
  await errors;
  return ms;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
