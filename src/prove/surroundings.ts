// What stands around a goal: its place, the theorems that it can cite, and the proofs of its module and of
// those that it imports, whose lines may fit. From these, lines to try, without a model.
import type { Expression } from "../acorn/code/expression.ts";
import { claimProblem, goalsOf, parseModule, tokenize } from "../acorn/mod.ts";
import type { AcornLibrary, AcornModule, SourceGoal, Statement } from "../acorn/mod.ts";
import { editedLines, proofEdit } from "./edit.ts";
import { NearestGoals } from "../corpus/mod.ts";
import {
  childrenOf,
  type Citation,
  citations,
  type KnownTheorem,
  printExpression,
  readExpression,
} from "./citations.ts";
import {
  fitLine,
  type KnownLine,
  knownLines,
  type KnownPlace,
  spaced,
  statementWords,
  textOf,
} from "./known_lines.ts";
import { declarations, type Scope, scopeOf, unknownName } from "./scope.ts";

/** What is known at a goal. */
export interface Surroundings {
  readonly scope: Scope;
  /** The lines that stand above the goal in its proof. */
  readonly above: readonly string[];
  /** Whether a claim means something here: its names are known, its types fit as far as is known. */
  isMeant(line: string, claim: Expression): boolean;
  /** Lines that say a known theorem of certain values, best first. */
  cited(): string[];
  /** Lines of proofs that are like this one, with the names of this one, best first. */
  neighbors(most: number): string[];
  /** Lines with one value in the place of another of its type. */
  variants(lines: readonly string[]): string[];
  /** What follows from the goal's form: its sides and directions. */
  parts(): string[];
  /** Functions that the proof defines at its values, as what an induction ends with. */
  instances(): string[];
}

/** Neighbors that are looked at. */
const MOST_NEIGHBORS = 400;
/** Values of the proof that its own functions are tried at. */
const MOST_VALUES = 8;

/** Look around a goal. @param library has read what the module imports @param name the module's */
export function surroundingsOf(
  module: AcornModule,
  goal: SourceGoal,
  { library, name }: { readonly library: AcornLibrary | null; readonly name: string },
): Surroundings {
  const scope = scopeOf(module, goal);
  const theorem = goal.block[0]?.statement ?? goal.statement;
  const place = placeOf(module, goal, scope);
  const elaborator = elaboratorAt(module, goal, { library, name });
  return {
    scope,
    above: scope.before.filter(({ kind }) => kind === "claim").map((statement) =>
      textOf(module, statement.first, statement.last + 1)
    ),
    isMeant: (line, claim) =>
      !bindsNames(claim, scope.names) &&
      (elaborator === null
        ? unknownName(line, scope.names) === undefined
        : claimProblem(claim, elaborator) === null),
    cited() {
      const theorems = citableTheorems(module, theorem, { library, name });
      const claims = (statements: readonly Statement[]) =>
        statements.flatMap(({ kind, claim }) =>
          claim !== undefined && (kind === "claim" || kind === "if" || kind === "theorem" || kind === "let")
            ? [claim]
            : []
        );
      const read = (ranges: ReturnType<typeof claims>) =>
        ranges.map(({ from, end }) => readExpression(module.tokens.slice(from, end))).filter((tree) =>
          tree !== null
        );
      const goals = read(claims([goal.statement]));
      const facts = read(
        claims([...scope.before.slice(-8), ...goal.block.map(({ statement }) => statement)]),
      );
      return citations(theorems, { goal: goals, facts, locals: scope.locals }).map(({ line }: Citation) =>
        line
      );
    },
    variants: (lines) => lines.flatMap((line) => variantsOf(line, scope.locals)),
    parts() {
      const { claim } = goal.statement;
      const tree = claim === undefined ? null : readExpression(module.tokens.slice(claim.from, claim.end));
      return tree === null ? [] : goalParts(tree);
    },
    instances() {
      const locals = [...scope.locals];
      const defined = locals.filter(([, type]) => type === "define");
      const values = locals.filter(([, type]) => type !== "define").slice(0, MOST_VALUES);
      return defined.flatMap(([name]) => values.map(([value]) => `${name}(${value})`));
    },
    neighbors(most) {
      const imported = library?.importsOf(name).flatMap((other) => library.source(other) ?? []) ?? [];
      const lines = [module, ...imported].flatMap((each) => knownLines(each));
      return nearLines(lines, place).slice(0, most);
    },
  };
}

/** Whether an expression binds a name anew that means something already: the prover refuses that. */
function bindsNames(tree: Expression, names: ReadonlySet<string>): boolean {
  return tree.kind === "binder" && tree.declarations.some(({ name }) => names.has(name)) ||
    childrenOf(tree).some((child) => bindsNames(child, names));
}

/** What reads expressions where a line would stand: at a claim that is put there. */
function elaboratorAt(
  module: AcornModule,
  goal: SourceGoal,
  { library, name }: { readonly library: AcornLibrary | null; readonly name: string },
) {
  if (library === null) return null;
  const edit = proofEdit(module, goal, ["true"]);
  const probed = parseModule(editedLines(module.lines, edit).join("\n"));
  const line = edit.line + edit.firstGiven;
  const probe = goalsOf(probed).find(({ kind, firstLine }) => kind === "claim" && firstLine === line);
  return probe === undefined ? null : library.code.elaboratorAt(probe.statement, probed, name);
}

function goalParts(tree: Expression): string[] {
  if (tree.kind === "binder") return goalParts(tree.body);
  if (tree.kind !== "binary") return [];
  const [left, right] = [printExpression(tree.left, 4), printExpression(tree.right, 4)];
  switch (tree.operator) {
    case "=":
    case "iff":
      return [`${left} implies ${right}`, `${right} implies ${left}`];
    case "and":
    case "or":
      return [left, right, ...goalParts(tree.left), ...goalParts(tree.right)];
    case "implies":
      return [right, ...goalParts(tree.right)];
    default:
      return [];
  }
}

/** A line with one of its values replaced by another of the same type. */
function variantsOf(line: string, locals: ReadonlyMap<string, string>): string[] {
  const words = tokenize([line]).filter(({ kind }) => kind !== "newline").map(({ text }) => text);
  const places = words.flatMap((word, i) => locals.has(word) && words[i - 1] !== "." ? [i] : []);
  const replaced = [...new Set(places.map((i) => words[i]!))].flatMap((name) => {
    const same = [...locals].filter(([other, type]) =>
      other !== name && type !== "" && type === locals.get(name)
    );
    const all = same.map(([other]) =>
      words.map((word, i) => word === name && places.includes(i) ? other : word)
    );
    const one = places.length > 1
      ? same.flatMap(([other]) =>
        places.filter((i) => words[i] === name).map((at) => words.map((word, i) => i === at ? other : word))
      )
      : [];
    return [...all, ...one];
  });
  return replaced.slice(0, 12).map((variant) => spaced(variant));
}

function placeOf(module: AcornModule, goal: SourceGoal, { locals, before }: Scope): KnownPlace {
  const theorem = goal.block[0]?.statement ?? goal.statement;
  const last = before.at(-1);
  const claim = theorem.claim === undefined ? [] : statementWords(module, theorem.claim);
  const isOwn = goal.statement === theorem;
  const isBlock = goal.statement.kind === "if" || goal.statement.kind === "forall";
  const own = { from: goal.statement.first, end: goal.statement.last + 1 };
  return {
    theorem: claim,
    before: last === undefined ? [] : statementWords(module, { from: last.first, end: last.last + 1 }),
    after: isOwn || isBlock ? claim : statementWords(module, own),
    locals,
  };
}

function nearLines(lines: readonly KnownLine[], place: KnownPlace): string[] {
  const text = ({ theorem, before, after }: KnownPlace): string =>
    [...theorem, ...after, ...after, ...before].join(" ");
  const index = new NearestGoals(lines.map(text));
  const votes = new Map<string, number>();
  for (const { index: at, similarity } of index.nearest(text(place), MOST_NEIGHBORS)) {
    const fitted = fitLine(lines[at]!, place);
    if (fitted !== null) votes.set(fitted, (votes.get(fitted) ?? 0) + similarity ** 4);
  }
  return [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([line]) => line);
}

/** Theorems of the module above the goal, and those that it imports by name. */
function citableTheorems(
  module: AcornModule,
  theorem: Statement,
  { library, name }: { readonly library: AcornLibrary | null; readonly name: string },
): KnownTheorem[] {
  const found = new Map<string, KnownTheorem>();
  const take = (from: AcornModule, statement: Statement): void => {
    const { kind, name, parameters, claim } = statement;
    if ((kind !== "theorem" && kind !== "axiom") || name === undefined || claim === undefined) return;
    const tree = readExpression(from.tokens.slice(claim.from, claim.end));
    if (tree === null || found.has(name)) return;
    found.set(name, {
      name,
      claim: tree,
      parameters: parameters === undefined ? [] : declarations(from, parameters),
    });
  };
  for (const statement of module.statements) {
    if (statement.firstLine >= theorem.firstLine) break;
    take(module, statement);
  }
  if (library === null) return [...found.values()];
  const wanted = new Set(module.statements.flatMap(({ imports }) => imports?.names ?? []));
  const sources = library.importsOf(name).flatMap((other) => library.source(other) ?? []);
  for (const source of sources) {
    for (const statement of source.statements) if (wanted.has(statement.name ?? "")) take(source, statement);
  }
  return [...found.values()];
}
