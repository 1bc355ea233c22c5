// Expression tree → value: which constant each name means, which type parameters it takes there, what each
// operator calls. It follows the prover's elaborator where that shows in printed code, and gives in where the
// prover would complain: an unknown name stays as it is written, with an unknown type.
import { type Declaration, type Expression, listItems } from "./expression.ts";
import {
  apply,
  type Potential,
  potential,
  resolve,
  resolved,
  resolveResult,
  settle,
  unknown,
  type Unresolved,
} from "./potential.ts";
import { type ModuleScope, Scope } from "./scope.ts";
import {
  appliedType,
  argumentTypes,
  BOOL,
  dataType,
  type Entity,
  functionType,
  type PotentialType,
  type Type,
  UNKNOWN,
} from "./types.ts";
import { bind, type Connective, logic, type Owner, type Value, type Variable } from "./values.ts";

/** Variables of binders, innermost first. */
export interface Bound {
  readonly name: string;
  readonly variable: Variable;
  readonly outer: Bound | null;
}

/** What a name stands for. */
type Named =
  | Potential
  | { readonly kind: "type"; readonly named: PotentialType }
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

  /** A function that makes values of this type: a pattern's constructor. */
  maker(expression: Expression, result: Type): Value {
    return resolveResult(this.#potential(expression, null, null), result);
  }

  /** Variables for declarations, inside those that are bound already. @param self the type of `self` */
  bind(declarations: readonly Declaration[], outer: Bound | null = null, self: Type = UNKNOWN) {
    let bound = outer;
    const variables = declarations.map(({ name, type }): Variable => {
      const variable = { type: type === null ? self : this.type(type) };
      bound = { name, variable, outer: bound };
      return variable;
    });
    return { variables, bound };
  }

  /** The value of a function. */
  lambda(declarations: readonly Declaration[], body: Expression, { outer = null, self = UNKNOWN }: {
    readonly outer?: Bound | null;
    readonly self?: Type;
  } = {}): Value {
    const { variables, bound } = this.bind(declarations, outer, self);
    const value = this.value(body, bound);
    return bind("function", variables, value, functionType(variables.map(({ type }) => type), value.type));
  }

  /** The type that an expression stands for. */
  type(expression: Expression): Type {
    const type = this.potentialType(expression);
    return type.kind === "generic" ? UNKNOWN : type;
  }

  potentialType(expression: Expression): PotentialType {
    switch (expression.kind) {
      case "name": {
        const { text } = expression;
        return this.scope.type(text) ?? { kind: "unknown", written: text, key: "?" };
      }
      case "binary": {
        const { operator, left, right } = expression;
        if (operator === "->") {
          return functionType(listItems(left).map((arg) => this.type(arg)), this.type(right));
        }
        const found = operator === "." ? this.#named(expression, null) : null;
        return found?.kind === "type" ? found.named : UNKNOWN;
      }
      case "instantiate": {
        const generic = this.potentialType(expression.callee);
        if (generic.kind !== "generic" && generic.kind !== "data") return generic;
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
        return resolve(valueOf(this.#name(expression.text, bound)), expected);
      case "truth":
        return { kind: "truth", value: expression.value, type: BOOL };
      case "unary": {
        if (expression.operator === "-") return this.#method(this.value(expression.operand, bound), "neg");
        return { kind: "not", value: this.value(expression.operand, bound, BOOL), type: BOOL };
      }
      case "binary":
        return this.#binary(expression, bound, expected);
      case "apply":
        return this.#apply(expression, bound, expected);
      case "instantiate": {
        const found = valueOf(this.#named(expression.callee, bound));
        return found.kind === "unresolved" ? this.#instance(found, expression.types) : found;
      }
      case "binder": {
        const { binder, declarations, body } = expression;
        if (binder === "function") return this.lambda(declarations, body, { outer: bound });
        const inner = this.bind(declarations, bound);
        return bind(binder, inner.variables, this.value(body, inner.bound, BOOL));
      }
      case "if": {
        const condition = this.value(expression.condition, bound, BOOL);
        const then = this.value(expression.then, bound, expected);
        if (expression.otherwise === null) return logic("implies", condition, then);
        const otherwise = this.value(expression.otherwise, bound, then.type);
        return { kind: "if", condition, then, otherwise, type: then.type };
      }
      case "list":
        throw new SyntaxError("A list is no value");
    }
  }

  #instance(found: Unresolved, types: readonly Expression[]): Value {
    return resolved(found, types.map((type) => this.type(type)));
  }

  #binary(
    expression: Expression & { kind: "binary" },
    bound: Bound | null,
    expected: Type | null,
  ): Potential {
    const { operator, left, right } = expression;
    if (operator === ".") return resolve(valueOf(this.#named(expression, bound)), expected);
    const connective = CONNECTIVES.get(operator);
    if (connective !== undefined) {
      const compares = connective === "=" || connective === "!=";
      const leftValue = this.value(left, bound, compares && operator !== "iff" ? null : BOOL);
      return logic(connective, leftValue, this.value(right, bound, compares ? leftValue.type : BOOL));
    }
    const method = INFIX_METHODS.get(operator);
    if (method === undefined) throw new SyntaxError(`"${operator}" is no operator of values`);
    let [receiver, argument] = [this.value(left, bound), this.value(right, bound)];
    if (operator === "∈" || operator === "∉") [receiver, argument] = [argument, receiver];
    const partial = this.#method(receiver, method);
    if (partial.kind !== "apply") return apply(partial, [argument], expected);
    // An operator's call has both arguments at once, unlike `a.add(b)`.
    const args = [...partial.args, argument];
    return { ...partial, args, type: appliedType(partial.callee.type, args.length) };
  }

  #apply(expression: Expression & { kind: "apply" }, bound: Bound | null, expected: Type | null): Potential {
    const callee = this.#potential(expression.callee, bound, null);
    if (callee.kind === "unresolved") {
      return settle(apply(callee, expression.args.map((arg) => this.value(arg, bound)), expected));
    }
    const wanted = argumentTypes(callee.type);
    const args = expression.args.map((arg, i) => this.value(arg, bound, wanted[i] ?? null));
    return apply(callee, args, expected);
  }

  /** What a chain of names with dots stands for: a module, a type, a typeclass or a value. */
  #named(expression: Expression, bound: Bound | null): Named {
    switch (expression.kind) {
      case "name":
      case "number":
        return this.#name(expression.text, bound);
      case "apply": {
        const { callee, args } = expression;
        const module = callee.kind === "name" && callee.text === "lib"
          ? this.find(dottedName(args[0]))
          : null;
        if (module !== null) return { kind: "module", module };
        break;
      }
      case "binary": {
        const { operator, left, right } = expression;
        if (operator !== ".") break;
        if (right.kind === "name" || right.kind === "number") {
          return this.#member(this.#named(left, bound), right.text);
        }
        throw new SyntaxError("A name is missing after a dot");
      }
      case "instantiate":
        if (this.#named(expression.callee, bound).kind === "type") {
          return { kind: "type", named: this.potentialType(expression) };
        }
    }
    return this.#potential(expression, bound, null);
  }

  #name(text: string, bound: Bound | null): Named {
    const { module } = this.scope;
    if (/^[0-9]/.test(text)) {
      return module.numerals === null ? unknown(text) : this.#numeral(module.numerals, text);
    }
    const named = this.scope.type(text);
    if (named !== undefined) return { kind: "type", named };
    const entity = module.typeclasses.get(text);
    if (entity !== undefined) return { kind: "typeclass", entity };
    for (let at = bound; at !== null; at = at.outer) {
      if (at.name === text) return { kind: "variable", variable: at.variable, type: at.variable.type };
    }
    const constant = this.scope.constant(text);
    return constant === undefined ? unknown(text) : potential(constant);
  }

  #member(namespace: Named, name: string): Named {
    if (namespace.kind === "module") {
      return new Elaborator(new Scope(namespace.module), this.find).#name(name, null);
    }
    if (namespace.kind === "typeclass") {
      const { entity } = namespace;
      const constant = this.scope.module.typeclassAttribute(entity, name);
      return constant === undefined ? unknown(name, { kind: "typeclass", entity }) : potential(constant);
    }
    if (namespace.kind !== "type") return this.#method(settle(namespace), name);
    const { named } = namespace;
    if (named.kind === "data" || named.kind === "generic") {
      if (/^[0-9]/.test(name)) return this.#numeral(named.entity, name);
      const found = this.#attribute(named, name) ?? unknown(name, { kind: "data", entity: named.entity });
      const given = named.kind === "data" ? named.parameters : [];
      if (found.kind !== "unresolved" || found.constant.parameters.length !== given.length) return found;
      return resolved(found, given);
    }
    const written = named.kind === "unknown" ? named.written ?? "?" : "Bool";
    return this.#attribute(named, name) ??
      unknown(`${named.kind === "parameter" ? named.parameter.name : written}.${name}`);
  }

  /** `receiver.name`: the attribute of the receiver's type, applied to it. */
  #method(receiver: Value, name: string): Potential {
    return apply(this.#attribute(receiver.type, name) ?? unknown(name, NOBODY), [receiver], null);
  }

  /** An attribute of a type, or of a typeclass that it belongs to, for this type. */
  #attribute(type: PotentialType, name: string): Potential | null {
    const { module } = this.scope;
    if (type.kind !== "data" && type.kind !== "generic" && type.kind !== "parameter") return null;
    const { typeclass } = type.kind === "parameter" ? type.parameter : { typeclass: null };
    if (type.kind === "parameter" && typeclass === null) return null;
    const constant = type.kind === "parameter"
      ? module.typeclassAttribute(typeclass!, name)
      : module.datatypeAttribute(type.entity, name);
    if (constant === undefined) return null;
    const found = potential(constant);
    const isInherited = constant.owner?.kind === "typeclass" && constant.parameters.length === 1;
    if (found.kind !== "unresolved" || !isInherited) return found;
    return resolved(found, [type.kind === "generic" ? dataType(type.entity) : type]);
  }

  /** A number of a data type: its own attribute, or digits that its `read` puts together. */
  #numeral(entity: Entity, text: string): Potential {
    const own = this.scope.module.ownAttribute(entity, text);
    return own === undefined ? unknown(text, { kind: "data", entity }, dataType(entity)) : potential(own);
  }
}

/** Whose attribute it is where the receiver's type is not known. */
const NOBODY: Owner = { kind: "unknown", entity: { module: "", name: "?" } };

function valueOf(named: Named): Potential {
  return named.kind === "type" || named.kind === "typeclass" || named.kind === "module"
    ? unknown("?")
    : named;
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
