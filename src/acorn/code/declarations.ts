// A module's statements → its scope: what each declares, with its type, and for each statement the scope that
// its expressions are read in. Definitions are not checked and their bodies are read only where a goal needs
// them. What cannot be read declares nothing.
import type { Body, Statement } from "../source/statement.ts";
import { once, prefer } from "./declaration_reader.ts";
import type { Declaration, Expression } from "./expression.ts";
import { constantKey, type ModuleScope, Scope } from "./scope.ts";
import { TypeDeclarer } from "./type_declarations.ts";
import { argumentTypes, BOOL, dataType, entityKey, functionType, UNKNOWN } from "./types.ts";
import type { Value } from "./values.ts";

/** A statement's place: its block's scope, and for a block's own goal the scope inside, with its names. */
export interface Place {
  readonly scope: Scope;
  readonly inner: Scope;
}

/** Declares a module's statements, in order. */
export class Declarer extends TypeDeclarer {
  /** Where each statement's expressions are read. */
  readonly places: Map<Statement, Place> = new Map();

  declare(): void {
    const scope = new Scope(this.module);
    for (const statement of this.source.statements) this.#statement(statement, scope);
  }

  #statement(statement: Statement, scope: Scope): void {
    const inner = scope.child();
    this.places.set(statement, { scope, inner });
    try {
      this.#declare(statement, scope, inner);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }

  #declare(statement: Statement, scope: Scope, inner: Scope): void {
    const { name, parameters, type, claim } = statement;
    switch (statement.kind) {
      case "import":
        return this.#import(statement);
      case "numerals": {
        const numerals = this.elaborator(scope).type(this.expression(type));
        if (numerals.kind === "data") this.module.numerals = numerals.entity;
        return;
      }
      case "type":
        return this.#typeAlias(name, this.expression(type), scope);
      case "let":
        return this.let(statement, scope, inner, null);
      case "define":
        return this.define(statement, scope, inner, null);
      case "theorem":
      case "axiom": {
        const typeParameters = this.typeParameters(statement.typeParameters, inner);
        const args = this.names(this.declarations(parameters), inner);
        if (name !== undefined) {
          const type = functionType(args, BOOL);
          // In its own proof it is a function like others, so that it can be an induction's hypothesis.
          inner.addName(name, type, typeParameters);
          const lambda = (): Value =>
            this.elaborator(inner).lambda(this.declarations(parameters), this.expression(claim));
          const theorem = inner.constant(name)!;
          scope.addConstant(name, { ...theorem, isTheorem: true, definition: once(lambda) });
        }
        return this.#body(statement.body, inner);
      }
      case "satisfy":
      case "function": {
        const typeParameters = this.typeParameters(statement.typeParameters, inner);
        const elaborator = this.elaborator(inner);
        const args = name === undefined ? [] : this.names(this.declarations(parameters), inner);
        for (const { name, type } of this.sought(statement)) {
          const found = functionType(args, type === null ? UNKNOWN : elaborator.type(type));
          scope.addName(statement.name ?? name, found, typeParameters);
        }
        return this.#body(statement.body, inner);
      }
      case "destructuring": {
        const { callee, names } = this.destructuring(statement, scope);
        this.#body(statement.body, inner);
        const types = argumentTypes(callee.type);
        return names.forEach((each, i) => scope.addName(each, types[i] ?? UNKNOWN));
      }
      case "forall":
        this.names(this.declarations(parameters), inner);
        return this.#body(statement.body, inner);
      case "if":
        this.#body(statement.body, inner);
        return this.#body(statement.otherwise, scope.child());
      case "match":
        return this.#match(statement, scope);
      case "structure":
        this.structure(statement, inner);
        this.places.set(statement, { scope: inner, inner });
        return this.#body(statement.body, inner);
      case "inductive":
        return this.inductive(statement, inner);
      case "typeclass":
        return this.typeclass(statement, inner);
      case "attributes":
        return this.attributes(statement, scope, inner);
      case "instance":
        this.instance(statement, scope, inner);
        return this.#body(statement.body, inner);
      case "claim":
      case "doc":
        return;
    }
  }

  #body(body: Body | undefined, scope: Scope): void {
    for (const statement of body?.statements ?? []) this.#statement(statement, scope);
  }

  #import({ imports }: Statement): void {
    const { module = "", names = [] } = imports ?? {};
    const other = this.find(module);
    if (other !== null) return this.#importNames(other, names);
    // Of a module that is not there, what is written in capitals may be a type: then more is printed right.
    for (const name of names) {
      if (/^\p{Lu}/u.test(name)) this.nameType(name, dataType({ module, name }));
    }
  }

  #importNames(other: ModuleScope, names: readonly string[]): void {
    const { module } = this;
    module.import(other);
    for (const name of names) {
      const type = other.types.get(name);
      const typeclass = other.typeclasses.get(name);
      const constant = other.constants.get(name);
      if (type !== undefined) this.nameType(name, type);
      else if (typeclass !== undefined) {
        module.typeclasses.set(name, typeclass);
        prefer(module, entityKey(typeclass), name);
      } else if (constant !== undefined) {
        module.constants.set(name, constant);
        prefer(module, constantKey(constant), name);
      }
    }
  }

  /** The names of a module that every module sees. */
  importAll(other: ModuleScope): void {
    const names = [...other.types.keys(), ...other.typeclasses.keys(), ...other.constants.keys()];
    this.#importNames(other, names.filter((name) => name !== "Bool"));
  }

  #typeAlias(name = "", expression: Expression, scope: Scope): void {
    const isNew = expression.kind === "name" && expression.text === "axiom";
    const type = isNew ? this.newType(name, []) : this.elaborator(scope).potentialType(expression);
    this.nameType(name, type);
  }

  /** The names that a statement introduces by a condition; a function's result. */
  sought({ kind, name, type, parameters }: Statement): Declaration[] {
    if (kind === "function") return this.declarations(type);
    return name === undefined ? this.declarations(parameters) : [{ name, type: this.expression(type) }];
  }

  /** What `let f(a, b) = value` takes apart: the function, the new names, the value. */
  destructuring({ first, parameters, claim }: Statement, scope: Scope) {
    const elaborator = this.elaborator(scope);
    const value = elaborator.value(this.expression(claim));
    const callee = elaborator.maker(
      this.expression({ from: first + 1, end: (parameters?.from ?? first) - 1 }),
      value.type,
    );
    const names = this.tokens(parameters).filter(({ text }) => text !== ",").map(({ text }) => text);
    return { callee, names, value };
  }

  #match({ claim, cases }: Statement, scope: Scope): void {
    const elaborator = this.elaborator(scope);
    const subject = elaborator.value(this.expression(claim)).type;
    for (const { pattern, body } of cases ?? []) {
      const inner = scope.child();
      const expression = this.expression(pattern);
      if (expression.kind === "apply") {
        const types = argumentTypes(elaborator.maker(expression.callee, subject).type);
        expression.args.forEach((arg, i) => {
          if (arg.kind === "name") inner.addName(arg.text, types[i] ?? UNKNOWN);
        });
      }
      this.#body(body, inner);
    }
  }
}
