import { assertEquals } from "@std/assert";
import { goalAtLine, parseModule } from "../../src/acorn/mod.ts";
import { editedLines } from "../../src/prove/edit.ts";
import { placesOf } from "../../src/prove/places.ts";
import { sheetOf } from "../../src/prove/sheet.ts";

const MODULE = `theorem before(a: Bool) { a = a } by {
    a
}
theorem t(a: Bool, b: Bool) {
    a and b
        implies b // the goal
} by {
    forall(x: Bool) {
        if x {
            x
        } else {
            not x
        }
    }
    b
}
theorem behind(a: Bool) { a = a }
`;

Deno.test("placesOf() has the goal's own place, and the ends of the blocks before it", () => {
  const module = parseModule(MODULE);
  const places = placesOf(module, goalAtLine(module, 14)!);
  const texts = places.map((place) => editedLines(module.lines, place.edit(["new"])));
  assertEquals(texts.map((lines) => lines.findIndex((line) => line.trim() === "new")), [14, 13, 10, 12]);
  assertEquals(places[0]!.given(["new"]), ["new"]);
  assertEquals(places[2]!.given(["new", "other"]), [
    [
      "    forall(x: Bool) {",
      "        if x {",
      "            x",
      "            new",
      "            other",
      "        } else {",
      "            not x",
      "        }",
      "    }",
    ].join("\n"),
  ]);
});

Deno.test("sheetOf() asks each question in a block of its own, and leaves out what nobody asks about", () => {
  const module = parseModule(MODULE);
  const goal = goalAtLine(module, 3)!;
  const questions = [{ kind: "line", text: "a" }, { kind: "goal", given: ["a", "b"] }] as const;
  const sheet = sheetOf(module, goal, { questions, form: { isCut: true, axioms: new Set() } });
  const lines = sheet.text.split("\n");
  assertEquals(lines.slice(0, 3), ["axiom before(a: Bool) { a = a }", "", ""]);
  assertEquals(lines.slice(15), [
    ..."    if true {|    a|    true|    }|    if true {|    a|    b|    a and b implies b|    true|    }|}|"
      .split("|"),
  ]);
  assertEquals(sheet.ranges, [{ first: 15, end: 19, goalLine: 17 }, { first: 19, end: 25, goalLine: 22 }]);
  assertEquals(sheet.lastLine, 24);
  const whole = sheetOf(module, goal, { questions, form: { isCut: false, axioms: new Set(["before"]) } });
  assertEquals(whole.text.split("\n").slice(0, 3), MODULE.split("\n").slice(0, 3));
  assertEquals(whole.text.split("\n").slice(-2), ["axiom behind(a: Bool) { a = a }", ""]);
});
