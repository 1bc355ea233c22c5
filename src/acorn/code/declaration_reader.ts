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
import type { Constant, Owner } from "./values.ts";

/** Where the members of an attributes or instance block go. */
export interface Attributes {
  readonly owner: Owner;
  readonly parameters: readonly TypeParameter[];
  readonly self: Type;
  readonly isInstance: boolean;
  readonly add: (name: string, constant: Constant) => void;
}

/** Reads parts of a module's statements. */
export class DeclarationReader {
  constructor(readonly source: AcornModule, readonly module: ModuleScope, readonly find: ModuleFinder) {}

  /** The expression in a range. @throws {SyntaxError} */
  expression(range: TokenRange): Expression {
    return parseExpression(this.tokens(range));
  }

  /** Arguments with their types. @throws {SyntaxError} */
  declarations(range: TokenRange | undefined): Declaration[] {
    const tokens = range === undefined ? [] : this.tokens(range);
    return tokens.length === 0 ? [] : parseDeclarations(new Cursor(tokens));
  }

  /** The tokens of a range, without line ends and comments. */
  tokens({ from, end }: TokenRange): Token[] {
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
    const tokens = range === undefined ? [] : this.tokens(range);
    const found = tokens.length === 0 ? [] : parseDeclarations(new Cursor(tokens)).map(({ name, type }) => {
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

  protected let(statement: Statement, scope: Scope, inner: Scope, attribute: Attributes | null): void {
    const { name, type, claim } = statement;
    const parameters = [
      ...attribute?.parameters ?? [],
      ...this.typeParameters(statement.typeParameters, inner),
    ];
    const elaborator = this.elaborator(inner);
    const declared = type === undefined ? null : elaborator.type(this.expression(type));
    const expression = this.expression(claim!);
    const isAxiom = expression.kind === "name" && expression.text === "axiom";
    const value = isAxiom ? null : elaborator.value(expression, null, declared);
    const owner = attribute?.owner ?? null;
    const constant: Constant = {
      module: owner?.entity.module ?? this.module.name,
      name: name!,
      owner,
      parameters,
      type: declared ?? value?.type ?? UNKNOWN,
      definition: () => value,
    };
    const isAlias = value?.kind === "constant" && value.parameters.length === 0 && !attribute?.isInstance &&
      value.constant.owner !== "unknown" && value.constant.module !== "";
    const meant = isAlias ? value.constant : constant;
    if (isAlias && meant.module !== this.module.name) {
      const text = owner === null ? name! : `${owner.entity.name}.${name}`;
      if (scope.outer === null) prefer(this.module, constantKey(meant), text);
    }
    if (attribute === null) scope.addConstant(name!, meant);
    else attribute.add(name!, meant);
  }

  protected define(
    { name, typeParameters, parameters, type, claim }: Statement,
    inner: Scope,
    attribute: Attributes | null,
    add: (constant: Constant) => void,
  ): void {
    const own = this.typeParameters(typeParameters, inner);
    const declarations = this.declarations(parameters);
    const args = this.names(declarations, inner, attribute?.self);
    const elaborator = this.elaborator(inner);
    const result = elaborator.type(this.expression(type!));
    const owner = attribute?.owner ?? null;
    add({
      module: owner?.entity.module ?? this.module.name,
      name: name!,
      owner,
      parameters: [...attribute?.parameters ?? [], ...own],
      type: functionType(args, result),
      definition: () =>
        elaborator.lambda(declarations, this.expression(claim!), { self: attribute?.self ?? UNKNOWN }),
    });
  }
}

/** The name by which a module calls what another defines: the first one that it gives. */
export function prefer(module: ModuleScope, key: string, name: string): void {
  if (!module.aliases.has(key)) module.aliases.set(key, name);
}
