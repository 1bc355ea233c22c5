/** An evaluation's report as tables. */
import type { Estimate } from "../../evaluate/bootstrap.ts";
import type { Ranked } from "../../evaluate/chances.ts";
import type { EvaluationReport, Losses } from "../../evaluate/evaluate_model.ts";
import { LINE_RANKS, type LineMethod, type LineReport, type LineScore } from "../../evaluate/line_report.ts";
import {
  PROOF_RANKS,
  type ProofMethod,
  type ProofReport,
  type ProofScore,
} from "../../evaluate/proof_report.ts";
import { type Part, PARTS } from "../../evaluate/section_sums.ts";
import { formatCount } from "../../text_format.ts";
import { tableLines } from "./table.ts";

/** What the report is about. */
export interface EvaluationSubject {
  /** The model, for people. */
  readonly model: string;
  /** Folder of the held-out proofs. */
  readonly dataDir: string;
  /** Names the split; null where every file was scored. */
  readonly splitHash: string | null;
}

/** The report's lines. */
export function evaluationLines(report: EvaluationReport, subject: EvaluationSubject): string[] {
  const { documents, groups, nearCopies, losses, lines, proofs, seed } = report;
  const bytes = formatCount(losses.model.all.bytes);
  const copies = nearCopies === null ? "" : `; ${nearCopies} are near copies of training proofs`;
  const split = subject.splitHash === null ? "every file" : `split ${subject.splitHash.slice(0, 12)}`;
  return [
    ...tableLines([
      ["model", subject.model],
      [
        "held out",
        `${formatCount(documents)} proofs of ${
          formatCount(groups)
        } theorems, ${bytes} bytes in ${subject.dataDir}${copies}`,
      ],
      ["sampling", `${split}, seed ${seed}; in parentheses 95 % intervals, bootstrap over theorems`],
    ]),
    "",
    ...lossTable(losses),
    ...(lines === null ? [] : ["", ...lineTables(lines)]),
    ...(proofs === null ? [] : ["", ...proofTable(proofs)]),
  ];
}

const PART_NAMES: Record<Part, string> = {
  all: "whole files",
  T: "@T theorem",
  G: "@G goal",
  H: "@H hypothesis",
  C: "@C counterfactual",
  P: "@P proof",
};

function lossTable({ model, ngram, withoutCopies }: Losses): string[] {
  const rows = PARTS.filter((part) => model[part].bytes > 0).map((part) => [
    `  ${PART_NAMES[part]}`,
    withInterval(model[part].bitsPerByte, plain),
    model[part].perplexity?.toFixed(2) ?? "-",
    ...(withoutCopies === null ? [] : [withInterval(withoutCopies[part].bitsPerByte, plain)]),
    ...(ngram === null ? [] : [withInterval(ngram[part].bitsPerByte, plain)]),
  ]);
  const head = [
    "bits per byte",
    "model",
    "perplexity",
    ...(withoutCopies === null ? [] : ["without near copies"]),
    ...(ngram === null ? [] : ["5-gram"]),
  ];
  return tableLines([head, ...rows]);
}

const LINE_METHODS: Record<LineMethod, string> = {
  "draw-prover": "drawn, asked as the prover asks",
  "draw-training": "drawn, asked as in training",
  "beam-prover": "beam search, asked as the prover asks",
  "beam-training": "beam search, asked as in training",
  "ngram": "5-gram, drawn",
  "nearest-goal": "copied from the nearest goals",
  "most-frequent": "most frequent lines",
};

function lineTables({ lines, checkedLines, scores }: LineReport): string[] {
  const rows = (of: (score: LineScore) => Ranked<Estimate> | null): MethodRow[] =>
    scores.map((score) => [LINE_METHODS[score.method], of(score)]);
  return tableLines([
    ...methodTable(`next line right, % of ${formatCount(lines)} lines`, LINE_RANKS, rows((s) => s.overLines)),
    [],
    ...methodTable("the same, % of proofs", LINE_RANKS, rows((s) => s.overProofs)),
    ...checkerTable(
      `next line follows (checker), % of ${formatCount(checkedLines)} lines`,
      LINE_RANKS,
      rows((s) => s.accepted),
    ),
  ]);
}

const PROOF_METHODS: Record<ProofMethod, string> = {
  "draw-training": "drawn, asked as in training",
  "nearest-goal": "copied from the nearest goals",
};

function proofTable({ proofs, checkedProofs, scores }: ProofReport): string[] {
  const rows = (of: (score: ProofScore) => Ranked<Estimate> | null): MethodRow[] =>
    scores.map((score) => [PROOF_METHODS[score.method], of(score)]);
  return tableLines([
    ...methodTable(
      `whole proof right, % of ${formatCount(proofs)} proofs`,
      PROOF_RANKS,
      rows((s) => s.exact),
    ),
    ...checkerTable(
      `whole proof accepted (checker), % of ${formatCount(checkedProofs)} proofs`,
      PROOF_RANKS,
      rows((s) => s.accepted),
    ),
  ]);
}

type MethodRow = readonly [method: string, estimates: Ranked<Estimate> | null];

function methodTable(title: string, ranks: readonly number[], rows: readonly MethodRow[]): string[][] {
  const cell = (estimate: Estimate | null): string =>
    estimate === null ? "-" : withInterval(estimate, percent);
  return [
    [title, ...ranks.map((k) => `@${k}`)],
    ...rows.map(([method, estimates]) => [`  ${method}`, ...(estimates ?? []).map(cell)]),
  ];
}

/** The same after an empty line, or nothing where the checker judges no method. */
function checkerTable(...table: Parameters<typeof methodTable>): string[][] {
  return table[2].every(([, estimates]) => estimates === null) ? [] : [[], ...methodTable(...table)];
}

function withInterval({ value, low, high }: Estimate, format: (value: number) => string): string {
  if (value === null) return "-";
  return low === null || high === null
    ? format(value)
    : `${format(value)} (${format(low)} to ${format(high)})`;
}

function plain(value: number): string {
  return value.toFixed(3);
}

function percent(value: number): string {
  return (100 * value).toFixed(1);
}
