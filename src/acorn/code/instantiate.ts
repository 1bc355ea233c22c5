// Values with other constants put in: a theorem's own claim for its name, and a typeclass's condition as an
// instance has to satisfy it. Bound variables are renewed, since a value may be put in more than once.
import { instantiate, type Type } from "./types.ts";
import type { Constant, Value, Variable } from "./values.ts";

/** What stands for a constant with these type parameters; null to keep it. */
export type Replacer = (constant: Constant, parameters: readonly Type[]) => Value | null;

/** Larger values come from hostile texts only. */
const MOST_NODES = 5000;

/** Puts values in for constants, and types for type parameters; counts what it makes. */
export class Substitution {
  #nodes = 0;

  /** A value with types put in for type parameters, and then values for constants. @throws {SyntaxError} */
  apply(value: Value, mapping: ReadonlyMap<string, Type>, replace: Replacer): Value {
    const variables = new Map<Variable, Variable>();
    const typed = (type: Type): Type => instantiate(type, mapping);
    const inside = (part: Value): Value => {
      if (++this.#nodes > MOST_NODES) throw new SyntaxError(`A goal has over ${MOST_NODES} parts`);
      const type = typed(part.type);
      switch (part.kind) {
        case "variable":
          return { ...part, variable: variables.get(part.variable) ?? part.variable, type };
        case "constant": {
          const parameters = part.parameters.map(typed);
          return replace(part.constant, parameters) ?? { ...part, parameters, type };
        }
        case "apply":
          return { ...part, callee: inside(part.callee), args: part.args.map(inside), type };
        case "logic":
          return { ...part, left: inside(part.left), right: inside(part.right) };
        case "not":
          return { ...part, value: inside(part.value) };
        case "binder": {
          const renewed = part.variables.map((variable) => ({ type: typed(variable.type) }));
          part.variables.forEach((variable, i) => variables.set(variable, renewed[i]!));
          return { ...part, variables: renewed, body: inside(part.body), type };
        }
        case "truth":
          return part;
        case "if": {
          const [condition, then] = [inside(part.condition), inside(part.then)];
          return { ...part, condition, then, otherwise: inside(part.otherwise), type };
        }
      }
    };
    return inside(value);
  }

  /** A value with the claims of theorems put in for their names, as the prover expands claims. */
  expandTheorems(value: Value): Value {
    const keep: Replacer = () => null;
    return this.apply(value, new Map(), ({ isTheorem, parameters, definition }, types) => {
      const claim = isTheorem ? definition?.() ?? null : null;
      if (claim === null) return null;
      return this.apply(claim, new Map(parameters.map(({ name }, i) => [name, types[i]!])), keep);
    });
  }
}
