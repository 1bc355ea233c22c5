/** Goals of modules: which there are, which lines they have, and what stands around them. */
import { assertEquals } from "@std/assert";
import { buildOrder, goalAtLine, goalDocument, goalsOf, parseModule } from "../../src/acorn/mod.ts";

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
  return goalsOf(parseModule(text)).map(({ kind, name = "", firstLine, lastLine, blockFirstLine }) =>
    `${kind} ${name} ${firstLine + 1}-${lastLine + 1} in ${blockFirstLine + 1}`.replace("  ", " ")
  );
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
  const lines = buildOrder(parseModule(MODULE)).map(({ firstLine }) => firstLine + 1);
  assertEquals(lines, [9, 13, 16, 22, 25, 28, 30, 5, 35, 41, 37, 44]);
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
