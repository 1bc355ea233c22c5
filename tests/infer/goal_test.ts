/** Goals and prompts: cutting at @P, both forms, what is no goal. */
import { assertEquals, assertThrows } from "@std/assert";
import { DataError } from "../../src/errors.ts";
import { goalPrompt, parseGoal } from "../../src/infer/goal.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";

const SECTIONS = "@T\ntheorem t {\n@G\n    a = a\n@C\na != a\n";

Deno.test("parseGoal() cuts at @P and keeps the proof's lines", () => {
  assertEquals(parseGoal(SECTIONS), { sections: SECTIONS, lines: [] });
  assertEquals(parseGoal(`${SECTIONS}@P\n`), { sections: SECTIONS, lines: [] });
  assertEquals(parseGoal(`${SECTIONS}@P\nb = a\n\nfalse`), { sections: SECTIONS, lines: ["b = a", "false"] });
  // Inside a line it is no mark.
  assertEquals(parseGoal(`@G\n@P here\n@P\nx @P\n`), { sections: "@G\n@P here\n", lines: ["x @P"] });
});

Deno.test("parseGoal() takes files of editors: CRLF, a byte order mark, no or several newlines at the end", () => {
  for (const text of [SECTIONS.trimEnd(), `${SECTIONS}\n\n`, `\ufeff${SECTIONS.replaceAll("\n", "\r\n")}`]) {
    assertEquals(parseGoal(text).sections, SECTIONS);
  }
  assertEquals(parseGoal("@G\r\na\r\n@P\r\nb\r\n"), { sections: "@G\na\n", lines: ["b"] });
});

Deno.test("parseGoal() says what is missing", () => {
  for (const text of ["", " \n\n", "\ufeff"]) assertThrows(() => parseGoal(text), DataError, "text is empty");
  for (const text of ["a = a", "@P\nfalse\n@G\na", "@C\na != a\n", "@GOAL\na"]) {
    assertThrows(() => parseGoal(text), DataError, 'no line "@G"');
  }
});

Deno.test("goalPrompt() in both forms: as in training with @P, as the client with newlines by themselves", () => {
  // Two newlines are one token here, which the client never feeds.
  const tokenizer = trainTokenizer(["\n\n\n\n a\n\n"], {
    vocabularySize: 300,
    alphabet: "bytes",
  });
  assertEquals(tokenizer.encode("\n\n").length, 1);
  const lines = ["b = a", "c"];
  assertEquals(goalPrompt(tokenizer, SECTIONS), tokenizer.encode(`${SECTIONS}@P\n`));
  assertEquals(goalPrompt(tokenizer, SECTIONS, { lines }), tokenizer.encode(`${SECTIONS}@P\nb = a\nc\n`));
  const newline = tokenizer.encode("\n");
  assertEquals(newline.length, 1);
  const client = [...tokenizer.encode(SECTIONS), ...newline];
  assertEquals([...goalPrompt(tokenizer, SECTIONS, { form: "client" })], client);
  assertEquals(
    [...goalPrompt(tokenizer, SECTIONS, { form: "client", lines })],
    [...client, ...tokenizer.encode("b = a"), ...newline, ...tokenizer.encode("c"), ...newline],
  );
});
