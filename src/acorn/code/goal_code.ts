// Goals in normalised code, from the text alone: sections @H and @C of a proof file, and the text by which a
// certificate names a goal. A theorem `a implies b` has the goal b; a goal `a implies b` that is left has
// the hypothesis a; @C is the rest, negated at its outermost sign only.
import type { AcornModule, GoalOptions, SourceGoal } from "../source/goals.ts";
import type { Statement } from "../source/statement.ts";
import { Declarer } from "./declarations.ts";
import type { Elaborator } from "./elaborate.ts";
import type { Declaration } from "./expression.ts";
import { CodePrinter } from "./print_code.ts";
import { ModuleScope, type Scope } from "./scope.ts";
import { Substitution } from "./instantiate.ts";
import type { Instance } from "./type_declarations.ts";
import { argumentTypes, sameEntity, UNKNOWN } from "./types.ts";
import { bind, constantValue, logic, negate, type Value, type Variable } from "./values.ts";

/** A goal's code. */
export interface GoalCode {
  /** Section @H. */
  readonly hypothesis?: string;
  /** Section @C. */
  readonly counterfactual: string;
  /** The goal as it is: a certificate names it so, where it has no name of its own. */
  readonly goal: string;
}

/** Imports in imports that are followed; real libraries have about fifty. */
const MOST_IMPORTS = 400;
/** What is assumed of an instance of a typeclass that the library does not have. */
const UNKNOWN_CONDITIONS = ["unknown"];

/** Reads the modules of a library as goals' code needs them, each once. */
export class CodeLibrary {
  readonly #modules: Map<string, Declarer | null> = new Map();
  readonly #opened: WeakMap<AcornModule, Declarer> = new WeakMap();
  #depth = 0;

  /** @param load a module by its full name (`nat.gcd`); null where there is none */
  constructor(readonly load: (name: string) => AcornModule | null) {}

  /** A goal's code; null where the text does not parse. @param name the module's full name */
  goalCode(goal: SourceGoal, source: AcornModule, name: string): GoalCode | null {
    const declarer = this.#open(source, name);
    try {
      const claim = goalValue(goal, declarer);
      return claim === null ? null : codeOf(claim, goal, declarer);
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  }

  /** What finding the goals of a module needs to know of others. @param name the module's full name */
  goalOptions(name: string): Required<Pick<GoalOptions, "isCitation" | "conditionsOf">> {
    return {
      isCitation: (statement, source) => {
        const declarer = this.#open(source, name);
        const place = declarer.places.get(statement);
        const scope = statement.kind === "claim" ? place?.scope : place?.inner;
        return scope !== undefined && isCitation(statement, declarer, scope);
      },
      conditionsOf: ({ type }, source) => {
        const { module } = this.#open(source, name);
        const typeclass = module.typeclasses.get(source.tokens[type?.from ?? -1]?.text ?? "");
        if (typeclass === undefined) return UNKNOWN_CONDITIONS;
        return module.conditionsOf(typeclass).map(({ name }) => name);
      },
    };
  }

  /** Reads expressions as they would mean at a statement's place; null where the module does not tell. */
  elaboratorAt(statement: Statement, source: AcornModule, name: string): Elaborator | null {
    const declarer = this.#open(source, name);
    const place = declarer.places.get(statement);
    return place === undefined ? null : declarer.elaborator(place.scope);
  }

  #open(source: AcornModule, name: string): Declarer {
    const known = this.#opened.get(source);
    if (known !== undefined) return known;
    const declarer = new Declarer(source, new ModuleScope(name), (other) => this.#find(other));
    this.#opened.set(source, declarer);
    const prelude = name === "prelude" ? null : this.#module("prelude");
    if (prelude !== null) declarer.importAll(prelude);
    // What is imported is read first: no module is opened from deep inside of another one's text.
    for (const imported of importedModules(source.statements)) this.#module(imported);
    declarer.declare();
    return declarer;
  }

  #find(name: string): ModuleScope | null {
    return this.#depth === 0 ? this.#module(name) : this.#modules.get(name)?.module ?? null;
  }

  #module(name: string): ModuleScope | null {
    const known = this.#modules.get(name);
    if (known !== undefined) return known?.module ?? null;
    this.#modules.set(name, null); // a circle of imports ends here
    const source = this.#depth < MOST_IMPORTS ? this.load(name) : null;
    if (source === null) return null;
    this.#depth++;
    const declarer = this.#open(source, name);
    this.#depth--;
    this.#modules.set(name, declarer);
    return declarer.module;
  }
}

/** Whether a claim is a theorem, called or not: it has been proved already. */
function isCitation({ claim }: Statement, declarer: Declarer, scope: Scope): boolean {
  try {
    const value = declarer.elaborator(scope).value(declarer.expression(claim!));
    const called = value.kind === "apply" ? value.callee : value;
    return called.kind === "constant" && called.constant.isTheorem === true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** The modules that statements and the blocks in them import. */
function importedModules(statements: readonly Statement[]): Set<string> {
  const found = new Set<string>();
  const bodies = [statements];
  for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
    for (const { imports, body: proof, otherwise, cases } of body) {
      if (imports !== undefined) found.add(imports.module);
      for (const inner of [proof, otherwise, ...cases?.map(({ body }) => body) ?? []]) {
        if (inner !== undefined) bodies.push(inner.statements);
      }
    }
  }
  return found;
}

function codeOf(claim: Value, { statement, kind }: SourceGoal, { module, places }: Declarer): GoalCode {
  const value = new Substitution().expandTheorems(claim);
  const place = places.get(statement)!;
  const scope = kind === "theorem" || kind === "function" ? place.inner : place.scope;
  const printer = (): CodePrinter => new CodePrinter(module, (name) => scope.constant(name) !== undefined);
  const isImplication = value.kind === "logic" && value.operator === "implies";
  const code = printer();
  const hypothesis = isImplication ? { hypothesis: code.print(value.left) } : {};
  const counterfactual = code.print(negate(isImplication ? value.right : value));
  return { ...hypothesis, counterfactual, goal: printer().print(value) };
}

/** What a goal claims; null where nothing can be said. @throws {SyntaxError} */
function goalValue({ kind, statement, condition }: SourceGoal, declarer: Declarer): Value | null {
  const place = declarer.places.get(statement);
  if (place === undefined) return null;
  const { scope, inner } = place;
  switch (kind) {
    case "theorem": {
      const claim = declarer.elaborator(inner).value(declarer.expression(statement.claim));
      return claim.kind === "logic" && claim.operator === "implies" ? claim.right : claim;
    }
    case "claim":
      return declarer.elaborator(scope).value(declarer.expression(statement.claim));
    case "satisfy":
    case "function":
      return someSatisfies(statement, declarer, inner, declarer.sought(statement));
    case "structure":
      return someSatisfies(statement, declarer, scope, declarer.fields(statement));
    case "destructuring": {
      const { callee, names, value } = declarer.destructuring(statement, scope);
      const types = argumentTypes(callee.type);
      const variables = names.map((_, i): Variable => ({ type: types[i] ?? UNKNOWN }));
      const args = variables.map((variable): Value => ({ kind: "variable", variable, type: variable.type }));
      const applied: Value = { kind: "apply", callee, args, type: value.type };
      return bind("exists", variables, logic("=", applied, value));
    }
    case "instance": {
      const instance = declarer.instances.get(statement);
      const conditions = instance === undefined
        ? []
        : instanceConditions(instance, declarer.module, condition);
      return conditions.length === 0
        ? null
        : conditions.reduce((all, condition) => logic("and", all, condition));
    }
    default:
      return kind satisfies never;
  }
}

/** `exists(names) { condition }` of a statement that introduces names by a condition. */
function someSatisfies({ claim }: Statement, declarer: Declarer, scope: Scope, names: Declaration[]): Value {
  const elaborator = declarer.elaborator(scope);
  const { variables, bound } = elaborator.bind(names);
  return bind("exists", variables, elaborator.value(declarer.expression(claim), bound));
}

/**
 * What an instance has to satisfy: the typeclass's own conditions, or the one that is asked for, with what the
 * instance defines put in.
 */
function instanceConditions(
  { type, typeclass, definitions }: Instance,
  module: ModuleScope,
  only?: string,
): Value[] {
  const substitution = new Substitution();
  const conditions = module.conditionsOf(typeclass);
  const wanted = only === undefined ? conditions : conditions.filter(({ name }) => name === only);
  return wanted.flatMap(({ definition, parameters: [parameter] }) => {
    const value = definition?.() ?? null;
    const claim = value?.kind === "binder" ? bind("forall", value.variables, value.body) : value;
    if (claim === null || parameter === undefined) return [];
    return [substitution.apply(claim, new Map([[parameter.name, type]]), ({ owner, name }) => {
      if (owner === null || !sameEntity(owner.entity, typeclass)) return null;
      const defined = definitions.get(name)?.definition?.();
      const own = module.ownAttribute(type.entity, name);
      return defined ?? (own === undefined ? null : constantValue(own));
    })];
  });
}
