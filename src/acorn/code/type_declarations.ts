// Types and typeclasses, their attributes and instances, as a module declares them.
import type { Body, Statement, TokenRange } from "../source/statement.ts";
import type { Token } from "../source/tokens.ts";
import { Cursor, type Expression, listItems, parseDeclarations, parseExpression } from "./expression.ts";
import { type Attributes, DeclarationReader, once } from "./declaration_reader.ts";
import type { Scope } from "./scope.ts";
import {
  BOOL,
  dataType,
  type Entity,
  functionType,
  parameterType,
  type Type,
  type TypeParameter,
} from "./types.ts";
import type { Constant, Owner } from "./values.ts";

/** What an instance statement says. */
export interface Instance {
  readonly type: Type & { readonly kind: "data" };
  readonly typeclass: Entity;
  readonly definitions: ReadonlyMap<string, Constant>;
}

/** Declares types, typeclasses and what belongs to them. */
export class TypeDeclarer extends DeclarationReader {
  protected structure(statement: Statement, inner: Scope): void {
    const { name = "", typeParameters, claim } = statement;
    const own = this.typeParameters(typeParameters, inner);
    const fields = this.fields(statement).map(({ name, type }) => {
      return { name, type: this.elaborator(inner).type(type) };
    });
    const { self, add } = this.declareType(name, own);
    for (const field of fields) add(field.name, functionType([self], field.type));
    const types = fields.map(({ type }) => type);
    // Since 2026 not all fields make a value of a type with a constraint: the prelude's Option says whether.
    const option = this.module.types.get("Option");
    const isOptional = claim !== undefined && option?.kind === "generic" &&
      option.entity.module === "prelude";
    add("new", functionType(types, isOptional ? dataType(option.entity, [self]) : self));
    if (claim !== undefined) add("constraint", functionType(types, BOOL));
  }

  /** A structure's fields with their types. */
  fields({ parameters }: Statement): { name: string; type: Expression }[] {
    return this.entries(parameters).map(({ name, rest }) => ({
      name,
      type: parseExpression(rest.slice(1)),
    }));
  }

  protected inductive({ name = "", typeParameters, claim }: Statement, inner: Scope): void {
    const own = this.typeParameters(typeParameters, inner);
    const { self, add } = this.declareType(name, own);
    for (const entry of this.entries(claim)) {
      const types = entry.rest.length === 0 ? [] : this.typeList(entry.rest, inner);
      add(entry.name, functionType(types, self));
    }
    add("induction", functionType([functionType([self], BOOL)], BOOL), true);
  }

  protected typeList(tokens: readonly Token[], scope: Scope): Type[] {
    return listItems(parseExpression(tokens)).map((item) => this.elaborator(scope).type(item));
  }

  protected declareType(name: string, parameters: readonly TypeParameter[]) {
    const entity = { module: this.module.name, name };
    this.nameType(name, this.newType(name, parameters));
    const owner: Owner = { kind: "data", entity };
    const self = dataType(entity, parameters.map(parameterType));
    const add = (name: string, type: Type, isTheorem = false): void => {
      const constant = { module: entity.module, name, owner, parameters, type, isTheorem };
      this.module.addAttribute(entity, name, constant);
    };
    return { self, add };
  }

  protected typeclass({ first, name = "", type, claim }: Statement, inner: Scope): void {
    const entity = { module: this.module.name, name: name };
    const bases = this.tokens(type).flatMap(({ text }) => this.module.typeclasses.get(text) ?? []);
    this.module.typeclasses.set(entity.name, entity);
    this.module.addTypeclass(entity, bases);
    const instance = this.source.tokens[first + 1]!.text;
    const parameter: TypeParameter = { name: instance, typeclass: entity };
    inner.addTypeParameter(parameter);
    const common = {
      module: entity.module,
      owner: { kind: "typeclass", entity },
      parameters: [parameter],
    } as const;
    for (const { name, rest } of this.entries(claim)) {
      if (rest[0]?.text === ":") {
        const attribute = this.elaborator(inner).type(parseExpression(rest.slice(1)));
        this.module.addAttribute(entity, name, { ...common, name, type: attribute });
        continue;
      }
      const condition = inner.child();
      const cursor = new Cursor(rest);
      const declarations = cursor.take("(") ? parseDeclarations(cursor) : [];
      const types = this.names(declarations, condition);
      const body = rest.slice(cursor.position + 1, -1);
      this.module.addAttribute(entity, name, {
        ...common,
        name,
        type: functionType(types, BOOL),
        isTheorem: true,
        definition: once(() => this.elaborator(condition).lambda(declarations, parseExpression(body))),
      });
    }
  }

  protected attributes(
    { name = "", typeParameters, type, otherwise }: Statement,
    scope: Scope,
    inner: Scope,
  ): void {
    const add = (owner: Owner, parameters: TypeParameter[], self: Type): void => {
      const add = (name: string, constant: Constant): void =>
        this.module.addAttribute(owner.entity, name, constant);
      this.members(otherwise, inner, { owner, parameters, self, add, isInstance: false });
    };
    if (type !== undefined) {
      const entity = this.typeclassIn(type);
      if (entity === null) return;
      const parameter: TypeParameter = { name: name, typeclass: entity };
      inner.addTypeParameter(parameter);
      return add({ kind: "typeclass", entity }, [parameter], parameterType(parameter));
    }
    const known = scope.type(name);
    if (known?.kind !== "data" && known?.kind !== "generic") return;
    // `attributes Set[Color]` is about one instance; its attributes take no parameters.
    const tokens = this.tokens(typeParameters);
    const isConcrete = tokens.length > 0 && this.module.types.has(tokens[0]!.text) && tokens[1]?.text !== ":";
    const parameters = isConcrete ? [] : this.typeParameters(typeParameters, inner);
    const given = isConcrete ? this.typeList(tokens, inner) : parameters.map(parameterType);
    add({ kind: "data", entity: known.entity }, parameters, dataType(known.entity, given));
  }

  protected members(body: Body | undefined, scope: Scope, attributes: Attributes): void {
    for (const statement of body?.statements ?? []) {
      const inner = scope.child();
      try {
        if (statement.kind === "let") this.let(statement, scope, inner, attributes);
        else if (statement.kind === "define") this.define(statement, scope, inner, attributes);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    }
  }

  protected instance(statement: Statement, scope: Scope, inner: Scope): void {
    const { name = "", type, otherwise } = statement;
    const known = scope.type(name);
    const typeclass = this.typeclassIn(type);
    if (known?.kind !== "data" || typeclass === null) return;
    const definitions = new Map<string, Constant>();
    const owner: Owner = { kind: "typeclass", entity: typeclass };
    const add = (name: string, constant: Constant): void => void definitions.set(name, constant);
    this.members(otherwise, inner, { owner, parameters: [], self: known, add, isInstance: true });
    this.instances.set(statement, { type: known, typeclass, definitions });
    this.module.addInstance(known.entity, typeclass);
  }

  /** What each instance statement defines. */
  readonly instances: Map<Statement, Instance> = new Map();

  protected typeclassIn(range: TokenRange | undefined): Entity | null {
    return this.module.typeclasses.get(this.tokens(range)[0]?.text ?? "") ?? null;
  }

  /** The entries of a structure, inductive type or typeclass: a name, and its tokens up to the line's end. */
  protected entries({ from, end }: TokenRange = { from: 0, end: 0 }): { name: string; rest: Token[] }[] {
    const found: { name: string; rest: Token[] }[] = [];
    let depth = 0;
    let isNew = true;
    for (const token of this.source.tokens.slice(from, end)) {
      if (token.kind === "doc") continue;
      if (token.kind === "newline") {
        isNew ||= depth === 0;
        continue;
      }
      if (isNew && token.kind !== "symbol") found.push({ name: token.text, rest: [] });
      else found.at(-1)?.rest.push(token);
      isNew = false;
      if ("([{".includes(token.text)) depth++;
      else if (")]}".includes(token.text)) depth--;
    }
    return found;
  }
}
