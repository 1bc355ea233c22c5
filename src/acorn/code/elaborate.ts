// Expression tree → value: which constant each name means, which type parameters it takes there, what each
// operator calls. It follows the prover's elaborator where that shows in printed code, and gives in where the
// prover would complain: an unknown name stays as it is written, with an unknown type.
import type { Expression } from "./expression.ts";
import type { ModuleScope, Scope } from "./scope.ts";
import {
  appliedType,
  BOOL,
  dataType,
  type Entity,
  functionType,
  instantiate,
  matchType,
  type PotentialType,
  type Type,
  UNKNOWN,
} from "./types.ts";
import {
  bind,
  type Connective,
  type Constant,
  constantValue,
  logic,
  type Value,
  type Variable,
} from "./values.ts";

/** Variables of binders, innermost first. */
export interface Bound {
  readonly name: string;
  readonly variable: Variable;
  readonly outer: Bound | null;
}

/** A constant whose type parameters are not known yet, with arguments that it got so far. */
interface Unresolved {
  readonly kind: "unresolved";
  readonly constant: Constant;
  readonly args: readonly Value[];
}

type Potential = Value | Unresolved;

type Named =
  | { readonly kind: "potential"; readonly potential: Potential }
  | { readonly kind: "type"; readonly type: PotentialType }
  | { readonly kind: "typeclass"; readonly entity: Entity }
  | { readonly kind: "module"; readonly module: ModuleScope };

/** The method that an infix operator calls on its left side; `∈` and `∉` call it on their right side. */
export const INFIX_METHODS: ReadonlyMap<string, string> = pairs(
  "> gt < lt >= gte <= lte + add - sub * mul % mod / div ∪ union ∩ intersection ∖ difference ∈ contains " +
    "∉ not_contains ∋ contains ∌ not_contains ⊆ subset_eq ⊇ superset_eq ⊂ subset ⊃ superset",
);

const CONNECTIVES = pairs("= = iff = != != and and or or implies implies -> implies") as ReadonlyMap<
  string,
  Connective
>;

/** Modules by their full names, for `lib(…)`. */
export type ModuleFinder = (name: string) => ModuleScope | null;

/** Reads expressions at one place of a module. */
export class Elaborator {
  constructor(readonly scope: Scope, readonly find: ModuleFinder) {}

  /** The value of an expression; `expected` helps to fill in type parameters. */
  value(expression: Expression, bound: Bound | null = null, expected: Type | null = null): Value {
    return settle(this.#potential(expression, bound, expected));
  }

  /** A function whose result has this type: a pattern's constructor. */
  maker(expression: Expression, result: Type): Value {
    const found = this.#potential(expression, null, null);
    if (found.kind !== "unresolved") return found;
    const { constant } = found;
    const mapping = new Map<string, Type>();
    const made = constant.type.kind === "function" ? constant.type.result : constant.type;
    matchType(made, result, new Set(constant.parameters.map(({ name }) => name)), mapping);
    return resolved(found, constant.parameters.map(({ name }) => mapping.get(name) ?? UNKNOWN));
  }

  /** The type that an expression stands for. */
  type(expression: Expression): Type {
    const type = this.potentialType(expression);
    return type.kind === "generic" ? UNKNOWN : type;
  }

  potentialType(expression: Expression): PotentialType {
    switch (expression.kind) {
      case "name": {
        const found = this.scope.type(expression.text);
        return found ?? { kind: "unknown", written: expression.text, size: 1 };
      }
      case "binary": {
        if (expression.operator === "->") {
          const { left } = expression;
          const args = left.kind === "list" ? left.items : [left];
          return functionType(args.map((arg) => this.type(arg)), this.type(expression.right));
        }
        const named = expression.operator === "." ? this.#named(expression, null) : null;
        return named?.kind === "type" ? named.type : UNKNOWN;
      }
      case "instantiate": {
        const generic = this.potentialType(expression.callee);
        if (generic.kind !== "generic") return generic;
        return dataType(generic.entity, expression.types.map((type) => this.type(type)));
      }
      default:
        return UNKNOWN;
    }
  }

  #potential(expression: Expression, bound: Bound | null, expected: Type | null): Potential {
    switch (expression.kind) {
      case "name":
      case "number":
        return resolve(potentialOf(this.#name(expression.text, bound)), expected);
      case "truth":
        return { kind: "truth", value: expression.value, type: BOOL };
      case "unary": {
        if (expression.operator === "not") {
          return { kind: "not", value: this.value(expression.operand, bound, BOOL), type: BOOL };
        }
        return this.#attribute(this.value(expression.operand, bound), "neg");
      }
      case "binary":
        return this.#binary(expression, bound, expected);
      case "apply":
        return this.#apply(expression, bound, expected);
      case "instantiate": {
        const callee = this.#named(expression.callee, bound);
        const potential = potentialOf(callee);
        if (potential.kind !== "unresolved") return potential;
        return resolved(potential, expression.types.map((type) => this.type(type)));
      }
      case "binder": {
        let inner = bound;
        const variables: Variable[] = [];
        for (const { name, type } of expression.declarations) {
          const variable = { type: type === null ? UNKNOWN : this.type(type) };
          variables.push(variable);
          inner = { name, variable, outer: inner };
        }
        if (expression.binder !== "function") {
          return bind(expression.binder, variables, this.value(expression.body, inner, BOOL));
        }
        const body = this.value(expression.body, inner);
        return bind("function", variables, body, functionType(variables.map(({ type }) => type), body.type));
      }
      case "if": {
        const condition = this.value(expression.condition, bound, BOOL);
        const then = this.value(expression.then, bound, expected);
        if (expression.otherwise === null) return logic("implies", condition, then);
        const otherwise = this.value(expression.otherwise, bound, then.type);
        return { kind: "if", condition, then, otherwise, type: then.type };
      }
      case "match":
      case "list":
        throw new SyntaxError(`A ${expression.kind} has no printed form`);
    }
  }

  #binary(
    expression: Expression & { kind: "binary" },
    bound: Bound | null,
    expected: Type | null,
  ): Potential {
    const { operator, left, right } = expression;
    if (operator === ".") return resolve(potentialOf(this.#named(expression, bound)), expected);
    const connective = CONNECTIVES.get(operator);
    if (connective !== undefined) {
      const compares = connective === "=" || connective === "!=";
      const leftValue = this.value(left, bound, compares && operator !== "iff" ? null : BOOL);
      return logic(connective, leftValue, this.value(right, bound, compares ? leftValue.type : BOOL));
    }
    const method = INFIX_METHODS.get(operator);
    if (method === undefined) throw new SyntaxError(`"${operator}" is no operator of values`);
    let receiver = this.value(left, bound);
    let argument = this.value(right, bound);
    if (operator === "∈" || operator === "∉") [receiver, argument] = [argument, receiver];
    const partial = this.#attribute(receiver, method);
    if (partial.kind === "unresolved" || partial.kind !== "apply") {
      return apply(partial, [argument], expected);
    }
    const { callee, args } = partial;
    return {
      kind: "apply",
      callee,
      args: [...args, argument],
      type: appliedType(callee.type, args.length + 1),
    };
  }

  #apply(expression: Expression & { kind: "apply" }, bound: Bound | null, expected: Type | null): Potential {
    const callee = this.#potential(expression.callee, bound, null);
    if (callee.kind === "unresolved") {
      return settle(apply(callee, expression.args.map((arg) => this.value(arg, bound)), expected));
    }
    const wanted = callee.type.kind === "function" ? callee.type.args : [];
    return apply(
      callee,
      expression.args.map((arg, i) => this.value(arg, bound, wanted[i] ?? null)),
      expected,
    );
  }

  /** What a chain of names with dots stands for: a module, a type, a typeclass or a value. */
  #named(expression: Expression, bound: Bound | null): Named {
    if (expression.kind === "name" || expression.kind === "number") return this.#name(expression.text, bound);
    if (
      expression.kind === "apply" && expression.callee.kind === "name" && expression.callee.text === "lib"
    ) {
      const module = this.find(dottedName(expression.args[0]));
      if (module !== null) return { kind: "module", module };
    }
    if (expression.kind === "binary" && expression.operator === ".") {
      const { left, right } = expression;
      if (right.kind !== "name" && right.kind !== "number") {
        throw new SyntaxError("A name is missing after a dot");
      }
      return this.#member(this.#named(left, bound), right.text);
    }
    if (expression.kind === "instantiate") {
      const callee = this.#named(expression.callee, bound);
      if (callee.kind === "type") return { kind: "type", type: this.potentialType(expression) };
    }
    return { kind: "potential", potential: this.#potential(expression, bound, null) };
  }

  #name(text: string, bound: Bound | null): Named {
    if (/^[0-9]/.test(text)) {
      const { numerals } = this.scope.module;
      return {
        kind: "potential",
        potential: numerals === null ? unknown(text) : this.#numeral(numerals, text),
      };
    }
    const type = this.scope.type(text);
    if (type !== undefined) return { kind: "type", type };
    const entity = this.scope.module.typeclasses.get(text);
    if (entity !== undefined) return { kind: "typeclass", entity };
    for (let at = bound; at !== null; at = at.outer) {
      if (at.name !== text) continue;
      const { variable } = at;
      return { kind: "potential", potential: { kind: "variable", variable, type: variable.type } };
    }
    const constant = this.scope.constant(text);
    return { kind: "potential", potential: constant === undefined ? unknown(text) : potential(constant) };
  }

  #member(namespace: Named, name: string): Named {
    const { module } = this.scope;
    switch (namespace.kind) {
      case "potential":
        return { kind: "potential", potential: this.#attribute(settle(namespace.potential), name) };
      case "module": {
        const { types, typeclasses, constants } = namespace.module;
        const type = types.get(name);
        if (type !== undefined) return { kind: "type", type };
        const entity = typeclasses.get(name);
        if (entity !== undefined) return { kind: "typeclass", entity };
        const constant = constants.get(name);
        return { kind: "potential", potential: constant === undefined ? unknown(name) : potential(constant) };
      }
      case "typeclass": {
        const constant = module.typeclassAttribute(namespace.entity, name);
        if (constant !== undefined) return { kind: "potential", potential: potential(constant) };
        return {
          kind: "potential",
          potential: missing({ kind: "typeclass", entity: namespace.entity }, name),
        };
      }
      case "type": {
        const { type } = namespace;
        if (type.kind === "data" || type.kind === "generic") {
          if (/^[0-9]/.test(name)) return { kind: "potential", potential: this.#numeral(type.entity, name) };
          const constant = module.datatypeAttribute(type.entity, name);
          const owner = { kind: "data", entity: type.entity } as const;
          if (constant === undefined) return { kind: "potential", potential: missing(owner, name) };
          const found = potential(constant);
          if (found.kind !== "unresolved") return { kind: "potential", potential: found };
          if (constant.owner?.kind === "typeclass") {
            return { kind: "potential", potential: resolved(found, [dataType(type.entity)]) };
          }
          const parameters = type.kind === "data" ? type.parameters : [];
          if (parameters.length !== constant.parameters.length) {
            return { kind: "potential", potential: found };
          }
          return { kind: "potential", potential: resolved(found, parameters) };
        }
        if (type.kind === "parameter" && type.parameter.typeclass !== null) {
          const constant = module.typeclassAttribute(type.parameter.typeclass, name);
          const found = constant === undefined
            ? unknown(`${type.parameter.name}.${name}`)
            : potential(constant);
          const settled = found.kind === "unresolved" ? resolved(found, [type]) : found;
          return { kind: "potential", potential: settled };
        }
        const written = type.kind === "unknown" ? type.written ?? "?" : "Bool";
        return { kind: "potential", potential: unknown(`${written}.${name}`) };
      }
    }
  }

  /** `receiver.name`: the attribute of the receiver's type, applied to it. */
  #attribute(receiver: Value, name: string): Potential {
    const { module } = this.scope;
    const { type } = receiver;
    if (type.kind === "data") {
      const constant = module.datatypeAttribute(type.entity, name);
      if (constant !== undefined) {
        const found = potential(constant);
        if (found.kind === "unresolved" && constant.owner?.kind === "typeclass") {
          return apply(resolved(found, [dataType(type.entity)]), [receiver], null);
        }
        return apply(found, [receiver], null);
      }
    } else if (type.kind === "parameter" && type.parameter.typeclass !== null) {
      const constant = module.typeclassAttribute(type.parameter.typeclass, name);
      if (constant !== undefined) return apply(potential(constant), [receiver], null);
    }
    const constant: Constant = { module: "", name, owner: undefined, parameters: [], type: UNKNOWN };
    return { kind: "apply", callee: constantValue(constant), args: [receiver], type: UNKNOWN };
  }

  /** A number of a data type: its own attribute, or digits that its `read` puts together. */
  #numeral(entity: Entity, text: string): Potential {
    const own = this.scope.module.ownAttribute(entity, text);
    if (own !== undefined) return potential(own);
    return missing({ kind: "data", entity }, text, dataType(entity));
  }
}

/** A potential value where a value is needed: parameters that nothing tells are unknown. */
function settle(found: Potential): Value {
  if (found.kind !== "unresolved") return found;
  return apply(resolved(found, found.constant.parameters.map(() => UNKNOWN)), [], null) as Value;
}

function potential(constant: Constant): Potential {
  if (constant.parameters.length === 0) return constantValue(constant);
  return { kind: "unresolved", constant, args: [] };
}

function potentialOf(named: Named): Potential {
  return named.kind === "potential" ? named.potential : unknown("?");
}

function unknown(text: string): Value {
  return constantValue({ module: "", name: text, owner: null, parameters: [], type: UNKNOWN });
}

function missing(owner: Constant["owner"], name: string, type: Type = UNKNOWN): Value {
  return constantValue({ module: owner?.entity.module ?? "", name, owner, parameters: [], type });
}

/** The constant with its type parameters filled in, applied to the arguments that it had. */
function resolved({ constant, args }: Unresolved, parameters: readonly Type[]): Value {
  const mapping = new Map(constant.parameters.map(({ name }, i) => [name, parameters[i] ?? UNKNOWN]));
  const callee = constantValue(constant, parameters, instantiate(constant.type, mapping));
  return args.length === 0 ? callee : apply(callee, args, null) as Value;
}

/** Fill in the type parameters of a constant that is used without arguments, from the type that is expected. */
function resolve(found: Potential, expected: Type | null): Potential {
  return found.kind === "unresolved" && expected !== null ? apply(found, [], expected) : found;
}

/** Apply to arguments; type parameters follow from the arguments' types and the type that is expected. */
function apply(callee: Potential, args: readonly Value[], expected: Type | null): Potential {
  if (callee.kind !== "unresolved") {
    if (args.length === 0) return callee;
    return { kind: "apply", callee, args, type: appliedType(callee.type, args.length) };
  }
  const { constant } = callee;
  const all = [...callee.args, ...args];
  const names = new Set(constant.parameters.map(({ name }) => name));
  const mapping = new Map<string, Type>();
  const wanted = constant.type.kind === "function" ? constant.type.args : [];
  all.forEach(({ type }, i) => matchType(wanted[i] ?? UNKNOWN, type, names, mapping));
  if (expected !== null) matchType(appliedType(constant.type, all.length), expected, names, mapping);
  const parameters = constant.parameters.map(({ name }) => mapping.get(name));
  if (parameters.includes(undefined)) return { kind: "unresolved", constant, args: all };
  return resolved({ kind: "unresolved", constant, args: all }, parameters as Type[]);
}

/** A map of words that stand in pairs. */
function pairs(text: string): ReadonlyMap<string, string> {
  const words = text.split(" ");
  return new Map(words.flatMap((word, i) => i % 2 === 0 ? [[word, words[i + 1]!] as const] : []));
}

/** `a.b.c` as text; "" for anything else. */
function dottedName(expression: Expression | undefined): string {
  if (expression?.kind === "name") return expression.text;
  if (expression?.kind !== "binary" || expression.operator !== ".") return "";
  const left = dottedName(expression.left);
  return left === "" || expression.right.kind !== "name" ? "" : `${left}.${expression.right.text}`;
}
