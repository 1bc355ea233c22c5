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

/** A type; `size` counts its nodes. */
export type Type =
  & { readonly size: number }
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

export const BOOL: Type = { kind: "bool", size: 1 };
export const UNKNOWN: Type = { kind: "unknown", size: 1 };

/** Larger types come from hostile chains of aliases only. */
const MOST_NODES = 500;

/** One text for one entity. */
export function entityKey({ module, name }: Entity): string {
  return `${module}:${name}`;
}

export function sameEntity(a: Entity, b: Entity): boolean {
  return a.name === b.name && a.module === b.module;
}

export function dataType(entity: Entity, parameters: readonly Type[] = []): Type {
  return bounded({ kind: "data", entity, parameters, size: 1 + total(parameters) });
}

export function parameterType(parameter: TypeParameter): Type {
  return { kind: "parameter", parameter, size: 1 };
}

export function functionType(args: readonly Type[], result: Type): Type {
  if (args.length === 0) return result;
  if (result.kind === "function") return functionType([...args, ...result.args], result.result);
  return bounded({ kind: "function", args, result, size: 1 + total(args) + result.size });
}

/** The type of a function applied to so many arguments. */
export function appliedType(type: Type, count: number): Type {
  if (count === 0) return type;
  if (type.kind !== "function" || count > type.args.length) return UNKNOWN;
  return functionType(type.args.slice(count), type.result);
}

/** Whether two types are the same; unknown is the same as unknown only. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind || a.size !== b.size) return false;
  if (a.kind === "data" && b.kind === "data") {
    return sameEntity(a.entity, b.entity) && sameTypes(a.parameters, b.parameters);
  }
  if (a.kind === "parameter" && b.kind === "parameter") return a.parameter.name === b.parameter.name;
  if (a.kind === "function" && b.kind === "function") {
    return sameType(a.result, b.result) && sameTypes(a.args, b.args);
  }
  return true;
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

/** Adds to `mapping` what the names of `generic` must stand for, so that it becomes `instance`. */
export function matchType(
  generic: Type,
  instance: Type,
  names: ReadonlySet<string>,
  mapping: Map<string, Type>,
) {
  if (instance.kind === "unknown") return;
  if (generic.kind === "parameter" && names.has(generic.parameter.name)) {
    if (!mapping.has(generic.parameter.name)) mapping.set(generic.parameter.name, instance);
  } else if (generic.kind === "function" && instance.kind === "function") {
    matchType(generic.result, instance.result, names, mapping);
    generic.args.forEach((arg, i) => matchType(arg, instance.args[i] ?? UNKNOWN, names, mapping));
  } else if (generic.kind === "data" && instance.kind === "data") {
    const given = instance.parameters;
    generic.parameters.forEach((parameter, i) => matchType(parameter, given[i] ?? UNKNOWN, names, mapping));
  }
}

function sameTypes(a: readonly Type[], b: readonly Type[]): boolean {
  return a.length === b.length && a.every((type, i) => sameType(type, b[i]!));
}

function total(types: readonly Type[]): number {
  return types.reduce((sum, { size }) => sum + size, 0);
}

function bounded(type: Type): Type {
  return type.size > MOST_NODES ? UNKNOWN : type;
}
