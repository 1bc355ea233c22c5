// The lines that are tried, in order. Several sources propose, each its best first; they take turns, so that
// none starves. A line that cannot be read would make the prover refuse a whole sheet, so what is no claim,
// names what is not in scope, does not fit in types, says nothing (`a = a`) or was proposed before is left out,
// and counted.
import { parseModule } from "../acorn/mod.ts";
import { normalLine } from "../prompt/mod.ts";
import type { Expression } from "../acorn/code/expression.ts";
import { printExpression, readExpression } from "./citations.ts";

/** Where a line comes from. */
export type CandidateSource = "cited" | "neighbor" | "variant" | "model";

/** A line to try. */
export interface Candidate {
  readonly line: string;
  readonly source: CandidateSource;
}

/** Why lines were left out, and how many. */
export interface LeftOut {
  unreadable: number;
  meaningless: number;
  empty: number;
  repeated: number;
}

/** Longer lines are left out. */
const MOST_CHARACTERS = 2000;

/** Lines in the order in which they are to be tried. */
export class CandidateQueue {
  readonly leftOut: LeftOut = { unreadable: 0, meaningless: 0, empty: 0, repeated: 0 };
  readonly #waiting = new Map<CandidateSource, Candidate[]>();
  readonly #seen = new Set<string>();

  /** @param known lines that stand there already @param isMeant whether a claim's names and types fit there */
  constructor(known: readonly string[], readonly isMeant: (line: string, claim: Expression) => boolean) {
    for (const line of known) this.#seen.add(normalLine(line));
  }

  /** Lines that wait. */
  get size(): number {
    return [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Lines that a source proposes, its best first, behind what it has proposed already. */
  add(source: CandidateSource, lines: readonly string[]): void {
    const waiting = this.#waiting.get(source) ?? [];
    this.#waiting.set(source, waiting);
    for (const line of lines) {
      const reason = this.#refusal(line);
      if (reason === null) waiting.push({ line: normalLine(line), source });
      else this.leftOut[reason]++;
    }
  }

  /** The next lines, the sources in turns. */
  take(count: number): Candidate[] {
    const taken: Candidate[] = [];
    while (taken.length < count) {
      const before = taken.length;
      for (const waiting of this.#waiting.values()) {
        if (taken.length < count && waiting.length > 0) taken.push(waiting.shift()!);
      }
      if (taken.length === before) break;
    }
    return taken;
  }

  #refusal(line: string): keyof LeftOut | null {
    const text = normalLine(line);
    if (text === "" || text === "true" || text === "false") return "empty";
    if (this.#seen.has(text)) return "repeated";
    this.#seen.add(text);
    if (text.length > MOST_CHARACTERS || !isClaim(text)) return "unreadable";
    const tree = readExpression(text);
    if (tree === null) return "unreadable";
    if (tree.kind === "binary" && tree.operator === "=") {
      if (printExpression(tree.left) === printExpression(tree.right)) return "empty";
    }
    return this.isMeant(text, tree) ? null : "meaningless";
  }
}

/** Whether a line is one claim, and nothing else. */
function isClaim(line: string): boolean {
  const { statements, problems } = parseModule(`theorem t(a: Bool) { a } by {\n${line}\n}\n`);
  const inner = statements[0]?.body?.statements;
  return problems.length === 0 && statements.length === 1 && inner?.length === 1 &&
    inner[0]!.kind === "claim";
}
