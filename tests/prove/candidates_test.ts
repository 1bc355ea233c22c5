import { assertEquals } from "@std/assert";
import { goalAtLine, parseModule } from "../../src/acorn/mod.ts";
import { CandidateQueue } from "../../src/prove/candidates.ts";
import { citations, printExpression, readExpression } from "../../src/prove/citations.ts";
import { fitLine, knownLines } from "../../src/prove/known_lines.ts";
import { scopeOf, unknownName } from "../../src/prove/scope.ts";
import { surroundingsOf } from "../../src/prove/surroundings.ts";

const MODULE = `inductive Nat {
    zero
    suc(Nat)
}
define twice(n: Nat) -> Nat { n.add(n) }
theorem twice_add(a: Nat, b: Nat) {
    twice(a).add(twice(b)) = twice(a.add(b))
} by {
    twice(a) = a.add(a)
    a.add(b) = b.add(a)
    forall(k: Nat) {
        if twice(k) = k {
            k = Nat.zero
        }
    }
}
theorem other(x: Nat, y: Nat) {
    twice(x).add(twice(y)) = twice(y.add(x))
} by {
    x.add(y) = y.add(x)
}
`;

Deno.test("CandidateQueue takes turns, and leaves out what is no claim, empty, known or meaningless", () => {
  const queue = new CandidateQueue(["a = b"], (_, { kind }) => kind !== "name");
  queue.add("model", [
    "a  = b",
    "let x = a",
    "a = ",
    "a = a",
    "true",
    "x",
    "not (a",
    "b = c",
    "b =  c",
    "a = b }",
  ]);
  queue.add("cited", ["t(a)", "t(b)"]);
  queue.add("model", ["c = d"]);
  assertEquals(queue.leftOut, { unreadable: 4, meaningless: 1, empty: 2, repeated: 2 });
  assertEquals(queue.take(3).map(({ line }) => line), ["b = c", "t(a)", "c = d"]);
  assertEquals(queue.size, 1);
});

Deno.test("scopeOf() sees the names above a goal and around it, not those of other blocks", () => {
  const module = parseModule(MODULE);
  const { locals, names } = scopeOf(module, goalAtLine(module, 12)!);
  assertEquals([...locals], [["a", "Nat"], ["b", "Nat"], ["k", "Nat"]]);
  assertEquals(unknownName("forall(z: Nat) { twice(z).add(k) = Nat.zero }", names), undefined);
  assertEquals(unknownName("x = k", names), "x");
  assertEquals(unknownName("other(a, b)", names), "other");
});

Deno.test("fitLine() gives a known line the names of another place, as the theorems lie side by side", () => {
  const module = parseModule(MODULE);
  const { neighbors } = surroundingsOf(module, goalAtLine(module, 19)!, { library: null, name: "m" });
  assertEquals(neighbors(9).slice(0, 1), ["x.add(y) = y.add(x)"]);
  const [first] = knownLines(module);
  const words = (text: string): string[] => text.split(" ");
  const place = { theorem: words("twice ( p )"), before: [], after: [], locals: new Map([["p", "Nat"]]) };
  assertEquals(fitLine(first!, place), "twice(p) = p.add(p)");
  assertEquals(fitLine(first!, { ...place, locals: new Map() }), null);
});

Deno.test("citations() fill in a theorem's values from the goal", () => {
  const claim = readExpression("twice(a).add(twice(b)) = twice(a.add(b))")!;
  const parameters = [{ name: "a", type: "Nat" }, { name: "b", type: "Nat" }];
  const goal = [readExpression("f(twice(p.add(q)))")!];
  const locals = new Map([["p", "Nat"], ["q", "Nat"]]);
  const found = citations([{ name: "twice_add", parameters, claim }], { goal, facts: [], locals });
  assertEquals(found[0]!.line, "twice_add(p, q)");
});

Deno.test("printExpression() writes what readExpression() reads, with the parentheses that are needed", () => {
  const texts = [
    "a - (b - c)",
    "not (a and b) or c",
    "(a + b).f(c)(d)",
    "forall(x: Nat, f: Nat -> Bool) { f(x) implies x = 0 }",
    "-(a + b) * c",
    "(a -> b) -> c",
    "if a { b } else { c }",
    "List.nil[Nat] + f[A, B](x)",
  ];
  for (const text of texts) assertEquals(printExpression(readExpression(text)!), text);
  assertEquals(readExpression("a ="), null);
});
