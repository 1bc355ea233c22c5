// `tactics quickstart`: the whole way on the built-in corpus, in a folder of its own, up to a proof.
import { join } from "@std/path";
import { openCheckpoint } from "../../checkpoint/mod.ts";
import { DEFAULT_MODEL_CONFIG, type TrainConfig } from "../../config.ts";
import type { ProofFile } from "../../corpus/proof_file.ts";
import { readProofs } from "../../corpus/read.ts";
import { writeSampleCorpus } from "../../corpus/sample/write.ts";
import { splitHeldOut } from "../../evaluate/held_out.ts";
import { ModelPool } from "../../evaluate/model_pool.ts";
import { measureSearch, SEARCH_BUDGET, type SearchedGoal } from "../../evaluate/search_report.ts";
import { exportFolderName } from "../../export/mod.ts";
import { formatBytes, formatCount, formatSeconds, tableLines, timeStamp } from "../../text_format.ts";
import { saveTokenizer, type Tokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import { prepareData } from "../../train/data.ts";
import type { Command, CommandContext } from "../command.ts";
import { comparisonLines, goalToShow, provedLines, searchEvent } from "../render/search.ts";
import { bar } from "../render/terminal.ts";
import { backendOf, MACHINE_OPTIONS, modelConfigOf, trainConfigOf, workersOf } from "../run_setup.ts";
import { runTraining } from "../training.ts";
import { exportAndPrint } from "./export.ts";

/** Of training; the other parts take about half a minute. */
const DEFAULT_MINUTES = 1.4;
const FILES = 5000;
/** Held-out theorems to prove. */
const GOALS = 100;

export const quickstart: Command = {
  name: "quickstart",
  summary: "From nothing to a model and a checked proof in two minutes, on built-in proofs",
  description: [
    "Everything goes into a new folder quickstart/YYYY-MM-DD-HH-MM-SS; nothing else is touched.",
  ],
  examples: [
    ["tactics quickstart", "About two minutes on two cores"],
    ["tactics quickstart --minutes 5", "Train longer: more theorems are proved"],
  ],
  next: [
    ["tactics data acornlib --lib PATH", "The proofs of your own library"],
    ["tactics quickstart --minutes 5", "A model that proves more"],
  ],
  options: ["minutes", "seed", "showSamples", ...MACHINE_OPTIONS],
  defaults: { minutes: `${DEFAULT_MINUTES} of training` },
  ignoresConfigFile: true,
  writesIn: () => ["quickstart"],
  run,
};

/** The steps by name, what they do, and the seconds that they take on two cores, but for training. */
const STEPS = [
  ["proofs", `write ${formatCount(FILES)} short proofs, from a seed`, 4],
  ["tokenizer", "learn a vocabulary from them", 1],
  ["training", "a model with nine tenths of them, on this machine", 0],
  ["export", "as ONNX, compared with the trainer", 10],
  ["proving", `${GOALS} theorems that the model has not seen`, 10],
] as const;

type StepName = typeof STEPS[number][0];

async function run(outer: CommandContext): Promise<void> {
  const context = brief(outer);
  const { options } = context;
  const folder = join("quickstart", timeStamp(new Date()));
  const minutes = options.minutes ?? DEFAULT_MINUTES;
  const given = { ...options, minutes, recipe: "short" } as const;
  const config = trainConfigOf(given);
  const workers = workersOf(options, config.shards);
  tellPlan(context, folder, minutes);

  const checkpointDir = join(folder, "checkpoints");
  const { files, tokenizer } = await makeData(context, folder, checkpointDir);
  if (context.signal.aborted) return;

  const data = prepareData(files, tokenizer, config);
  const model = modelConfigOf(given, tokenizer.vocabularySize);
  const trained = begin(context, "training");
  const parts = { model, train: config, data, tokenizer, checkpointDir, workers };
  const best = await runTraining(context, parts, { dataDir: join(folder, "proofs") });
  if (context.signal.aborted) return;
  trained(
    {},
    `${formatCount(data.documents.length)} proofs, ${formatCount(data.validation.length)} held out`,
  );

  const directory = join(folder, "export", exportFolderName(new Date()));
  await exportQuietly(context, best, directory);
  if (context.signal.aborted) return;

  const searched = await proveHeldOut(context, { files, tokenizer, config, model: best });
  const shown = goalToShow(searched);
  context.emit({ kind: "quickstart", directory, budget: SEARCH_BUDGET, ...searchEvent(searched, shown) }, [
    "",
    ...shown === null ? [] : [...provedLines(shown), ""],
    ...comparisonLines(searched, SEARCH_BUDGET),
    "",
    `model: ${directory}`,
  ]);
}

/** The same context with less to say: of a run steps, evaluations and samples, and no remarks. */
function brief(context: CommandContext): CommandContext {
  const { json, signal } = context;
  return {
    ...context,
    notice: (level, ...rest) => {
      if (json || level === "warning" || signal.aborted) context.notice(level, ...rest);
    },
    render: (event) => context.render(event, true),
  };
}

function tellPlan(context: CommandContext, folder: string, minutes: number): void {
  const rows = STEPS.map(([name, does, seconds], i) => {
    const length = name === "training" ? 60 * minutes : seconds;
    return [`  ${i + 1} ${name}`, does, `about ${formatSeconds(length)}`];
  });
  const total = STEPS.reduce((sum, [, , seconds]) => sum + seconds, 60 * minutes);
  context.tell({ kind: "steps", folder, minutes }, [
    `From nothing to a proof, in ${STEPS.length} steps and about ${formatSeconds(total)} on two cores:`,
    "",
    ...tableLines(rows),
    "",
    `Everything goes into ${folder}. Ctrl-C stops.`,
    "",
  ]);
}

/** Tell that a step begins. @returns what tells that it is done */
function begin(context: CommandContext, name: StepName): (event: object, text: string) => void {
  const begun = performance.now();
  const number = STEPS.findIndex((step) => step[0] === name) + 1;
  const label = `${number} ${name.padEnd(10)}`;
  context.progress(`${label} …`);
  return (event, text) => {
    const seconds = (performance.now() - begun) / 1000;
    context.tell({ kind: "stage", number, name, seconds, ...event }, [
      `${label} ✓ ${text}  (${formatSeconds(seconds)})`,
    ]);
  };
}

async function makeData(
  context: CommandContext,
  folder: string,
  checkpointDir: string,
): Promise<{ files: readonly ProofFile[]; tokenizer: Tokenizer }> {
  const written = begin(context, "proofs");
  const directory = join(folder, "proofs");
  const { files: count, sizeBytes } = await writeSampleCorpus(directory, { files: FILES, short: true });
  const size = { directory, files: count, sizeBytes };
  written(
    size,
    `${formatCount(count)} proofs of numbers, lattices, groups, rings; ${formatBytes(sizeBytes)}`,
  );

  const learned = begin(context, "tokenizer");
  const { files } = await readProofs(directory);
  const texts = files.map((file) => file.text);
  const tokenizer = trainTokenizer(texts, {
    vocabularySize: DEFAULT_MODEL_CONFIG.vocabSize,
    alphabet: "bytes",
  });
  await Deno.mkdir(checkpointDir, { recursive: true });
  await saveTokenizer(join(checkpointDir, "tokenizer.json"), tokenizer);
  const { vocabularySize } = tokenizer;
  learned({ vocabularySize }, `${formatCount(vocabularySize)} tokens`);
  return { files, tokenizer };
}

/** Export and verify; what is found is told in one line, but for programs. */
async function exportQuietly(context: CommandContext, checkpoint: string, directory: string): Promise<void> {
  const exported = begin(context, "export");
  const silent: CommandContext = {
    ...context,
    emit: (event, text) => {
      if (context.json) context.emit(event, text);
    },
  };
  const checks = await exportAndPrint(silent, await openCheckpoint(checkpoint), { directory });
  exported(
    { directory, checks },
    `model.onnx, with the trainer's logits; ${checks} checks passed`,
  );
}

async function proveHeldOut(
  context: CommandContext,
  { files, tokenizer, config, model: path }: {
    files: readonly ProofFile[];
    tokenizer: Tokenizer;
    config: TrainConfig;
    model: string;
  },
): Promise<SearchedGoal[]> {
  const proved = begin(context, "proving");
  const { split: kind, trainSplit, seed } = config;
  const { heldOut, training } = splitHeldOut(files, { kind, trainSplit, seed });
  const { model: { contextLength } } = (await openCheckpoint(path)).checkpoint;
  const workers = Math.max(1, Math.min(navigator.hardwareConcurrency, 8));
  await using pool = await ModelPool.open(path, { workers, backend: await backendOf(context, "inference") });
  const { model } = pool;
  const { signal } = context;
  const common = { tokenizer, contextLength, seed, signal };
  const work = measureSearch({ ...common, model, heldOut, training, goals: GOALS, budget: SEARCH_BUDGET });
  for (;;) {
    const next = await work.next();
    if (!next.done) {
      context.progress(`5 proving    ${bar(next.value, 30)} ${Math.round(100 * next.value)}%`);
      continue;
    }
    const count = next.value.filter(({ found }) => found.model.lines !== null).length;
    proved({ goals: next.value.length, proved: count }, `${count} of ${next.value.length} theorems`);
    return next.value;
  }
}
