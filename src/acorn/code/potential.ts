// A value, or a constant whose type parameters are still open: they follow from the types of its arguments and
// from the type that its place expects. It checks nothing: what does not follow stays unknown.
import { appliedType, argumentTypes, instantiate, matchType, type Type, UNKNOWN } from "./types.ts";
import { type Constant, constantValue, type Value } from "./values.ts";

/** A constant whose type parameters are not known yet, with the arguments that it got so far. */
export interface Unresolved {
  readonly kind: "unresolved";
  readonly constant: Constant;
  readonly args: readonly Value[];
}

export type Potential = Value | Unresolved;

/** A constant as it is named somewhere. */
export function potential(constant: Constant): Potential {
  return constant.parameters.length === 0
    ? constantValue(constant)
    : { kind: "unresolved", constant, args: [] };
}

/** A name of which the text alone tells nothing: it is printed as it is written. */
export function unknown(name: string, owner: Constant["owner"] = null, type: Type = UNKNOWN): Value {
  return constantValue({ module: owner?.entity.module ?? "", name, owner, parameters: [], type });
}

/** The constant with its type parameters filled in, applied to the arguments that it had. */
export function resolved({ constant, args }: Unresolved, parameters: readonly Type[]): Value {
  const mapping = new Map(constant.parameters.map(({ name }, i) => [name, parameters[i] ?? UNKNOWN]));
  return applied(constantValue(constant, parameters, instantiate(constant.type, mapping)), args);
}

/** A potential value where a value is needed. */
export function settle(found: Potential): Value {
  return found.kind === "unresolved" ? resolved(found, []) : found;
}

/** Fill in the parameters of a constant from the type that is expected of it. */
export function resolve(found: Potential, expected: Type | null): Potential {
  return found.kind === "unresolved" && expected !== null ? apply(found, [], expected) : found;
}

/** Apply to arguments; parameters follow from the arguments' types and the type that is expected. */
export function apply(callee: Potential, args: readonly Value[], expected: Type | null): Potential {
  if (callee.kind !== "unresolved") return applied(callee, args);
  const { constant } = callee;
  const all = [...callee.args, ...args];
  const mapping = new Map(constant.parameters.map(({ name }) => [name, UNKNOWN]));
  const wanted = argumentTypes(constant.type);
  all.forEach(({ type }, i) => matchType(wanted[i] ?? UNKNOWN, type, mapping));
  if (expected !== null) matchType(appliedType(constant.type, all.length), expected, mapping);
  const found: Unresolved = { kind: "unresolved", constant, args: all };
  const parameters = [...mapping.values()];
  return parameters.includes(UNKNOWN) ? found : resolved(found, parameters);
}

/** The function whose result has this type: a pattern's constructor. */
export function resolveResult(found: Potential, result: Type): Value {
  if (found.kind !== "unresolved") return found;
  const { type, parameters } = found.constant;
  const mapping = new Map(parameters.map(({ name }) => [name, UNKNOWN]));
  matchType(type.kind === "function" ? type.result : type, result, mapping);
  return resolved(found, [...mapping.values()]);
}

function applied(callee: Value, args: readonly Value[]): Value {
  if (args.length === 0) return callee;
  return { kind: "apply", callee, args, type: appliedType(callee.type, args.length) };
}
