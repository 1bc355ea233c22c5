/** Finding added tokens in text. */
import { assertEquals } from "@std/assert";
import { AddedTokenSplitter, type TextPart } from "../../src/tokenizer/added_tokens.ts";
import type { AddedToken } from "../../src/tokenizer/model.ts";

function splitter(
  ...tokens: (Partial<AddedToken> & { content: string })[]
): (text: string, asText?: boolean) => string[] {
  const full = tokens.map((token, id) => ({ id, special: true, normalized: false, ...token }));
  const instance = new AddedTokenSplitter(full);
  const show = (part: TextPart) => part.kind === "text" ? part.text : `#${part.id}`;
  return (text, asText = false) => instance.split(text, asText).map(show);
}

Deno.test("AddedTokenSplitter takes the leftmost token, and of those that begin there the longest", () => {
  const split = splitter({ content: "a" }, { content: "abc" }, { content: "bcd" });
  assertEquals(split("xabcd"), ["x", "#1", "d"]);
  assertEquals(split("abcda"), ["#1", "d", "#0"]);
  assertEquals(split("bcdbc"), ["#2", "bc"]);
  assertEquals(split(""), []);
});

Deno.test("AddedTokenSplitter looks for normalized tokens in what is left over", () => {
  const split = splitter({ content: "ab", normalized: true }, { content: "b" });
  assertEquals(split("abab"), ["a", "#1", "a", "#1"]);
  assertEquals(splitter({ content: "a", normalized: true }, { content: "b" })("abca"), [
    "#0",
    "#1",
    "c",
    "#0",
  ]);
});

Deno.test("AddedTokenSplitter leaves special tokens in the text when asked to, and what they hide", () => {
  const split = splitter({ content: "<a>" }, { content: "a>b", special: false });
  assertEquals(split("<a>ba>b"), ["#0", "b", "#1"]);
  assertEquals(split("<a>ba>b", true), ["<a>b", "#1"]);
});
