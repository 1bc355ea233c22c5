// What keeps lines well-formed inside an exported graph, which knows the tokens so far and has no stack: by
// the last token, which ones may follow it somewhere in a statement; and how many parentheses, brackets and
// braces are open, so that none closes without one, no comma or colon stands outside, and a line ends with
// none. Weaker than src/infer/lines, from which the tables are made: what is open in which order is not known.
// And no `let … satisfy`: of a trained model's half did not end in the client's 100 tokens, and one in fifty
// was accepted. Also out of reach: <UNK>, <PAD>, which the prover does not take for an end, and tokens with
// text before or behind a newline, of which it would lose the text.
import { LineReader, type LineState } from "../infer/lines/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** Tables by token; V tokens, C classes. */
export interface LineTables {
  /** (V): tokens after which the same ones may follow have the same class. */
  readonly classOf: Int32Array;
  /** (C, V): 1 for each token that may follow. */
  readonly follows: Uint8Array;
  /** (V, 4): what a token adds to open parentheses, brackets, braces, and to the first two together. */
  readonly effects: Float32Array;
  /** (V, 4): how many must be open before it. */
  readonly needs: Float32Array;
  /** (V): 1 for tokens with a newline. */
  readonly newlines: Float32Array;
}

/** From so many tokens of a line on, what closes it gains so much a token, and what opens loses as much. */
export const LONG_LINE = 40;
export const HURRY = 0.1;
/** What the last token of a line loses that was said before; the tokens before it a share of that. */
export const SAID_AGAIN = 6;

/** Statements with all that the grammar has: a token is tried after each of their beginnings. */
const STATEMENTS = [
  "not f(x, -y) or g.h(a + b, (c - 1) * -(d)) != -0.suc(a)(b) and (p or q) implies T.1 = Nat.0.k",
  "not (a = b) or not (not c ∈ d and -a ∉ e) iff x ∪ y ∩ -z ∖ w ⊆ v or (a)(b).c = (a / b % c).d",
  "lib(a.b).f[T, lib(c).S[U]](x)[V](y, z) <= a or b < -c or not b > c or a >= b = (c ⊂ d) or a ⊃ b or a ∋ b",
  "is_f<T, U.V>(x) = true or not false = (not a) or (true) or -(-a) = -b or f(not a, (b), 1) = g(-1)",
  "(forall(x0: Nat, x1: (T, (A -> B, C) -> D) -> Bool) { not x1(x0) and -x0 = a or (x0) = b }) = true",
  "not exists(k0: List[T] -> lib(a).B.C, k1: Nat) { (k1 = 0) } or (exists(k0: T) { not k0 }) != forall(x0: T) { p }",
  "function(x0: Nat, x1: T) { x0 + x1 = a }(m, -n) = function[T0: G.H, T1](x0: T0) { f(x0) }[G, H](a, 0)",
  "function[T0] { p }[T] or (if a < b { -a } else { (b).c }) = a.min(if p { a } else { b }) or not -a = b",
  // Closing what is deep: parentheses of calls, groups, types, and brackets in them.
  "f(g(h(k(m(a.b(c)))))) = f(g(h(k(m(1, -0))))) or p(q(r(s(T[U[V]]))))",
  "f(g(h(k(T.n[U]))), c) or p(q(T[A -> B, lib(c).S[U]], ((a + b)))).c or ((((a) + 0)) = (b(c(d)(e))))",
  "exists(k0: (((A -> B) -> C, S[U[V]]) -> D, T[(A, B[C]) -> U]) -> E) { f(g(h(k(a)))) and p(q(r(0))) and s(t[U]) }",
  "forall_in(a, function(x0: T) { f(g(h(k(x0)))) }, (function(x0: S[U[V]]) { (a + g(h(0))) }), if p(q(a)) { b(c(d)) } else { (a) })",
  "(forall(x0: A) { exists(k0: T) { f(g(h(a))) = 0 } or (exists(k0: T) { p(a[B]) or (q(1)) }) }) = q",
  "exists(k0: (S[U], T[B[C]]) -> D[A[T]]) { f(g(k0)) = a[B] and exists(k0: T[U]) { p(T[U]) } }",
  "exists(k0: ((A, B[C]) -> D) -> T, k1: A[B[C]]) { exists(k0: T) { p } and q(a(b(0))) }",
  "p(S[U]) or f(Nat.1) = q(T.n[A -> B], Set.k[U])",
  "(a + b) * c ⊇ d or (not a or b) = c or ((a) = b) or (-a + b).c <= (lib(a).b)",
];

const KINDS = ["()", "[]", "{}"];

/** The tables of a vocabulary. */
export function lineTables(tokenizer: Tokenizer): LineTables {
  const V = tokenizer.vocabularySize;
  const reader = new LineReader();
  const after = (state: LineState, token: number): LineState | null => {
    let next: LineState | null = state;
    for (const byte of tokenizer.tokenBytes(token)) next = next === null ? null : reader.read(next, byte);
    return next;
  };
  const all = Array.from({ length: V }, (_, id) => id);
  const isDrawn = (id: number): boolean => {
    const { length } = tokenizer.tokenBytes(id);
    return !tokenizer.isSpecial(id) && length > 0 && (newlineAt(id) < 0 || length === 1);
  };
  const newlineAt = (id: number): number => tokenizer.tokenBytes(id).indexOf(10);
  const drawn = all.filter(isDrawn);
  const isLet = (id: number): boolean => /^let(?:\s|$)/.test(tokenizer.decode([id]));
  /** By state: the tokens that may follow. */
  const known = new Map<LineState, readonly number[]>();
  const byFirst = Map.groupBy(drawn, (id) => tokenizer.tokenBytes(id)[0]!);
  const followers = (state: LineState): readonly number[] => {
    const found = known.get(state) ??
      [...byFirst].flatMap(([byte, ids]) =>
        reader.read(state, byte) === null ? [] : ids.filter((id) => after(state, id) !== null)
      );
    known.set(state, found);
    return found;
  };
  const entries = new Set(STATEMENTS.flatMap((text) => beginnings(reader, text)));
  const [classOf, rows, classes] = [new Int32Array(V), [] as Uint8Array[], new Map<string, number>()];
  for (const id of all) {
    const row = new Uint8Array(V);
    if (newlineAt(id) >= 0) { for (const next of followers(reader.start())) row[next] = isLet(next) ? 0 : 1; }
    else {
      const exits = new Set([...entries].map((state) => tokenizer.isSpecial(id) ? null : after(state, id)));
      for (const exit of exits) if (exit !== null) { for (const next of followers(exit)) row[next] = 1; }
    }
    // After what stands in no statement, anything that can be drawn.
    if (!row.includes(1)) { for (const next of drawn) row[next] = 1; }
    const key = row.join("");
    classOf[id] = classes.get(key) ?? rows.push(row) - 1;
    classes.set(key, classOf[id]!);
  }
  const follows = new Uint8Array(rows.length * V);
  for (const [i, row] of rows.entries()) follows.set(row, i * V);
  return { classOf, follows, ...brackets(tokenizer) };
}

/** How much nearer a token brings a line's end: brackets that it closes, and the end itself. */
export function closing({ effects, newlines }: LineTables, id: number): number {
  return newlines[id]! - effects[4 * id + 2]! - effects[4 * id + 3]!;
}

/** The states after each beginning of a text. */
function beginnings(reader: LineReader, text: string): LineState[] {
  const states = [reader.start()];
  for (const byte of new TextEncoder().encode(text)) {
    const next = reader.read(states.at(-1)!, byte);
    if (next === null) throw new Error(`internal: no statement: ${text}`);
    states.push(next);
  }
  return states;
}

function brackets(tokenizer: Tokenizer): Omit<LineTables, "classOf" | "follows"> {
  const V = tokenizer.vocabularySize;
  const [effects, needs, newlines] = [new Float32Array(4 * V), new Float32Array(4 * V), new Float32Array(V)];
  for (let id = 0; id < V; id++) {
    if (tokenizer.isSpecial(id)) continue;
    const effect = effects.subarray(4 * id, 4 * id + 4);
    const need = needs.subarray(4 * id, 4 * id + 4);
    for (const byte of tokenizer.tokenBytes(id)) {
      const character = String.fromCharCode(byte);
      if (character === "\n") newlines[id] = 1;
      for (const [kind, brackets] of KINDS.entries()) {
        const change = [1, -1][brackets.indexOf(character)] ?? 0;
        for (const counted of kind < 2 ? [kind, 3] : [kind]) {
          effect[counted]! += change;
          need[counted] = Math.max(need[counted]!, -effect[counted]!);
        }
      }
      if (character === "," || character === ":") need[3] = Math.max(need[3]!, 1 - effect[3]!);
    }
  }
  return { effects, needs, newlines };
}
