/**
 * Lays out proof files: a theorem's head, the lines of its body as they come, and a file for every goal on
 * the way.
 */

import { printClause, printLiteral, printTerm } from "./printer.ts";
import type { Naming } from "./names.ts";
import { type Law, lettersOf, type Literal, negate, type Term } from "./term.ts";

/** What a theorem supposes: a literal, or a law that holds for all elements. */
export type Premise = { readonly kind: "literal"; readonly literal: Literal } | {
  readonly kind: "law";
  readonly law: Law;
};

/** A function that a theorem is about. */
export interface FunctionParameter {
  readonly letter: string;
  readonly from: "S" | "N";
  readonly to: "S" | "N";
}

/** A theorem's statement. */
export interface Theorem {
  readonly name: string;
  readonly typeclass: string;
  readonly carrier: string;
  readonly naming: Naming;
  readonly letters: readonly Term[];
  readonly functions: readonly FunctionParameter[];
  readonly premises: readonly Premise[];
  readonly goal: Literal;
  /** Letters that are bound by a `forall` in the statement instead of being the theorem's parameters. */
  readonly bound?: readonly Term[];
}

/** A goal within a theorem's body. */
export interface BodyGoal {
  /** The source line without its indentation. */
  readonly line: string;
  readonly hypothesis?: string;
  readonly counterfactual: string;
  readonly proof: readonly string[];
}

/** Writes one theorem's files: its body's goals in order, then the theorem. */
export class TheoremText {
  readonly files: string[] = [];
  readonly #theorem: Theorem;
  readonly #source: string[];
  #depth = 1;
  #hasBody = false;

  constructor(theorem: Theorem) {
    this.#theorem = theorem;
    const head = `theorem ${theorem.name}${this.#parameters()} {`; // first, for it names the letters
    const bound = this.declare(theorem.bound ?? []);
    const statement = this.implication();
    this.#source = [head, `    ${bound === "" ? statement : `forall(${bound}) { ${statement} }`}`];
  }

  /** The theorem's premises and its goal as one line. */
  implication(): string {
    const premises = this.#theorem.premises.map((premise) => this.premise(premise)).join(" and ");
    const goal = this.literal(this.#theorem.goal);
    return premises === "" ? goal : `${premises} implies ${goal}`;
  }

  /** A literal as text. */
  literal(literal: Literal): string {
    return printLiteral(literal, this.#names());
  }

  /** A term as text. */
  term(term: Term): string {
    return printTerm(term, this.#names());
  }

  /** A clause as text. */
  clause(clause: readonly Literal[]): string {
    return printClause(clause, this.#names());
  }

  /** Clauses as text. */
  clauses(clauses: readonly (readonly Literal[])[]): string[] {
    return clauses.map((clause) => this.clause(clause));
  }

  /** A premise as text; a law's variables get names of their own. */
  premise(premise: Premise): string {
    if (premise.kind === "literal") return this.literal(premise.literal);
    const { law } = premise;
    const variables = lettersOf(...law.literals.flatMap(({ left, right }) => [left, right]))
      .filter((letter) => letter.op.startsWith("?"));
    const bound = this.declare(variables);
    return `forall(${bound}) { ${this.clause(law.literals)} }`;
  }

  /** Letters with their types, as in `x: G, n: Nat`. */
  declare(letters: readonly Term[]): string {
    const { naming } = this.#theorem;
    return letters.map(({ op, sort }) => `${naming.name(op, sort)}: ${this.#type(sort)}`).join(", ");
  }

  /** Opens a block in the body, such as `if a = b {`. */
  open(line: string): void {
    this.#push(`${line} {`);
    this.#depth++;
  }

  /** Closes the innermost block. */
  close(): void {
    this.#depth--;
    this.#push("}");
  }

  /** Adds a line to the body, with the file that proves it. */
  prove(goal: BodyGoal): void {
    this.#startBody();
    const line = this.#indent(goal.line);
    this.files.push(fileText(this.#source.join("\n"), line, goal));
    this.#source.push(line);
  }

  /** Ends the theorem with its own file. `proof` refers to the negated goal. */
  finish(proof: readonly string[], counterfactual = this.literal(negate(this.#theorem.goal))): string[] {
    this.#source.push("}");
    this.files.push(fileText("", this.#source.join("\n"), { line: "", counterfactual, proof }));
    return this.files;
  }

  #push(line: string): void {
    this.#startBody();
    this.#source.push(this.#indent(line));
  }

  #startBody(): void {
    if (!this.#hasBody) this.#source.push("} by {");
    this.#hasBody = true;
  }

  #indent(line: string): string {
    return "    ".repeat(this.#depth) + line;
  }

  #parameters(): string {
    const { typeclass, carrier, functions, letters, naming } = this.#theorem;
    const typed = functions.map(({ letter, from, to }) =>
      `${naming.name(letter, "function")}: ${this.#type(from)} -> ${this.#type(to)}`
    );
    const list = [this.declare(letters), ...typed].filter((part) => part !== "").join(", ");
    return `${typeclass === "Nat" ? "" : `[${carrier}: ${typeclass}]`}${list === "" ? "" : `(${list})`}`;
  }

  #type(sort: "S" | "N"): string {
    return sort === "N" ? "Nat" : this.#theorem.carrier;
  }

  #names(): { carrier: string; letters: ReadonlyMap<string, string> } {
    return { carrier: this.#theorem.carrier, letters: this.#theorem.naming.letters };
  }
}

function fileText(theorem: string, goalSource: string, goal: BodyGoal): string {
  return [
    ...(theorem === "" ? [] : ["@T", theorem]),
    "@G",
    goalSource,
    ...(goal.hypothesis === undefined ? [] : ["@H", goal.hypothesis]),
    "@C",
    goal.counterfactual,
    "@P",
    ...goal.proof,
    "",
  ].join("\n");
}
