// Which names of a library are theorems', and what its typeclasses ask of instances: enough to tell a claim
// that only calls a theorem, which is proved already, from a goal. Names are followed from import to import;
// a name that leads nowhere is no theorem's.
import type { AcornModule, GoalOptions } from "./source/goals.ts";
import type { Statement } from "./source/statement.ts";
import type { Token } from "./source/tokens.ts";

/** Steps from import to import until a name's home must be found. */
const MAX_IMPORTS = 100;
/** What is assumed of a typeclass that the library does not have. */
const UNKNOWN_CONDITIONS = ["unknown"];

interface ModuleNames {
  readonly theorems: ReadonlySet<string>;
  /** Name → module that it is imported from. */
  readonly imported: ReadonlyMap<string, string>;
  readonly imports: readonly string[];
}

/** The names of a library's modules. */
export class LibraryNames {
  readonly #modules = new Map<string, ModuleNames>();
  /** `Nat.induction`: a member that is a theorem, or the theorem of a module that it is another name of. */
  readonly #members = new Map<string, { readonly module: string; readonly theorem?: string }>();
  /** Typeclass → the sorted names of its own conditions. */
  readonly #conditions = new Map<string, readonly string[]>();
  /** Typeclass → those that it extends; type → those that it is an instance of. */
  readonly #bases = new Map<string, string[]>();

  /** Learn a module's names. */
  add(name: string, { tokens, statements }: AcornModule): void {
    const theorems = new Set<string>();
    const imported = new Map<string, string>();
    const imports = new Set<string>();
    for (const { imports: found } of allStatements(statements)) { // a proof may import, too
      if (found === undefined) continue;
      imports.add(found.module);
      for (const importedName of found.names) imported.set(importedName, found.module);
    }
    for (const statement of statements) {
      const isTheorem = statement.kind === "theorem" || statement.kind === "axiom";
      if (!isTheorem) this.#addMembers(name, statement, tokens);
      else if (statement.name !== undefined) theorems.add(statement.name);
    }
    this.#modules.set(name, { theorems, imported, imports: [...imports] });
  }

  /** The modules that a module imports. */
  importsOf(module: string): readonly string[] {
    return this.#modules.get(module)?.imports ?? [];
  }

  /** What finding a module's goals needs to know. */
  goalOptions(module: string): Pick<GoalOptions, "isTheorem" | "conditionsOf"> {
    return {
      isTheorem: (name) => this.#isTheorem(module, name),
      conditionsOf: (typeclass) => this.#conditions.get(typeclass) ?? UNKNOWN_CONDITIONS,
    };
  }

  /** Of a name that a module did not define itself: `lte_trans`, `Nat.induction`, `lib(order).lte_trans`. */
  #isTheorem(module: string, path: string): boolean {
    const [, home, rest] = /^lib\((.*)\)\.(.*)$/.exec(path) ?? [];
    const names = (rest ?? path).split(".");
    if (names.length === 1) {
      return this.#isTheoremName(home ?? this.#modules.get(module)?.imported.get(path), names[0]!);
    }
    const member = names.length === 2 ? this.#member(names[0]!, names[1]!) : undefined;
    return member !== undefined &&
      (member.theorem === undefined || this.#isTheoremName(member.module, member.theorem));
  }

  #isTheoremName(module: string | undefined, name: string): boolean {
    let home = module;
    for (let step = 0; home !== undefined && step < MAX_IMPORTS; step++) {
      const names = this.#modules.get(home);
      if (names?.theorems.has(name)) return true;
      home = names?.imported.get(name);
    }
    return false;
  }

  /** A member of a type or typeclass, or of one that it extends. */
  #member(type: string, name: string) {
    const seen = new Set([type]);
    for (const at of seen) {
      const member = this.#members.get(`${at}.${name}`);
      if (member !== undefined) return member;
      for (const base of this.#bases.get(at) ?? []) seen.add(base);
    }
    return undefined;
  }

  #addMembers(
    module: string,
    { kind, name, claim, type, otherwise }: Statement,
    tokens: readonly Token[],
  ): void {
    if (name === undefined) return;
    switch (kind) {
      case "inductive":
        this.#members.set(`${name}.induction`, { module });
        return;
      case "typeclass": {
        const conditions = claim === undefined ? [] : conditionNames(tokens.slice(claim.from, claim.end));
        for (const condition of conditions) this.#members.set(`${name}.${condition}`, { module });
        this.#conditions.set(name, conditions.sort());
        const bases = type === undefined ? [] : tokens.slice(type.from, type.end);
        this.#bases.set(name, bases.filter(({ kind }) => kind === "name").map(({ text }) => text));
        return;
      }
      case "instance": {
        const bases = this.#bases.get(name) ?? [];
        if (type !== undefined) bases.push(tokens[type.from]!.text);
        this.#bases.set(name, bases);
        return;
      }
      case "attributes": {
        const owner = type === undefined ? name : tokens[type.from]!.text;
        for (const { kind, name: attribute, claim } of otherwise!.statements) {
          if (kind !== "let" || attribute === undefined || claim!.end - claim!.from !== 1) continue;
          this.#members.set(`${owner}.${attribute}`, { module, theorem: tokens[claim!.from]!.text });
        }
      }
    }
  }
}

/** Statements and those in their blocks, outer ones first. */
function* allStatements(statements: readonly Statement[]): Generator<Statement> {
  for (const statement of statements) {
    yield statement;
    const { body, otherwise, cases = [] } = statement;
    for (const inner of [body, otherwise, ...cases.map(({ body }) => body)]) {
      if (inner !== undefined) yield* allStatements(inner.statements);
    }
  }
}

/** The names in a typeclass' braces that stand before a condition, not before a type. */
function conditionNames(tokens: readonly Token[]): string[] {
  const names: string[] = [];
  let depth = 0;
  let name = "";
  for (const { kind, text } of tokens) {
    if (text === "{" && depth === 0 && name !== "") names.push(name);
    if (text === "(" || text === "{" || text === "[") depth++;
    else if (text === ")" || text === "}" || text === "]") depth--;
    else if (depth === 0) name = kind === "name" || kind === "number" ? text : "";
  }
  return names;
}
