// Whether a line would be refused by the prover for its types, where that is certain: an argument that does
// not fit, something applied that is no function, a name that means nothing. What this reader of types does
// not know fits everywhere, so a line that passes may still be refused.
import type { Elaborator } from "./elaborate.ts";
import type { Expression } from "./expression.ts";
import { argumentTypes, BOOL, sameEntity, type Type } from "./types.ts";
import type { Value } from "./values.ts";

/** What is wrong with a claim at a place; null where nothing is known to be. */
export function claimProblem(claim: Expression, elaborator: Elaborator): string | null {
  try {
    const value = elaborator.value(claim, null, BOOL);
    return fits(value.type, BOOL) ? valueProblem(value) : "it is no claim";
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

function valueProblem(value: Value): string | null {
  switch (value.kind) {
    case "variable":
    case "truth":
      return null;
    case "constant": {
      const { constant } = value;
      const isUnknown = constant.type.kind === "unknown" && (constant.owner?.kind ?? "unknown") === "unknown";
      return isUnknown ? `"${constant.name}" means nothing here` : null;
    }
    case "apply": {
      const { callee, args } = value;
      const wanted = argumentTypes(callee.type);
      if (callee.type.kind !== "unknown" && wanted.length < args.length) return "too many arguments";
      const wrong = args.findIndex(({ type }, i) => wanted[i] !== undefined && !fits(type, wanted[i]!));
      if (wrong >= 0) return `argument ${wrong + 1} is ${args[wrong]!.type.key}, not ${wanted[wrong]!.key}`;
      return firstProblem([callee, ...args]);
    }
    case "logic": {
      const { operator, left, right } = value;
      const type = operator === "=" || operator === "!=" ? left.type : BOOL;
      if (!fits(left.type, type) || !fits(right.type, type)) return `"${operator}" of different types`;
      return firstProblem([left, right]);
    }
    case "not":
      return fits(value.value.type, BOOL) ? valueProblem(value.value) : "no claim behind not";
    case "binder":
      return valueProblem(value.body);
    case "if":
      return firstProblem([value.condition, value.then, value.otherwise]);
    default:
      return value satisfies never;
  }
}

function firstProblem(values: readonly Value[]): string | null {
  for (const value of values) {
    const problem = valueProblem(value);
    if (problem !== null) return problem;
  }
  return null;
}

/** Whether a value of a type may stand where another is wanted; what is not known fits everywhere. */
function fits(type: Type, wanted: Type): boolean {
  if (type.key === wanted.key || type.kind === "unknown" || wanted.kind === "unknown") return true;
  if (type.kind === "data" && wanted.kind === "data") {
    return sameEntity(type.entity, wanted.entity) && type.parameters.length === wanted.parameters.length &&
      type.parameters.every((parameter, i) => fits(parameter, wanted.parameters[i]!));
  }
  return type.kind === "function" && wanted.kind === "function" && type.args.length === wanted.args.length &&
    type.args.every((arg, i) => fits(arg, wanted.args[i]!)) && fits(type.result, wanted.result);
}
