// `tactics eval`: how good a model is on proofs that it was not trained on, beside baselines.
import type { ProofFile } from "../../corpus/proof_file.ts";
import type { SplitOptions } from "../../corpus/split.ts";
import { RECIPES } from "../../config.ts";
import { DataError, UsageError } from "../../errors.ts";
import { evaluateModel } from "../../evaluate/evaluate_model.ts";
import type { EvaluationReport, MeasurementStage } from "../../evaluate/evaluate_model.ts";
import { allHeldOut, type HeldOutCorpus, splitHeldOut } from "../../evaluate/held_out.ts";
import { ModelPool } from "../../evaluate/model_pool.ts";
import { findModel, type FoundModel } from "../../infer/open_model.ts";
import type { Command, CommandContext } from "../command.ts";
import { placeOf, requireBoundsChecks } from "../model_setup.ts";
import { evaluationLines } from "../render/evaluation.ts";
import { bar } from "../render/terminal.ts";
import { backendOf, MACHINE_OPTIONS, passedOver } from "../run_setup.ts";
import { readCorpus, tellUnknownBytes, workersOf } from "../run_setup.ts";

export const evalCommand: Command = {
  name: "eval",
  summary: "How good a model is on held-out proofs, beside baselines",
  description: [
    "Tells bits a byte by section, how often the next line of a proof is among 1, 8 and 64 answers, and how often " +
    "a whole proof is right. Answers are drawn as the prover draws them, drawn as in training, and searched.",
    "The proofs of --data-dir count that training held out; a checkpoint knows its split. With --all every " +
    "file counts. The baselines then learn from --train-dir, or are left out.",
  ],
  examples: [
    ["tactics eval", "The best checkpoint on the held-out part of data/proofs"],
    ["tactics eval export/model --all --data-dir data/later", "An exported folder on proofs that came later"],
  ],
  next: [["tactics suggest --goal FILE", "A proof's next lines"], [
    "tactics export",
    "A folder that the prover loads",
  ]],
  options: ["lines", "goals", "all", "trainDir", "seed", "dataDir", "checkpointDir", ...MACHINE_OPTIONS],
  positionals: [[
    "[MODEL]",
    "A .safetensors file, an exported folder, or a run: its name, its folder, latest or best",
  ]],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { options, settings: { dataDir, lines, goals, seed }, positionals, signal } = context;
  if (options.trainDir !== undefined && options.all !== true) {
    throw new UsageError("--train-dir goes with --all: without it the baselines learn from --data-dir");
  }
  const backend = await backendOf(context, "inference");
  const place = await placeOf(context, positionals[0]);
  await requireBoundsChecks(context, "eval", place);
  const subject = await findModel(place, { passedOver: passedOver(context) });
  const { tokenizer } = subject;
  const { heldOut, training, splitHash } = await dataOf(context, subject, dataDir);
  const texts = heldOut.map(({ file }) => file.text);
  const unknownBytes = tellUnknownBytes(context, "the held-out proofs", { texts, tokenizer });
  const workers = workersOf(options, Math.max(options.workers ?? 1, navigator.hardwareConcurrency));
  await using pool = await ModelPool.open(subject.path, { workers, backend });
  const { contextLength } = subject.kind === "checkpoint" ? subject.checkpoint.model : subject.config;
  const { model } = pool;
  const asked = { lines, goals, seed, signal };
  const events = evaluateModel({ model, tokenizer, contextLength, heldOut, training, ...asked });
  const tell = progressOf(context);
  for await (const event of events) {
    if (event.kind === "progress") tell(event.stage, event.share);
    else emitReport(context, event.report, { subject, splitHash, unknownBytes });
  }
}

/** What to measure on; the split's name is null where every file counts. */
type Data = Omit<HeldOutCorpus, "splitHash"> & { readonly splitHash: string | null };

async function dataOf(context: CommandContext, subject: FoundModel, dataDir: string): Promise<Data> {
  const { all, trainDir } = context.options;
  const { files } = await readCorpus(context, dataDir);
  if (all === true) {
    const training = trainDir === undefined ? [] : await trainingOf(context, subject, trainDir);
    return { heldOut: allHeldOut(files), training, splitHash: null };
  }
  const corpus = splitHeldOut(files, splitOf(subject));
  if (subject.kind === "exported") {
    context.notice(
      "info",
      "an exported folder does not say what was held out: the usual split is assumed (blocks, 0.9, seed 42)",
      "Measure the checkpoint, or with --all on proofs that were not trained on.",
    );
  } else if (corpus.splitHash !== subject.checkpoint.splitHash) {
    const hint =
      "Name the folder that was trained on with --data-dir, or score every file of this one with --all.";
    throw new DataError(
      `"${subject.path}" was not trained on the proofs in "${dataDir}" as they are: their split is ` +
        `${corpus.splitHash.slice(0, 12)}, the run's was ${subject.checkpoint.splitHash.slice(0, 12)}`,
      { hint },
    );
  }
  return corpus;
}

/** What the baselines learn from: what the run trained on, or all of a folder that it did not use. */
async function trainingOf(
  context: CommandContext,
  subject: FoundModel,
  trainDir: string,
): Promise<readonly ProofFile[]> {
  const { files } = await readCorpus(context, trainDir);
  const { training, splitHash } = splitHeldOut(files, splitOf(subject));
  if (subject.kind === "exported" || subject.checkpoint.splitHash === splitHash) return training;
  context.notice("info", `the model was not trained on "${trainDir}": the baselines learn from all of it`);
  return files;
}

function splitOf(subject: FoundModel): SplitOptions {
  const { train } = subject.kind === "checkpoint" ? subject.checkpoint : RECIPES.fast;
  const { split, trainSplit, seed } = train;
  return { kind: split, trainSplit, seed };
}

function emitReport(
  context: CommandContext,
  report: EvaluationReport,
  { subject, splitHash, unknownBytes }: {
    subject: FoundModel;
    splitHash: string | null;
    unknownBytes: number;
  },
): void {
  const { path } = subject;
  const { dataDir, goals } = context.settings;
  if (goals > 0 && report.goals === null) {
    context.notice(
      "info",
      `no goal of "${dataDir}" could be searched: the built-in corpus' checker reads none that needs a line`,
      "Goals of an Acorn library are proved by your own acorn: tactics prove FILE.ac:LINE.",
    );
  }
  const step = subject.kind === "checkpoint" ? subject.checkpoint.step : null;
  const { nats, tokens, bytes, bitsPerByte: { value: bitsPerByte } } = report.losses.model.all;
  const loss = tokens > 0 ? nats / tokens : null;
  const measured = { bitsPerByte, loss, nats, tokens, bytes, unknownBytes };
  context.emit(
    { kind: "evaluation", model: path, step, dataDir, splitHash, ...measured, ...report },
    evaluationLines(report, { model: step === null ? path : `${path} (step ${step})`, dataDir, splitHash }),
  );
}

/** Shows how far a stage is, or, where there is no terminal, tells every tenth of it. */
function progressOf(context: CommandContext): (stage: MeasurementStage, share: number) => void {
  let told = "";
  return (stage, share) => {
    const what =
      { losses: "bits per byte", lines: "next lines", proofs: "whole proofs", goals: "goals" }[stage];
    if (context.progress(`${what.padEnd(14)} ${bar(share, 30)} ${Math.round(100 * share)}%`)) return;
    const text = `${what}: ${10 * Math.floor(10 * share)} %`;
    if (text !== told && share >= 0.1) context.notice("info", text);
    told = text;
  };
}
