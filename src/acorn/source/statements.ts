// The statements of a module and the blocks in them, from its tokens: where each begins and ends, what its
// name, claim and body are. Expressions are not read here, only skipped: their ends follow from brackets,
// newlines and the few words that open a brace of their own (`forall`, `exists`, `function`, `if`, `match`).
// What cannot be read is a problem with its line, never an exception, and reading goes on behind it.
import { TokenCursor } from "./cursor.ts";
import {
  type Body,
  MAX_DEPTH,
  type SourceProblem,
  type Statement,
  type StatementKind,
  type TokenRange,
} from "./statement.ts";
import { beginsTopLevel, matchBrackets, type Token } from "./tokens.ts";

/** Problems that are reported of one module. */
const MAX_PROBLEMS = 100;

/** The statements of a module's top level. */
export function readStatements(
  tokens: readonly Token[],
): { statements: Statement[]; problems: SourceProblem[] } {
  const problems: SourceProblem[] = [];
  const report = (line: number, message: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push({ line, message });
  };
  const partner = matchBrackets(tokens, report);
  const all = { from: 0, end: tokens.length };
  const statements = new StatementReader(tokens, partner, report).statementsOf(all, 0);
  problems.sort((a, b) => a.line - b.line);
  return { statements, problems };
}

/** Keywords since 2026 only: in older modules they are names. */
const YOUNG_KEYWORDS: ReadonlySet<string> = new Set(["choose", "lemma", "local", "transport"]);

type Parts = Partial<Omit<Statement, "kind" | "first" | "last" | "firstLine" | "lastLine">>;

class StatementReader extends TokenCursor {
  #depth = 0;

  statementsOf({ from, end }: TokenRange, depth: number): Statement[] {
    const outer = { at: this.at, end: this.end, depth: this.#depth };
    [this.at, this.end, this.#depth] = [from, end, depth];
    const statements: Statement[] = [];
    for (this.skipNewlines(); this.at < this.end; this.skipNewlines()) {
      const before = this.at;
      const statement = this.#statement();
      if (statement !== null) statements.push(statement);
      // What broke off where the next statement begins, in the middle of an edit, does not take that with it.
      else if (this.at === before || this.at < this.end && !beginsTopLevel(this.tokens[this.at]!)) {
        this.skipLine();
      }
      if (this.at <= before) this.at = before + 1;
    }
    [this.at, this.end, this.#depth] = [outer.at, outer.end, outer.depth];
    return statements;
  }

  #statement(): Statement | null {
    const first = this.at;
    const { kind, text } = this.tokens[first]!;
    if (kind === "doc") {
      this.at++;
      return this.#made("doc", first, {});
    }
    if (kind === "keyword") {
      switch (text) {
        case "theorem":
        case "lemma":
          return this.#theorem("theorem");
        case "axiom":
          return this.#theorem("axiom");
        case "let":
          return this.#let();
        case "define":
          return this.#define();
        case "forall":
          return this.#forall();
        case "if":
          return this.#if();
        case "match":
          return this.#match();
        case "type":
        case "numerals":
          return this.#line(text);
        case "structure":
          return this.#structure();
        case "inductive":
        case "typeclass":
          return this.#declaration(text);
        case "instance":
        case "class":
        case "attributes":
          return this.#attributes(text === "instance" ? "instance" : "attributes");
        case "from":
          return this.#import();
      }
    }
    if (this.#depth === 0) return this.#bad(`a statement cannot begin with "${text}"`);
    return this.#claim();
  }

  #claim(): Statement | null {
    const first = this.at;
    const end = this.expressionEnd(first, "newline");
    if (end === first) return this.#bad(`a claim cannot begin with "${this.tokens[first]!.text}"`);
    this.at = end;
    return this.#made("claim", first, { claim: { from: first, end } });
  }

  #theorem(kind: "theorem" | "axiom"): Statement | null {
    const first = this.at++;
    const parts: Parts = { ...this.#name(), ...this.#parameters() };
    const claim = this.#braces();
    if (claim === null) return this.#bad("the theorem has no claim in braces");
    const headLastLine = this.tokens[this.at - 1]!.line;
    return this.#made(kind, first, { ...parts, claim, headLastLine, ...this.#proof() });
  }

  #let(): Statement | null {
    const first = this.at++;
    const shared = this.#typeParameters();
    if (this.is("(")) {
      const parameters = this.group();
      if (!this.skip("satisfy")) return this.#bad('"satisfy" is missing behind the values');
      return this.#satisfying("satisfy", first, { ...shared, parameters });
    }
    const named = this.#name(true);
    const nameToken = this.tokens[this.at - 1]!;
    while (this.is(".")) this.at += 2;
    const parts: Parts = { ...named, ...shared, ...this.#typeParameters() };
    if (this.is("(")) return this.#letOfArguments(first, parts, nameToken);
    let type: TokenRange | undefined;
    if (this.skip(":")) {
      const from = this.at;
      this.at = this.expressionEnd(from, "=");
      type = { from, end: this.at };
      if (this.skip("satisfy")) return this.#satisfying("satisfy", first, { ...parts, type });
    }
    if (!this.skip("=")) return this.#bad('"=" or "satisfy" is missing');
    this.skipNewlines();
    const from = this.at;
    this.at = this.expressionEnd(from, "newline");
    const claim = { from, end: this.at };
    return this.#made("let", first, { ...parts, ...type !== undefined && { type }, claim });
  }

  /** `let Pair.new(a, b) = pair`, and `let f(a: A) -> b: B satisfy { … }`. */
  #letOfArguments(first: number, parts: Parts, nameToken: Token): Statement | null {
    const line = this.tokens.slice(this.at, this.at + 1000);
    const sign = line.find(({ kind, text }) => kind === "newline" || text === "=" || text === "->");
    const parameters = this.group();
    if (sign?.text === "=") {
      if (!this.skip("=")) return this.#bad('"=" is missing behind the names');
      this.skipNewlines();
      const from = this.at;
      this.at = this.expressionEnd(from, "by");
      const claim = { from, end: this.at };
      return this.#made("destructuring", first, { parameters, claim, ...this.#proof() });
    }
    if (!this.skip("->")) {
      return this.#bad(`"=" or "->" is missing behind the arguments of "${nameToken.text}"`);
    }
    const from = this.at;
    this.at = this.expressionEnd(from, "satisfy");
    const type = { from, end: this.at };
    if (!this.skip("satisfy")) return this.#bad('"satisfy" is missing');
    return this.#satisfying("function", first, { ...parts, parameters, type });
  }

  #satisfying(kind: "satisfy" | "function", first: number, parts: Parts): Statement | null {
    const claim = this.#braces();
    if (claim === null) return this.#bad('the condition in braces is missing behind "satisfy"');
    const headLastLine = this.tokens[this.at - 1]!.line;
    return this.#made(kind, first, {
      ...parts,
      claim,
      headLastLine,
      ...kind === "function" && this.#proof(),
    });
  }

  #define(): Statement | null {
    const first = this.at++;
    const parts: Parts = { ...this.#name(true), ...this.#parameters() };
    if (!this.skip("->")) return this.#bad('"->" and the type are missing');
    const from = this.at;
    this.at = this.expressionEnd(from, "{");
    const type = { from, end: this.at };
    const claim = this.#braces();
    if (claim === null) return this.#bad("the definition in braces is missing");
    return this.#made("define", first, { ...parts, type, claim });
  }

  #forall(): Statement | null {
    const first = this.at++;
    const parts = this.#parameters();
    const body = this.#body();
    if (body === null) return this.#bad('the block behind "forall" is missing');
    return this.#made("forall", first, { ...parts, body });
  }

  #if(): Statement | null {
    const first = this.at++;
    const from = this.at;
    this.at = this.expressionEnd(from, "{");
    const claim = { from, end: this.at };
    const body = this.#body();
    if (body === null) return this.#bad('the block behind "if" is missing');
    const last = this.at - 1;
    const before = this.at;
    this.skipNewlines();
    const otherwise = this.skip("else") ? this.#body() : void (this.at = before);
    // The prover ends the statement at the first block's brace, whether or not there is an "else".
    return this.#made("if", first, { claim, body, ...otherwise && { otherwise } }, last);
  }

  #match(): Statement | null {
    const first = this.at++;
    const from = this.at;
    this.at = this.expressionEnd(from, "{");
    const claim = { from, end: this.at };
    const open = this.at;
    if (!this.is("{")) return this.#bad('the cases of "match" are missing');
    const close = this.partner[open]!;
    const cases: { pattern: TokenRange; body: Body }[] = [];
    this.at = open + 1;
    for (this.skipNewlines(); this.at < close; this.skipNewlines()) {
      const from = this.at;
      this.at = this.expressionEnd(from, "{");
      const pattern = { from, end: this.at };
      const body = this.#body();
      if (body === null) {
        this.report(this.tokens[from]!.line, 'a case of "match" has no block');
        break;
      }
      cases.push({ pattern, body });
    }
    this.at = close;
    this.skip("}");
    return this.#made("match", first, { claim, cases }, cases.at(-1)?.body.close ?? close);
  }

  /** `type Name: …` and `numerals Name`: to the line's end. */
  #line(kind: "type" | "numerals"): Statement {
    const first = this.at++;
    const parts = kind === "type" ? this.#name() : {};
    if (this.skip(":")) this.skipNewlines();
    const from = this.at;
    this.at = this.expressionEnd(from, "newline");
    return this.#made(kind, first, { ...parts, type: { from, end: this.at } });
  }

  #structure(): Statement | null {
    const first = this.at++;
    const parts: Parts = { ...this.#name(), ...this.#typeParameters() };
    const parameters = this.#braces();
    if (parameters === null) return this.#bad("the fields in braces are missing");
    const headLastLine = this.tokens[this.at - 1]!.line;
    if (!this.skip("constraint")) {
      return this.#made("structure", first, { ...parts, parameters, headLastLine });
    }
    const claim = this.#braces();
    if (claim === null) return this.#bad("the constraint in braces is missing");
    return this.#made("structure", first, { ...parts, parameters, headLastLine, claim, ...this.#proof() });
  }

  /** `inductive Name { … }`, `typeclass T: Name extends A, B { … }`. */
  #declaration(kind: "inductive" | "typeclass"): Statement {
    const first = this.at++;
    let parts: Parts = { ...this.#name(), ...this.#typeParameters() };
    if (this.skip(":")) parts = { ...parts, ...this.#name() };
    const from = this.at;
    this.at = this.expressionEnd(from, "line{");
    const type = { from, end: this.at };
    const claim = this.#braces();
    return this.#made(kind, first, { ...parts, type, ...claim !== null && { claim } });
  }

  /** `attributes Name[T] { … }`, `attributes T: Class { … }`, `instance Name: Class { … } by { … }`. */
  #attributes(kind: "instance" | "attributes"): Statement | null {
    const first = this.at++;
    const parts: Parts = { ...this.#name(), ...this.#typeParameters() };
    let type: TokenRange | undefined;
    if (this.skip(":")) {
      const from = this.at;
      this.at = this.expressionEnd(from, "line{");
      type = { from, end: this.at };
    }
    const typed = { ...parts, ...type !== undefined && { type } };
    const body = this.#body();
    if (kind === "attributes") {
      if (body === null) return this.#bad("the attributes in braces are missing");
      return this.#made(kind, first, { ...typed, otherwise: body });
    }
    const headLastLine = this.tokens[this.at - 1]!.line;
    const definitions = body === null ? {} : { otherwise: body };
    return this.#made(kind, first, {
      ...typed,
      headLastLine,
      ...definitions,
      ...body !== null && this.#proof(),
    });
  }

  #import(): Statement | null {
    const first = this.at++;
    const components: string[] = [];
    for (; this.at < this.end && !this.is("import"); this.at++) {
      const { kind, text } = this.tokens[this.at]!;
      if (kind === "newline") return this.#bad('"import" is missing');
      if (text !== ".") components.push(text);
    }
    this.at++;
    const names: string[] = [];
    do {
      this.skipNewlines();
      const name = this.tokens[this.at];
      if (this.at < this.end && name?.kind === "name") names.push(name.text);
      this.at++;
    } while (this.skip(","));
    return this.#made("import", first, { imports: { module: components.join("."), names } });
  }

  /** `by { … }`, on this line or behind newlines; takes nothing where there is none. */
  #proof(): { body?: Body } {
    const before = this.at;
    this.skipNewlines();
    if (this.skip("by")) {
      const body = this.#body();
      if (body !== null) return { body };
      this.report(this.tokens[this.at - 1]!.line, 'the block behind "by" is missing');
      return {};
    }
    this.at = before;
    return {};
  }

  #name(numbers = false): { name?: string } {
    const token = this.tokens[this.at];
    const fits = token?.kind === "name" || token?.text === "self" || numbers && token?.kind === "number";
    if (this.at >= this.end || !(fits || YOUNG_KEYWORDS.has(token!.text))) return {};
    this.at++;
    return { name: token!.text };
  }

  #parameters(): Parts {
    const types = this.#typeParameters();
    const parameters = this.is("(") ? this.group() : null;
    return { ...types, ...parameters !== null && { parameters } };
  }

  #typeParameters(): Parts {
    const typeParameters = this.is("[") ? this.group() : null;
    return typeParameters === null ? {} : { typeParameters };
  }

  #braces(): TokenRange | null {
    return this.is("{") ? this.group() : null;
  }

  /** The tokens between the bracket here and its partner; goes on behind it. */
  group(): TokenRange {
    const from = this.at + 1;
    const end = this.partner[this.at]!;
    this.at = this.behind(end);
    return { from, end };
  }

  #body(): Body | null {
    if (!this.is("{")) return null;
    const open = this.at;
    const { from, end } = this.group();
    const isDeep = this.#depth >= MAX_DEPTH;
    if (isDeep) this.report(this.tokens[open]!.line, `more than ${MAX_DEPTH} blocks in each other: not read`);
    return { open, close: end, statements: isDeep ? [] : this.statementsOf({ from, end }, this.#depth + 1) };
  }

  #bad(message: string): null {
    const at = Math.min(this.at, this.tokens.length - 1);
    this.report(this.tokens[at]!.line, message);
    return null;
  }

  #made(kind: StatementKind, first: number, parts: Parts, last = this.at - 1): Statement {
    const end = Math.max(first, Math.min(last, this.tokens.length - 1));
    return {
      kind,
      first,
      last: end,
      firstLine: this.tokens[first]!.line,
      lastLine: this.tokens[end]!.line,
      ...parts,
    };
  }
}
