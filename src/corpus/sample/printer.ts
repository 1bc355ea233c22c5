/** Writes terms and clauses in Acorn's syntax, under the names that a theorem gives its letters. */

import { BINARY, type Clause, type Literal, type Term } from "./term.ts";

const PREFIX = 3;
const METHOD = 4;

/** Prints in one file's spelling: its type parameter, and the name of each letter, which may change. */
export class Printer {
  readonly #carrier: string;
  readonly #letters: ReadonlyMap<string, string>;

  constructor(carrier: string, letters: ReadonlyMap<string, string>) {
    this.#carrier = carrier;
    this.#letters = letters;
  }

  /** A term; in brackets when it binds less tightly than `minimum`. */
  term(term: Term, minimum = 0): string {
    const { op, args } = term;
    const [first, second] = args;
    const wrap = (text: string, strength: number) => strength < minimum ? `(${text})` : text;
    const name = this.#letters.get(op);
    if (first === undefined) {
      if (op === "one" || op === "zero") return `${this.#carrier}.${op === "one" ? 1 : 0}`;
      return name ?? op;
    }
    if (op === "neg") return wrap(`-${this.term(first, PREFIX)}`, PREFIX);
    if (name !== undefined) return `${name}(${args.map((arg) => this.term(arg)).join(", ")})`;
    const strength = BINARY[op];
    if (strength !== undefined) {
      return wrap(`${this.term(first, strength)} ${op} ${this.term(second as Term, strength + 1)}`, strength);
    }
    return `${this.term(first, METHOD)}.${op}${second === undefined ? "" : `(${this.term(second)})`}`;
  }

  /** A literal: `a != b`, `not a <= b`. */
  literal({ relation, positive, left, right }: Literal): string {
    const [a, b] = [this.term(left), this.term(right)];
    if (relation === "=") return `${a} ${positive ? "=" : "!="} ${b}`;
    const atom = relation === "<=" ? `${a} <= ${b}` : `${this.term(left, METHOD)}.divides(${b})`;
    return positive ? atom : `not ${atom}`;
  }

  /** Literals joined by "and". */
  and(literals: readonly Literal[]): string {
    return literals.map((literal) => this.literal(literal)).join(" and ");
  }

  /** Clauses as the prover writes them: `not a <= b or a.meet(b) = a`. */
  clauses(clauses: readonly Clause[]): string[] {
    return clauses.map((clause) => clause.map((literal) => this.literal(literal)).join(" or "));
  }
}
