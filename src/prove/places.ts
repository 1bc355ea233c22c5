// Where a goal's missing line may stand: right before the goal, or at the end of a block that stands before it
// (`forall`, `if` and its `else`), whose last claim is what the goal gets of the block. A line at such an end
// is asked about in a copy of the whole block.
import type { AcornModule, EnclosingBlock, SourceGoal, Statement } from "../acorn/mod.ts";
import { editedLines, type ProofEdit, proofEdit } from "./edit.ts";
import { scopeOf } from "./scope.ts";

/** A place for lines. */
export interface ProofPlace {
  /** The goal, or the end of a block as if it were one. */
  readonly at: SourceGoal;
  /** What is asked to know of lines there, as statements before the goal. */
  given(lines: readonly string[]): string[];
  /** What puts lines there. */
  edit(lines: readonly string[]): ProofEdit;
}

/** Blocks before the goal, the last ones, whose ends are looked at; and blocks in blocks. */
const MOST_BLOCKS = 3;
const MOST_DEPTH = 6;

/** The places of a goal, its own first. */
export function placesOf(module: AcornModule, goal: SourceGoal): ProofPlace[] {
  const own: ProofPlace = {
    at: goal,
    given: (lines) => [...lines],
    edit: (lines) => proofEdit(module, goal, lines.flatMap((line) => line.split("\n"))),
  };
  const { before } = scopeOf(module, goal);
  const inner = goal.block.at(-1)?.body?.statements ?? [];
  const siblings = before.filter((statement) => inner.includes(statement));
  return [own, ...siblings.slice(-MOST_BLOCKS).flatMap((sibling) => endsOf(module, goal, sibling))];
}

/** The ends of a statement's blocks. */
function endsOf(module: AcornModule, goal: SourceGoal, sibling: Statement): ProofPlace[] {
  const { lines, tokens } = module;
  const first = tokens[sibling.first]!;
  if (lines[first.line]!.slice(0, first.start).trim() !== "") return [];
  const lastLine = tokens[(sibling.otherwise ?? sibling.body)?.close ?? sibling.last]?.line ??
    sibling.lastLine;
  const places: ProofPlace[] = [];
  const walk = (statement: Statement, block: readonly EnclosingBlock[], depth: number): void => {
    const { kind, body, otherwise } = statement;
    if ((kind !== "forall" && kind !== "if") || depth > MOST_DEPTH) return;
    for (const each of [body, otherwise]) {
      const closing = each === undefined ? undefined : tokens[each.close];
      if (each === undefined || closing === undefined) continue;
      const enclosing = {
        kind: kind === "forall" ? kind : each === body ? "if" : "else",
        statement,
        body: each,
      } as const;
      const line = closing.line;
      const indent = `${/^\s*/.exec(lines[line]!)![0]}    `;
      const at: SourceGoal = {
        ...goal,
        kind: "claim",
        firstLine: line,
        lastLine: line,
        insertion: { line, indent, opensBy: false },
        block: [...block, enclosing],
        statement,
      };
      const edit = (given: readonly string[]): ProofEdit =>
        proofEdit(module, at, given.flatMap((text) => text.split("\n")));
      places.push({
        at,
        edit,
        given(given) {
          const put = edit(given);
          const end = lastLine + 1 + put.lines.length - put.removed;
          return [editedLines(lines, put).slice(first.line, end).join("\n")];
        },
      });
      const last = each.statements.at(-1);
      if (last !== undefined) walk(last, at.block, depth + 1);
    }
  };
  walk(sibling, goal.block, 0);
  return places;
}
