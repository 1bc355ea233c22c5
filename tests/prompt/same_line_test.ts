/** What counts as the same line. */
import { assertEquals } from "@std/assert";
import { normalLine, normalProof } from "../../src/prompt/mod.ts";

Deno.test("normalLine() and normalProof() do not mind white space", () => {
  assertEquals(normalLine("  a  =\tb "), "a = b");
  assertEquals(normalProof("a  = b\n\n c\n"), "a = b\nc");
  assertEquals(normalProof("\n"), "");
});
