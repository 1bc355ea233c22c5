/** Writes terms and literals in Acorn's syntax, under the names that a theorem gives its letters. */

import { BINARY, type Clause, type Literal, type Term } from "./term.ts";

/** How a file spells things: the type parameter, and the name of each letter. */
export interface Names {
  readonly carrier: string;
  readonly letters: ReadonlyMap<string, string>;
}

const PREFIX = 3;
const METHOD = 4;

/** A term as text. */
export function printTerm(term: Term, names: Names, minimum = 0): string {
  const { op, args } = term;
  const [first, second] = args;
  const wrap = (text: string, strength: number) => strength < minimum ? `(${text})` : text;
  if (first === undefined) {
    if (op === "one") return `${names.carrier}.1`;
    if (op === "zero") return `${names.carrier}.0`;
    return names.letters.get(op) ?? op;
  }
  if (op === "neg") return wrap(`-${printTerm(first, names, PREFIX)}`, PREFIX);
  const applied = names.letters.get(op);
  if (applied !== undefined) return `${applied}(${args.map((arg) => printTerm(arg, names)).join(", ")})`;
  const strength = BINARY[op];
  if (strength !== undefined) {
    const right = printTerm(second as Term, names, strength + 1);
    return wrap(`${printTerm(first, names, strength)} ${op} ${right}`, strength);
  }
  const target = printTerm(first, names, METHOD);
  return second === undefined ? `${target}.${op}` : `${target}.${op}(${printTerm(second, names)})`;
}

/** A literal as text: `a != b`, `not a <= b`. */
export function printLiteral({ relation, positive, left, right }: Literal, names: Names): string {
  const [a, b] = [printTerm(left, names), printTerm(right, names)];
  if (relation === "=") return `${a} ${positive ? "=" : "!="} ${b}`;
  const atom = relation === "<=" ? `${a} <= ${b}` : `${printTerm(left, names, METHOD)}.divides(${b})`;
  return positive ? atom : `not ${atom}`;
}

/** A clause as the prover writes it: `not a <= b or a.meet(b) = a`. */
export function printClause(literals: Clause, names: Names): string {
  return literals.map((literal) => printLiteral(literal, names)).join(" or ");
}
