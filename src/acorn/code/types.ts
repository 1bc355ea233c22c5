// The types of Acorn's values, as far as printing code needs them: Bool, data types, type parameters, functions.
// What cannot be determined is `unknown`, which fits everywhere and prints as written. A function that returns a
// function is one function of all the arguments, as in the prover.

/** A data type or typeclass: where it is defined, and its name there. */
export interface Entity {
  readonly module: string;
  readonly name: string;
}

/** A type parameter, with the typeclass that it must be an instance of. */
export interface TypeParameter {
  readonly name: string;
  readonly typeclass: Entity | null;
}

/** A type; types are the same where their keys are. */
export type Type =
  & { readonly key: string }
  & (
    | { readonly kind: "bool" }
    | { readonly kind: "unknown"; readonly written?: string }
    | { readonly kind: "data"; readonly entity: Entity; readonly parameters: readonly Type[] }
    | { readonly kind: "parameter"; readonly parameter: TypeParameter }
    | { readonly kind: "function"; readonly args: readonly Type[]; readonly result: Type }
  );

/** A type, or a data type that still lacks its parameters. */
export type PotentialType =
  | Type
  | { readonly kind: "generic"; readonly entity: Entity; readonly parameters: readonly TypeParameter[] };

export const BOOL: Type = { kind: "bool", key: "Bool" };
export const UNKNOWN: Type = { kind: "unknown", key: "?" };

/** Larger types come from hostile chains of aliases only; they count as unknown. */
const LONGEST_KEY = 10_000;

/** One text for one entity. */
export function entityKey({ module, name }: Entity): string {
  return `${module}:${name}`;
}

export function sameEntity(a: Entity, b: Entity): boolean {
  return a.name === b.name && a.module === b.module;
}

export function dataType(entity: Entity, parameters: readonly Type[] = []): Type {
  const key = `${entityKey(entity)}[${keys(parameters)}]`;
  return key.length > LONGEST_KEY ? UNKNOWN : { kind: "data", entity, parameters, key };
}

export function parameterType(parameter: TypeParameter): Type {
  return { kind: "parameter", parameter, key: `'${parameter.name}` };
}

export function functionType(args: readonly Type[], result: Type): Type {
  if (args.length === 0) return result;
  if (result.kind === "function") return functionType([...args, ...result.args], result.result);
  const key = `(${keys(args)})->${result.key}`;
  return key.length > LONGEST_KEY ? UNKNOWN : { kind: "function", args, result, key };
}

/** The types of a function's arguments; none of what is no function. */
export function argumentTypes(type: Type): readonly Type[] {
  return type.kind === "function" ? type.args : [];
}

/** The type of a function applied to so many arguments. */
export function appliedType(type: Type, count: number): Type {
  if (count === 0) return type;
  if (type.kind !== "function" || count > type.args.length) return UNKNOWN;
  return functionType(type.args.slice(count), type.result);
}

/** A type with its parameters replaced; those without a replacement stay. */
export function instantiate(type: Type, mapping: ReadonlyMap<string, Type>): Type {
  if (mapping.size === 0) return type;
  switch (type.kind) {
    case "parameter":
      return mapping.get(type.parameter.name) ?? type;
    case "data":
      if (type.parameters.length === 0) return type;
      return dataType(type.entity, type.parameters.map((parameter) => instantiate(parameter, mapping)));
    case "function":
      return functionType(
        type.args.map((arg) => instantiate(arg, mapping)),
        instantiate(type.result, mapping),
      );
    default:
      return type;
  }
}

/** Adds to `mapping` what those parameters of `generic` that are its keys must stand for to make `instance`. */
export function matchType(generic: Type, instance: Type, mapping: Map<string, Type>): void {
  if (instance.kind === "unknown") return;
  if (generic.kind === "parameter") {
    if (mapping.get(generic.parameter.name) === UNKNOWN) mapping.set(generic.parameter.name, instance);
  } else if (generic.kind === "function" && instance.kind === "function") {
    matchType(generic.result, instance.result, mapping);
    generic.args.forEach((arg, i) => matchType(arg, instance.args[i] ?? UNKNOWN, mapping));
  } else if (generic.kind === "data" && instance.kind === "data") {
    const given = instance.parameters;
    generic.parameters.forEach((parameter, i) => matchType(parameter, given[i] ?? UNKNOWN, mapping));
  }
}

function keys(types: readonly Type[]): string {
  return types.map(({ key }) => key).join();
}
