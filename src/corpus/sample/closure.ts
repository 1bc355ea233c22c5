/**
 * Decides whether ground clauses contradict each other, by equality reasoning and unit propagation, so that
 * the generator can leave out every line that a proof does not need. Written on its own: neither it nor the
 * checker may rely on the other.
 */

import {
  type Bindings,
  bindLiteral,
  type Clause,
  isVariable,
  type Law,
  lettersOf,
  type Literal,
  sidesOf,
  type Term,
  unifyLiteral,
} from "./term.ts";

/** Whether no assignment satisfies all of `clauses` as far as propagation can tell. */
export function contradicts(clauses: readonly Clause[]): boolean {
  const table = new TermTable();
  return closes(table, clauses.map((clause) => table.compile(clause)));
}

/** The lines, in their order, without any that the contradiction does not need; null when there is none. */
export function neededLines<T extends { readonly clause: Clause }>(
  given: readonly Clause[],
  lines: readonly T[],
): T[] | null {
  const table = new TermTable();
  const fixed = given.map((clause) => table.compile(clause));
  const compiled = new Map(lines.map((line) => [line, table.compile(line.clause)]));
  const suffice = (kept: readonly T[]) =>
    closes(table, [...fixed, ...kept.map((line) => compiled.get(line) ?? [])]);
  let kept = [...lines];
  if (!suffice(kept)) return null;
  for (const line of [...kept].reverse()) {
    const fewer = kept.filter((other) => other !== line);
    if (suffice(fewer)) kept = fewer;
  }
  return kept;
}

/** Whether `goal` is one instance of one law, the law's other literals being refuted by `given`. */
export function isDirect(goal: Literal, laws: readonly Law[], given: readonly Clause[]): boolean {
  return laws.some(({ literals }) =>
    literals.some((head) =>
      unifyLiteral(head, goal, new Map()).some((bindings) =>
        literals.every((literal) => {
          if (literal === head) return true;
          const bound = bindLiteral(literal, bindings);
          return !lettersOf(sidesOf([bound])).some(isVariable) && contradicts([...given, [bound]]);
        })
      )
    )
  );
}

/** Whether `clause` as a whole is one instance of one law. */
export function isDirectClause(clause: Clause, laws: readonly Law[]): boolean {
  const fits = (literals: Clause, bindings: Bindings): boolean => {
    const [first, ...rest] = literals;
    if (first === undefined) return true;
    return clause.some((subject) => unifyLiteral(first, subject, bindings).some((more) => fits(rest, more)));
  };
  return laws.some((law) => fits(law.literals, new Map()));
}

// a literal over numbered terms
interface Compiled {
  readonly relation: Literal["relation"];
  readonly positive: boolean;
  readonly a: number;
  readonly b: number;
}

// numbers terms, arguments before what they are arguments of; operators are numbered too
class TermTable {
  readonly #ids = new Map<string, number>();
  readonly #operators = new Map<string, number>();
  readonly compounds: { id: number; operator: number; first: number; second: number }[] = [];

  get size(): number {
    return this.#ids.size;
  }

  compile(clause: Clause): Compiled[] {
    return clause.map(({ relation, positive, left, right }) => ({
      relation,
      positive,
      a: this.#number(left),
      b: this.#number(right),
    }));
  }

  #number(term: Term): number {
    const known = this.#ids.get(term.key);
    if (known !== undefined) return known;
    const [first, second] = term.args.map((arg) => this.#number(arg));
    const id = this.#ids.size;
    this.#ids.set(term.key, id);
    if (first !== undefined) {
      const name = `${term.op} ${term.args.map((arg) => arg.sort).join()}`;
      const operator = this.#operators.get(name) ?? this.#operators.size;
      this.#operators.set(name, operator);
      this.compounds.push({ id, operator, first, second: second ?? first });
    }
    return id;
  }
}

function closes(table: TermTable, clauses: readonly (readonly Compiled[])[]): boolean {
  const classes = new Classes(table);
  const denied: Compiled[] = [];
  let open = clauses;
  for (;;) {
    const rest: (readonly Compiled[])[] = [];
    let progress = false;
    for (const clause of open) {
      const left = clause.length === 1
        ? clause
        : clause.filter((literal) => !classes.refutes(literal, denied));
      const [unit] = left;
      if (unit === undefined) return true;
      progress ||= left.length === 1;
      if (left.length > 1) rest.push(clause);
      else if (unit.positive) classes.hold(unit);
      else denied.push(unit);
    }
    if (!progress) return false;
    classes.settle();
    if (denied.some((literal) => classes.holds(literal))) return true;
    open = rest;
  }
}

class Classes {
  readonly #table: TermTable;
  readonly #leader: Int32Array;
  readonly #held: Compiled[] = [];

  constructor(table: TermTable) {
    this.#table = table;
    this.#leader = Int32Array.from({ length: table.size }, (_, i) => i);
  }

  hold(literal: Compiled): void {
    if (literal.relation === "=") this.#leader[this.#find(literal.a)] = this.#find(literal.b);
    else this.#held.push(literal);
  }

  // whether the literal's relation holds, whatever its sign
  holds(literal: Compiled): boolean {
    if (literal.relation === "=") return this.#find(literal.a) === this.#find(literal.b);
    return this.#held.some((other) => this.#same(literal, other));
  }

  refutes(literal: Compiled, denied: readonly Compiled[]): boolean {
    return literal.positive ? denied.some((other) => this.#same(literal, other)) : this.holds(literal);
  }

  settle(): void {
    const size = this.#table.size;
    for (let changed = true; changed;) {
      changed = false;
      const seen = new Map<number, number>();
      for (const { id, operator, first, second } of this.#table.compounds) {
        const shape = (operator * size + this.#find(first)) * size + this.#find(second);
        const own = this.#find(id);
        const twin = seen.get(shape);
        if (twin === undefined) seen.set(shape, own);
        else if (this.#find(twin) !== own) {
          this.#leader[own] = this.#find(twin);
          changed = true;
        }
      }
    }
  }

  #same(one: Compiled, other: Compiled): boolean {
    if (one.relation !== other.relation) return false;
    const [a, b, c, d] = [one.a, one.b, other.a, other.b].map((id) => this.#find(id));
    return (a === c && b === d) || (one.relation === "=" && a === d && b === c);
  }

  #find(id: number): number {
    let root = id;
    while (this.#leader[root] !== root) root = this.#leader[root] as number;
    this.#leader[id] = root;
    return root;
  }
}
