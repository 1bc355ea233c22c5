// Lays out proof files in Acorn's syntax, under the names that a theorem gives its letters (which may
// change): a theorem's head, the lines of its body as they come, a file for every goal.
import type { Claim, Line } from "./discovery.ts";
import type { Naming } from "./names.ts";
import { BINARY, isVariable, lettersOf, negate, sidesOf } from "./term.ts";
import type { Clause, Law, Literal, Sort, Term } from "./term.ts";

/** How tightly these bind, beside {@linkcode BINARY}. */
const [PREFIX, METHOD] = [3, 4];

export interface Theorem extends Claim {
  readonly name: string;
  readonly typeclass: string;
  readonly carrier: string;
  readonly naming: Naming;
  readonly letters: readonly Term[];
  /** Letters that are bound by a `forall` in the statement instead of being the theorem's parameters. */
  readonly bound?: readonly Term[];
}

interface GoalText {
  readonly source: string;
  readonly hypothesis?: string;
  readonly counterfactual: string;
  readonly proof: readonly string[];
}

/** One theorem's files: its body's goals in order, then the theorem. */
export class TheoremText {
  readonly #files: string[] = [];
  readonly #source: string[];
  #depth = 1;
  #hasBody = false;

  constructor(readonly theorem: Theorem) {
    const head = `theorem ${theorem.name}${this.#parameters()} {`; // first, for it names the letters
    const bound = this.declare(theorem.bound ?? []);
    const statement = this.statement();
    this.#source = [head, `    ${bound === "" ? statement : `forall(${bound}) { ${statement} }`}`];
  }

  /** A term; in brackets when it binds less tightly than `minimum`. */
  term(term: Term, minimum = 0): string {
    const { op, args } = term;
    const [first, second] = args;
    const wrap = (text: string, strength: number) => strength < minimum ? `(${text})` : text;
    const name = this.theorem.naming.letters.get(op);
    if (first === undefined) {
      if (op === "one" || op === "zero") return `${this.theorem.carrier}.${op === "one" ? 1 : 0}`;
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

  and(literals: readonly Literal[]): string {
    return literals.map((literal) => this.literal(literal)).join(" and ");
  }

  /** Clauses as the prover writes them: `not a <= b or a.meet(b) = a`. */
  clauses(clauses: readonly Clause[]): string[] {
    return clauses.map((clause) => clause.map((literal) => this.literal(literal)).join(" or "));
  }

  /** The theorem's premises and its goal as one line. */
  statement(): string {
    const { premises, goal, lawPremises } = this.theorem;
    return this.implication(premises, goal, lawPremises);
  }

  implication(premises: readonly Literal[], goal: Literal, laws: readonly Law[] = []): string {
    const supposed = [...laws.map((law) => this.#universal(law)), ...premises.map((p) => this.literal(p))];
    return `${supposed.length === 0 ? "" : `${supposed.join(" and ")} implies `}${this.literal(goal)}`;
  }

  lines(lines: readonly Pick<Line, "clause">[]): string[] {
    return this.clauses(lines.map((line) => line.clause));
  }

  /** Letters with their types, as in `x: G, n: Nat`. */
  declare(letters: readonly Term[]): string {
    const { naming } = this.theorem;
    return letters.map(({ op, sort }) => `${naming.name(op, sort)}: ${this.#type(sort)}`).join(", ");
  }

  /** Opens a block in the body, such as `if a = b {`. */
  open(line: string): void {
    this.#startBody();
    this.#source.push(this.#indent(`${line} {`));
    this.#depth++;
  }

  close(): void {
    this.#depth--;
    this.#source.push(this.#indent("}"));
  }

  /** Adds a goal to the body, with the file that proves it. */
  prove(goal: Literal, proof: readonly string[], premises: readonly Literal[] = []): void {
    this.proveText({
      source: this.implication(premises, goal),
      ...(premises.length === 0 ? {} : { hypothesis: this.and(premises) }),
      counterfactual: this.literal(negate(goal)),
      proof,
    });
  }

  proveText(goal: GoalText): void {
    this.#startBody();
    const source = this.#indent(goal.source);
    this.#files.push(["@T", ...this.#source, fileText({ ...goal, source })].join("\n"));
    this.#source.push(source);
  }

  /** Ends the theorem with its own file. `proof` refers to the negated goal. */
  finish(proof: readonly string[], counterfactual = this.literal(negate(this.theorem.goal))): string[] {
    return [...this.#files, fileText({ source: [...this.#source, "}"].join("\n"), counterfactual, proof })];
  }

  #universal({ literals }: Law): string {
    const bound = this.declare(lettersOf(sidesOf(literals)).filter(isVariable));
    return `forall(${bound}) { ${this.clauses([literals])} }`;
  }

  #startBody(): void {
    if (!this.#hasBody) this.#source.push("} by {");
    this.#hasBody = true;
  }

  #indent(line: string): string {
    return "    ".repeat(this.#depth) + line;
  }

  #parameters(): string {
    const { typeclass, carrier, functions, letters, naming } = this.theorem;
    const typed = functions.map(({ letter, from, to }) =>
      `${naming.name(letter, "function")}: ${this.#type(from)} -> ${this.#type(to)}`
    );
    const list = [this.declare(letters), ...typed].filter((part) => part !== "").join(", ");
    return `${typeclass === "Nat" ? "" : `[${carrier}: ${typeclass}]`}${list === "" ? "" : `(${list})`}`;
  }

  #type(sort: Sort): string {
    return sort === "N" ? "Nat" : this.theorem.carrier;
  }
}

function fileText({ source, hypothesis, counterfactual, proof }: GoalText): string {
  const hypotheses = hypothesis === undefined ? [] : ["@H", hypothesis];
  return ["@G", source, ...hypotheses, "@C", counterfactual, "@P", ...proof, ""].join("\n");
}
