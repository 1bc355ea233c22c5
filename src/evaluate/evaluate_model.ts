// How good a model is: bits a byte by section, next lines, whole proofs, beside baselines that learn from the
// training proofs. The same model, proofs and seed give the same report, whatever the number of workers.
import type { ProofFile } from "../corpus/proof_file.ts";
import { END_TOKEN } from "../config.ts";
import { type Baselines, FrequentLines, GoalCopies } from "./baselines.ts";
import type { HeldOutFile } from "./held_out.ts";
import { type LineReport, measureLines } from "./line_report.ts";
import { type LossReport, lossReport, scoreFiles } from "./loss_report.ts";
import { NEAR_COPY_SIMILARITY, nearestSimilarities } from "./near_copies.ts";
import { type Proof, proofOf, sampleLines, sampleProofs } from "./next_line.ts";
import { NgramDecoder } from "./ngram.ts";
import { finish, type MeasureOptions, told } from "./progress.ts";
import { measureProofs, type ProofReport } from "./proof_report.ts";
import { askedHere, type AskedModel } from "./requests.ts";
import { type GoalReport, goalReport, measureSearch, SEARCH_BUDGET } from "./search_report.ts";

/** What is measured, and how much of it. */
export interface EvaluateOptions extends MeasureOptions {
  /** The model, usually a {@linkcode ModelPool}'s. */
  readonly model: AskedModel;
  /** Proofs to measure on. */
  readonly heldOut: readonly HeldOutFile[];
  /** Proofs that were trained on; empty: no baselines, nor copies. */
  readonly training: readonly ProofFile[];
  /** Next lines to ask for, at most; a quarter as many whole proofs. 0: none of both. */
  readonly lines: number;
  /** Goals to search proofs for, at most, where the built-in checker reads them. Default 0. */
  readonly goals?: number;
}

/** Losses of the model, of the 5-gram model, and of the model on files that are no near copies. */
export interface Losses {
  /** Over all held-out proofs. */
  readonly model: LossReport;
  /** Null without training proofs. */
  readonly ngram: LossReport | null;
  /** Null without training proofs. */
  readonly withoutCopies: LossReport | null;
}

/** Everything that was measured. */
export interface EvaluationReport {
  /** Held-out proofs. */
  readonly documents: number;
  /** Their theorems: the groups of the intervals. */
  readonly groups: number;
  /** Held-out proofs that are near copies of training proofs; null without these. */
  readonly nearCopies: number | null;
  /** Bits per byte and perplexity, by section. */
  readonly losses: Losses;
  /** Null when none were asked for, or no proof has a line. */
  readonly lines: LineReport | null;
  /** Null when none were asked for. */
  readonly proofs: ProofReport | null;
  /** Null when none were asked for, or the checker reads none of the goals. */
  readonly goals: GoalReport | null;
  /** Of everything random. */
  readonly seed: number;
}

/** A part of the work. */
export type MeasurementStage = "losses" | "lines" | "proofs" | "goals";

/** What is told while the work goes on; `share` of the stage is done, in [0, 1]. */
export type MeasurementEvent =
  | { readonly kind: "progress"; readonly stage: MeasurementStage; readonly share: number }
  | { readonly kind: "report"; readonly report: EvaluationReport };

/**
 * Measure a model. @yields progress, and the report as the last event @throws the signal's reason
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import * as tactics from "../../mod.ts";
 *
 * const utf8 = new TextEncoder();
 * const files = [...tactics.sampleCorpus({ files: 60 })].map(({ name, text }) =>
 *   tactics.parseProofFile(name, utf8.encode(text)).file!
 * );
 * const tokenizer = tactics.trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
 * const nats = (target: number): number => target < 0 ? 0 : Math.log(258); // all tokens are as likely
 * const model: tactics.AskedModel = {
 *   losses: (asked) => Promise.resolve(asked.map(({ targets }) => Float32Array.from(targets, nats))),
 *   draw: () => Promise.resolve([]),
 *   beam: () => Promise.resolve([]),
 * };
 * const corpus = tactics.splitHeldOut(files, { kind: "block", trainSplit: 0.9, seed: 42 });
 * const measured = { model, tokenizer, contextLength: 256, ...corpus, lines: 0, seed: 42 };
 * for await (const event of tactics.evaluateModel(measured)) {
 *   if (event.kind !== "report") continue;
 *   const { model, ngram } = event.report.losses;
 *   assert(model.P.bitsPerByte.value! > ngram!.P.bitsPerByte.value!);
 * }
 * ```
 */
export async function* evaluateModel(options: EvaluateOptions): AsyncGenerator<MeasurementEvent, void, void> {
  const { model, tokenizer, contextLength, heldOut, training, lines, goals = 0, seed, signal } = options;
  const common = { tokenizer, contextLength, seed, signal };
  const baselines = training.length === 0 ? null : baselinesOf(training, common);

  const modelSums = yield* told(scoreFiles(model, heldOut, common), progress("losses"));
  const texts = heldOut.map(({ file }) => file.text);
  const similarities = nearestSimilarities(texts, training.map(({ text }) => text));
  const fresh = heldOut.flatMap((_, i) => similarities[i]! >= NEAR_COPY_SIMILARITY ? [] : [i]);
  const losses: Losses = {
    model: lossReport(modelSums, heldOut, seed),
    ngram: baselines &&
      lossReport(await finish(scoreFiles(baselines.ngram, heldOut, common)), heldOut, seed),
    withoutCopies: baselines &&
      lossReport(fresh.map((i) => modelSums[i]!), fresh.map((i) => heldOut[i]!), seed),
  };

  const proofs = proofsOf(heldOut);
  const cases = sampleLines(proofs, lines, seed);
  const lineReport = cases.length === 0
    ? null
    : yield* told(measureLines({ model, baselines }, cases, common), progress("lines"));
  const chosen = sampleProofs(proofs, Math.ceil(lines / 4), seed);
  const proofReport = chosen.length === 0
    ? null
    : yield* told(measureProofs({ model, baselines }, chosen, common), progress("proofs"));
  const search = { ...common, model, heldOut, training, goals, budget: SEARCH_BUDGET };
  const searched = goals === 0 ? [] : yield* told(measureSearch(search), progress("goals"));
  const hasBaselines = training.length > 0;
  const report = {
    ...{ documents: heldOut.length, groups: new Set(heldOut.map(({ group }) => group)).size },
    nearCopies: baselines && heldOut.length - fresh.length,
    ...{ losses, lines: lineReport, proofs: proofReport },
    ...{ goals: goalReport(searched, { budget: SEARCH_BUDGET, hasBaselines, seed }), seed },
  };
  yield { kind: "report", report };
}

function progress(stage: MeasurementStage): (share: number) => MeasurementEvent {
  return (share) => ({ kind: "progress", stage, share });
}

function baselinesOf(
  training: readonly ProofFile[],
  { tokenizer, contextLength }: MeasureOptions,
): Baselines {
  const documents = training.map(({ text }) => Int32Array.from([...tokenizer.encode(text), END_TOKEN]));
  const decoder = new NgramDecoder(documents, tokenizer.vocabularySize, contextLength);
  const known = proofsOf(training.map((file) => ({ file, group: 0 })));
  return {
    ngram: askedHere({ decoder, tokenizer }),
    copies: new GoalCopies(known),
    frequent: new FrequentLines(known),
  };
}

function proofsOf(files: readonly HeldOutFile[]): Proof[] {
  return files.flatMap(({ file, group }) => proofOf(file, group) ?? []);
}
