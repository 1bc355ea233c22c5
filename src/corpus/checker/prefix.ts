// Reads the source before a goal (@T: a theorem's head and the lines of its body, each a goal of its own
// before, so known here) and the goal (@G). An open block gives its variables and condition; a closed one
// "for all" or "implies" of its last line. Closing the step of an induction whose base is known gives the
// statement for every natural number: the one place where induction enters.
import { canonicalText } from "./clause.ts";
import { Parser } from "./parser.ts";
import { constantOf, makeTerm, NAT, replacing, substituteFormula, termsOf } from "./term.ts";
import type { Declaration, Formula, Term } from "./term.ts";
import { mayBeNamed, type Statement, statementsBefore, type Theory, theoryOf } from "./theory.ts";

/** Holds for all `variables`. */
type Fact = { readonly variables: readonly Declaration[]; readonly formula: Formula };

export interface Prefix {
  /** Axioms and earlier lemmas. */
  readonly statements: readonly Statement[];
  /** What the theorem supposes. */
  readonly premises: readonly Formula[];
  /** Premises, open conditions and earlier lines. */
  readonly facts: readonly Fact[];
  readonly goal: Formula;
  /** The goal's source when it cites a theorem, such as `add_comm(a, b)`; else null. */
  readonly citation: string | null;
  /** Knows the names that lines may use. */
  readonly parser: Parser;
}

/** @throws {SyntaxError} on other text, unknown names, a theorem with a lemma's name and not its statement */
export function readPrefix(theorem: string, goal: string): Prefix {
  const goalLine = theorem === "" ? 0 : theorem.split("\n").length;
  return new PrefixReader(theorem === "" ? goal : `${theorem}\n${goal}`).read(goal, goalLine);
}

interface Block {
  readonly kind: "theorem" | "forall" | "if" | "else";
  readonly variables: readonly Declaration[];
  readonly condition: Formula | null;
  readonly facts: Fact[];
  readonly witnesses: Declaration[];
  last: Formula | null;
}

class PrefixReader {
  readonly #marks: readonly string[];
  readonly #theory: Theory;
  readonly #parser: Parser;
  readonly #premises: Formula[] = [];
  readonly #blocks: Block[] = [];
  #statements: readonly Statement[] = [];

  constructor(text: string) {
    const [, carrier, typeclass] = /^\s*theorem [A-Za-z_0-9]+\[([A-Za-z]+): ([A-Za-z]+)\]/.exec(text) ?? [];
    this.#marks = carrier === undefined ? [] : ["[", carrier, ":", typeclass as string, "]"];
    this.#theory = theoryOf(typeclass ?? NAT);
    this.#parser = new Parser(text, this.#theory.operations, carrier ?? null);
  }

  // `goalLine` is the line at which the goal begins; 0 when it is the theorem itself
  read(goalText: string, goalLine: number): Prefix {
    const parser = this.#parser;
    let goal = this.#theoremHead();
    let cited: Formula | null = null;
    if (goalLine > 0) {
      parser.expect("by");
      this.#open("theorem", [], null);
      while (parser.next.line < goalLine) this.#item();
      cited = this.#citation();
      goal = cited ?? (parser.at("let") ? { kind: "exists", ...readWitness(parser) } : parser.formula());
    } else if (parser.skip("by")) {
      this.#open("theorem", [], null);
      while (this.#blocks.length > 1 || !parser.at("}")) this.#item();
      parser.expect("}");
    }
    parser.end();
    const [statements, premises] = [this.#statements, this.#premises];
    const supposed = premises.map((formula) => ({ variables: [], formula }));
    const facts = [...supposed, ...this.#blocks.flatMap((block) => block.facts)];
    const citation = cited === null ? null : goalText.trim();
    return { statements, premises, facts, goal, citation, parser };
  }

  // `theorem name[G: Group](a: G) { premises implies conclusion }`, up to the closing brace; the conclusion
  #theoremHead(): Formula {
    this.#parser.expect("theorem");
    const theorem = this.#parser.statement(this.#marks);
    if (!mayBeNamed(this.#theory, theorem)) throw new SyntaxError(`"${theorem.name}" is the name of a lemma`);
    this.#statements = statementsBefore(this.#theory, theorem.name);
    let conclusion = theorem.formula;
    for (; conclusion.kind === "implies"; conclusion = conclusion.right) this.#premises.push(conclusion.left);
    return conclusion;
  }

  #open(kind: Block["kind"], variables: readonly Declaration[], condition: Formula | null): void {
    this.#parser.expect("{");
    this.#parser.push();
    this.#parser.declare(variables);
    const facts = condition === null ? [] : [{ variables: [], formula: condition }];
    this.#blocks.push({ kind, variables, condition, facts, witnesses: [], last: null });
  }

  #item(): void {
    const parser = this.#parser;
    if (parser.skip("}")) this.#close();
    else if (parser.skip("if")) this.#open("if", [], parser.formula());
    else if (parser.skip("forall")) this.#open("forall", parser.parameters(), null);
    else if (parser.at("let")) {
      const { variables, body } = readWitness(parser);
      for (const variable of variables) this.#innermost().witnesses.push(variable);
      this.#learn(body);
    } else this.#learn(this.#citation() ?? parser.formula());
  }

  #close(): void {
    const { kind, variables, condition, witnesses, last } = this.#blocks.pop() as Block;
    if (kind === "theorem") throw new SyntaxError('unexpected "}"');
    this.#parser.pop();
    const terms = last === null ? [] : termsOf(last);
    const leaks = witnesses.some(({ name }) => terms.some((term) => mentions(term, name)));
    if (last !== null && !leaks) {
      if (condition !== null) this.#learn({ kind: "implies", left: condition, right: last });
      else this.#learnForAll(last, variables);
    }
    if (kind === "if" && condition !== null && this.#parser.skip("else")) {
      this.#open("else", [], { kind: "not", body: condition });
    }
  }

  // "for all k: Nat, P(k) implies P(k.suc)" together with P(0) gives P(k), too
  #learnForAll(formula: Formula, variables: readonly Declaration[]): void {
    this.#learn(formula, variables);
    const [variable, second] = variables;
    if (second !== undefined || variable?.sort !== NAT || formula.kind !== "implies") return;
    const { left, right } = formula;
    const at = (term: Term) => canonicalText(substituteFormula(left, replacing(variables, [term])));
    if (canonicalText(right) !== at(makeTerm(".suc", [constantOf(variable)], NAT))) return;
    const base = at(makeTerm("0", [], NAT));
    const isBase = (fact: Fact) => fact.variables.length === 0 && canonicalText(fact.formula) === base;
    if (this.#innermost().facts.some(isBase)) this.#learn(left, variables);
  }

  #learn(formula: Formula, variables: readonly Declaration[] = []): void {
    const block = this.#innermost();
    block.facts.push({ variables, formula });
    block.last = variables.length === 0 ? formula : { kind: "forall", variables, body: formula };
  }

  // `name(terms)` where name is a theorem's: its instance
  #citation(): Formula | null {
    const parser = this.#parser;
    const name = parser.next.text;
    if (parser.next.kind !== "name" || !parser.at("(", 1) || parser.find(name) !== undefined) return null;
    const statements = this.#statements.filter((statement) => statement.name === name);
    if (statements.length === 0) return null;
    parser.name();
    const terms = parser.terms();
    const cited = statements.findLast(({ variables }) =>
      variables.length === terms.length && variables.every((v, i) => v.sort === terms[i]?.sort)
    );
    if (cited === undefined) throw new SyntaxError(`"${name}" does not take these arguments`);
    return substituteFormula(cited.formula, replacing(cited.variables, terms));
  }

  #innermost(): Block {
    return this.#blocks.at(-1) as Block;
  }
}

/** Reads `let c: Nat satisfy { … }` or `let (c: Nat, d: Nat) satisfy { … }` and declares its names. */
export function readWitness(parser: Parser): { variables: Declaration[]; body: Formula } {
  parser.expect("let");
  const variables = parser.at("(") ? parser.parameters() : [parser.parameter()];
  if (variables.some(({ args }) => args.length > 0)) throw new SyntaxError("a witness is no function");
  parser.declare(variables);
  parser.expect("satisfy");
  return { variables, body: parser.braced() };
}

function mentions(term: Term, name: string): boolean {
  return term.head === name || term.args.some((arg) => mentions(arg, name));
}
