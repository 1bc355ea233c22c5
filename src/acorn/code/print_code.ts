// Value → code in the prover's normal form, as @H, @C and certificates have it: bound variables x0, x1 … and
// k0, k1 …, the fewest parentheses, `a.b(c)` and operators where the receiver's type has the attribute, type
// parameters where the arguments do not tell them, names as the module sees them at its end.
import { BINDING, PREFIX_BINDING } from "./expression.ts";
import { INFIX_METHODS } from "./elaborate.ts";
import { constantKey, type ModuleScope } from "./scope.ts";
import { argumentTypes, type Entity, entityKey, sameEntity, type Type } from "./types.ts";
import type { Constant, Value, Variable } from "./values.ts";

/** Code, and how tightly its outermost operator binds. */
interface Code {
  readonly text: string;
  readonly binding: number;
  /** A prefix operator binds as an atom on the right of an operator. */
  readonly isPrefix?: boolean;
}

type Apply = Value & { readonly kind: "apply" };
type ConstantUse = Value & { readonly kind: "constant" };

/** More are in hostile texts only, where names like x0 are taken by the thousand. */
const MOST_VARIABLES = 1000;
const ATOM = 99;
const DOT = BINDING.get(".")!;
/** The operator of a method; the first one where two call the same. */
const METHOD_OPERATORS: ReadonlyMap<string, string> = new Map(
  [...INFIX_METHODS].reverse().map(([operator, method]) => [method, operator]),
);

/** Prints values for one module; the numbers of bound variables go on from value to value. */
export class CodePrinter {
  readonly #names: Map<Variable, string> = new Map();
  readonly #next = { x: 0, k: 0 };

  /** @param isTaken whether a name means something already, so that no bound variable may have it */
  constructor(readonly module: ModuleScope, readonly isTaken: (name: string) => boolean) {}

  print(value: Value): string {
    return this.#value(value, false).text;
  }

  #value(value: Value, isInferred: boolean): Code {
    switch (value.kind) {
      case "variable":
        return atom(this.#names.get(value.variable) ?? "?");
      case "truth":
        return atom(`${value.value}`);
      case "not":
        return prefix("not", this.#value(value.value, false));
      case "logic": {
        const binding = BINDING.get(value.operator)!;
        let left = this.#value(value.left, false).text;
        let right = this.#value(value.right, false).text;
        // Only a connective right below another one is put in parentheses.
        if (value.left.kind === "logic" && BINDING.get(value.left.operator)! < binding) left = `(${left})`;
        if (value.right.kind === "logic" && BINDING.get(value.right.operator)! <= binding) {
          right = `(${right})`;
        }
        return { text: `${left} ${value.operator} ${right}`, binding };
      }
      case "binder": {
        const declarations = value.variables.map((variable) => {
          const name = this.#variableName(value.binder === "exists" ? "k" : "x");
          this.#names.set(variable, name);
          return `${name}: ${this.type(variable.type)}`;
        });
        return atom(`${value.binder}(${declarations.join(", ")}) { ${this.#value(value.body, false).text} }`);
      }
      case "if": {
        const [condition, then, otherwise] = [value.condition, value.then, value.otherwise]
          .map((part) => this.#value(part, false).text);
        return atom(`if ${condition} { ${then} } else { ${otherwise} }`);
      }
      case "constant":
        return this.#constant(value, isInferred);
      case "apply":
        return this.#apply(value);
    }
  }

  #apply(value: Apply): Code {
    const args = value.args.map((arg) => this.#value(arg, false));
    const callee = value.callee.kind === "constant" ? value.callee : null;
    if (callee !== null && this.#hasReceiver(callee.constant, value.args[0]!)) {
      return method(callee.constant.name, args);
    }
    const isInferred = callee === null || this.#tellsParameters(callee, value.args);
    const text = args.map((arg) => arg.text).join(", ");
    return { text: `${this.#value(value.callee, isInferred).text}(${text})`, binding: DOT };
  }

  /** Whether `a.f(b)` is written for `f(a, b)`. */
  #hasReceiver({ owner, name }: Constant, receiver: Value): boolean {
    if (owner === null) return false;
    if (owner.kind === "unknown" || this.module.inherits(receiver.type, owner.entity)) return true;
    return owner.kind === "typeclass" && this.#isUnhidden(receiver.type, owner.entity, name);
  }

  /** Whether a data type has a typeclass's attribute under no other meaning of its own. */
  #isUnhidden(type: Type, typeclass: Entity, name: string): boolean {
    return type.kind === "data" && this.module.isInstance(type.entity, typeclass) &&
      this.module.ownAttribute(type.entity, name) === undefined;
  }

  /** Whether the arguments tell all type parameters: each must be an argument's whole type. */
  #tellsParameters({ constant, parameters, type }: ConstantUse, args: readonly Value[]): boolean {
    const first = args[0]!.type;
    const { owner } = constant;
    if (owner?.kind === "typeclass") {
      if (first.kind !== "data" || !this.module.isInstance(first.entity, owner.entity)) return true;
      return this.module.ownAttribute(first.entity, constant.name) === undefined;
    }
    const wanted = argumentTypes(type).slice(0, args.length);
    return parameters.every(({ key }) => wanted.some((arg) => arg.key === key));
  }

  #constant(value: ConstantUse, isInferred: boolean): Code {
    const { constant: { owner, name }, parameters } = value;
    const [only] = parameters;
    if (owner !== null && parameters.length === 1 && only !== undefined) {
      const isClass = owner.kind === "typeclass";
      if (this.module.inherits(only, owner.entity) || isClass && this.#isUnhidden(only, owner.entity, name)) {
        if (only.kind === "data" && this.#isBareNumeral(only.entity, name)) return atom(name);
        return { text: `${this.type(only)}.${name}`, binding: DOT };
      }
    }
    const code = this.#constantName(value.constant);
    if (isInferred || parameters.length === 0 || parameters.some((type) => type.kind === "unknown")) {
      return code;
    }
    return { text: `${code.text}[${parameters.map((type) => this.type(type)).join(", ")}]`, binding: DOT };
  }

  #constantName(constant: Constant): Code {
    const { owner, module, name } = constant;
    const isNumeral = owner !== null && startsWithDigit(name);
    if (isNumeral && this.#isBareNumeral(owner.entity, name)) return atom(name);
    const alias = isNumeral ? undefined : this.module.aliases.get(constantKey(constant));
    if (alias !== undefined && module !== this.module.name) return atom(alias);
    if (owner === null) {
      const isHere = module === this.module.name || module === "";
      return isHere ? atom(name) : { text: `lib(${module}).${name}`, binding: DOT };
    }
    // The prover overlooks what a typeclass is called here when it prints a numeral.
    const entity = this.#entity(owner.entity, isNumeral && owner.kind === "typeclass");
    return { text: `${entity}.${name}`, binding: DOT };
  }

  #isBareNumeral(entity: Entity, name: string): boolean {
    const { numerals } = this.module;
    return startsWithDigit(name) && numerals !== null && sameEntity(numerals, entity);
  }

  /** A type's code. */
  type(type: Type): string {
    switch (type.kind) {
      case "bool":
        return "Bool";
      case "unknown":
        return type.written ?? "?";
      case "parameter":
        return type.parameter.name;
    }
    const name = this.module.typeNames.get(type.key);
    if (name !== undefined) return name;
    if (type.kind === "data") {
      const entity = this.#entity(type.entity);
      if (type.parameters.length === 0) return entity;
      return `${entity}[${type.parameters.map((parameter) => this.type(parameter)).join(", ")}]`;
    }
    const args = type.args.map((arg) => this.type(arg));
    const left = type.args.length > 1 || type.args[0]!.kind === "function"
      ? `(${args.join(", ")})`
      : args[0]!;
    return `${left} -> ${this.type(type.result)}`;
  }

  #entity(entity: Entity, isQualified = false): string {
    if (entity.module === this.module.name || entity.module === "") return entity.name;
    const alias = isQualified ? undefined : this.module.aliases.get(entityKey(entity));
    return alias ?? `lib(${entity.module}).${entity.name}`;
  }

  #variableName(letter: "x" | "k"): string {
    for (let number = this.#next[letter]; number < MOST_VARIABLES; number++) {
      this.#next[letter] = number + 1;
      if (!this.isTaken(`${letter}${number}`)) return `${letter}${number}`;
    }
    throw new SyntaxError(`A goal has over ${MOST_VARIABLES} bound variables`);
  }
}

function method(name: string, args: readonly Code[]): Code {
  const [receiver, ...others] = args;
  if (name === "neg" && others.length === 0) return prefix("-", receiver!);
  const operator = METHOD_OPERATORS.get(name);
  if (operator !== undefined && others.length === 1) {
    const [left, right] = operator === "∈" || operator === "∉"
      ? [others[0]!, receiver!]
      : [receiver!, others[0]!];
    return infix(left, operator, right);
  }
  const callee = `${inner(receiver!, receiver!.binding < DOT)}.${name}`;
  const text = others.map((arg) => arg.text).join(", ");
  return { text: others.length === 0 ? callee : `${callee}(${text})`, binding: DOT };
}

function infix(left: Code, operator: string, right: Code): Code {
  const binding = BINDING.get(operator)!;
  const rightBinding = right.isPrefix ? ATOM : right.binding;
  return {
    text: `${inner(left, left.binding < binding)} ${operator} ${inner(right, rightBinding <= binding)}`,
    binding,
  };
}

function prefix(operator: "not" | "-", operand: Code): Code {
  const binding = PREFIX_BINDING[operator];
  const text = inner(operand, !operand.isPrefix && operand.binding < binding);
  return { text: operator === "-" ? `-${text}` : `not ${text}`, binding, isPrefix: true };
}

function inner({ text }: Code, isWrapped: boolean): string {
  return isWrapped ? `(${text})` : text;
}

function startsWithDigit(name: string): boolean {
  return /^[0-9]/.test(name);
}

function atom(text: string): Code {
  return { text, binding: ATOM };
}
