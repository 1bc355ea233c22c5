/**
 * Reads the laws and proof scripts of theories/*.ts. Operator precedence climbing; letters are variables: i
 * to n naturals,
 * the others elements of the structure (in the theory of naturals every letter is a natural). `S` stands for
 * the structure.
 */

import { type Law, type Literal, type Sort, type Term, term } from "./term.ts";

const BINARY: Record<string, number> = { "+": 1, "-": 1, "*": 2 };

/** Reads source text of one theory. */
export class Notation {
  readonly #allNatural: boolean;
  #words: string[] = [];
  #mark = "";

  constructor(allNatural: boolean) {
    this.#allNatural = allNatural;
  }

  /** Reads `name: premise and premise implies conclusion`; the letters become the law's variables. */
  law(source: string): Law {
    const [name, body] = source.split(/: (.*)/s) as [string, string];
    return { name, literals: this.#clause(body, "?") };
  }

  /** Reads a clause, `p and q implies r` or `p or q`, whose letters stay letters. */
  clause(source: string): Literal[] {
    return this.#clause(source, "");
  }

  /** Reads `t | u | v`: the terms of a chain. */
  chain(source: string): Term[] {
    return source.split(" | ").map((part) => this.#begin(part, "").#term(0));
  }

  #clause(source: string, mark: string): Literal[] {
    const [before, after] = source.includes(" implies ")
      ? source.split(" implies ") as [string, string]
      : ["", source];
    const premises = before === "" ? [] : before.split(" and ").map((part) => this.#literal(part, mark));
    return [
      ...premises.map((literal) => ({ ...literal, positive: !literal.positive })),
      ...after.split(" or ").map((part) => this.#literal(part, mark)),
    ];
  }

  #literal(source: string, mark: string): Literal {
    const negated = source.startsWith("not ");
    this.#begin(negated ? source.slice(4) : source, mark);
    const left = this.#term(0);
    if (left.op === "divides") {
      return {
        relation: "divides",
        positive: !negated,
        left: left.args[0] as Term,
        right: left.args[1] as Term,
      };
    }
    const word = this.#words.shift();
    if (word !== "=" && word !== "!=" && word !== "<=") {
      throw new Error(`internal: no relation in "${source}"`);
    }
    return {
      relation: word === "<=" ? "<=" : "=",
      positive: (word !== "!=") !== negated,
      left,
      right: this.#term(0),
    };
  }

  #begin(source: string, mark: string): this {
    this.#words = source.match(/[A-Za-z]+|[0-9]|!=|<=|[-+*=().,]/g) ?? [];
    this.#mark = mark;
    return this;
  }

  #term(minimum: number): Term {
    let left = this.#prefix();
    for (;;) {
      const operator = this.#words[0] ?? "";
      const strength = BINARY[operator];
      if (strength === undefined || strength <= minimum) return left;
      this.#words.shift();
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
    const sort: Sort = this.#allNatural || /^[i-n]$/.test(word) ? "N" : "S";
    return term(this.#mark + word, [], sort);
  }

  #arguments(): Term[] {
    const list: Term[] = [];
    if (this.#words[0] !== "(") return list;
    while (this.#words.shift() !== ")") list.push(this.#term(0));
    return list;
  }
}
