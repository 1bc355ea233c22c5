// An evaluation's report as tables.
import type { Estimate } from "../../evaluate/bootstrap.ts";
import type { Ranked } from "../../evaluate/chances.ts";
import type { EvaluationReport, Losses } from "../../evaluate/evaluate_model.ts";
import { LINE_RANKS, type LineMethod, type LineReport } from "../../evaluate/line_report.ts";
import { PROOF_RANKS, type ProofMethod, type ProofReport } from "../../evaluate/proof_report.ts";
import type { GoalReport } from "../../evaluate/search_report.ts";
import { type Part, PARTS } from "../../evaluate/section_sums.ts";
import { formatCount, tableLines } from "../../text_format.ts";
import { SEARCH_SOURCES } from "./search.ts";

/** What the report is about. */
export interface EvaluationSubject {
  /** The model, for people. */
  readonly model: string;
  /** Folder of the held-out proofs. */
  readonly dataDir: string;
  /** Names the split; null where every file was scored. */
  readonly splitHash: string | null;
}

export function evaluationLines(report: EvaluationReport, subject: EvaluationSubject): string[] {
  const { documents, groups, nearCopies, losses, lines, proofs, goals, seed } = report;
  const proofCount = `${formatCount(documents)} proofs`;
  const bytes = formatCount(losses.model.all.bytes);
  const split = subject.splitHash === null ? "every file" : `split ${subject.splitHash.slice(0, 12)}`;
  return [
    ...tableLines([
      ["model", subject.model],
      ["held out", `${proofCount} of ${formatCount(groups)} theorems, ${bytes} bytes`],
      ...nearCopies === null ? [] : [["", `${nearCopies} are near copies of training proofs`]],
      ["folder", subject.dataDir],
      ["sampling", `${split}, seed ${seed}`],
      ["intervals", "95 %, in parentheses, bootstrap over theorems"],
    ]),
    "",
    ...lossTable(losses),
    ...(lines === null ? [] : ["", ...lineTables(lines)]),
    ...(proofs === null ? [] : ["", ...proofTable(proofs)]),
    ...(goals === null ? [] : ["", ...goalTable(goals)]),
  ];
}

/** Between columns: a terminal of 80 has room for all. */
const GAP = 2;

const PART_NAMES: Record<Part, string> = {
  all: "whole files",
  T: "@T theorem",
  G: "@G goal",
  H: "@H hypothesis",
  C: "@C counterfactual",
  P: "@P proof",
};

function lossTable({ model, ngram, withoutCopies }: Losses): string[] {
  const others = [["no near copies", withoutCopies] as const, ["5-gram", ngram] as const]
    .flatMap(([name, losses]) => losses === null ? [] : [[name, losses] as const]);
  const rows = PARTS.filter((part) => model[part].bytes > 0).map((part) => [
    `  ${PART_NAMES[part]}`,
    withInterval(model[part].bitsPerByte, plain),
    model[part].perplexity?.toFixed(2) ?? "-",
    ...others.map(([, losses]) => plain(losses[part].bitsPerByte.value)),
  ]);
  return tableLines(
    [["bits per byte", "model", "perplexity", ...others.map(([name]) => name)], ...rows],
    GAP,
  );
}

const LINE_METHODS: Record<LineMethod, string> = {
  "draw-prover": "drawn, as the prover asks",
  "draw-training": "drawn, as in training",
  "beam-prover": "beam, as the prover asks",
  "beam-training": "beam, as in training",
  "ngram": "5-gram, drawn",
  "nearest-goal": "from the nearest goals",
  "most-frequent": "most frequent lines",
};

function lineTables({ lines, checkedLines, scores }: LineReport): string[] {
  const rows = (key: "overLines" | "overProofs" | "accepted"): MethodRow[] =>
    scores.map((score) => [LINE_METHODS[score.method], score[key]]);
  const checked = `line follows, % of ${formatCount(checkedLines)} lines`;
  return tableLines([
    ...methodTable(`next line, % of ${formatCount(lines)} lines`, LINE_RANKS, rows("overLines")),
    [],
    ...methodTable("the same, % of proofs", LINE_RANKS, rows("overProofs")),
    ...checkerTable(checked, LINE_RANKS, rows("accepted")),
  ], GAP);
}

const PROOF_METHODS: Record<ProofMethod, string> = {
  "draw-training": "drawn, as in training",
  "nearest-goal": "from the nearest goals",
};

function proofTable({ proofs, checkedProofs, scores }: ProofReport): string[] {
  const rows = (key: "exact" | "accepted"): MethodRow[] =>
    scores.map((score) => [PROOF_METHODS[score.method], score[key]]);
  const checked = `accepted, % of ${formatCount(checkedProofs)} proofs`;
  return tableLines([
    ...methodTable(`whole proof, % of ${formatCount(proofs)} proofs`, PROOF_RANKS, rows("exact")),
    ...checkerTable(checked, PROOF_RANKS, rows("accepted")),
  ], GAP);
}

function goalTable({ goals, budget, scores }: GoalReport): string[] {
  return tableLines([
    [`goals proved, % of ${formatCount(goals)}, at most ${budget} lines judged for each`],
    ...scores.map(({ source, proved }) => [`  ${SEARCH_SOURCES[source]}`, withInterval(proved, percent)]),
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

function withInterval(
  { value, low, high }: Estimate,
  format: (value: number, isBound?: boolean) => string,
): string {
  if (value === null) return "-";
  return low === null || high === null
    ? format(value)
    : `${format(value)} (${format(low, true)}-${format(high, true)})`;
}

function plain(value: number | null): string {
  return value === null ? "-" : value.toFixed(3);
}

function percent(value: number, isBound = false): string {
  return (100 * value).toFixed(isBound ? 0 : 1);
}
