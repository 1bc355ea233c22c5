// Reads the laws and proofs of ../theories/ by precedence climbing. `S` stands for the structure.
import { BINARY, lawOf, negate, term } from "./term.ts";
import type { Clause, Law, Literal, Sort, Term } from "./term.ts";

export class Notation {
  #words: string[] = [];

  /** @param elements what letters stand for; i to n are naturals */
  constructor(readonly elements: Sort) {}

  /** A law; its letters become variables. */
  law({ name, body }: { readonly name: string; readonly body: string }): Law {
    return lawOf(name, this.clause(body));
  }

  /** `p and q implies r` or `p`. */
  clause(source: string): Clause {
    const [conclusion, premises] = source.split(" implies ").reverse() as [string, string?];
    return [
      ...(premises?.split(" and ") ?? []).map((premise) => negate(this.#literal(premise))),
      this.#literal(conclusion),
    ];
  }

  term(source: string): Term {
    this.#words = source.match(/[A-Za-z]+|[0-9]|!=|<=|[-+*=().,]/g) ?? [];
    return this.#term(0);
  }

  #literal(source: string): Literal {
    const left = this.term(source);
    const [a, b] = left.args as [Term, Term];
    if (left.op === "divides") return { relation: "divides", positive: true, left: a, right: b };
    const word = this.#words.shift();
    if (!/^(!?=|<=)$/.test(word ?? "")) throw new Error(`internal: no relation in "${source}"`);
    return { relation: word === "<=" ? "<=" : "=", positive: word !== "!=", left, right: this.#term(0) };
  }

  #term(minimum: number): Term {
    let left = this.#prefix();
    for (;;) {
      const strength = BINARY[this.#words[0] ?? ""];
      if (strength === undefined || strength <= minimum) return left;
      const operator = this.#words.shift() as string;
      left = term(operator, [left, this.#term(strength)], left.sort);
    }
  }

  #prefix(): Term {
    if (this.#words[0] === "-") {
      this.#words.shift();
      const inner = this.#prefix();
      return term("neg", [inner], inner.sort);
    }
    let node = this.#atom();
    while (this.#words[0] === ".") {
      this.#words.shift();
      const method = this.#words.shift() as string;
      node = term(method, [node, ...this.#arguments()], node.sort);
    }
    return node;
  }

  #atom(): Term {
    const word = this.#words.shift() ?? "";
    if (word === "(") {
      const inner = this.#term(0);
      this.#words.shift();
      return inner;
    }
    if (word === "S") {
      this.#words.shift();
      return term(this.#words.shift() === "1" ? "one" : "zero", [], "S");
    }
    if (word === "0" || word === "1") return term(word, [], "N");
    return term(word, [], /^[i-n]$/.test(word) ? "N" : this.elements);
  }

  #arguments(): Term[] {
    const list: Term[] = [];
    if (this.#words[0] !== "(") return list;
    while (this.#words.shift() !== ")") list.push(this.#term(0));
    return list;
  }
}
