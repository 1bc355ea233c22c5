// What a search for proofs came to: one of them line by line, and the figures beside the baselines'.
import { ProofContext, type Rule } from "../../corpus/checker/mod.ts";
import { cutSections } from "../../corpus/proof_file.ts";
import type { SearchedGoal, SearchSource } from "../../evaluate/search_report.ts";
import { tableLines } from "../../text_format.ts";
import { bar } from "./terminal.ts";

/** What is shown fits a terminal of 80 columns and 24 rows, with the figures below. */
const [COLUMNS, GOAL_LINES, PROOF_LINES] = [76, 4, 6];

/** Where a search's lines come from, for people. */
export const SEARCH_SOURCES: Record<SearchSource, string> = {
  "model": "the model's lines",
  "nearest-goal": "lines of the nearest proofs",
  "most-frequent": "the most frequent lines",
};

const RULES: Record<Rule, string> = {
  instance: "an instance of a law",
  rewrite: "a law, inside a term",
  ground: "follows from the lines above",
  witness: "there is such a one",
};

/** The goal whose proof has the most lines, rather one that only the model proved; null where none fits. */
export function goalToShow(searched: readonly SearchedGoal[]): SearchedGoal | null {
  const worth = ({ found }: SearchedGoal): number => {
    const isCopied = found["nearest-goal"].lines !== null || found["most-frequent"].lines !== null;
    return (isCopied ? 0 : 100) + found.model.lines!.length;
  };
  const fitting = searched.filter(({ proof, found }) => {
    const { lines } = found.model;
    const goal = goalLines(proof.before);
    return lines !== null && lines.length <= PROOF_LINES && goal.length <= GOAL_LINES &&
      [...goal, ...lines.map((line) => `${line}  ${RULES.ground}    `)].every((line) =>
        line.length <= COLUMNS
      );
  });
  return fitting.toSorted((a, b) => worth(b) - worth(a))[0] ?? null;
}

/** A proof, each line with why the checker accepts it. */
export function provedLines({ proof, found }: SearchedGoal): string[] {
  const context = ProofContext.fromPrompt(proof.before);
  const lines = found.model.lines!;
  const rows = lines.map((line, i) => {
    const verdict = context.add(line);
    return [`  ${i + 1}  ${line}`, verdict.ok ? `✓ ${RULES[verdict.rule]}` : "refused"];
  });
  const tried = `${found.model.tried} lines were tried`;
  return [
    "A theorem that the model had not seen, with its proof. Who judges the lines is",
    "the corpus' own checker, which knows no model:",
    "",
    ...goalLines(proof.before).map((line) => `  ${line}`),
    `  Suppose not: ${supposed(proof.before)}`,
    ...tableLines(rows),
    `  ✓ a contradiction, so the theorem holds (${tried}, ${lines.length} are needed)`,
  ];
}

/** How many goals each source proved. */
export function comparisonLines(searched: readonly SearchedGoal[], budget: number): string[] {
  const scale = 30;
  const rows = sources().map((source) => {
    const count = provedBy(searched, source);
    return [`  ${SEARCH_SOURCES[source]}`, String(count).padStart(3), bar(count / searched.length, scale)];
  });
  return [
    `Proved of ${searched.length} held-out theorems, with at most ${budget} lines tried for each:`,
    ...tableLines(rows, 2),
  ];
}

/** The same for programs. */
export function searchEvent(
  searched: readonly SearchedGoal[],
  shown: SearchedGoal | null,
): Record<string, unknown> {
  const counts = sources().map((source) => [source, provedBy(searched, source)]);
  const proof = shown &&
    { prompt: shown.proof.before, lines: shown.found.model.lines, file: shown.proof.file.name };
  return { goals: searched.length, proved: Object.fromEntries(counts), proof };
}

function sources(): SearchSource[] {
  return Object.keys(SEARCH_SOURCES) as SearchSource[];
}

function provedBy(searched: readonly SearchedGoal[], source: SearchSource): number {
  return searched.filter(({ found }) => found[source].lines !== null).length;
}

/** The theorem's text up to the goal, with the goal. */
function goalLines(before: string): string[] {
  return cutSections(before).filter(({ tag }) => tag === "T" || tag === "G")
    .flatMap(({ text }) => text.trimEnd().split("\n"));
}

/** The negated goal, and before it what the goal supposes. */
function supposed(before: string): string {
  const parts = cutSections(before).filter(({ tag }) => tag === "H" || tag === "C");
  return parts.map(({ text }) => text.trim()).join(", ");
}
