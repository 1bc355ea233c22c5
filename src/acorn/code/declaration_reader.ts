// What declarations are made of: expressions in ranges of tokens, arguments, type parameters, new types, values
// and functions. `type_declarations.ts` and `declarations.ts` put statements together from it.
import type { AcornModule } from "../source/goals.ts";
import type { Statement, TokenRange } from "../source/statement.ts";
import type { Token } from "../source/tokens.ts";
import { Elaborator, type ModuleFinder } from "./elaborate.ts";
import {
  Cursor,
  type Declaration,
  type Expression,
  parseDeclarations,
  parseExpression,
} from "./expression.ts";
import { constantKey, type ModuleScope, type Scope } from "./scope.ts";
import {
  dataType,
  entityKey,
  functionType,
  type PotentialType,
  type Type,
  type TypeParameter,
  UNKNOWN,
} from "./types.ts";
import type { Constant, Owner, Value } from "./values.ts";

/** Where the members of an attributes or instance block go. */
export interface Attributes {
  readonly owner: Owner;
  readonly parameters: readonly TypeParameter[];
  readonly self: Type;
  readonly isInstance: boolean;
  readonly add: (name: string, constant: Constant) => void;
}

const NOTHING: TokenRange = { from: 0, end: 0 };

/** Reads parts of a module's statements. */
export class DeclarationReader {
  constructor(readonly source: AcornModule, readonly module: ModuleScope, readonly find: ModuleFinder) {}

  /** The expression in a range. @throws {SyntaxError} */
  expression(range: TokenRange | undefined): Expression {
    return parseExpression(this.tokens(range));
  }

  /** Arguments with their types. @throws {SyntaxError} */
  declarations(range: TokenRange | undefined): Declaration[] {
    const tokens = this.tokens(range);
    return tokens.length === 0 ? [] : parseDeclarations(new Cursor(tokens));
  }

  /** The tokens of a range, without line ends and comments; none where the text lacks the part. */
  tokens({ from, end }: TokenRange = NOTHING): Token[] {
    return this.source.tokens.slice(from, end).filter(({ kind }) => kind !== "newline" && kind !== "doc");
  }

  elaborator(scope: Scope): Elaborator {
    return new Elaborator(scope, this.find);
  }

  protected nameType(name: string, type: PotentialType): void {
    this.module.types.set(name, type);
    if (type.kind === "generic" || type.kind === "data" && type.parameters.length === 0) {
      prefer(this.module, entityKey(type.entity), name);
    }
    if (type.kind !== "generic" && !this.module.typeNames.has(type.key)) {
      this.module.typeNames.set(type.key, name);
    }
  }

  protected newType(name: string, parameters: readonly TypeParameter[]): PotentialType {
    const entity = { module: this.module.name, name };
    return parameters.length === 0 ? dataType(entity) : { kind: "generic", entity, parameters };
  }

  /** `[T, G: Group]`, also declared in the scope. */
  protected typeParameters(range: TokenRange | undefined, scope: Scope): TypeParameter[] {
    const found = this.declarations(range).map(({ name, type }) => {
      const typeclass = type?.kind === "name" ? this.module.typeclasses.get(type.text) ?? null : null;
      return { name, typeclass };
    });
    for (const parameter of found) scope.addTypeParameter(parameter);
    return found;
  }

  /** Declare arguments as names; returns their types. */
  protected names(declarations: readonly Declaration[], scope: Scope, self: Type = UNKNOWN): Type[] {
    return declarations.map(({ name, type }) => {
      const found = type === null ? self : this.elaborator(scope).type(type);
      scope.addName(name, found);
      return found;
    });
  }

  protected let(statement: Statement, scope: Scope, inner: Scope, attributes: Attributes | null): void {
    const { name = "", type, claim } = statement;
    const constant = this.#constant(statement, inner, attributes);
    const elaborator = this.elaborator(inner);
    const declared = type === undefined ? null : elaborator.type(this.expression(type));
    const expression = this.expression(claim);
    const isAxiom = expression.kind === "name" && expression.text === "axiom";
    const value = isAxiom ? null : elaborator.value(expression, null, declared);
    const add = attributes?.add ?? ((name, constant) => scope.addConstant(name, constant));
    const isAlias = value?.kind === "constant" && value.parameters.length === 0 && !attributes?.isInstance &&
      value.constant.module !== "";
    if (!isAlias) {
      return add(name, {
        ...constant,
        type: declared ?? value?.type ?? UNKNOWN,
        definition: () => value,
      });
    }
    if (value.constant.module !== this.module.name && scope.outer === null) {
      const owner = attributes === null ? "" : `${attributes.owner.entity.name}.`;
      prefer(this.module, constantKey(value.constant), `${owner}${name}`);
    }
    add(name, value.constant);
  }

  protected define(statement: Statement, scope: Scope, inner: Scope, attributes: Attributes | null): void {
    const { name = "", parameters, type, claim } = statement;
    const constant = this.#constant(statement, inner, attributes);
    const declarations = this.declarations(parameters);
    const self = attributes?.self ?? UNKNOWN;
    const args = this.names(declarations, inner, self);
    const elaborator = this.elaborator(inner);
    const result = elaborator.type(this.expression(type));
    const definition = once(() => elaborator.lambda(declarations, this.expression(claim), { self }));
    const add = attributes?.add ?? ((name, constant) => scope.addConstant(name, constant));
    add(name, { ...constant, type: functionType(args, result), definition });
  }

  /** A constant of the module, or a member of a block of attributes. */
  #constant({ name = "", typeParameters }: Statement, inner: Scope, attributes: Attributes | null) {
    const own = this.typeParameters(typeParameters, inner);
    const owner = attributes?.owner ?? null;
    const module = owner?.entity.module ?? this.module.name;
    return { module, name: name, owner, parameters: [...attributes?.parameters ?? [], ...own] };
  }
}

/** The name by which a module calls what another defines: the first one that it gives. */
export function prefer(module: ModuleScope, key: string, name: string): void {
  if (!module.aliases.has(key)) module.aliases.set(key, name);
}

/** A value that is read when it is asked for, once. */
export function once(read: () => Value): () => Value {
  let value: Value | null = null;
  return () => value ??= read();
}
