// Which certificate proves which goal of a module. A certificate names its goal: a theorem by its name, any
// other by its text in normalised code. The prover writes them in the order in which it proves, so goals and
// certificates are two lists in one order, each of which may lack what the other has. Names and texts that both
// have once cut them into short stretches. In a stretch the pairing that fits best is taken, in order: a goal
// fits a certificate of its very text, and less well one that says the same in other notation; a pair is
// refused where something that is left over fits as well. What has no partner is told, never guessed.
import { type Token, tokenize } from "./source/tokens.ts";

/** What {@linkcode matchGoals} found: indices of certificates. */
export interface GoalMatch {
  /** For each goal its certificate, or -1. */
  readonly certificateOf: Int32Array;
  /** Certificates that belong to no goal that was found. */
  readonly left: readonly number[];
}

/** Largest search, in pairs: no module has a stretch that takes more, but a damaged one may. */
const MAX_PAIRS = 4_000_000;
/** How well a goal fits a certificate of its text, and of its text in other notation. */
const SAME = 2;
const SAME_IN_OTHER_NOTATION = 1;

/**
 * Pair a module's goals, in build order, with its certificates' goals, in their order.
 * @param goals each goal's name or code, as a certificate has it; null where that is not known
 */
export function matchGoals(goals: readonly (string | null)[], certificates: readonly string[]): GoalMatch {
  const certificateOf = new Int32Array(goals.length).fill(-1);
  const isTaken = new Uint8Array(certificates.length);
  const take = (goal: number, certificate: number): void => {
    certificateOf[goal] = certificate;
    isTaken[certificate] = 1;
  };
  const known = new Set(goals);
  const goalNotions = goals.map((text) => text === null ? null : notionOf(text));
  // A certificate whose very text is some goal's is that goal's.
  const notions = certificates.map((text) => known.has(text) ? null : notionOf(text));
  const fit = (goal: number, certificate: number): number => {
    if (goals[goal] === certificates[certificate]) return SAME;
    const notion = notions[certificate]!;
    return notion !== null && notion === goalNotions[goal] ? SAME_IN_OTHER_NOTATION : 0;
  };
  let [g, c] = [0, 0];
  for (
    const [goal, certificate] of [...anchorsOf(goals, certificates), [
      goals.length,
      certificates.length,
    ]] as Pair[]
  ) {
    matchStretch({ g, goals: goal, c, certificates: certificate }, fit, take);
    if (goal < goals.length) take(goal, certificate);
    [g, c] = [goal + 1, certificate + 1];
  }
  return { certificateOf, left: [...certificates.keys()].filter((i) => isTaken[i] === 0) };
}

type Pair = readonly [goal: number, certificate: number];

/** Pairs with a name or code that both lists have once, as many as rise in both lists. */
function anchorsOf(goals: readonly (string | null)[], certificates: readonly string[]): Pair[] {
  const goalAt = placesOf(goals);
  const certificateAt = placesOf(certificates);
  const pairs: Pair[] = [];
  for (const [text, goal] of goalAt) {
    const certificate = text === null ? undefined : certificateAt.get(text);
    if (goal >= 0 && certificate !== undefined && certificate >= 0) pairs.push([goal, certificate]);
  }
  return longestRising(pairs);
}

/** Where each text stands; -1 where it does more than once. */
function placesOf<T>(texts: readonly T[]): Map<T, number> {
  const found = new Map<T, number>();
  for (const [i, text] of texts.entries()) found.set(text, found.has(text) ? -1 : i);
  return found;
}

/** The longest run of pairs, in order, whose second numbers rise. */
function longestRising(pairs: readonly Pair[]): Pair[] {
  const ends: number[] = []; // ends[n]: the pair with the least second number that ends a run of n + 1
  const before = new Int32Array(pairs.length).fill(-1);
  for (const [i, [, value]] of pairs.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[ends[middle]!]![1] < value) low = middle + 1;
      else high = middle;
    }
    before[i] = low > 0 ? ends[low - 1]! : -1;
    ends[low] = i;
  }
  const run: Pair[] = [];
  for (let i = ends.at(-1) ?? -1; i >= 0; i = before[i]!) run.push(pairs[i]!);
  return run.reverse();
}

/** Goals `g` … `goals - 1`, certificates `c` … `certificates - 1`. */
interface Stretch {
  readonly g: number;
  readonly goals: number;
  readonly c: number;
  readonly certificates: number;
}

type Take = (goal: number, certificate: number) => void;

function matchStretch(
  stretch: Stretch,
  fit: (goal: number, certificate: number) => number,
  take: Take,
): void {
  const { g, goals, c, certificates } = stretch;
  const [rows, columns] = [goals - g, certificates - c];
  if (rows * columns === 0 || rows * columns > MAX_PAIRS) return;
  const fits = new Uint8Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) fits[i * columns + j] = fit(g + i, c + j);
  }
  const pairs = bestPairs(fits, rows, columns);
  const taken = new Set(pairs.values());
  const freeRows = [...Array(rows).keys()].filter((i) => !pairs.has(i));
  const freeColumns = [...Array(columns).keys()].filter((j) => !taken.has(j));
  for (const [i, j] of pairs) {
    // Where anything that is left over fits as well, all pairs might have to move up by one.
    const value = fits[i * columns + j]!;
    const isClear = freeRows.every((row) => fits[row * columns + j]! < value) &&
      freeColumns.every((column) => fits[i * columns + column]! < value);
    if (isClear) take(g + i, c + j);
  }
}

/** The pairs, rising in both, whose fits are largest in sum. */
function bestPairs(fits: Uint8Array, rows: number, columns: number): Map<number, number> {
  const width = columns + 1;
  const best = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      const pair = fits[i * columns + j]! + best[(i + 1) * width + j + 1]!;
      best[i * width + j] = Math.max(pair, best[(i + 1) * width + j]!, best[i * width + j + 1]!);
    }
  }
  const pairs = new Map<number, number>();
  for (let i = 0, j = 0; i < rows && j < columns;) {
    const value = best[i * width + j]!;
    if (value === best[(i + 1) * width + j]) i++;
    else if (value === best[i * width + j + 1]) j++;
    else pairs.set(i++, j++);
  }
  return pairs;
}

/** Operators as the methods that they are calls of. */
const METHODS: Readonly<Record<string, string>> = {
  "+": "add",
  "*": "mul",
  "-": "sub",
  neg: "sub",
  "/": "div",
  "%": "mod",
  "<": "lt",
  ">": "gt",
  "<=": "lte",
  ">=": "gte",
  "∈": "contains",
  "⊂": "subset",
  "∪": "union",
  "∩": "intersection",
};
/** Signs and words that notation alone decides about. */
const NOTATION: ReadonlySet<string> = new Set("( ) { } , . : exists forall".split(" ").concat("\n"));

/**
 * What a text in normalised code says, but for its notation: `Fin[n].value(x) <= y` and `lte(x.value, y)` are
 * one. Words in alphabetical order; no types, paths or names of bound variables.
 */
function notionOf(text: string): string {
  const tokens = tokenize([text.slice(0, 20_000)]);
  const bound = new Set(tokens.filter((_, i) => tokens[i + 1]?.text === ":").map(({ text }) => text));
  const words: string[] = [];
  let depth = 0;
  for (let i = 0; i < tokens.length; i++) {
    const { kind, text } = tokens[i]!;
    if (text === "[") depth++;
    else if (text === "]") depth--;
    else if (text === "lib") { while (i < tokens.length && tokens[i]!.text !== ")") i++; }
    else if (depth > 0 || NOTATION.has(text) || bound.has(text) || isType(tokens[i]!)) continue;
    else if (text === "!=") words.push("not", "=");
    else if (kind === "name") {
      for (const part of text.toLowerCase().split("_")) words.push(METHODS[part] ?? part);
    } else words.push(METHODS[text] ?? text);
  }
  return words.sort().join(" ");
}

function isType({ kind, text }: Token): boolean {
  return kind === "name" && text[0] !== text[0]!.toLowerCase();
}
