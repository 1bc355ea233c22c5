/** Goals of modules: which there are, which lines they have, and what stands around them. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  buildOrder,
  goalAtLine,
  goalDocument,
  type GoalOptions,
  goalsOf,
  parseModule,
} from "../../src/acorn/mod.ts";

const MODULE = `from base import Base
numerals Base

/// Each kind of block.
theorem first[A: Magma](a: A, p: Bool) {
    p implies a = a
} by {
    // A comment.
    let (b: A, c: A) satisfy {
        b = c
    }
    if a = b {
        b = a
    } else {
        forall(d: A) {
            d = d and
                a = a
        }
    }
    match p {
        Pair.new(x, _) {
            x = x
        }
        Pair.none {
            false
        }
    }
    first_axiom(a)
    let e: A = if p { a } else { b }
    a = a
}

axiom first_axiom(a: Base) { a = a }

theorem short(a: Base) { a = a }

let half(a: Base) -> b: Base satisfy {
    b = b
} by {
    short(a)
    exists(c: Base) { c = c }
}

structure Small {
    value: Base
} constraint {
    value = 0
}
`;

function outline(text: string): string[] {
  return goalsOf(parseModule(text), { as2025: true }).map((
    { kind, name = "", firstLine, lastLine, blockFirstLine },
  ) => `${kind} ${name} ${firstLine + 1}-${lastLine + 1} in ${blockFirstLine + 1}`.replace("  ", " "));
}

Deno.test("goalsOf() finds each kind of goal, its lines and its block", () => {
  assertEquals(parseModule(MODULE).problems, []);
  assertEquals(outline(MODULE), [
    "theorem first 5-31 in 5",
    "satisfy 9-11 in 5",
    "claim 13-13 in 12",
    "claim 16-17 in 15",
    "claim 22-22 in 21",
    "claim 25-25 in 24",
    "claim 28-28 in 5",
    "claim 30-30 in 5",
    "theorem short 35-35 in 35",
    "function 37-42 in 37",
    "claim 41-41 in 37",
    "structure 44-48 in 1",
  ]);
});

Deno.test("buildOrder() proves what is in a block before the block's own goal", () => {
  const lines = (as2025: boolean): number[] =>
    buildOrder(parseModule(MODULE), { as2025 }).map(({ firstLine }) => firstLine + 1);
  assertEquals(lines(true), [9, 13, 16, 22, 25, 28, 30, 5, 35, 41, 37, 44]);
  assertEquals(lines(false), [9, 13, 16, 22, 25, 28, 30, 5, 35, 41, 37]); // a structure asks for nothing
});

Deno.test("goalAtLine() is the innermost goal, and goalDocument() has its sections", () => {
  const module = parseModule(MODULE);
  const goal = goalAtLine(module, 12)!;
  assertEquals(
    goalDocument(goal, { counterfactual: "b != a" }),
    "@T\n    if a = b {\n@G\n        b = a\n@C\nb != a\n",
  );
  assertEquals(goal.insertion, { line: 12, indent: "        ", opensBy: false });
  assertEquals(goal.block.map(({ kind }) => kind), ["theorem", "if"]);
  assertEquals(goalAtLine(module, 7)!.name, "first");
  assertEquals(goalAtLine(module, 7)!.insertion, { line: 30, indent: "    ", opensBy: false });
  assertEquals(goalAtLine(module, 34)!.insertion, { line: 34, indent: "    ", opensBy: true });
  assertEquals(goalAtLine(module, 1), undefined);
});

Deno.test("a claim that only calls a theorem is no goal; a theorem's name alone is one by the rules of 2025", () => {
  const module = parseModule(`theorem mine(a: Base) { a = a }
theorem user(a: Base) { a = a } by {
    mine(a)
    mine[Base](
        a
    )
    mine
    other(a)
    user(a)
    mine(a) and mine(a)
}
`);
  const claims = (options: GoalOptions): string[] =>
    goalsOf(module, options).filter(({ kind }) => kind === "claim").map(({ text }) => text.trim());
  assertEquals(claims({}), ["other(a)", "user(a)", "mine(a) and mine(a)"]);
  assertEquals(claims({ as2025: true }), ["mine", "other(a)", "user(a)", "mine(a) and mine(a)"]);
  const isCitation = ({ firstLine }: { firstLine: number }): boolean => firstLine === 7;
  assertEquals(claims({ isCitation }).includes("other(a)"), false);
});

Deno.test("an instance has a goal for each condition, or one for all by the rules of 2025", () => {
  const module = parseModule("instance Word: Monoid {\n    let mul = Word.mul\n}\n");
  const goals = (names: readonly string[], as2025: boolean) =>
    goalsOf(module, { conditionsOf: () => names, as2025 }).map(({ kind, condition }) =>
      `${kind} ${condition}`
    );
  assertEquals(goals(["assoc", "one"], false), ["instance assoc", "instance one"]);
  assertEquals(goals(["assoc", "one"], true), ["instance undefined"]);
  assertEquals(goals([], false), []);
});

Deno.test("a text that is broken in the middle of an edit keeps its other goals", () => {
  const broken = `theorem first(a: Base) { a = a } by {
    if a = a {
        a = b
    (a = b
theorem second(a: Base) { a = a } by {
    b = b
}
wrong
theorem third { true }
`;
  const module = parseModule(broken);
  assertEquals(goalsOf(module).map(({ name, text }) => name ?? text.trim()), [
    "first",
    "a = b",
    "(a = b",
    "second",
    "b = b",
    "third",
  ]);
  assertEquals(module.problems.map(({ line }) => line + 1), [1, 2, 4, 8]);
});

Deno.test("parseModule() and goalsOf() never throw, whatever the text", () => {
  const pieces = [
    "theorem t(a: A) {",
    "}",
    "by {",
    "if",
    "(",
    ")",
    "[",
    "let x",
    "satisfy {",
    "=",
    "->",
    "match a {",
  ];
  pieces.push(
    "else {",
    "forall(x: A) {",
    "instance A: B {",
    "structure S {",
    "constraint {",
    "from a import",
    "\n",
  );
  pieces.push(
    "\u{10ffff}",
    "\ud800",
    "// c\n",
    "/// d\n",
    "lib",
    "lib(a",
    ".",
    ",",
    "x",
    "1",
    "typeclass T: U {",
  );
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((words) => words.join(" "));
  fc.assert(fc.property(text, fc.boolean(), (text, as2025) => {
    for (const goal of goalsOf(parseModule(text), { as2025 })) {
      const lines = text.split("\n");
      assertEquals(goal.text.split("\n").slice(0, -1), lines.slice(goal.firstLine, goal.lastLine + 1));
    }
  }));
  for (
    const [word, count] of [["if a {\n", 5000], ["(", 100_000], ["forall(x: A) {\n", 20_000], [
      "} ",
      50_000,
    ]] as const
  ) {
    goalsOf(parseModule(`theorem t { a } by {\n${word.repeat(count)}`));
  }
});
