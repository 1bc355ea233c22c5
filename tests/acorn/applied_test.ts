/** Facts at arguments, said without the function that holds them. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { applied } from "../../src/acorn/applied.ts";

const CASES: readonly (readonly [does: string, line: string, said: string])[] = [
  ["variables are replaced", "function(x0: W, x1: W) { x0 + x1 = x1 + x0 }(a, 1)", "a + 1 = 1 + a"],
  [
    "an argument that binds less is in parentheses",
    "function(x0: W) { x0 * x0 < x0 }(a + b)",
    "(a + b) * (a + b) < a + b",
  ],
  [
    "so is one on the right of its like",
    "function(x0: W) { a - x0 = x0 - a }(b - c)",
    "a - (b - c) = b - c - a",
  ],
  ["or before a dot or a call", "function(x0: W) { x0.next = x0(1) }(a + b)", "(a + b).next = (a + b)(1)"],
  ["a minus that is a sign binds more", "function(x0: W) { -x0 = a - x0 }(b * c)", "-(b * c) = a - b * c"],
  [
    "not takes an equation whole, but no disjunction",
    "function(x0: Bool) { not x0 }(a = b or c)",
    "not (a = b or c)",
  ],
  [
    "types are replaced too",
    "function[T0: M, T1](x0: T0) { f[T0, T1](x0) = T0.1 }[W, A -> B](a)",
    "f[W, A -> B](a) = W.1",
  ],
  ["types alone", "function[T0] { forall(x0: T0) { x0 = x0 } }[W]", "forall(x0: W) { x0 = x0 }"],
  ["an attribute is no variable", "function(x0: W) { a.x0 = x0 }(b)", "a.x0 = b"],
  [
    "commas inside of arguments",
    "function(x0: W, x1: W) { x0 = x1 }(f(a, b), g[A, B](c))",
    "f(a, b) = g[A, B](c)",
  ],
  ["without arguments it stays", "function(x0: W) { x0 = x0 }", "function(x0: W) { x0 = x0 }"],
  ["with too few it stays", "function(x0: W, x1: W) { x0 = x1 }(a)", "function(x0: W, x1: W) { x0 = x1 }(a)"],
  ["in the middle it stays", "function(x0: W) { x0 }(a) = b", "function(x0: W) { x0 }(a) = b"],
  ["other lines stay", "let w0: W satisfy { w0 = a }", "let w0: W satisfy { w0 = a }"],
  ["broken ones too", "function(x0: W { x0 }(a", "function(x0: W { x0 }(a"],
];

for (const [does, line, said] of CASES) {
  Deno.test(`applied(): ${does}`, () => assertEquals(applied(line), said));
}

Deno.test("applied() never throws, whatever the line", () => {
  const pieces = [
    "function",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "x0",
    ":",
    "W",
    ",",
    ".",
    "-",
    "not",
    "if",
    "=",
    "1",
  ];
  const line = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((words) =>
    `function${words.join(" ")}`
  );
  fc.assert(fc.property(line, (line) => void applied(line)));
  applied(`function(${"(".repeat(50_000)}`);
});
