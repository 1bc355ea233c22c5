/**
 * The theorems of the built-in corpus against arithmetic: what they state is computed in small structures
 * (S3, the pentagon, matrices over Z2, small numbers …), for random values of their letters. Neither
 * generator nor checker reasons here, so an unsound rule that both shared would show. Only the checker's
 * parser is used.
 */

import { assert, assertEquals } from "@std/assert";
import { readPrefix } from "../../src/corpus/checker/prefix.ts";
import { readSections } from "../../src/corpus/checker/sections.ts";
import { type Formula, NAT, type Term } from "../../src/corpus/checker/term.ts";
import { sampleCorpus } from "../../src/corpus/sample/mod.ts";
import { Rng } from "../../src/rng.ts";

type Value = number;
type Operation = (...args: Value[]) => Value;

interface Model {
  readonly size: number;
  readonly operations: Record<string, Operation>;
}

const CLOCK = 6;
const modulo = (n: number): Model => ({
  size: n,
  operations: {
    "S.0": () => 0,
    "S.1": () => 1 % n,
    "+": (a, b) => (a + b) % n,
    "*": (a, b) => (a * b) % n,
    "-": (a, b) => (a - b + n) % n,
    neg: (a) => (n - a) % n,
  },
});

const MODELS: Record<string, Model> = {
  Monoid: functionsOf(3),
  CommMonoid: modulo(CLOCK),
  Group: permutationsOf3(),
  CommGroup: {
    size: 4,
    operations: { "S.1": () => 0, "*": (a, b) => (a + b) % 4, ".inverse": (a) => (4 - a) % 4 },
  },
  Ring: matricesOverZ2(),
  CommRing: modulo(CLOCK),
  // the pentagon, which is not distributive
  Lattice: latticeOf([[0], [0, 1], [0, 1, 2], [0, 3], [0, 1, 2, 3, 4]]),
  DistribLattice: latticeOf([[0], [0, 1], [0, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4]]),
};

Deno.test("no theorem of the built-in corpus fails in a small structure", () => {
  const rng = new Rng(5, "models");
  let tried = 0;
  let supposed = 0;
  for (const { name, text } of sampleCorpus({ files: 2500 })) {
    const { theorem, goal } = readSections(text);
    if (theorem !== "" || /->/.test(goal.split("\n")[0] ?? "")) continue;
    const prefix = readPrefix("", goal.replace(/\} by \{[^]*$/, "}"));
    const model = MODELS[/\[\w+: (\w+)\]/.exec(goal)?.[1] ?? ""] ?? { size: 1, operations: {} };
    const { premises } = prefix;
    if (premises.some(speaksOfAllNaturals)) continue; // small cases cannot tell whether such a premise holds
    const [variables, statement] = prefix.goal.kind === "forall"
      ? [prefix.goal.variables, prefix.goal.body]
      : [prefix.parser.declared, prefix.goal];
    for (let round = 0; round < 12; round++) {
      const values = new Map<string, Value>();
      for (const { name, sort } of variables) values.set(name, rng.below(sort === NAT ? 4 : model.size));
      if (!premises.every((premise) => holds(premise, values, model))) continue;
      tried++;
      if (premises.length > 0) supposed++;
      assertEquals({ name, goal, holds: holds(statement, values, model) }, { name, goal, holds: true });
    }
  }
  assert(tried > 8000 && supposed > 500, `${tried} cases, ${supposed} with premises`);
});

function speaksOfAllNaturals(formula: Formula): boolean {
  return formula.kind === "forall" && formula.variables.some((variable) => variable.sort === NAT);
}

function holds(formula: Formula, values: Map<string, Value>, model: Model): boolean {
  switch (formula.kind) {
    case "equal":
      return evaluate(formula.left, values, model) === evaluate(formula.right, values, model);
    case "true":
    case "false":
      return formula.kind === "true";
    case "not":
      return !holds(formula.body, values, model);
    case "and":
      return holds(formula.left, values, model) && holds(formula.right, values, model);
    case "or":
      return holds(formula.left, values, model) || holds(formula.right, values, model);
    case "implies":
      return !holds(formula.left, values, model) || holds(formula.right, values, model);
    case "forall":
    case "exists": {
      const [variable, ...rest] = formula.variables;
      if (variable === undefined) return holds(formula.body, values, model);
      const inner: Formula = { ...formula, variables: rest };
      const cases = Array.from(
        { length: model.size },
        (_, value) => new Map(values).set(variable.name, value),
      );
      return formula.kind === "forall"
        ? cases.every((values) => holds(inner, values, model))
        : cases.some((values) => holds(inner, values, model));
    }
    default:
      return formula satisfies never;
  }
}

const NATURALS: Record<string, Operation> = {
  "0": () => 0,
  "1": () => 1,
  ".suc": (a) => a + 1,
  "+": (a, b) => a + b,
  "*": (a, b) => a * b,
  "<=": (a, b) => a <= b ? 1 : 0,
  ".divides": (a, b) => (a === 0 ? b === 0 : b % a === 0) ? 1 : 0,
};

function evaluate(term: Term, values: Map<string, Value>, model: Model): Value {
  if (term.head === "true") return 1;
  const bound = term.args.length === 0 ? values.get(term.head) : undefined;
  if (bound !== undefined) return bound;
  const args = term.args.map((arg) => evaluate(arg, values, model));
  const [first, second] = args as [Value, Value];
  if (term.head === ".pow") {
    const { "S.1": one, "*": times } = model.operations as Record<string, Operation>;
    let power = (one as Operation)();
    // powers of these few elements repeat with a period that divides 12, after at most two others
    for (let i = second < 12 ? second : 12 + second % 12; i > 0; i--) {
      power = (times as Operation)(first, power);
    }
    return power;
  }
  const isNatural = term.args.length === 0 ? term.sort === NAT : term.args[0]?.sort === NAT;
  const operation = (isNatural ? NATURALS : model.operations)[term.head];
  if (operation === undefined) throw new Error(`no ${term.head} in this model`);
  return operation(...args);
}

// all maps of {0 … n-1} to itself under composition, written as numbers in base n
function functionsOf(n: number): Model {
  const at = (f: Value, x: number) => Math.floor(f / n ** x) % n;
  const code = (image: (x: number) => number) =>
    Array.from({ length: n }, (_, x) => image(x) * n ** x).reduce((a, b) => a + b);
  return {
    size: n ** n,
    operations: { "S.1": () => code((x) => x), "*": (f, g) => code((x) => at(f, at(g, x))) },
  };
}

function permutationsOf3(): Model {
  const all = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
  const find = (p: (number | undefined)[]) => all.findIndex((q) => q.join() === p.join());
  return {
    size: 6,
    operations: {
      "S.1": () => 0,
      "*": (a, b) => find([0, 1, 2].map((x) => all[a]?.[all[b]?.[x] ?? 0])),
      ".inverse": (a) => find([0, 1, 2].map((x) => all[a]?.indexOf(x))),
    },
  };
}

// matrices [[p, q], [r, s]] over Z2 as the bits p q r s
function matricesOverZ2(): Model {
  const bits = (m: Value) => [m >> 3 & 1, m >> 2 & 1, m >> 1 & 1, m & 1] as [number, number, number, number];
  const times = (a: Value, b: Value) => {
    const [p, q, r, s] = bits(a);
    const [w, x, y, z] = bits(b);
    return ((p & w) ^ (q & y)) << 3 | ((p & x) ^ (q & z)) << 2 | ((r & w) ^ (s & y)) << 1 |
      ((r & x) ^ (s & z));
  };
  return {
    size: 16,
    operations: {
      "S.0": () => 0,
      "S.1": () => 0b1001,
      "+": (a, b) => a ^ b,
      "-": (a, b) => a ^ b,
      neg: (a) => a,
      "*": times,
    },
  };
}

// a lattice from the list, for each element, of what lies below it (itself among them)
function latticeOf(below: number[][]): Model {
  const lte = (a: number, b: number) => below[b]?.includes(a) ?? false;
  const all = below.map((_, i) => i);
  const pick = (candidates: number[], better: (a: number, b: number) => boolean) =>
    candidates.find((a) => candidates.every((b) => better(b, a))) ?? -1;
  return {
    size: below.length,
    operations: {
      "<=": (a, b) => lte(a, b) ? 1 : 0,
      ".meet": (a, b) => pick(all.filter((x) => lte(x, a) && lte(x, b)), lte),
      ".join": (a, b) => pick(all.filter((x) => lte(a, x) && lte(b, x)), (x, y) => lte(y, x)),
    },
  };
}
