/**
 * Reads the source before a goal (@T) and the goal (@G): what is declared, what is known there, and what is
 * to be shown.
 *
 * The source is a theorem's head and, of its body, the lines up to the goal. Each of these lines was a goal
 * of its own before, so it
 * is known here. A block that is still open gives its variables and its condition; one that was closed gives
 * "for all" or "implies"
 * of its last line. A line that names a theorem gives that theorem's instance. Closing the step of an
 * induction whose base is known
 * gives the statement for every natural number: the one place where induction enters.
 */

import { type Operations, Parser } from "./parser.ts";
import { inductionConclusion } from "./knowledge.ts";
import {
  constantOf,
  type Declaration,
  type Formula,
  makeTerm,
  NAT,
  substituteFormula,
  type Term,
} from "./term.ts";
import { mayBeNamed, type Statement, statementsBefore, theoryOf } from "./theory.ts";

/** Something known: it holds for all `variables`. */
export interface Fact {
  /** Whether it is an axiom or a lemma. */
  readonly law?: boolean;
  readonly name: string;
  readonly variables: readonly Declaration[];
  readonly formula: Formula;
}

/** What a goal's surroundings say. */
export interface Prefix {
  /** Axioms, earlier lemmas, premises, open conditions and earlier lines. */
  readonly facts: readonly Fact[];
  readonly goal: Formula;
  /** The goal's source when it cites a theorem, such as `add_comm(a, b)`; else null. */
  readonly citation: string | null;
  /** Names that lines may use. */
  readonly declarations: readonly Declaration[];
  readonly operations: Operations;
  /** The type parameter's name, null in a theorem about naturals only. */
  readonly carrier: string | null;
}

/**
 * Reads @T and @G.
 *
 * @throws SyntaxError on text that is not of this form, unknown names, and a theorem that has a lemma's name
 * and another statement.
 */
export function readPrefix(theorem: string, goal: string): Prefix {
  const goalLine = theorem === "" ? 0 : theorem.split("\n").length;
  return new PrefixReader(theorem === "" ? goal : `${theorem}\n${goal}`, goalLine).read(goal);
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
  readonly #goalLine: number;
  readonly #text: string;
  #parser: Parser;
  #operations: Operations = new Map();
  #statements: readonly Statement[] = [];
  #blocks: Block[] = [];

  constructor(text: string, goalLine: number) {
    this.#text = text;
    this.#goalLine = goalLine;
    this.#parser = new Parser(text, this.#operations, null);
  }

  read(goalText: string): Prefix {
    let goal: Formula;
    let citation: string | null = null;
    const conclusion = this.#theoremHead();
    if (this.#goalLine === 0) {
      if (this.#parser.skip("by")) this.#wholeBody();
      goal = conclusion;
    } else {
      this.#parser.expect("by");
      this.#open("theorem", [], null);
      while (this.#parser.next.line < this.#goalLine) this.#item();
      const cited = this.#citation();
      if (cited !== null) citation = goalText.trim();
      goal = cited ?? (this.#parser.at("let") ? this.#witnessGoal() : this.#parser.formula());
    }
    this.#parser.end();
    return {
      facts: [
        ...this.#statements.map(({ name, variables, body }) => ({
          law: true,
          name,
          variables,
          formula: body,
        })),
        ...this.#blocks.flatMap((block) => block.facts),
      ],
      goal,
      citation,
      declarations: this.#parser.visible(),
      operations: this.#operations,
      carrier: this.#parser.carrier,
    };
  }

  // `theorem name[G: Group](a: G) { premises implies conclusion }`, up to the closing brace
  #theoremHead(): Formula {
    const head = /^\s*theorem [A-Za-z_0-9]+\[([A-Za-z]+): ([A-Za-z]+)\]/.exec(this.#text);
    const theory = theoryOf(head?.[2] ?? NAT);
    this.#operations = theory.operations;
    this.#parser = new Parser(this.#text, theory.operations, head?.[1] ?? null);
    const parser = this.#parser;
    parser.expect("theorem");
    const name = parser.name();
    if (head !== null) {
      for (const token of ["[", head[1], ":", head[2], "]"]) {
        parser.expect(token as string);
      }
    }
    const variables = parser.at("(") ? parser.parameters() : [];
    for (const variable of variables) parser.declare(variable);
    parser.expect("{");
    const body = parser.formula();
    parser.expect("}");
    if (!mayBeNamed(theory, { name, variables, body })) {
      throw new SyntaxError(`"${name}" is the name of a lemma`);
    }
    this.#statements = statementsBefore(theory, name);
    const facts: Fact[] = [];
    let conclusion = body;
    for (; conclusion.kind === "implies"; conclusion = conclusion.right) {
      facts.push({ name: "premise", variables: [], formula: conclusion.left });
    }
    this.#blocks.push({ kind: "theorem", variables, condition: null, facts, witnesses: [], last: null });
    return conclusion;
  }

  #wholeBody(): void {
    this.#open("theorem", [], null);
    const depth = this.#blocks.length;
    while (this.#blocks.length > depth || !this.#parser.at("}")) this.#item();
    this.#parser.expect("}");
  }

  #open(kind: Block["kind"], variables: readonly Declaration[], condition: Formula | null): void {
    this.#parser.expect("{");
    this.#parser.push();
    for (const variable of variables) this.#parser.declare(variable);
    const facts = condition === null ? [] : [{ name: "condition", variables: [], formula: condition }];
    this.#blocks.push({ kind, variables, condition, facts, witnesses: [], last: null });
  }

  #item(): void {
    const parser = this.#parser;
    if (parser.skip("}")) this.#close();
    else if (parser.skip("if")) this.#open("if", [], parser.formula());
    else if (parser.skip("forall")) this.#open("forall", parser.parameters(), null);
    else if (parser.at("let")) {
      const { variables, body } = readWitness(parser);
      this.#innermost().witnesses.push(...variables);
      this.#learn({ name: "witness", variables: [], formula: body });
    } else {
      this.#learn({ name: "line", variables: [], formula: this.#citation() ?? parser.formula() });
    }
  }

  #close(): void {
    const block = this.#blocks.pop() as Block;
    if (block.kind === "theorem") throw new SyntaxError('unexpected "}"');
    this.#parser.pop();
    const { last } = block;
    const usable = last !== null && !block.witnesses.some((witness) => mentions(last, witness));
    if (usable && block.kind === "forall") this.#closeForall(block, last);
    else if (usable && block.condition !== null) {
      this.#learn({
        name: block.kind,
        variables: [],
        formula: { kind: "implies", left: block.condition, right: last },
      });
    }
    if (block.kind === "if" && block.condition !== null && this.#parser.skip("else")) {
      this.#open("else", [], { kind: "not", body: block.condition });
    }
  }

  #closeForall(block: Block, last: Formula): void {
    this.#learn({ name: "forall", variables: block.variables, formula: last });
    const [variable] = block.variables;
    if (block.variables.length !== 1 || variable?.sort !== NAT || last.kind !== "implies") return;
    const conclusion = inductionConclusion(
      variable,
      { hypothesis: last.left, conclusion: last.right },
      this.#innermost().facts.filter((fact) => fact.variables.length === 0).map((fact) => fact.formula),
      { zero: makeTerm("0", [], NAT), successorOf: (term: Term) => makeTerm(".suc", [term], NAT) },
    );
    if (conclusion !== null) this.#learn({ name: "induction", variables: [variable], formula: conclusion });
  }

  #learn(fact: Fact): void {
    const block = this.#innermost();
    block.facts.push(fact);
    block.last = fact.variables.length === 0
      ? fact.formula
      : { kind: "forall", variables: fact.variables, body: fact.formula };
  }

  // `name(terms)` where name is a theorem's: its instance
  #citation(): Formula | null {
    const name = this.#parser.next.text;
    if (this.#parser.next.kind !== "name" || !this.#parser.at("(", 1)) return null;
    if (this.#parser.find(name) !== undefined) return null;
    const statements = this.#statements.filter((statement) => statement.name === name);
    if (statements.length === 0) return null;
    this.#parser.name();
    const terms = this.#parser.terms();
    const cited = statements.findLast(({ variables }) =>
      variables.length === terms.length && variables.every((v, i) => v.sort === terms[i]?.sort)
    );
    if (cited === undefined) throw new SyntaxError(`"${name}" does not take these arguments`);
    return substituteFormula(
      cited.body,
      new Map(cited.variables.map((v, i) => [constantOf(v).key, terms[i] as Term])),
    );
  }

  #witnessGoal(): Formula {
    const { variables, body } = readWitness(this.#parser);
    return { kind: "exists", variables, body };
  }

  #innermost(): Block {
    return this.#blocks.at(-1) as Block;
  }
}

/** Reads `let c: Nat satisfy { … }` or `let (c: Nat, d: Nat) satisfy { … }` and declares its names. */
export function readWitness(parser: Parser): { variables: Declaration[]; body: Formula } {
  parser.expect("let");
  const variables = parser.at("(") ? parser.parameters() : [parser.parameter()];
  if (variables.some((variable) => variable.args.length > 0)) {
    throw new SyntaxError("a witness is no function");
  }
  for (const variable of variables) parser.declare(variable);
  parser.expect("satisfy");
  parser.expect("{");
  const body = parser.formula();
  parser.expect("}");
  return { variables, body };
}

function mentions(formula: Formula, name: Declaration): boolean {
  switch (formula.kind) {
    case "equal":
      return termMentions(formula.left, name) || termMentions(formula.right, name);
    case "true":
    case "false":
      return false;
    case "not":
    case "forall":
    case "exists":
      return mentions(formula.body, name);
    case "and":
    case "or":
    case "implies":
      return mentions(formula.left, name) || mentions(formula.right, name);
    default:
      return formula satisfies never;
  }
}

function termMentions(term: Term, name: Declaration): boolean {
  return term.head === name.name || term.args.some((arg) => termMentions(arg, name));
}
