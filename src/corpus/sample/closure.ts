/**
 * Decides whether ground clauses contradict each other, by equality reasoning and unit propagation, so that the generator can leave out
 * every line that a proof does not need. Written on its own: the checker must not rely on it, nor it on the checker.
 */

import { bindLiteral, type Law, type Literal, negate, type Term, unifyLiteral } from "./term.ts";

type Clause = readonly Literal[];

/** Whether no assignment satisfies all of `clauses` as far as propagation can tell. */
export function contradicts(clauses: readonly Clause[]): boolean {
  const classes = new Classes();
  let open = [...clauses];
  const denied: Literal[] = [];
  for (const clause of open) for (const literal of clause) classes.enter(literal);
  for (let progress = true; progress;) {
    progress = false;
    const rest: Clause[] = [];
    for (const clause of open) {
      const left = clause.filter((literal) => !classes.refutes(literal, denied));
      if (left.length === 0) return true;
      if (left.length > 1) rest.push(clause);
      else {
        const [unit] = left as [Literal];
        if (unit.positive) classes.hold(unit);
        else denied.push(unit);
        progress = true;
      }
    }
    open = rest;
    if (progress && denied.some((literal) => classes.holds(negate(literal)))) return true;
  }
  return false;
}

/** The lines, in their order, without any that the contradiction does not need; null when there is no contradiction at all. */
export function neededLines<T>(
  given: readonly Clause[],
  lines: readonly T[],
  clauseOf: (line: T) => Clause,
): T[] | null {
  let kept = [...lines];
  const closes = (candidate: readonly T[]) => contradicts([...given, ...candidate.map(clauseOf)]);
  if (!closes(kept)) return null;
  for (const line of [...kept].reverse()) {
    const fewer = kept.filter((other) => other !== line);
    if (closes(fewer)) kept = fewer;
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
          return !/\?/.test(bound.left.key + bound.right.key) && contradicts([...given, [bound]]);
        })
      )
    )
  );
}

/** Whether `clause` as a whole is one instance of one law. */
export function isDirectClause(clause: Clause, laws: readonly Law[]): boolean {
  const fits = (literals: readonly Literal[], bindings: ReadonlyMap<string, Term>): boolean => {
    const [first, ...rest] = literals;
    if (first === undefined) return true;
    return clause.some((subject) => unifyLiteral(first, subject, bindings).some((more) => fits(rest, more)));
  };
  return laws.some((law) => fits(law.literals, new Map()));
}

class Classes {
  readonly #leader = new Map<string, string>();
  readonly #compound = new Map<string, Term>();
  readonly #held: Literal[] = [];

  enter(literal: Literal): void {
    this.#add(literal.left);
    this.#add(literal.right);
  }

  hold(literal: Literal): void {
    if (literal.relation === "=") {
      const [a, b] = [this.#find(literal.left.key), this.#find(literal.right.key)];
      if (a !== b) this.#leader.set(a, b);
      this.#settle();
    } else this.#held.push(literal);
  }

  holds(literal: Literal): boolean {
    if (literal.relation === "=") return this.#find(literal.left.key) === this.#find(literal.right.key);
    return this.#held.some((other) => this.#same(literal, other));
  }

  refutes(literal: Literal, denied: readonly Literal[]): boolean {
    return literal.positive ? denied.some((other) => this.#same(literal, other)) : this.holds(literal);
  }

  #same(one: Literal, other: Literal): boolean {
    if (one.relation !== other.relation) return false;
    const [a, b] = [this.#find(one.left.key), this.#find(one.right.key)];
    const [c, d] = [this.#find(other.left.key), this.#find(other.right.key)];
    return (a === c && b === d) || (one.relation === "=" && a === d && b === c);
  }

  #find(key: string): string {
    let current = key;
    for (let up = this.#leader.get(current); up !== undefined; up = this.#leader.get(current)) current = up;
    return current;
  }

  #add(term: Term): void {
    if (term.args.length === 0 || this.#compound.has(term.key)) return;
    this.#compound.set(term.key, term);
    term.args.forEach((arg) => this.#add(arg));
  }

  #settle(): void {
    for (let changed = true; changed;) {
      changed = false;
      const seen = new Map<string, string>();
      for (const [key, term] of this.#compound) {
        const shape = `${term.op}:${term.sort} ${term.args.map((arg) => this.#find(arg.key)).join(" ")}`;
        const twin = seen.get(shape);
        const own = this.#find(key);
        if (twin === undefined) seen.set(shape, own);
        else if (this.#find(twin) !== own) {
          this.#leader.set(own, this.#find(twin));
          changed = true;
        }
      }
    }
  }
}
