// What a goal's place can name, from the text alone: the module's names above it, what is imported, and the
// values of the blocks around it with their types as they are written. Attributes stand behind a dot and are
// not looked at, and types are not checked: this keeps lines away that cannot be read, not all of them.
import {
  type AcornModule,
  type SourceGoal,
  type Statement,
  tokenize,
  type TokenRange,
} from "../acorn/mod.ts";

/** In the place of the type of a function that a proof defines. */
export const DEFINED = "define";

/** What can be named at a place. */
export interface Scope {
  /** All names. */
  readonly names: ReadonlySet<string>;
  /** The values of the blocks around, the innermost last, each with its type's text; "" where none is written. */
  readonly locals: ReadonlyMap<string, string>;
  /** The statements above the goal in its blocks, in order. */
  readonly before: readonly Statement[];
}

/** Look from a goal upwards. */
export function scopeOf(module: AcornModule, goal: SourceGoal): Scope {
  const { tokens } = module;
  const names = new Set<string>(["Bool", "self", "true", "false"]);
  const locals = new Map<string, string>();
  const before: Statement[] = [];
  for (const statement of module.statements) {
    if (statement.firstLine >= (goal.block[0]?.statement ?? goal.statement).firstLine) break;
    if (statement.name !== undefined) names.add(statement.name);
    for (const name of statement.imports?.names ?? []) names.add(name);
    // `let (a: A, b: B) satisfy` and destructuring: each of the values.
    if (statement.name === undefined && statement.parameters !== undefined) {
      for (const { name } of declarations(module, statement.parameters)) names.add(name);
    }
  }
  const take = (range: TokenRange | undefined): void => {
    for (const { name, type } of range === undefined ? [] : declarations(module, range)) {
      locals.set(name, type);
    }
  };
  for (const { statement, pattern, body } of goal.block) {
    const isOwn = statement === goal.statement;
    if (statement.kind === "theorem" && statement.name !== undefined) names.add(statement.name);
    for (const { name } of statement.typeParameters ? declarations(module, statement.typeParameters) : []) {
      names.add(name);
    }
    if (statement.kind === "theorem" || statement.kind === "forall" || statement.kind === "function") {
      take(statement.parameters);
    }
    for (let i = pattern?.from ?? 0; i < (pattern?.end ?? 0); i++) {
      const isArgument = tokens[i]!.kind === "name" && tokens[i + 1]!.text !== "." &&
        tokens[i - 1]!.text !== ".";
      if (isArgument) locals.set(tokens[i]!.text, "");
    }
    for (const inner of body?.statements ?? []) {
      if (!isOwn && inner.firstLine >= goal.firstLine) break;
      before.push(inner);
      if (inner.kind === "let" || inner.kind === "define" || inner.kind === "function") {
        const type = inner.kind === "let" ? typeText(module, inner) : inner.kind === "define" ? DEFINED : "";
        if (inner.name !== undefined) locals.set(inner.name, type);
      } else if (inner.kind === "satisfy" && inner.name !== undefined) {
        locals.set(inner.name, typeText(module, inner));
      } else if (inner.kind === "satisfy" || inner.kind === "destructuring") take(inner.parameters);
    }
  }
  for (const name of locals.keys()) names.add(name);
  return { names, locals, before };
}

/** Whether a line names nothing that is not in scope: names it binds itself and attributes aside. */
export function unknownName(line: string, names: ReadonlySet<string>): string | undefined {
  const tokens = tokenize(line.split("\n")).filter(({ kind }) => kind !== "newline");
  const bound = new Set<string>();
  for (const [i, { kind, text }] of tokens.entries()) {
    if (kind === "name" && tokens[i + 1]?.text === ":" && "(,".includes(tokens[i - 1]?.text ?? "")) {
      bound.add(text);
    }
  }
  return tokens.find(({ kind, text }, i) =>
    kind === "name" && tokens[i - 1]?.text !== "." && !bound.has(text) && !names.has(text)
  )?.text;
}

/** `x: Nat, f: Nat -> Bool`, or names alone, brackets around them or not. */
export function declarations(
  { tokens }: AcornModule,
  { from, end }: TokenRange,
): { readonly name: string; readonly type: string }[] {
  const found: { name: string; type: string }[] = [];
  const own = tokens.slice(from, end).filter(({ kind }) => kind !== "newline");
  let depth = 0;
  let start = 0;
  const finish = (at: number): void => {
    const [name, colon] = [own[start], own[start + 1]];
    if (name?.kind === "name" && start < at) {
      const type = colon?.text === ":" ? own.slice(start + 2, at).map(({ text }) => text).join(" ") : "";
      found.push({ name: name.text, type });
    }
    start = at + 1;
  };
  for (const [at, { text }] of own.entries()) {
    if ("([{".includes(text)) depth++;
    else if (")]}".includes(text)) depth--;
    else if (text === "," && depth === 0) finish(at);
  }
  finish(own.length);
  return found;
}

function typeText({ tokens }: AcornModule, { type }: Statement): string {
  return type === undefined ? "" : tokens.slice(type.from, type.end).map(({ text }) => text).join(" ");
}
