/** Goals and prompts: cutting at @P, both forms, what is no goal. */
import { assertEquals, assertThrows } from "@std/assert";
import { DataError } from "../../src/errors.ts";
import { cutProof, goalPrompt, parseGoal, proofLines } from "../../src/prompt/mod.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";

const SECTIONS = "@T\ntheorem t {\n@G\n    a = a\n@C\na != a\n";

Deno.test("parseGoal() cuts at @P and keeps the proof's lines", () => {
  assertEquals(parseGoal(SECTIONS), { before: SECTIONS, lines: [] });
  assertEquals(parseGoal(`${SECTIONS}@P\n`), { before: SECTIONS, lines: [] });
  assertEquals(parseGoal(`${SECTIONS}@P\nb = a\n\nfalse`), { before: SECTIONS, lines: ["b = a", "false"] });
  // Inside a line it is no mark.
  assertEquals(parseGoal(`@G\n@P here\n@P\nx @P\n`), { before: "@G\n@P here\n", lines: ["x @P"] });
});

Deno.test("parseGoal() takes CRLF, a byte order mark, no or several newlines at the end", () => {
  for (const text of [SECTIONS.trimEnd(), `${SECTIONS}\n\n`, `\ufeff${SECTIONS.replaceAll("\n", "\r\n")}`]) {
    assertEquals(parseGoal(text).before, SECTIONS);
  }
  assertEquals(parseGoal("@G\r\na\r\n@P\r\nb\r\n"), { before: "@G\na\n", lines: ["b"] });
});

Deno.test("parseGoal() says what is missing", () => {
  for (const text of ["", " \n\n", "\ufeff"]) assertThrows(() => parseGoal(text), DataError, "text is empty");
  for (const text of ["a = a", "@P\nfalse\n@G\na", "@C\na != a\n", "@GOAL\na"]) {
    assertThrows(() => parseGoal(text), DataError, 'no line "@G"');
  }
});

Deno.test("goalPrompt() in both forms: training's with @P, the prover's with newlines by themselves", () => {
  // Two newlines are one token here, which the prover never feeds.
  const tokenizer = trainTokenizer(["\n\n\n\n a\n\n"], {
    vocabularySize: 300,
    alphabet: "bytes",
  });
  assertEquals(tokenizer.encode("\n\n").length, 1);
  const lines = ["b = a", "c"];
  assertEquals(goalPrompt(tokenizer, { before: SECTIONS, lines: [] }), tokenizer.encode(`${SECTIONS}@P\n`));
  assertEquals(
    goalPrompt(tokenizer, { before: SECTIONS, lines }),
    tokenizer.encode(`${SECTIONS}@P\nb = a\nc\n`),
  );
  const newline = tokenizer.encode("\n");
  assertEquals(newline.length, 1);
  const prover = [...tokenizer.encode(SECTIONS), ...newline];
  assertEquals([...goalPrompt(tokenizer, { before: SECTIONS, lines: [] }, { form: "prover" })], prover);
  assertEquals(
    [...goalPrompt(tokenizer, { before: SECTIONS, lines }, { form: "prover" })],
    [...prover, ...tokenizer.encode("b = a"), ...newline, ...tokenizer.encode("c"), ...newline],
  );
});

Deno.test("cutProof() cuts any text, byte for byte, and tells whether the proof is its last section", () => {
  for (const marker of ["@P\n", "@P\r\n", "@P"]) {
    for (const before of ["", "@G\nx\n", "\ufeff@G\nx @P\n @P\n"]) {
      const proof = marker === "@P" ? "" : "a\n\n b";
      const expected = { before, marker, proof, isLast: true };
      assertEquals(cutProof(before + marker + proof), expected);
    }
  }
  for (const rest of ["@P\nb\n", "@C\nb\n"]) {
    assertEquals(cutProof(`@G\n@P\na\n${rest}`), {
      before: "@G\n",
      marker: "@P\n",
      proof: `a\n${rest}`,
      isLast: false,
    });
  }
  assertEquals([cutProof(""), cutProof("@G\n@Px\n")], [null, null]);
  assertEquals(proofLines("a\n\n b\n \t\n"), ["a", " b"]);
});
