// The checker's parser: tokens to sorted formulas. Recursive descent; loosest first: `implies` (to the
// right), `or`, `and`, `not`, `=` `!=` `<=`, `+` `-`, `*`, prefix `-`, methods (`a.suc`, `a.pow(n)`). Every
// name must be declared, every argument must have its operation's sort: what does not fit is a SyntaxError.
import { BOOL, CARRIER, type Declaration, type Formula, makeTerm, NAT, type Term, TRUE } from "./term.ts";
/** A theory's operations by spelling: `+`, `<=`, prefix `neg`, methods as `.inverse`, constants as `S.1`. */
export type Operations = ReadonlyMap<string, readonly Declaration[]>;

/** A named statement about all values of its variables. */
export interface ParsedStatement {
  readonly name: string;
  readonly variables: readonly Declaration[];
  readonly formula: Formula;
}

/** `line` counts from 0. */
type Token = { kind: "name" | "number" | "symbol" | "end"; text: string; line: number };
const PATTERN = /[ ]+|\/\/[^\n]*|\n|([A-Za-z_][A-Za-z0-9_]*)|([0-9]+)|(!=|<=|->|[(){}\[\],:.=*+-])|([^])/g;
/** Most tokens of a line: the work on one grows with the square of its length. */
const MAX_LINE_TOKENS = 1000;

/** Text as tokens, the last of kind "end". Comments run from `//` to the line's end. */
function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let [line, lineStart] = [0, 0];
  for (const [whole, name, number, symbol, other] of text.matchAll(PATTERN)) {
    if (other !== undefined) throw new SyntaxError(`unexpected character ${JSON.stringify(other)}`);
    if (tokens.length - lineStart > MAX_LINE_TOKENS) throw new SyntaxError("a line is too long");
    if (whole === "\n") [line, lineStart] = [line + 1, tokens.length];
    else if (name !== undefined) tokens.push({ kind: "name", text: name, line });
    else if (number !== undefined) tokens.push({ kind: "number", text: number, line });
    else if (symbol !== undefined) tokens.push({ kind: "symbol", text: symbol, line });
  }
  return [...tokens, { kind: "end", text: "", line }];
}

/** Why a text is refused (too deep nesting included); null for errors of another kind. */
export function refusalOf(error: unknown): string | null {
  if (error instanceof SyntaxError) return error.message;
  return error instanceof RangeError && /call stack/.test(error.message) ? "it nests too deeply" : null;
}

/** Reads terms and formulas against declared names, which may grow while reading. */
export class Parser {
  readonly #tokens: Token[];
  /** Visible names. */
  readonly declared: Declaration[] = [];
  readonly #scopes: number[] = [];
  #position = 0;

  /** @param carrier the name of the file's type parameter, such as "G"; null where there is none */
  constructor(text: string, readonly operations: Operations, readonly carrier: string | null) {
    this.#tokens = tokenize(text);
  }

  get next(): Token {
    return this.#tokens[this.#position] as Token;
  }

  /** Whether the next token, or the one `ahead` further, reads `text`. */
  at(text: string, ahead = 0): boolean {
    const token = this.#tokens[this.#position + ahead];
    return token !== undefined && token.kind !== "end" && token.text === text;
  }

  /** Steps over the next token if it reads `text`; tells whether it did. */
  skip(text: string): boolean {
    if (!this.at(text)) return false;
    this.#position++;
    return true;
  }

  expect(text: string): void {
    if (!this.skip(text)) throw new SyntaxError(`expected "${text}", found "${this.next.text}"`);
  }

  name(): string {
    if (this.next.kind !== "name") throw new SyntaxError(`expected a name, found "${this.next.text}"`);
    return this.#take().text;
  }

  end(): void {
    if (this.next.kind !== "end") throw new SyntaxError(`unexpected "${this.next.text}"`);
  }

  /** Opens a scope for names that end with it. */
  push(): void {
    this.#scopes.push(this.declared.length);
  }

  pop(): void {
    this.declared.length = this.#scopes.pop() ?? 0;
  }

  /** Declares names in the innermost scope; a name that is visible already is refused. */
  declare(declarations: readonly Declaration[]): void {
    for (const declaration of declarations) {
      if (this.find(declaration.name) !== undefined || KEYWORDS.includes(declaration.name)) {
        throw new SyntaxError(`"${declaration.name}" is declared already`);
      }
      this.declared.push(declaration);
    }
  }

  find(name: string): Declaration | undefined {
    return this.declared.find((declaration) => declaration.name === name);
  }

  /** A parser of another text that sees what this one sees now. */
  fork(text: string): Parser {
    const fork = new Parser(text, this.operations, this.carrier);
    for (const known of this.declared) fork.declared.push(known);
    return fork;
  }

  /** Reads `name(a: G) { formula }`, with `marks` after the name, and declares its variables. */
  statement(marks: readonly string[] = []): ParsedStatement {
    const name = this.name();
    for (const mark of marks) this.expect(mark);
    const variables = this.at("(") ? this.parameters() : [];
    this.declare(variables);
    return { name, variables, formula: this.braced() };
  }

  /** Reads `(a: G, f: (G, G) -> G)` without declaring anything. */
  parameters(): Declaration[] {
    return this.#list(() => this.parameter());
  }

  /** Reads `a: G` without declaring it. */
  parameter(): Declaration {
    const name = this.name();
    this.expect(":");
    return { name, ...this.#type() };
  }

  /** Reads `(a, b)`. */
  terms(): Term[] {
    return this.#list(() => this.term());
  }

  braced(): Formula {
    this.expect("{");
    const formula = this.formula();
    this.expect("}");
    return formula;
  }

  formula(): Formula {
    const left = this.#joined("or", () => this.#joined("and", () => this.#negation()));
    return this.skip("implies") ? { kind: "implies", left, right: this.formula() } : left;
  }

  term(): Term {
    return this.#operation(["+", "-"], () => this.#operation(["*"], () => this.#unary()));
  }

  #take(): Token {
    return this.#tokens[this.#position++] as Token;
  }

  #list<T>(read: () => T): T[] {
    const list: T[] = [];
    this.expect("(");
    do list.push(read()); while (this.skip(","));
    this.expect(")");
    return list;
  }

  #type(): { args: string[]; sort: string } {
    if (this.at("(")) {
      const args = this.#list(() => this.#sort());
      this.expect("->");
      return { args, sort: this.#sort() };
    }
    const sort = this.#sort();
    return this.skip("->") ? { args: [sort], sort: this.#sort() } : { args: [], sort };
  }

  #sort(): string {
    const name = this.name();
    if (name === this.carrier) return CARRIER;
    if (name === NAT || name === BOOL) return name;
    throw new SyntaxError(`unknown type "${name}"`);
  }

  #joined(kind: "and" | "or", read: () => Formula): Formula {
    let left = read();
    while (this.skip(kind)) left = { kind, left, right: read() };
    return left;
  }

  #negation(): Formula {
    if (this.skip("not")) return { kind: "not", body: this.#negation() };
    if (this.skip("false")) return { kind: "false" };
    if (this.skip("true")) return { kind: "true" };
    if (this.at("forall") || this.at("exists")) return this.#quantified();
    if (!this.at("(")) return this.#comparison();
    const start = this.#position;
    try {
      return this.#comparison();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#position = start;
    }
    this.expect("(");
    const inner = this.formula();
    this.expect(")");
    return inner;
  }

  #quantified(): Formula {
    const kind = this.#take().text === "forall" ? "forall" : "exists";
    const variables = this.parameters();
    this.push();
    try {
      this.declare(variables);
      return { kind, variables, body: this.braced() };
    } finally {
      this.pop();
    }
  }

  #comparison(): Formula {
    const left = this.term();
    const operator = this.next.text;
    if (this.skip("=") || this.skip("!=")) {
      const right = this.term();
      const sorts = `${left.sort} and ${right.sort}`;
      if (left.sort !== right.sort) throw new SyntaxError(`"${operator}" between ${sorts}`);
      const equal: Formula = { kind: "equal", left, right };
      return operator === "=" ? equal : { kind: "not", body: equal };
    }
    const atom = this.skip("<=") ? this.#apply("<=", [left, this.term()]) : left;
    if (atom.sort !== BOOL) throw new SyntaxError(`a term of type ${atom.sort} is not a statement`);
    return { kind: "equal", left: atom, right: TRUE };
  }

  #operation(operators: readonly string[], read: () => Term): Term {
    let left = read();
    while (this.#continues() && operators.some((operator) => this.at(operator))) {
      left = this.#apply(this.#take().text, [left, read()]);
    }
    return left;
  }

  #unary(): Term {
    return this.skip("-") ? this.#apply("neg", [this.#unary()]) : this.#postfix();
  }

  #postfix(): Term {
    let term = this.#primary();
    while (this.skip(".")) term = this.#apply(`.${this.name()}`, [term, ...this.#arguments()]);
    return term;
  }

  #primary(): Term {
    if (this.skip("(")) {
      const inner = this.term();
      this.expect(")");
      return inner;
    }
    const { kind, text } = this.#take();
    if (kind === "number") return this.#apply(text, []);
    if (kind !== "name") throw new SyntaxError(`expected a term, found "${text}"`);
    if (text === this.carrier) {
      this.expect(".");
      return this.#apply(`${CARRIER}.${this.#take().text}`, []);
    }
    const declared = this.find(text);
    if (declared === undefined) throw new SyntaxError(`unknown name "${text}"`);
    const args = this.#arguments();
    if (!fits(declared, args)) throw new SyntaxError(`"${text}" does not take these arguments`);
    return makeTerm(text, args, declared.sort);
  }

  #arguments(): Term[] {
    return this.#continues() && this.at("(") ? this.terms() : [];
  }

  // a line's end ends a term: what a next line begins with is another statement
  #continues(): boolean {
    return this.next.line === this.#tokens[this.#position - 1]?.line;
  }

  #apply(operator: string, args: Term[]): Term {
    const found = this.operations.get(operator)?.find((declaration) => fits(declaration, args));
    if (found !== undefined) return makeTerm(operator, args, found.sort);
    throw new SyntaxError(`no "${operator}" on (${args.map((arg) => arg.sort).join(", ")})`);
  }
}

const KEYWORDS = "theorem by let satisfy if else forall exists and or not implies true false".split(" ");

function fits(declaration: Declaration, args: readonly Term[]): boolean {
  return declaration.args.length === args.length && args.every((arg, i) => arg.sort === declaration.args[i]);
}
