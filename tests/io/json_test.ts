/** parseJson() is JSON.parse() but for bombs. */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseJson } from "../../src/io/mod.ts";

Deno.test("parseJson() reads what JSON.parse() reads", () => {
  fc.assert(fc.property(fc.json({ maxDepth: 8 }), (text) => assertEquals(parseJson(text), JSON.parse(text))));
  assertEquals(parseJson(`["${"[{,".repeat(100)}", "\\"[[", "\\\\"]`), ["[{,".repeat(100), '"[[', "\\"]);
});

Deno.test("parseJson() refuses what nests too deeply or has too many values, before it takes memory", () => {
  const begun = performance.now();
  assertThrows(() => parseJson("[".repeat(50_000_000)), SyntaxError, "it nests more than 64 deep");
  assertThrows(() => parseJson(`[${"{},".repeat(5_000_000)}0]`), SyntaxError, "more than 8388608 values");
  assertEquals(performance.now() - begun < 5000, true);
});
