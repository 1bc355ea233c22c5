/** What is a statement: lines of proofs are, whatever their tokens; what the grammar leaves can be ended. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseProofFile, sampleCorpus } from "../../../src/corpus/mod.ts";
import { LineReader, LineScope, type LineState } from "../../../src/infer/lines/mod.ts";
import { cutProof, proofLines } from "../../../src/prompt/mod.ts";

const reader = new LineReader();
const isStatement = (line: string): boolean => reader.readText(line)?.isComplete === true;

/** As proofs of the prover have them, of 2025 and 2026. */
const STATEMENTS = [
  "a = b",
  "not f(x) or g(x, y) != -1 * z",
  "-a + (b - c) * d.inverse <= G.0",
  "not lib(order).is_transitive[G](G.lte) or not a <= b",
  "is_transitive<L>(L.lte) or a.max(b) > c",
  "at_least(n, i) = i >= n",
  "x ∈ s.union(t) or not x ∈ s ∪ t",
  "a = b = (c = d)",
  "0.divides(a)",
  "G.1.inverse = Zero.0[Real]",
  "not Foo.constraint[T](a) or p",
  "choose(n, 0) = n.factorial or true",
  "forall_holds(f)",
  "(forall(x0: Nat) { f(x0) }) = true",
  "exists(k0: Nat, k1: Nat -> Bool) { k1(k0) }",
  "function(x0: Nat) { not x0 < n or f(x0) }(m)",
  "function[T0: Group, T1](x0: (T0, T1) -> T0) { x0(T0.1, x1) = T0.1 }[G, H](act)",
  "(if a < b { a } else { b }) = a.min(b)",
  "let s0: Nat satisfy { true }",
  "let s0: (List[T], lib(a.b).Set[K -> Bool]) -> T satisfy { forall(x0: T) { s0(x0) = x0 } }",
  "let (s0: T -> U, s1: T) satisfy { s0(s1) = c and not p(s1) }",
  "let w1(arg0: Nat) -> w1_result: Nat satisfy { arg0 <= w1_result }",
  "not (not p(x) and q)",
  "a < b and (p or q) implies r",
];

const OTHERS = [
  "",
  " ",
  "a = ",
  "a = b)",
  "f(a",
  "f(a,)",
  "f()",
  "(a, b) = c",
  "[a]",
  "a b",
  "a = b // so",
  "// so",
  "a + b",
  "0",
  "not -a",
  "a < b < c",
  "a + b = (c < d) + e",
  "0(x)",
  "true(x)",
  "a  = b",
  "a = b ",
  " a = b",
  "a = b\nc = d\n",
  "x: Nat",
  "a -> b",
  "a implies b implies c",
  "not not a",
  "not (not forall(x0: Nat) { f(x0) })",
  "not (not (forall(x0: Nat) { f(x0) }))",
  "not (not exists(k0: Nat) { f(k0) })",
  "forall(x0: Nat) { f(x0) }",
  "forall(x0) { f(x0) } = true",
  "(forall(x0: Nat) f(x0))",
  "(forall(x0: Nat) { x0 + 1 })",
  "(forall() { p })",
  "(if a { b }) = c",
  "let s0 satisfy { true }",
  "let S0: Nat satisfy { true }",
  "let s0: Nat = 0",
  "let s0: (Nat, Nat) satisfy { true }",
  "let s0: Nat satisfy { true } or p",
  "lib(order) = a",
  "and",
  "a or or b",
  "a = {",
  "a ∈",
  "é = a",
  "theorem foo { a }",
  "match = a",
  "constraint(a)",
  "0foo = a",
];

Deno.test("statements are taken, other lines are not", () => {
  for (const line of STATEMENTS) assert(isStatement(line), line);
  for (const line of OTHERS) assert(!isStatement(line), line);
});

Deno.test("every line of the built-in corpus' proofs is a statement", () => {
  let lines = 0;
  for (const { text } of sampleCorpus({ files: 400, seed: 3 })) {
    for (const line of proofLines(cutProof(text)!.proof)) assert(isStatement(line), line);
    lines += proofLines(cutProof(text)!.proof).length;
  }
  assert(lines > 1000);
});

// Proofs that `acorn training` wrote, where there are some: TACTICS_PROOFS names their folder.
const proofs = Deno.env.get("TACTICS_PROOFS");
Deno.test(
  { name: "every line of the prover's own proofs is a statement", ignore: proofs === undefined },
  () => {
    const bad: string[] = [];
    for (const { name } of Deno.readDirSync(proofs!)) {
      const { file } = parseProofFile(name, Deno.readFileSync(`${proofs}/${name}`));
      const lines = proofLines(file === null ? "" : cutProof(file.text)?.proof ?? "");
      bad.push(...lines.filter((line) => !isStatement(line)));
    }
    assertEquals(bad, []);
  },
);

const name = fc.constantFrom("a", "b0", "zero", "or_else", "notP", "x'".slice(0, 1), "Nat", "if_any");
/** Values of each kind; claims are surely true or false. */
const { claim, type } = fc.letrec<{ value: string; claim: string; type: string; term: string }>((
  tie,
) => ({
  type: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("Nat", "T", "lib(list).List[T]"),
    fc.tuple(tie("type"), tie("type")).map(([a, b]) => `(${a}, Bool) -> ${b}`),
    tie("type").map((a) => `Set[${a}]`),
  ),
  term: fc.oneof(
    { depthSize: "small" },
    name,
    fc.tuple(name, tie("value"), tie("value")).map(([f, a, b]) => `${f}(${a}, ${b})`),
    fc.tuple(tie("term"), name).map(([a, b]) => `${a}.${b}`),
    tie("value").map((a) => `(${a}).inverse`),
    name.map((f) => `${f}[T, Nat]`),
  ),
  value: fc.oneof(
    { depthSize: "small" },
    tie("term"),
    fc.constantFrom("0", "Nat.0", "12"),
    fc.tuple(tie("term"), fc.constantFrom("+", "*", "∪", "-"), tie("term")).map((parts) => parts.join(" ")),
    tie("term").map((a) => `-${a}`),
    fc.tuple(name, tie("type"), tie("claim")).map(([x, t, p]) => `function(b${x}: ${t}) { ${p} }`),
  ),
  claim: fc.oneof(
    { depthSize: "small" },
    tie("term"),
    fc.tuple(tie("value"), fc.constantFrom("=", "!=", "<", "<=", ">=", "∈"), tie("value")).map((parts) =>
      parts.join(" ")
    ),
    fc.tuple(tie("claim"), fc.constantFrom("and", "or"), tie("claim")).map(([p, sign, q]) =>
      `(${p} ${sign} ${q})`
    ),
    fc.tuple(name, tie("type"), tie("claim")).map(([x, t, p]) => `exists(k${x}: ${t}) { ${p} }`),
    tie("term").map((p) => `not ${p}`),
  ),
}));
const statement = fc.oneof(
  claim,
  fc.tuple(claim, claim).map(([p, q]) => `${p} or ${q}`),
  fc.tuple(type, claim).map(([t, p]) => `let s0: ${t} satisfy { ${p} }`),
);

Deno.test("statements put together by the rules are taken", () => {
  fc.assert(fc.property(statement, (line) => assert(isStatement(line), line)), { numRuns: 2000 });
});

Deno.test("a statement with one byte more, less or other is taken only where its brackets still close", () => {
  const character = fc.constantFrom(..."()[]{},.:= -<>!/ano0∈\t\u00a0");
  fc.assert(
    fc.property(statement, fc.nat(), fc.nat(2), character, (line, place, kind, other) => {
      const at = place % line.length;
      const text = line.slice(0, at) + (kind === 0 ? "" : other) + line.slice(kind === 2 ? at : at + 1);
      if (isStatement(text)) assert(closes(text) && !/[\t\u00a0]|\/\/| {2}/.test(text), text);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("what can be read can be ended: no state is a dead end", () => {
  const bytes = [...new TextEncoder().encode(" ()[]{},.:=!<>-+*∈abfnotrueilsyNT01_")];
  fc.assert(
    fc.property(statement, fc.array(fc.nat(), { minLength: 1, maxLength: 40 }), (line, choices) => {
      let state = reader.readText(line.slice(0, choices[0]! % (line.length + 1)));
      for (const choice of choices) {
        const next = followers(state!, bytes);
        if (next.length > 0) state = next[choice % next.length]!;
      }
      assert(state!.isComplete || followers(state!, Array.from({ length: 256 }, (_, i) => i)).length > 0);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("with a scope only its names are used, and those that the line binds", () => {
  const scoped = new LineReader(new LineScope(["theorem foo(a: Nat) { gcd(a) = a.suc }", "x0"]));
  const uses = (line: string): boolean => scoped.readText(line)?.isComplete === true;
  assert(uses("gcd(a.suc) = 0 or foo(a)"));
  assert(!uses("gcd(b) = a"), "an unknown name");
  assert(!uses("a.pred = a"), "an unknown attribute");
  assertEquals(scoped.readText("gcdx"), null); // not even its beginning
  assert(scoped.readText("gc") !== null && !uses("gc"));
  assert(!uses("gcd(x0) = a"), "a bound variable's name is in no scope");
  assert(uses("exists(k0: Nat) { gcd(k0) = a }"));
  assert(!uses("exists(k0: Nat) { gcd(k0) = a } or a = k0"), "bound in its braces only");
  assert(!uses("exists(k0: Real) { gcd(k0) = a }"), "an unknown type");
  assert(uses("let s0: Nat satisfy { s0 = a }"));
  assert(uses("function[T0](x0: T0) { x0 = x0 }[Nat](a)"));
  assert(uses("lib(some.module).gcd(a) = a"), "modules are not looked up");
});

function followers(state: LineState, bytes: readonly number[]): LineState[] {
  return bytes.map((byte) => reader.read(state, byte)).filter((next) => next !== null);
}

/** Whether brackets close in order; `<` and `>` aside. */
function closes(text: string): boolean {
  const open: string[] = [];
  for (const character of text) {
    const kind = "([{".indexOf(character);
    if (kind >= 0) open.push(")]}"[kind]!);
    else if (")]}".includes(character) && open.pop() !== character) return false;
  }
  return open.length === 0;
}
