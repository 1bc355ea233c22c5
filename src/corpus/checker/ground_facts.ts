// Ground facts and what follows from them without any axiom: congruence closure over the terms that occur,
// and unit propagation (when all literals of a known clause but one are refuted, that one holds).
import { type Clause, type Literal, opposite } from "./clause.ts";
import type { Term } from "./term.ts";

type Node = { readonly head: string; readonly args: readonly number[] };

/** A growing set of ground facts. Closing it is monotone, so `contradictory` never turns back to false. */
export class GroundFacts {
  #nodes: Node[] = [];
  #parents: number[] = [];
  #ids = new Map<string, number>();
  #distinct: [number, number][] = [];
  #clauses: Clause[] = [];
  contradictory = false;

  /** Adds clauses and draws every conclusion. */
  assume(clauses: readonly Clause[]): void {
    for (const { left, right } of clauses.flat()) [left, right].forEach((side) => this.#intern(side));
    for (const clause of clauses) this.#clauses.push(clause);
    this.#close();
  }

  /** Whether the facts refute the negation of `clause`. */
  entails(clause: Clause): boolean {
    const copy = this.#copy();
    copy.assume(clause.map((literal) => [opposite(literal)]));
    return copy.contradictory;
  }

  /** Whether the opposite of `literal` follows. */
  refutes(literal: Literal): boolean {
    return this.entails([opposite(literal)]);
  }

  #copy(): GroundFacts {
    const copy = new GroundFacts();
    copy.#nodes = [...this.#nodes];
    copy.#parents = [...this.#parents];
    copy.#ids = new Map(this.#ids);
    copy.#distinct = [...this.#distinct];
    copy.#clauses = [...this.#clauses];
    copy.contradictory = this.contradictory;
    return copy;
  }

  #intern(term: Term): number {
    const known = this.#ids.get(term.key);
    if (known !== undefined) return known;
    const args = term.args.map((arg) => this.#intern(arg));
    const id = this.#nodes.length;
    this.#nodes.push({ head: `${term.head}:${term.sort}`, args });
    this.#parents.push(id);
    this.#ids.set(term.key, id);
    return id;
  }

  #find(id: number): number {
    let root = id;
    while (this.#parents[root] !== root) root = this.#parents[root] as number;
    return root;
  }

  #merge(a: number, b: number): boolean {
    const [rootA, rootB] = [this.#find(a), this.#find(b)];
    if (rootA === rootB) return false;
    this.#parents[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
    return true;
  }

  #close(): void {
    do this.#closeCongruence(); while (!this.contradictory && this.#propagate());
  }

  #closeCongruence(): void {
    let changed = true;
    while (changed) {
      changed = false;
      const bySignature = new Map<string, number>();
      for (let id = 0; id < this.#nodes.length; id++) {
        const node = this.#nodes[id] as Node;
        if (node.args.length === 0) continue;
        const signature = `${node.head}(${node.args.map((arg) => this.#find(arg)).join(",")})`;
        const twin = bySignature.get(signature);
        if (twin === undefined) bySignature.set(signature, id);
        else if (this.#merge(twin, id)) changed = true;
      }
    }
    this.contradictory ||= this.#distinct.some(([a, b]) => this.#find(a) === this.#find(b));
  }

  // One pass over the clauses; true when it found something new.
  #propagate(): boolean {
    let changed = false;
    const open: Clause[] = [];
    for (const clause of this.#clauses) {
      const values = clause.map((literal) => this.#value(literal));
      if (values.includes(true)) continue;
      const [unit, second] = clause.filter((_, i) => values[i] === null);
      if (unit === undefined) {
        this.contradictory = true;
        return false;
      }
      if (second !== undefined) {
        open.push(clause);
        continue;
      }
      const [a, b] = this.#sides(unit);
      if (unit.positive) this.#merge(a, b);
      else this.#distinct.push([a, b]);
      changed = true;
    }
    this.#clauses = open;
    return changed;
  }

  #value(literal: Literal): boolean | null {
    const [a, b] = this.#sides(literal);
    if (a === b) return literal.positive;
    const apart = this.#distinct.some(([x, y]) => {
      const [rootX, rootY] = [this.#find(x), this.#find(y)];
      return (rootX === a && rootY === b) || (rootX === b && rootY === a);
    });
    return apart ? !literal.positive : null;
  }

  #sides({ left, right }: Literal): [number, number] {
    return [this.#find(this.#intern(left)), this.#find(this.#intern(right))];
  }
}
