// The names that a place in a module can see: its own and imported types, typeclasses, constants; attributes and
// instances from everything that its imports import in turn ("mixins"); and in a block the block's own names.
import type { Constant } from "./values.ts";
import {
  BOOL,
  type Entity,
  entityKey,
  parameterType,
  type PotentialType,
  sameEntity,
  type Type,
  type TypeParameter,
} from "./types.ts";

/** More are in hostile libraries only: real ones have hundreds of modules, and tens of typeclasses in a chain. */
const MOST_IMPORTED = 5000;
const MOST_BASES = 500;

/** What a module defines and imports. */
export class ModuleScope {
  readonly types: Map<string, PotentialType> = new Map<string, PotentialType>([["Bool", BOOL]]);
  readonly typeclasses: Map<string, Entity> = new Map();
  readonly constants: Map<string, Constant> = new Map();
  /** Names that this module prefers for what others define: constants by `constantKey`, entities by `entityKey`. */
  readonly aliases: Map<string, string> = new Map();
  /** Names for whole types, as `type Rationals: Set[Rat]` gives them, by their text. */
  readonly typeNames: Map<string, string> = new Map();
  /** The data type of plain numerals. */
  numerals: Entity | null = null;
  /** All modules that are imported, directly or not. */
  readonly imported: Set<ModuleScope> = new Set();

  readonly #attributes: Map<string, Map<string, Constant>> = new Map();
  readonly #instances: Map<string, Entity[]> = new Map();
  readonly #bases: Map<string, Entity[]> = new Map();
  readonly #seen: Map<string, ModuleScope[]> = new Map();

  constructor(readonly name: string) {}

  import(other: ModuleScope): void {
    for (const scope of [other, ...other.imported]) {
      if (this.imported.size < MOST_IMPORTED) this.imported.add(scope);
    }
    this.#seen.clear();
  }

  addAttribute(owner: Entity, name: string, constant: Constant): void {
    const key = entityKey(owner);
    const attributes = this.#attributes.get(key) ?? new Map<string, Constant>();
    this.#attributes.set(key, attributes.set(name, constant));
  }

  addInstance(type: Entity, typeclass: Entity): void {
    const key = entityKey(type);
    const typeclasses = this.#instances.get(key);
    if (typeclasses === undefined) this.#instances.set(key, [typeclass]);
    else typeclasses.push(typeclass);
  }

  addTypeclass(typeclass: Entity, bases: readonly Entity[]): void {
    const all = new Map(bases.map((base) => [entityKey(base), base]));
    for (const base of bases) {
      for (const further of this.basesOf(base)) all.set(entityKey(further), further);
    }
    this.#bases.set(entityKey(typeclass), [...all.values()].slice(0, MOST_BASES));
  }

  /** An attribute of a data type or typeclass itself, not one that it inherits. */
  ownAttribute(owner: Entity, name: string): Constant | undefined {
    const key = entityKey(owner);
    return first(this.#scopesAbout(key), (scope) => scope.#attributes.get(key)?.get(name));
  }

  /** The conditions of a typeclass itself, by name. */
  conditionsOf(typeclass: Entity): Constant[] {
    const key = entityKey(typeclass);
    const all = this.#scopesAbout(key).flatMap((scope) => [...scope.#attributes.get(key)?.values() ?? []]);
    return all.filter(({ isTheorem }) => isTheorem).sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** An attribute of a typeclass, or of one that it extends. */
  typeclassAttribute(typeclass: Entity, name: string): Constant | undefined {
    return first([typeclass, ...this.basesOf(typeclass)], (entity) => this.ownAttribute(entity, name));
  }

  /** An attribute of a data type, or of a typeclass that it is an instance of. */
  datatypeAttribute(type: Entity, name: string): Constant | undefined {
    return this.ownAttribute(type, name) ??
      first(this.typeclassesOf(type), (typeclass) => this.typeclassAttribute(typeclass, name));
  }

  /** The typeclasses that a data type is an instance of. */
  typeclassesOf(type: Entity): Entity[] {
    const key = entityKey(type);
    return this.#scopesAbout(key).flatMap((scope) => scope.#instances.get(key) ?? []);
  }

  isInstance(type: Entity, typeclass: Entity): boolean {
    return this.typeclassesOf(type).some((entity) => sameEntity(entity, typeclass));
  }

  /** All typeclasses that a typeclass extends, directly or not. */
  basesOf(typeclass: Entity): readonly Entity[] {
    const key = entityKey(typeclass);
    return first(this.#scopesAbout(key), (scope) => scope.#bases.get(key)) ?? [];
  }

  /** Whether a value of this type has the attributes of this data type or typeclass, so that `a.b` is written. */
  inherits(type: Type, owner: Entity): boolean {
    if (type.kind === "data") return sameEntity(type.entity, owner);
    if (type.kind !== "parameter" || type.parameter.typeclass === null) return false;
    const { typeclass } = type.parameter;
    return sameEntity(typeclass, owner) || this.basesOf(typeclass).some((base) => sameEntity(base, owner));
  }

  /** The modules, this one first, that say something of a type or typeclass. */
  #scopesAbout(key: string): readonly ModuleScope[] {
    let seen = this.#seen.get(key);
    if (seen === undefined) {
      seen = [this, ...[...this.imported].filter((scope) => scope.#knows(key))];
      this.#seen.set(key, seen);
    }
    return seen;
  }

  #knows(key: string): boolean {
    return this.#attributes.has(key) || this.#instances.has(key) || this.#bases.has(key);
  }
}

/** The first that is found of several. */
function first<From, To>(items: readonly From[], find: (item: From) => To | undefined): To | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One key for a constant, wherever it is named. */
export function constantKey({ module, name, owner }: Constant): string {
  return owner !== null ? `${entityKey(owner.entity)}.${name}` : `${module}:${name}`;
}

/** The names of a block, above those of the block around it. Most blocks have none of their own. */
export class Scope {
  #constants: Map<string, Constant> | null;
  #types: Map<string, PotentialType> | null;

  constructor(readonly module: ModuleScope, readonly outer: Scope | null = null) {
    this.#constants = outer === null ? module.constants : null;
    this.#types = outer === null ? module.types : null;
  }

  child(): Scope {
    return new Scope(this.module, this);
  }

  /** A name that is no other thing's: an argument, a witness, a theorem. */
  addName(name: string, type: Type, parameters: readonly TypeParameter[] = []): void {
    this.addConstant(name, { module: this.module.name, name, owner: null, parameters, type });
  }

  addConstant(name: string, constant: Constant): void {
    (this.#constants ??= new Map()).set(name, constant);
  }

  addTypeParameter(parameter: TypeParameter): void {
    (this.#types ??= new Map()).set(parameter.name, parameterType(parameter));
  }

  type(name: string): PotentialType | undefined {
    return this.#types?.get(name) ?? this.outer?.type(name);
  }

  constant(name: string): Constant | undefined {
    return this.#constants?.get(name) ?? this.outer?.constant(name);
  }
}
