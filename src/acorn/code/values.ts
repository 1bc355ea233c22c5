// Values: what an expression means, so that it can be negated and printed in the prover's normal form. Bound
// variables are objects, named only when they are printed; an application keeps its arguments as they were
// given (`f(a)(b)` is not `f(a, b)`), since printing shows the difference.
import { BOOL, type Entity, type Type, type TypeParameter } from "./types.ts";

/** A name that is defined somewhere: a function, a value, a theorem, an attribute of a type or typeclass. */
export interface Constant {
  /** Module of the name; of its owner for an attribute. */
  readonly module: string;
  readonly name: string;
  /** Whose attribute it is; null for a plain name. */
  readonly owner: Owner | null;
  /** Type parameters that each use fills in. */
  readonly parameters: readonly TypeParameter[];
  readonly type: Type;
  readonly isTheorem?: boolean;
  /** What a typeclass's condition or an instance's attribute stands for. */
  readonly definition?: () => Value | null;
}

/** A data type or typeclass with attributes; unknown where the text alone did not tell whose an attribute is. */
export interface Owner {
  readonly kind: "data" | "typeclass" | "unknown";
  readonly entity: Entity;
}

/** A variable that a binder introduces. */
export interface Variable {
  readonly type: Type;
}

export type Connective = "implies" | "=" | "!=" | "and" | "or";
export type Binder = "forall" | "exists" | "function";

/** The meaning of an expression. */
export type Value =
  & { readonly type: Type }
  & (
    | { readonly kind: "variable"; readonly variable: Variable }
    | { readonly kind: "constant"; readonly constant: Constant; readonly parameters: readonly Type[] }
    | { readonly kind: "apply"; readonly callee: Value; readonly args: readonly Value[] }
    | { readonly kind: "logic"; readonly operator: Connective; readonly left: Value; readonly right: Value }
    | { readonly kind: "not"; readonly value: Value }
    | {
      readonly kind: "binder";
      readonly binder: Binder;
      readonly variables: readonly Variable[];
      readonly body: Value;
    }
    | { readonly kind: "truth"; readonly value: boolean }
    | { readonly kind: "if"; readonly condition: Value; readonly then: Value; readonly otherwise: Value }
  );

export function logic(operator: Connective, left: Value, right: Value): Value {
  return { kind: "logic", operator, left, right, type: BOOL };
}

/** A binder around a value; none where it would bind nothing. */
export function bind(binder: Binder, variables: readonly Variable[], body: Value, type: Type = BOOL): Value {
  return variables.length === 0 ? body : { kind: "binder", binder, variables, body, type };
}

/** A use of a constant, with its type there. */
export function constantValue(
  constant: Constant,
  parameters: readonly Type[] = [],
  type: Type = constant.type,
): Value {
  return { kind: "constant", constant, parameters, type };
}

/** The negation of a goal: only the outermost `not`, `=`, `!=`, `true` and `false` turn around. */
export function negate(value: Value): Value {
  if (value.kind === "not") return value.value;
  if (value.kind === "truth") return { ...value, value: !value.value };
  if (value.kind === "logic" && value.operator === "=") return { ...value, operator: "!=" };
  if (value.kind === "logic" && value.operator === "!=") return { ...value, operator: "=" };
  return { kind: "not", value, type: BOOL };
}
