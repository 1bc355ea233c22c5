// Acorn's expressions: tokens → tree, by precedence as the prover's parser (0.1.37 and 0.2.6) groups them. The
// tree keeps what was written; groups in parentheses vanish, since code is printed with the fewest. Values and
// types share the grammar. A `match` is refused: it has no normal form. Not a check: whether a name exists or fits
// is elaborate.ts's business.

/** What the parser reads of a token. */
export interface ExpressionToken {
  readonly text: string;
}

/** A name with its type, as in `forall(x: Nat)`; `self` has none. */
export interface Declaration {
  readonly name: string;
  readonly type: Expression | null;
}

interface Sized {
  /** Levels of the tree below and at this node. */
  readonly depth: number;
}

/** A tree of one expression. */
export type Expression =
  & Sized
  & (
    | { readonly kind: "name" | "number"; readonly text: string }
    | { readonly kind: "truth"; readonly value: boolean }
    | { readonly kind: "unary"; readonly operator: "not" | "-"; readonly operand: Expression }
    | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
    | { readonly kind: "apply"; readonly callee: Expression; readonly args: readonly Expression[] }
    | { readonly kind: "instantiate"; readonly callee: Expression; readonly types: readonly Expression[] }
    | { readonly kind: "list"; readonly items: readonly Expression[] }
    | {
      readonly kind: "binder";
      readonly binder: "forall" | "exists" | "function";
      readonly declarations: readonly Declaration[];
      readonly body: Expression;
    }
    | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly then: Expression;
      readonly otherwise: Expression | null;
    }
  );

/** Deeper trees, and longer texts, are refused: everything that walks a tree may recurse. */
const MOST_LEVELS = 300;
const MOST_TOKENS = 20_000;

/** Binary operators and how tightly they bind; an application binds as a dot. */
export const BINDING: ReadonlyMap<string, number> = new Map(
  ([
    [14, "."],
    [12, "* / ∩"],
    [11, "+ - ∪ ∖"],
    [10, "%"],
    [9, "> ∈ ∉ ∋ ∌ ⊆ ⊇ ⊂ ⊃"],
    [8, "< <= >="],
    [7, "= !="],
    [5, "or and"],
    [4, "iff"],
    [3, "-> implies"],
    [1, ","],
  ] as const).flatMap(([binding, operators]) => operators.split(" ").map((each) => [each, binding] as const)),
);

/** How tightly a prefix operator binds. */
export const PREFIX_BINDING = { not: 6, "-": 13 } as const;

const NOT_A_NAME = new Set([..."(){}[],:.", "by", "else", "satisfy", "let", "match", "theorem", "define"]);

/**
 * Read one expression from all of the tokens (line ends left out).
 *
 * @throws {SyntaxError} for what is no expression, or is too deep
 */
export function parseExpression(tokens: readonly ExpressionToken[]): Expression {
  const cursor = new Cursor(tokens);
  const expression = parseOperators(cursor, 1, 0);
  if (!cursor.done) throw cursor.unexpected();
  return expression;
}

/** Declarations `x: Nat, y: Nat`, up to the closing parenthesis (which is taken too) or the end. */
export function parseDeclarations(cursor: Cursor, level = 0): Declaration[] {
  const found: Declaration[] = [];
  do {
    const name = cursor.next();
    const type = cursor.take(":") ? parseOperators(cursor, 2, level + 1) : null;
    found.push({ name, type });
  } while (cursor.take(","));
  if (!cursor.done) cursor.expect(")");
  return found;
}

/** A place in a list of tokens. */
export class Cursor {
  #at = 0;
  readonly #tokens: readonly ExpressionToken[];

  constructor(tokens: readonly ExpressionToken[]) {
    if (tokens.length > MOST_TOKENS) {
      throw new SyntaxError(`An expression has ${tokens.length} tokens, at most ${MOST_TOKENS} are read`);
    }
    this.#tokens = tokens;
  }

  /** How many tokens lie behind it. */
  get position(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** The token here, or one further on; "" past the end. */
  peek(ahead = 0): string {
    return this.#tokens[this.#at + ahead]?.text ?? "";
  }

  next(): string {
    const text = this.peek();
    if (text === "") throw this.unexpected();
    this.#at++;
    return text;
  }

  take(text: string): boolean {
    if (this.peek() !== text) return false;
    this.#at++;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.unexpected(text);
  }

  unexpected(wanted = "an expression"): SyntaxError {
    return new SyntaxError(`Expected ${wanted}, found ${this.done ? "the end" : `"${this.peek()}"`}`);
  }
}

/** Operators that bind at least as tightly as `least`; the comma is 1, so 2 reads one item of a list. */
export function parseOperators(cursor: Cursor, least: number, level: number): Expression {
  if (level > MOST_LEVELS) throw new SyntaxError(`An expression is nested over ${MOST_LEVELS} levels`);
  let left = parseOperand(cursor, least, level);
  for (;;) {
    const operator = cursor.peek();
    const binding = BINDING.get(operator) ?? 0;
    if (binding < least || binding === 0) return left;
    cursor.next();
    if (operator === ".") {
      const right = parseAtom(cursor, cursor.next(), level);
      const dotted = sized({ kind: "binary", operator, left, right }, left, right);
      left = parseApplications(cursor, dotted, level);
      continue;
    }
    const right = parseOperators(cursor, operator === "->" ? binding : binding + 1, level + 1);
    if (operator === ",") {
      const items = left.kind === "list" ? [...left.items, right] : [left, right];
      if (items.length > MOST_LEVELS) throw new SyntaxError(`A list has over ${MOST_LEVELS} items`);
      left = sized({ kind: "list", items }, ...items);
    } else left = sized({ kind: "binary", operator, left, right }, left, right);
  }
}

function parseOperand(cursor: Cursor, least: number, level: number): Expression {
  const text = cursor.next();
  if (text === "not" || text === "-") {
    // A prefix takes the operators that bind tighter than it, within what the operator before it left over.
    const operand = parseOperators(cursor, Math.max(PREFIX_BINDING[text], least), level + 1);
    return sized({ kind: "unary", operator: text, operand }, operand);
  }
  return parseApplications(cursor, parseAtom(cursor, text, level), level);
}

/** `(…)` and `[…]` after an operand: they bind as tightly as a dot, from left to right. */
function parseApplications(cursor: Cursor, operand: Expression, level: number): Expression {
  let callee = operand;
  for (;;) {
    const opening = cursor.peek();
    if (opening !== "(" && opening !== "[") return callee;
    cursor.next();
    const items = listItems(parseOperators(cursor, 1, level + 1));
    cursor.expect(opening === "(" ? ")" : "]");
    callee = opening === "("
      ? sized({ kind: "apply", callee, args: items }, callee, ...items)
      : sized({ kind: "instantiate", callee, types: items }, callee, ...items);
  }
}

/** The items of `a, b, c`, or the one expression. */
export function listItems(expression: Expression): readonly Expression[] {
  return expression.kind === "list" ? expression.items : [expression];
}

function parseAtom(cursor: Cursor, text: string, level: number): Expression {
  switch (text) {
    case "(": {
      const inner = parseOperators(cursor, 1, level + 1);
      cursor.expect(")");
      return inner;
    }
    case "true":
    case "false":
      return sized({ kind: "truth", value: text === "true" });
    case "forall":
    case "exists":
    case "function": {
      cursor.expect("(");
      const declarations = parseDeclarations(cursor, level);
      const body = parseBraces(cursor, level);
      return sized({ kind: "binder", binder: text, declarations, body }, body);
    }
    case "if": {
      const condition = parseOperators(cursor, 1, level + 1);
      const then = parseBraces(cursor, level);
      const otherwise = cursor.take("else") ? parseBraces(cursor, level) : null;
      return sized({ kind: "if", condition, then, otherwise }, condition, then, otherwise ?? then);
    }
  }
  if (NOT_A_NAME.has(text) || BINDING.has(text)) throw new SyntaxError(`"${text}" is no operand`);
  return sized({ kind: /^[0-9]/.test(text) ? "number" : "name", text });
}

function parseBraces(cursor: Cursor, level: number): Expression {
  cursor.expect("{");
  const inner = parseOperators(cursor, 1, level + 1);
  cursor.expect("}");
  return inner;
}

type Unsized<T> = T extends Expression ? Omit<T, "depth"> : never;

function sized(node: Unsized<Expression>, ...children: readonly Sized[]): Expression {
  const depth = 1 + children.reduce((most, child) => Math.max(most, child.depth), 0);
  if (depth > MOST_LEVELS) throw new SyntaxError(`An expression is over ${MOST_LEVELS} levels deep`);
  return { ...node, depth } as Expression;
}
