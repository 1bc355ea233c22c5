// A sheet: what one run of the prover is asked about a goal. Each question stands in a block `if true { … }`
// of its own that ends with `true`: what is claimed there is known to nothing outside of it, so that no
// question answers another. All stand where the goal's proof has its lines. What is behind the last question
// is read by the prover, not proved; where nothing needs it, it is left out.
import {
  type AcornModule,
  type SourceGoal,
  type Statement,
  type TokenRange,
  withoutProofs,
} from "../acorn/mod.ts";
import { textOf } from "./known_lines.ts";
import { editedLines, proofEdit } from "./edit.ts";

/** A question to the prover. */
export type Question =
  /** Is the line proved? */
  | { readonly kind: "line"; readonly text: string }
  /** Is the goal proved once these lines stand before it? They are taken for true. */
  | { readonly kind: "goal"; readonly given: readonly string[] };

/** A module's text with questions in it. Lines count from 0. */
export interface Sheet {
  readonly text: string;
  /** The last line that is to be proved. */
  readonly lastLine: number;
  /** Of each question, the lines of its block. */
  readonly ranges: readonly { readonly first: number; readonly end: number; readonly goalLine: number }[];
}

/** How much of the module a sheet has: the less, the faster is the prover. */
export interface SheetForm {
  /** Whether the module ends with the goal's theorem. */
  readonly isCut: boolean;
  /** Other theorems are taken for axioms but for these names; null: all are proved where they stand. */
  readonly axioms: ReadonlySet<string> | null;
}

/** The goal's own text as a statement that can be asked; undefined where only its block can (an instance). */
export function goalStatement(module: AcornModule, goal: SourceGoal): string | undefined {
  const { statement, kind } = goal;
  // In one line: what stands in braces may be broken anywhere, a claim of its own may not.
  const text = ({ from, end }: TokenRange): string => textOf(module, from, end);
  switch (kind) {
    case "theorem":
      return text(statement.claim!);
    case "claim":
    case "satisfy":
    case "destructuring":
      return text({ from: statement.first, end: statement.last + 1 });
    case "function":
    case "structure":
    case "instance":
      return undefined;
    default:
      kind satisfies never;
  }
}

/** Write a sheet. */
export function sheetOf(
  module: AcornModule,
  goal: SourceGoal,
  { questions, form }: { readonly questions: readonly Question[]; readonly form: SheetForm },
): Sheet {
  const statement = goalStatement(module, goal);
  const blocks = questions.map((question) => {
    const lines = question.kind === "line" ? [question.text] : question.given;
    const before = ["if true {", ...lines.flatMap((line) => line.split("\n"))];
    const asked = question.kind === "goal" && statement !== undefined ? [statement] : [];
    return { lines: [...before, ...asked, "true", "}"], goalAt: before.length };
  });
  let at = 0;
  const places = blocks.map(({ lines, goalAt }) => {
    const first = at;
    at += lines.length;
    return { first, end: at, goalLine: first + goalAt };
  });
  const given = blocks.flatMap(({ lines }) => lines);
  const theorem = goal.block[0]?.statement ?? goal.statement;
  const edit = proofEdit(module, goal, given);
  const offset = edit.line + edit.firstGiven;
  const end = form.isCut ? theorem.lastLine + 1 - edit.removed + edit.lines.length : Infinity;
  const lines = form.axioms === null ? module.lines : asAxioms(module, { theorem, declared: form.axioms });
  return {
    text: `${editedLines(lines, edit).slice(0, end).join("\n")}\n`,
    lastLine: offset + Math.max(0, given.length - 1),
    ranges: places.map(({ first, end, goalLine }) => ({
      first: first + offset,
      end: end + offset,
      goalLine: goalLine + offset,
    })),
  };
}

/** The module's lines with other theorems as axioms, without their proofs, but for those declared elsewhere. */
function asAxioms(
  module: AcornModule,
  { theorem, declared }: { theorem: Statement; declared: ReadonlySet<string> },
): string[] {
  const isKept = (statement: Statement): boolean =>
    statement === theorem || statement.name !== undefined && declared.has(statement.name);
  const lines = withoutProofs(module, isKept);
  for (const statement of module.statements) {
    if (statement.kind !== "theorem" || isKept(statement)) continue;
    const { line, start, text } = module.tokens[statement.first]!;
    lines[line] = `${lines[line]!.slice(0, start)}axiom${lines[line]!.slice(start + text.length)}`;
  }
  return lines;
}
