// `tactics quickstart`: the whole way on the built-in corpus, in a folder of its own.
import { join } from "@std/path";
import { openCheckpoint } from "../../checkpoint/mod.ts";
import { DEFAULT_MODEL_CONFIG, type TrainConfig } from "../../config.ts";
import { ProofContext } from "../../corpus/checker/mod.ts";
import { readProofs } from "../../corpus/read.ts";
import { writeSampleCorpus } from "../../corpus/sample/write.ts";
import { cutProof, proofLines } from "../../prompt/mod.ts";
import { exportFolderName } from "../../export/mod.ts";
import { openModel } from "../../infer/open_model.ts";
import { formatBytes, formatPercent, timeStamp } from "../../text_format.ts";
import { saveTokenizer, type Tokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import { prepareData, type TrainingData } from "../../train/data.ts";
import type { Command, CommandContext } from "../command.ts";
import { MACHINE_OPTIONS, modelConfigOf, trainConfigOf, workersOf } from "../run_setup.ts";
import { runTraining } from "../training.ts";
import { exportAndPrint } from "./export.ts";

/** Of training; the other parts take about half a minute. */
const DEFAULT_MINUTES = 1.4;

export const quickstart: Command = {
  name: "quickstart",
  summary: "See the whole way in two minutes: built-in proofs in, a checked model with suggestions out",
  description: ["Everything goes into a new folder quickstart/YYYY-MM-DD-HH-MM-SS; nothing else is touched."],
  examples: [
    ["tactics quickstart", "About two minutes on two cores"],
    ["tactics quickstart --minutes 5", "Train longer: better suggestions"],
  ],
  options: ["minutes", "seed", ...MACHINE_OPTIONS],
  defaults: { minutes: `${DEFAULT_MINUTES} of training` },
  ignoresConfigFile: true,
  writesIn: () => ["quickstart"],
  run,
};

const SUGGESTION_SAMPLES = 12;
const SHOWN_SUGGESTIONS = 5;

async function run(context: CommandContext): Promise<void> {
  const { options } = context;
  const folder = join("quickstart", timeStamp(new Date()));
  const given = { minutes: options.minutes ?? DEFAULT_MINUTES, ...options, recipe: "short" } as const;
  const config = trainConfigOf(given);
  const workers = workersOf(options, config.shards);

  const checkpointDir = join(folder, "checkpoints");
  const { tokenizer, data } = await makeData(context, folder, checkpointDir, config);
  if (context.signal.aborted) return;

  heading(context, 3, "training a model");
  const model = modelConfigOf(given, tokenizer.vocabularySize);
  const parts = { model, train: config, data, tokenizer, checkpointDir, workers };
  const best = await runTraining(context, parts, { dataDir: join(folder, "proofs") });
  if (context.signal.aborted) return;

  heading(context, 4, "exporting and verifying it in ONNX Runtime");
  const directory = join(folder, "export", exportFolderName(new Date()));
  await exportAndPrint(context, await openCheckpoint(best), { directory });

  heading(context, 5, "suggesting the next line of a proof that was held out");
  await suggestForHeldOutGoal(context, directory, data);

  context.emit({ kind: "quickstart", directory }, [
    "",
    `Done. The model is in ${directory}`,
    "",
    "What to do next:",
    `  tactics generate --model ${directory} --prompt $'@T\\ntheorem '`,
    "  put your own proofs into data/proofs (tactics data acorn --lib PATH), then:",
    "  tactics tokenizer, tactics train --minutes 30, tactics export",
    "  (run as `deno task NAME` from the project's folder; `tactics help NAME` explains each)",
  ]);
}

/** Steps 1 and 2: corpus and tokenizer. */
async function makeData(
  context: CommandContext,
  folder: string,
  checkpointDir: string,
  config: TrainConfig,
): Promise<{ tokenizer: Tokenizer; data: TrainingData }> {
  heading(context, 1, "writing the built-in corpus");
  const proofs = join(folder, "proofs");
  const { files: count, sizeBytes } = await writeSampleCorpus(proofs);
  context.emit(
    { kind: "corpus", directory: proofs, files: count, sizeBytes },
    `  ${count} proofs, ${formatBytes(sizeBytes)}, in ${proofs}`,
  );
  heading(context, 2, "training a tokenizer");
  const { files } = await readProofs(proofs);
  const { vocabSize: vocabularySize } = DEFAULT_MODEL_CONFIG;
  const tokenizer = trainTokenizer(files.map((file) => file.text), { vocabularySize, alphabet: "bytes" });
  await Deno.mkdir(checkpointDir, { recursive: true });
  await saveTokenizer(join(checkpointDir, "tokenizer.json"), tokenizer);
  const data = prepareData(files, tokenizer, config);
  const tokens = [...data.documents, ...data.validation].reduce((sum, { tokens }) => sum + tokens.length, 0);
  context.emit(
    { kind: "tokenizer", vocabularySize: tokenizer.vocabularySize, tokens },
    `  ${tokenizer.vocabularySize} tokens; ${(sizeBytes / tokens).toFixed(2)} characters a token`,
  );
  return { tokenizer, data };
}

async function suggestForHeldOutGoal(
  context: CommandContext,
  directory: string,
  data: TrainingData,
): Promise<void> {
  // The last ones are random theorems, not the lemmas that every development begins with.
  const proofs = data.validationTexts.map((text) => cutProof(text)!);
  const { before, marker } = proofs.findLast(({ proof }) => proofLines(proof).length > 1) ?? proofs[0]!;
  const prompt = before + marker;
  await using model = await openModel(directory);
  const suggestions = await model.suggest({ before, lines: [] }, { samples: SUGGESTION_SAMPLES });
  const checker = ProofContext.fromPrompt(prompt);
  const shown = suggestions.slice(0, SHOWN_SUGGESTIONS).map((suggestion) => ({
    ...suggestion,
    accepted: checker.accepts(suggestion.line),
  }));
  context.emit({ kind: "suggestions", prompt, suggestions: shown }, [
    ...prompt.trimEnd().split("\n").map((line) => `    ${line}`),
    "  suggestions, the likeliest first (✓: the corpus' own checker says that the line follows):",
    ...shown.map(({ line, logProbability, accepted }) => {
      const probability = formatPercent(Math.exp(logProbability), 1).padStart(7);
      return `  ${accepted ? "✓" : " "} ${probability}  ${line === "" ? "(end of the proof)" : line}`;
    }),
  ]);
}

function heading(context: CommandContext, number: number, text: string): void {
  context.emit({ kind: "stage", number, text }, ["", `[${number}/5] ${text}`]);
}
