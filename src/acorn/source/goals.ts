// The goals of a module, as the prover cuts them: what has to be proved, its lines, and the block around it.
// A block's goal (a theorem's) has all lines of the block; others (a claim, a `let … satisfy`) their own. The
// context (@T) are the lines from the begin of the innermost block that covers the goal's first line. Which
// block covers a line follows the prover's bookkeeping: a line belongs to what took it first, so a line
// `} else {` to the first branch.
import type { Body, SourceProblem, Statement, TokenRange } from "./statement.ts";
import { readStatements } from "./statements.ts";
import { sourceLines, type Token, tokenize } from "./tokens.ts";

/** A module that was read; see {@linkcode parseModule}. */
export interface AcornModule {
  readonly lines: readonly string[];
  readonly tokens: readonly Token[];
  readonly statements: readonly Statement[];
  /** What could not be read, by line. */
  readonly problems: readonly SourceProblem[];
}

/** A block around a goal: a statement's body, one branch of an `if`, one case of a `match`. */
export interface EnclosingBlock {
  readonly kind: "theorem" | "function" | "forall" | "if" | "else" | "case" | "requirement" | "destructuring";
  /** What the block belongs to; its parameters and claim are the block's names and assumptions. */
  readonly statement: Statement;
  /** A case's pattern. */
  readonly pattern?: TokenRange;
  readonly body?: Body;
}

/** Something that has to be proved. Lines count from 0. */
export interface SourceGoal {
  /** A theorem's name. */
  readonly name?: string;
  /** Of an instance: which of its typeclass' conditions is proved; without it all of them. */
  readonly condition?: string;
  readonly kind: "theorem" | "claim" | "satisfy" | "function" | "destructuring" | "structure" | "instance";
  readonly firstLine: number;
  readonly lastLine: number;
  /** First line of the block around it; `firstLine` itself where the goal is a block's own. */
  readonly blockFirstLine: number;
  /** Section @T: the lines from the block's begin to the goal, each with its newline; may be empty. */
  readonly context: string;
  /** Section @G: the goal's lines. */
  readonly text: string;
  /** Where a proof's line goes: before `line`; with `opensBy` behind it, in braces behind a `by` of its own. */
  readonly insertion: { readonly line: number; readonly indent: string; readonly opensBy: boolean };
  /** The blocks around it, outermost first; a block's own goal counts its block. */
  readonly block: readonly EnclosingBlock[];
  readonly statement: Statement;
}

/** What is known of names that are defined elsewhere, and by which rules; see {@linkcode goalsOf}. */
export interface GoalOptions {
  /**
   * Whether a claim or theorem only calls a theorem, which is proved already: then it is no goal. Without it
   * only theorems of the module itself are known.
   */
  readonly isCitation?: (statement: Statement, module: AcornModule) => boolean;
  /** The names of the conditions that an instance has to prove, in the prover's order. */
  readonly conditionsOf?: (instance: Statement, module: AcornModule) => readonly string[];
  /**
   * The rules of the prover of 2025: a theorem's name alone is a claim, a structure's constraint has to be
   * proved possible, all conditions of an instance are one goal.
   */
  readonly as2025?: boolean;
}

/**
 * Read a module's text: its blocks, and what is wrong with it. Never throws, whatever the text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { goalsOf, parseModule } from "../mod.ts";
 *
 * const module = parseModule("theorem same(a: Bool) {\n    a = a\n} by {\n    a\n}\n");
 * assertEquals(goalsOf(module).map(({ kind, firstLine }) => [kind, firstLine]), [["theorem", 0], ["claim", 3]]);
 * ```
 */
export function parseModule(text: string): AcornModule {
  const lines = sourceLines(text);
  const tokens = tokenize(lines);
  return { lines, tokens, ...readStatements(tokens) };
}

/** A module's goals, in the order of the text (a theorem before what is in its proof). */
export function goalsOf(module: AcornModule, options: GoalOptions = {}): SourceGoal[] {
  return buildOrder(module, options).sort((a, b) => a.firstLine - b.firstLine || b.lastLine - a.lastLine);
}

/** The same in the order in which the prover proves them: what is in a block before the block's own goal. */
export function buildOrder(module: AcornModule, options: GoalOptions = {}): SourceGoal[] {
  return new GoalFinder(module, options).goals();
}

/** The innermost goal at a line, from 0: the claim there, else what the block around it has to prove. */
export function goalAtLine(module: AcornModule, line: number, options?: GoalOptions): SourceGoal | undefined {
  const at = goalsOf(module, options).filter((goal) => goal.firstLine <= line && line <= goal.lastLine);
  return at.reduce<SourceGoal | undefined>((least, goal) => {
    const size = goal.lastLine - goal.firstLine;
    return least === undefined || size <= least.lastLine - least.firstLine ? goal : least;
  }, undefined);
}

/**
 * A goal as a proof file has it, without its proof: sections @T (where there is any), @G, @H (where there
 * is one) and @C. @param code the hypothesis and the negated goal, in the prover's normalised code
 */
export function goalDocument(
  { context, text }: Pick<SourceGoal, "context" | "text">,
  code: { readonly hypothesis?: string; readonly counterfactual: string },
): string {
  const before = context === "" ? "" : `@T\n${context}`;
  const hypothesis = code.hypothesis === undefined ? "" : `@H\n${code.hypothesis}\n`;
  return `${before}@G\n${text}${hypothesis}@C\n${code.counterfactual}\n`;
}

/** The lines of a block, each taken by the first thing on it. */
class BlockLines {
  readonly #parts: { readonly end: number; readonly inner?: BlockLines | undefined }[] = [];
  #next: number;

  constructor(readonly firstLine: number) {
    this.#next = firstLine;
  }

  get lastLine(): number {
    return this.#next - 1;
  }

  take(first: number, last: number, inner?: BlockLines): void {
    if (first > this.#next) this.#push(first);
    if (last >= this.#next) this.#push(last + 1, inner);
  }

  #push(end: number, inner?: BlockLines): void {
    this.#parts.push({ end, inner });
    this.#next = end;
  }

  /** First line of the innermost block that covers a line. */
  blockOf(line: number): BlockLines {
    const inner = line < this.firstLine ? undefined : this.#parts[this.#partAt(line)]?.inner;
    return inner?.blockOf(line) ?? this; // as deep as blocks are read
  }

  #partAt(line: number): number {
    let [low, high] = [0, this.#parts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#parts[middle]!.end > line) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

type FoundGoal = Omit<SourceGoal, "context" | "text" | "blockFirstLine">;

class GoalFinder {
  readonly #found: FoundGoal[] = [];
  readonly #theorems = new Set<string>();

  constructor(readonly module: AcornModule, readonly options: GoalOptions) {}

  goals(): SourceGoal[] {
    const root = new BlockLines(0);
    this.#walk(this.module.statements, root, []);
    return this.#found.map((goal) => {
      const { firstLine, lastLine } = goal;
      const blockFirstLine = root.blockOf(firstLine).firstLine;
      const text = (first: number, end: number): string =>
        this.module.lines.slice(first, end).map((line) => `${line}\n`).join("");
      // Cut when they are asked for: of a long proof's goals all contexts together are as its lines squared.
      return {
        ...goal,
        blockFirstLine,
        get context() {
          return text(blockFirstLine, firstLine);
        },
        get text() {
          return text(firstLine, lastLine + 1);
        },
      };
    });
  }

  #walk(statements: readonly Statement[], lines: BlockLines, block: readonly EnclosingBlock[]): void {
    for (const statement of statements) this.#statement(statement, lines, block);
  }

  #statement(statement: Statement, lines: BlockLines, block: readonly EnclosingBlock[]): void {
    const { kind, firstLine, lastLine, body, name } = statement;
    switch (kind) {
      case "theorem":
        if (this.#isCitation(statement)) lines.take(firstLine, lastLine);
        else this.#proofBlock("theorem", { kind: "theorem", statement, ...body && { body } }, lines, block);
        if (name !== undefined && block.length === 0) this.#theorems.add(name);
        return;
      case "axiom":
        if (name !== undefined) this.#theorems.add(name);
        return lines.take(firstLine, lastLine);
      case "claim":
        if (!this.#isCitation(statement)) this.#interior("claim", statement, block);
        return lines.take(firstLine, lastLine);
      case "satisfy":
        this.#interior("satisfy", statement, block);
        return lines.take(firstLine, lastLine);
      case "destructuring":
        if (body === undefined) this.#interior("destructuring", statement, block);
        else this.#proofBlock("destructuring", { kind: "destructuring", statement, body }, lines, block);
        return lines.take(firstLine, lastLine);
      case "function":
        return this.#proofBlock(
          "function",
          { kind: "function", statement, ...body && { body } },
          lines,
          block,
        );
      case "structure":
        lines.take(firstLine, statement.headLastLine!);
        if (statement.claim === undefined) return;
        if (!this.options.as2025) return lines.take(firstLine, lastLine);
        return this.#proofBlock(
          "structure",
          { kind: "requirement", statement, ...body && { body } },
          lines,
          block,
        );
      case "instance":
        return this.#instance(statement, lines, block);
      case "forall":
        if (body!.statements.length === 0) return;
        this.#inner({ kind: "forall", statement, body: body! }, statement, lines, block);
        return;
      case "if":
        this.#branch("if", statement, body!, firstLine, lines, block);
        if (statement.otherwise !== undefined) {
          const elseLine = this.#lineOf(statement.otherwise.open);
          this.#branch("else", statement, statement.otherwise, elseLine, lines, block);
        }
        return;
      case "match":
        for (const { pattern, body } of statement.cases!) {
          const range = { firstLine: this.#lineOf(body.open), lastLine: this.#closeLine(body) };
          this.#inner({ kind: "case", statement, pattern, body }, range, lines, block);
        }
        return;
      case "doc":
        return;
      case "let":
      case "define":
      case "type":
      case "inductive":
      case "typeclass":
      case "attributes":
      case "numerals":
      case "import":
        return lines.take(firstLine, lastLine);
      default:
        kind satisfies never;
    }
  }

  /** A goal that is a statement of its own. */
  #interior(kind: SourceGoal["kind"], statement: Statement, block: readonly EnclosingBlock[]): void {
    const { firstLine, lastLine } = statement;
    const insertion = { line: firstLine, indent: this.#indent(firstLine), opensBy: false };
    this.#found.push({ kind, firstLine, lastLine, insertion, block, statement });
  }

  /** A block with a goal of its own, after what is in it. */
  #proofBlock(
    kind: SourceGoal["kind"],
    enclosing: EnclosingBlock,
    lines: BlockLines,
    outer: readonly EnclosingBlock[],
    conditions?: readonly string[],
  ): void {
    const { statement, body } = enclosing;
    const { name } = statement;
    const inner = this.#inner(enclosing, statement, lines, outer);
    const { firstLine } = statement;
    const closeLine = body === undefined ? statement.lastLine : this.#closeLine(body);
    const indent = `${this.#indent(firstLine)}    `;
    const insertion = { line: closeLine, indent, opensBy: body === undefined };
    const named = kind === "theorem" && name !== undefined ? { name } : {};
    const block = [...outer, enclosing];
    const goal = { kind, firstLine, lastLine: inner.lastLine, insertion, block, statement };
    if (conditions === undefined) this.#found.push({ ...named, ...goal });
    else for (const condition of conditions) this.#found.push({ ...goal, condition });
  }

  #instance(statement: Statement, lines: BlockLines, block: readonly EnclosingBlock[]): void {
    const { body, firstLine, lastLine } = statement;
    const conditions = this.options.conditionsOf?.(statement, this.module);
    if (conditions?.length === 0) return lines.take(firstLine, lastLine);
    const enclosing = { kind: "requirement", statement, ...body && { body } } as const;
    this.#proofBlock("instance", enclosing, lines, block, this.options.as2025 ? undefined : conditions);
  }

  #branch(
    kind: "if" | "else",
    statement: Statement,
    body: Body,
    firstLine: number,
    lines: BlockLines,
    block: readonly EnclosingBlock[],
  ): void {
    if (body.statements.length === 0) return;
    this.#inner({ kind, statement, body }, { firstLine, lastLine: this.#closeLine(body) }, lines, block);
  }

  /** A block and what is in it. */
  #inner(
    enclosing: EnclosingBlock,
    { firstLine, lastLine }: Pick<Statement, "firstLine" | "lastLine">,
    lines: BlockLines,
    outer: readonly EnclosingBlock[],
  ): BlockLines {
    const { body } = enclosing;
    const inner = new BlockLines(firstLine);
    if (body === undefined) {
      inner.take(firstLine, lastLine);
    } else {
      inner.take(firstLine, this.#lineOf(body.open));
      this.#walk(body.statements, inner, [...outer, enclosing]);
      inner.take(this.#closeLine(body), this.#closeLine(body));
    }
    lines.take(firstLine, lastLine, inner);
    return inner;
  }

  #lineOf(token: number): number {
    return this.module.tokens[token]!.line;
  }

  /** The line of a body's closing brace; the last one of an unclosed body. */
  #closeLine({ open, close }: Body): number {
    const { tokens } = this.module;
    const isClosed = tokens[close]?.text === "}";
    return this.#lineOf(isClosed ? close : Math.max(open, close - 1));
  }

  #indent(line: number): string {
    const text = this.module.lines[line] ?? "";
    return text.slice(0, text.length - text.trimStart().length);
  }

  /** Whether a claim is only a call of a theorem: it was proved already. */
  #isCitation(statement: Statement): boolean {
    const { isCitation, as2025 } = this.options;
    const { from, end } = statement.claim!;
    const { tokens } = this.module;
    const last = tokens.slice(from, end).findLast(({ kind }) => kind !== "newline");
    if (as2025 && last?.text !== ")") return false;
    if (isCitation !== undefined) return isCitation(statement, this.module);
    if (!this.#theorems.has(tokens[from]?.text ?? "")) return false;
    let depth = 0;
    for (let at = from + 1; at < end; at++) {
      const { text } = tokens[at]!;
      if (text === "(" || text === "[" || text === "{") depth++;
      else if (depth === 0) return false;
      else if (text === ")" || text === "]" || text === "}") depth--;
    }
    return true;
  }
}
