// Decides whether ground clauses contradict each other, by equality reasoning and unit propagation, so that
// the generator can leave out lines that a proof does not need. The checker has its own.
import { bindLiteral, isVariable, lettersOf, sidesOf, unifyLiteral } from "./term.ts";
import type { Bindings, Clause, Law, Literal, Term } from "./term.ts";

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
  const refuted = (literal: Literal) =>
    !lettersOf(sidesOf([literal])).some(isVariable) && contradicts([...given, [literal]]);
  return laws.some(({ literals }) =>
    literals.some((head) =>
      unifyLiteral(head, goal, new Map()).some((bindings) =>
        literals.every((literal) => literal === head || refuted(bindLiteral(literal, bindings)))
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
type Compiled = Pick<Literal, "relation" | "positive"> & { readonly a: number; readonly b: number };

// numbers terms, arguments before what they are arguments of; operators are numbered too
class TermTable {
  readonly #ids = new Map<string, number>();
  readonly #operators = new Map<string, number>();
  readonly compounds: { id: number; operator: number; first: number; second: number }[] = [];

  get size(): number {
    return this.#ids.size;
  }

  compile(clause: Clause): Compiled[] {
    return clause.map(({ relation, positive, left, right }) => {
      return { relation, positive, a: this.#number(left), b: this.#number(right) };
    });
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

function closes({ size, compounds }: TermTable, clauses: readonly (readonly Compiled[])[]): boolean {
  const leader = Int32Array.from({ length: size }, (_, i) => i);
  const held: Compiled[] = [];
  const denied: Compiled[] = [];
  for (let open = clauses;;) {
    const rest: (readonly Compiled[])[] = [];
    for (const clause of open) {
      const left = clause.length === 1 ? clause : clause.filter((literal) => !refutes(literal));
      const [unit] = left;
      if (unit === undefined) return true;
      if (left.length > 1) rest.push(clause);
      else if (!unit.positive) denied.push(unit);
      else if (unit.relation === "=") leader[find(unit.a)] = find(unit.b);
      else held.push(unit);
    }
    if (rest.length === open.length) return false;
    settle();
    if (denied.some(holds)) return true;
    open = rest;
  }

  // whether the literal's relation holds, whatever its sign
  function holds(literal: Compiled): boolean {
    if (literal.relation === "=") return find(literal.a) === find(literal.b);
    return held.some((other) => same(literal, other));
  }

  function refutes(literal: Compiled): boolean {
    return literal.positive ? denied.some((other) => same(literal, other)) : holds(literal);
  }

  // congruence: the same operator of equal arguments gives equal terms
  function settle(): void {
    for (let changed = true; changed;) {
      changed = false;
      const seen = new Map<number, number>();
      for (const { id, operator, first, second } of compounds) {
        const shape = (operator * size + find(first)) * size + find(second);
        const own = find(id);
        const twin = seen.get(shape);
        if (twin === undefined) seen.set(shape, own);
        else if (find(twin) !== own) {
          leader[own] = find(twin);
          changed = true;
        }
      }
    }
  }

  function same(one: Compiled, other: Compiled): boolean {
    if (one.relation !== other.relation) return false;
    const [a, b, c, d] = [one.a, one.b, other.a, other.b].map(find);
    return (a === c && b === d) || (one.relation === "=" && a === d && b === c);
  }

  function find(id: number): number {
    let root = id;
    while (leader[root] !== root) root = leader[root] as number;
    leader[id] = root;
    return root;
  }
}
