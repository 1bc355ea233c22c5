// Citations: lines `theorem(a, b)` that say a known theorem of certain values. The prover takes one for true
// without a search, and it is often what a search lacks. Which values: those for which a part of the theorem
// (its claim, a premise, a side of an equation) becomes a part of the goal or of what is known above it. The
// rarer the words that agree, the better. Expressions are compared as trees, types are not looked at.
import { BINDING, type Expression, parseExpression, PREFIX_BINDING } from "../acorn/code/expression.ts";
import { type Token, tokenize } from "../acorn/mod.ts";

/** A theorem that can be named at the goal. */
export interface KnownTheorem {
  readonly name: string;
  /** Its arguments and their types, as they are written. */
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
  readonly claim: Expression;
}

/** A line, and how much speaks for it: the weight of the words that agree. */
export interface Citation {
  readonly line: string;
  readonly score: number;
}

type Binding = ReadonlyMap<string, Expression>;

/** Parts of a tree that are compared, at most. */
const MOST_PARTS = 60;
/** Ways to fill in a theorem's arguments that are followed. */
const WAYS = 4;

/** Read an expression from tokens or text; null for what is none. */
export function readExpression(text: string | readonly Token[]): Expression | null {
  const tokens = typeof text === "string" ? tokenize(text.split("\n")) : text;
  try {
    return parseExpression(tokens.filter(({ kind }) => kind !== "newline"));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Lines that cite theorems of what stands in the goal and above it, the best first. */
export function citations(
  theorems: readonly KnownTheorem[],
  { goal, facts, locals }: {
    readonly goal: readonly Expression[];
    readonly facts: readonly Expression[];
    readonly locals: ReadonlyMap<string, string>;
  },
): Citation[] {
  const rarity = rarities(theorems);
  const targets = [
    ...goal.flatMap((each) => partsOf(each)).map((tree) => ({ tree, weight: 1 })),
    ...facts.flatMap((each) => partsOf(each)).map((tree) => ({ tree, weight: 0.6 })),
  ];
  const best = new Map<string, number>();
  for (const theorem of theorems) {
    for (const { line, score } of waysToCite(theorem, targets, { rarity, locals })) {
      if (score > (best.get(line) ?? 0)) best.set(line, score);
    }
  }
  return [...best].map(([line, score]) => ({ line, score }))
    .sort((a, b) => b.score - a.score || (a.line < b.line ? -1 : 1));
}

type Target = { readonly tree: Expression; readonly weight: number };

function waysToCite(
  { name, parameters, claim }: KnownTheorem,
  targets: readonly Target[],
  { rarity, locals }: { rarity: ReadonlyMap<string, number>; locals: ReadonlyMap<string, string> },
): Citation[] {
  if (parameters.length === 0) return [];
  const variables = new Set(parameters.map((parameter) => parameter.name));
  const patterns = partsOf(claim).filter((part) => wordsOf(part, variables).length > 0);
  let ways: { binding: Binding; score: number }[] = [];
  for (const pattern of patterns) {
    const worth = wordsOf(pattern, variables).reduce((sum, word) => sum + (rarity.get(word) ?? 0), 0);
    for (const { tree, weight } of targets) {
      const binding = match(pattern, tree, { variables, binding: new Map() });
      if (binding !== null && binding.size > 0) ways.push({ binding, score: worth * weight });
    }
  }
  ways = ways.sort((a, b) => b.score - a.score).slice(0, 4 * WAYS).map((way) => {
    let { binding, score } = way;
    for (const pattern of patterns) {
      if (binding.size === parameters.length) break;
      for (const { tree, weight } of targets) {
        const more = match(pattern, tree, { variables, binding });
        if (more === null || more.size === binding.size) continue;
        binding = more;
        score += weight;
        break;
      }
    }
    return { binding, score };
  });
  return ways.flatMap(({ binding, score }) => {
    const args = parameters.map(({ name, type }) => {
      const bound = binding.get(name);
      if (bound !== undefined) return printExpression(bound);
      score -= 2;
      return locals.get(name) === type ? name : [...locals].findLast(([, other]) => other === type)?.[0];
    });
    if (args.includes(undefined)) return [];
    return [{
      line: `${name}(${args.join(", ")})`,
      score: score * (0.5 + binding.size / parameters.length / 2),
    }];
  }).sort((a, b) => b.score - a.score).slice(0, WAYS);
}

/** How rare a word is among the theorems. */
function rarities(theorems: readonly KnownTheorem[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { claim, parameters } of theorems) {
    const variables = new Set(parameters.map(({ name }) => name));
    for (const word of new Set(wordsOf(claim, variables))) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return new Map([...counts].map(([word, count]) => [word, Math.log((1 + theorems.length) / count)]));
}

/** What an expression is made of. */
export function childrenOf(tree: Expression): readonly Expression[] {
  switch (tree.kind) {
    case "unary":
      return [tree.operand];
    case "binary":
      return [tree.left, tree.right];
    case "apply":
      return [tree.callee, ...tree.args];
    case "instantiate":
      return [tree.callee];
    case "list":
      return tree.items;
    case "binder":
      return [tree.body];
    case "if":
      return [tree.condition, tree.then, ...tree.otherwise === null ? [] : [tree.otherwise]];
    default:
      return [];
  }
}

/** An expression and what it is made of, the whole first; names and numbers alone are no parts. */
function partsOf(tree: Expression): Expression[] {
  const parts: Expression[] = [];
  const queue = [tree];
  for (const part of queue) {
    if (parts.length >= MOST_PARTS) break;
    if (part.kind !== "name" && part.kind !== "number" && part.kind !== "truth") parts.push(part);
    // What a binder binds means nothing outside.
    if (part.kind !== "binder") { for (const child of childrenOf(part)) queue.push(child); }
  }
  return parts;
}

/** The names and operators of a tree, but for its variables. */
function wordsOf(tree: Expression, variables: ReadonlySet<string>): string[] {
  const own = tree.kind === "name" || tree.kind === "number"
    ? [tree.text]
    : tree.kind === "binary" || tree.kind === "unary"
    ? [tree.operator]
    : [];
  return [
    ...own.filter((word) => word !== "." && !variables.has(word)),
    ...childrenOf(tree).flatMap((child) => wordsOf(child, variables)),
  ];
}

/** What the variables of a pattern stand for, if the tree is an instance of it. */
function match(
  pattern: Expression,
  tree: Expression,
  { variables, binding }: { variables: ReadonlySet<string>; binding: Binding },
): Binding | null {
  if (pattern.kind === "name" && variables.has(pattern.text)) {
    const known = binding.get(pattern.text);
    if (known !== undefined) return same(known, tree) ? binding : null;
    return tree.kind === "list" ? null : new Map([...binding, [pattern.text, tree]]);
  }
  if (!sameHead(pattern, tree)) return null;
  const [inner, others] = [childrenOf(pattern), childrenOf(tree)];
  if (inner.length !== others.length) return null;
  if (pattern.kind === "binary" && pattern.operator === ".") {
    // What stands behind a dot is an attribute, whatever a variable is called.
    return same(inner[1]!, others[1]!) ? match(inner[0]!, others[0]!, { variables, binding }) : null;
  }
  let found: Binding | null = binding;
  for (let i = 0; i < inner.length && found !== null; i++) {
    found = match(inner[i]!, others[i]!, { variables, binding: found });
  }
  return found;
}

function same(a: Expression, b: Expression): boolean {
  const [left, right] = [childrenOf(a), childrenOf(b)];
  return sameHead(a, b) && left.length === right.length && left.every((child, i) => same(child, right[i]!));
}

function sameHead(a: Expression, b: Expression): boolean {
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "name":
    case "number":
      return a.text === (b as typeof a).text;
    case "truth":
      return a.value === (b as typeof a).value;
    case "unary":
    case "binary":
      return a.operator === (b as typeof a).operator;
    case "binder":
      return a === b;
    default:
      return true;
  }
}

/** An expression as it is written, with the fewest parentheses. */
export function printExpression(tree: Expression, least = 0): string {
  switch (tree.kind) {
    case "name":
    case "number":
      return tree.text;
    case "truth":
      return String(tree.value);
    case "unary": {
      const binding = PREFIX_BINDING[tree.operator];
      const text = `${tree.operator}${tree.operator === "not" ? " " : ""}${
        printExpression(tree.operand, binding)
      }`;
      return binding < least ? `(${text})` : text;
    }
    case "binary": {
      const binding = BINDING.get(tree.operator)!;
      const sign = tree.operator === "." ? "." : ` ${tree.operator} `;
      const isRight = tree.operator === "->";
      const text = printExpression(tree.left, isRight ? binding + 1 : binding) + sign +
        printExpression(tree.right, isRight ? binding : binding + 1);
      return binding < least ? `(${text})` : text;
    }
    case "apply":
      return `${printExpression(tree.callee, 14)}(${
        tree.args.map((arg) => printExpression(arg, 2)).join(", ")
      })`;
    case "instantiate":
      return `${printExpression(tree.callee, 14)}[${
        tree.types.map((type) => printExpression(type, 2)).join(", ")
      }]`;
    case "list":
      return `(${tree.items.map((item) => printExpression(item, 2)).join(", ")})`;
    case "binder": {
      const declared = tree.declarations.map(({ name, type }) =>
        type === null ? name : `${name}: ${printExpression(type, 2)}`
      );
      return `${tree.binder}(${declared.join(", ")}) { ${printExpression(tree.body)} }`;
    }
    case "if": {
      const otherwise = tree.otherwise === null ? "" : ` else { ${printExpression(tree.otherwise)} }`;
      return `if ${printExpression(tree.condition)} { ${printExpression(tree.then)} }${otherwise}`;
    }
    default:
      return tree satisfies never;
  }
}
