// Goals' code from small modules of our own; each case is a rule of the prover's elaborator or printer.
import { assertEquals } from "@std/assert";
import { buildOrder, CodeLibrary, parseModule } from "../../../src/acorn/mod.ts";

const MODULES: Record<string, string> = {
  word: `
inductive Word {
  0
  empty
  next(Word)
}
attributes Word {
  define join(self, other: Word) -> Word { self }
  define add(self, other: Word) -> Word { self }
  define neg(self) -> Word { self }
  define lt(self, other: Word) -> Bool { true }
}
numerals Word
define twice(w: Word) -> Word { w + w }
`,
  shelf: `
inductive Shelf[T] {
  bare
  put(T, Shelf[T])
}
attributes Shelf[T] {
  define contains(self, item: T) -> Bool { true }
  define add(self, other: Shelf[T]) -> Shelf[T] { self }
}
define turn[T](s: Shelf[T]) -> Shelf[T] { s }
define same[T](a: T, b: T) -> Bool { a = b }
`,
  joins: `
typeclass J: Joins {
  one: J
  0: J
  mul: (J, J) -> J
  one_mul(a: J) { J.one * a = a }
  zero_mul(a: J) { a.mul(J.0) = J.0 }
}
typeclass N: Negates extends Joins {
  neg: N -> N
}
attributes J: Joins {
  define square(self) -> J { self * self }
}
`,
};

/** The codes of a module's goals: `hypothesis ⊢ counterfactual`, in build order. */
function codes(text: string): (string | null)[] {
  const library = new CodeLibrary((name) => MODULES[name] === undefined ? null : parseModule(MODULES[name]!));
  const module = parseModule(text);
  return buildOrder(module, { as2025: true }).map((goal) => {
    const code = library.goalCode(goal, module, "main");
    if (code === null) return null;
    return code.hypothesis === undefined
      ? code.counterfactual
      : `${code.hypothesis} ⊢ ${code.counterfactual}`;
  });
}

/** The code of a claim in a proof, behind names `a`, `b` … of type Word, `f`, `p`. */
function claimCode(claim: string, imports = ""): string | null {
  return codes(`
from word import Word, twice
${imports}
theorem t(a: Word, b: Word, c: Word, f: Word -> Word, p: Word -> Bool) {
  true
} by {
  ${claim}
}
`)[0]!;
}

const CLAIMS: [string, string, string][] = [
  ["an equation is negated at its sign", "a = b", "a != b"],
  ["so is an inequality", "a != b", "a = b"],
  ["`not` is taken away", "not p(a)", "p(a)"],
  ["and put before all else", "a < b", "not a < b"],
  ["a conjunction is put in parentheses", "a = b and p(a)", "not (a = b and p(a))"],
  ["`iff` is an equation of truth values", "p(a) iff a = b or p(b)", "p(a) != (a = b or p(b))"],
  ["an implication leaves its premise as hypothesis", "a = b implies p(a)", "a = b ⊢ not p(a)"],
  ["parentheses are as few as can be", "((a) + (b + c)) = (a + b) + c", "a + (b + c) != a + b + c"],
  ["connectives are grouped to the left", "a = b or (b = c or p(a))", "not (a = b or (b = c or p(a)))"],
  ["a minus binds tighter than a sum", "-(a + b) = -a + -b", "-(a + b) != -a + -b"],
  ["a method of a negation keeps its parentheses", "(-a).join(b) = -a.join(b)", "(-a).join(b) != -a.join(b)"],
  ["a function of a type is written as a method", "Word.join(a, b) = a", "a.join(b) != a"],
  ["or as an operator", "Word.add(a, Word.neg(b)) = a", "a + -b != a"],
  ["a method that was written stays one", "a.add(b) = a", "a.add(b) != a"],
  ["a constructor is a function of its type", "Word.next(a) = a", "a.next != a"],
  [
    "bound variables are numbered",
    "(forall(z: Word) { z = a })",
    "not forall(x0: Word) { x0 = a }",
  ],
  [
    "those of `exists` for themselves",
    "(forall(u: Word, v: Word) { exists(w: Word) { u + v = w } })",
    "not forall(x0: Word, x1: Word) { exists(k0: Word) { x0 + x1 = k0 } }",
  ],
  [
    "functions count with `forall`",
    "f = function(w: Word) { w } or forall(v: Word) { p(v) }",
    "not (f = function(x0: Word) { x0 } or forall(x1: Word) { p(x1) })",
  ],
  ["an `if` without `else` implies", "a = if p(a) { b } else { c }", "a != if p(a) { b } else { c }"],
  ["an unknown name stays", "mystery(a).of = b", "mystery(a).of != b"],
];

for (const [what, claim, code] of CLAIMS) {
  Deno.test(`goal code: ${what}`, () => assertEquals(claimCode(claim), code));
}

Deno.test("goal code: numerals are bare where they are of the module's own type", () => {
  assertEquals(claimCode("Word.0 + a = a"), "Word.0 + a != a");
  assertEquals(claimCode("0 + a = Word.0", "numerals Word"), "0 + a != 0");
});

Deno.test("goal code: type parameters are printed where the arguments' types are not theirs", () => {
  const [inner, empty, both, theorem] = codes(`
from shelf import Shelf, turn, same
theorem t[T](s: Shelf[T], x: T) { turn(s) = s } by {
  Shelf.put(x, s).contains(x)
  s = Shelf.bare
  same(x, x) and same(turn(s), s)
}
`);
  assertEquals(inner, "not Shelf.put(x, s).contains(x)");
  assertEquals(empty, "s != Shelf.bare[T]");
  assertEquals(both, "not (same(x, x) and same(turn[T](s), s))");
  assertEquals(theorem, "turn[T](s) != s");
});

Deno.test("goal code: membership is a method where it was written so, an operator otherwise", () => {
  assertEquals(
    codes(`
from shelf import Shelf
theorem t[T](s: Shelf[T], x: T) { s.contains(x) } by {
  x ∈ s
}
`),
    ["not x ∈ s", "not s.contains(x)"],
  );
});

Deno.test("goal code: a theorem's premise is no part of its goal, and its name stands for its claim", () => {
  assertEquals(
    codes(`
from word import Word
theorem swap(a: Word, b: Word) { a = b implies b = a } by {
  swap(a, b)
}
theorem all_swap { forall(a: Word, b: Word) { a + b = b + a } }
theorem later(a: Word) { a = a } by {
  not all_swap
}
`),
    [
      "not swap(a, b)",
      "b != a",
      "not forall(x0: Word, x1: Word) { x0 + x1 = x1 + x0 }",
      "forall(x0: Word, x1: Word) { x0 + x1 = x1 + x0 }",
      "a != a",
    ],
  );
});

Deno.test("goal code: what is to be found is bound by `exists`", () => {
  assertEquals(
    codes(
      `
from word import Word
from shelf import Shelf
structure Even { half: Word, rest: Word } constraint { half = rest }
let pick(a: Word) -> r: Word satisfy { r = a }
theorem t(s: Shelf[Word]) { true } by {
  let (u: Word, v: Word) satisfy { u < v }
  let Shelf.put(x, y) = s
  let w: Word satisfy { w = x and u = v }
  match s {
    Shelf.bare { pick(u) = w }
    Shelf.put(first, more) { first + u = first and more.contains(u) }
  }
}
`.replace("half: Word, rest", "half: Word\n  rest").replace("{ half:", "{\n  half:").replace(
        "Word }",
        "Word\n}",
      ),
    ),
    [
      "not exists(k0: Word, k1: Word) { k0 = k1 }",
      "not exists(k0: Word) { k0 = a }",
      "not exists(k0: Word, k1: Word) { k0 < k1 }",
      "not exists(k0: Word, k1: Shelf[Word]) { Shelf.put(k0, k1) = s }",
      "not exists(k0: Word) { k0 = x and u = v }",
      "pick(u) != w",
      "not (first + u = first and more.contains(u))",
      "false",
    ],
  );
});

Deno.test("goal code: a value that is only another name is printed as what it names", () => {
  assertEquals(
    codes(`
from word import Word, twice
let double: Word -> Word = twice
theorem t(a: Word) { double(a) = a } by {
  let same: Word = a
  let more: Word = a + a
  same = more
}
`),
    ["a != more", "twice(a) != a"],
  );
});

Deno.test("goal code: attributes of typeclasses, and what an instance has to satisfy", () => {
  assertEquals(
    codes(`
from joins import Joins, Negates
from word import Word
theorem t[N: Negates](a: N) { a.square = N.one * -a }
instance Word: Joins {
  let one: Word = Word.empty
  let 0: Word = Word.empty
  define mul(self, other: Word) -> Word { self.join(other) }
}
theorem u(w: Word) { w * Word.one = Word.square(w) }
`),
    [
      "a.square != N.one * -a",
      "not (forall(x0: Word) { function(x1: Word, x2: Word) { x1.join(x2) }(Word.empty, x0) = x0 } and " +
      "forall(x3: Word) { function(x4: Word, x5: Word) { x4.join(x5) }(x3)(Word.empty) = Word.empty })",
      "w * Word.one != w.square",
    ],
  );
});

Deno.test("goal code: names that are not imported are found through their library", () => {
  assertEquals(
    codes(`
from word import twice
theorem t(a: lib(word).Word) { twice(a) = lib(word).Word.0 and exists(b: lib(word).Word) { b = a } }
`),
    ["not (twice(a) = lib(word).Word.0 and exists(k0: lib(word).Word) { k0 = a })"],
  );
});

Deno.test("goal code: hostile text has no code, or some, and never throws", () => {
  const many = (count: number, text: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => text(i)).join("");
  assertEquals(claimCode(`${"(".repeat(5000)}a${")".repeat(5000)} = a`), null);
  assertEquals(claimCode(`a = ${"not ".repeat(5000)}a`), null);
  assertEquals(claimCode(`a${" + a".repeat(5000)} = a`), null);
  assertEquals(claimCode("a = = b"), null);
  const doubling = many(60, (i) => `type D${i + 1}: (D${i}, D${i}) -> D${i}\n`);
  assertEquals(codes(`type D0: axiom\n${doubling}theorem t { forall(a: D60) { a = a } }\n`).length, 1);
  const swelling = many(60, (i) => `theorem s${i + 1} { s${i} and s${i} }\n`);
  assertEquals(codes(`theorem s0 { true }\n${swelling}`).length, 61);
  const big = `theorem big { ${"true and ".repeat(90)}true }\n`;
  assertEquals(codes(`${big}theorem t { ${"big and ".repeat(90)}true }\n`).at(-1), null);
  const taken = many(1000, (i) => `let k${i}: Bool = true and true\n`);
  assertEquals(codes(`${taken}theorem t { exists(a: Bool) { a } }\n`), [null]);
  assertEquals(codes("from main import a\nfrom nowhere import b\ntheorem t { a = b }\n"), ["a != b"]);
});

Deno.test("goal code: chains of modules that name each other deep in their text fill no stack", () => {
  const [before, behind] = ["(true and ".repeat(95), ")".repeat(95)];
  const load = (name: string): string => {
    const next = `m${Number(name.slice(1)) + 1}`;
    return `let a: Bool = ${before}lib(${next}).a${behind}\n`;
  };
  const library = new CodeLibrary((name) => /^m\d/.test(name) ? parseModule(load(name)) : null);
  const module = parseModule("from m0 import a\ntheorem t { a }\n");
  assertEquals(library.goalCode(buildOrder(module)[0]!, module, "main")?.counterfactual, "not a");
});

Deno.test("goal code: a module that ends anywhere has goals with code or without, and never throws", () => {
  const text = `
from word import Word, twice
from shelf import Shelf
typeclass A: Apt extends Word, Joins { apt: A -> Bool
  law(a: A) { a.apt implies a.apt } }
instance Word: Apt { define apt(self) -> Bool { self = Word.0 } } by { let (b: Word) satisfy { b.apt } }
attributes Shelf[Word] { let first: Word = if true { Word.0 } else { Word.empty } }
theorem t[T](s: Shelf[T], w: Word -> Word) { forall(x: T) { s + s != s and w(Word.0) < twice(Word.0) } } by {
  match s { Shelf.bare { true } Shelf.put(x, more) { more = s or exists(k: T -> Bool) { k(x) } } }
  let f: Word -> Word = function(a: Word) { -a + a }
  if s = s { f(Word.0) = w(Word.0) } else { false }
}
`;
  for (let end = 0; end <= text.length; end++) codes(text.slice(0, end));
  for (
    const kind of ["inductive", "structure", "typeclass", "instance", "attributes", "type", "let", "define"]
  ) {
    for (const rest of ["", " A", " A {", " A:", " A =", " A(", " [", " A[T] by", ": B { c: D }"]) {
      codes(`${kind}${rest}\ntheorem t { true }\n`);
    }
  }
});
