/** A proof file's three forms as tokens. */
import { assertEquals } from "@std/assert";
import { END_TOKEN } from "../../src/config.ts";
import { goalPrompt } from "../../src/prompt/mod.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";
import { bodylessForm, proverForm, trainingDocument, wholeForm } from "../../src/train/training_document.ts";

const SECTIONS = "@T\ntheorem t(a: Nat) {\n@G\n    a ≤ a\n@C\nnot (a ≤ a)\n";
const LINES = ["a ≤ a or a < a", "  not (a ≤ a)", "false"];
const TEXT = `${SECTIONS}@P\n${LINES.join("\n")}\n`;

const tokenizer = trainTokenizer([TEXT, TEXT], { vocabularySize: 330, alphabet: "bytes" });

Deno.test("the whole form is the file's text and the end, and knows the proof's first token", () => {
  const document = trainingDocument(TEXT, tokenizer);
  const { tokens, proofStart } = wholeForm(document, tokenizer);
  assertEquals(tokens, Int32Array.of(...tokenizer.encode(TEXT), END_TOKEN));
  assertEquals(tokenizer.decode(tokens.subarray(0, proofStart)), `${SECTIONS}@P\n`);
  assertEquals(tokenizer.decode(tokens.subarray(proofStart)), `${LINES.join("\n")}\n`);
});

Deno.test("the prover's form is what a goal's prompt is made of, and then the end", () => {
  const { tokens, proofStart } = proverForm(trainingDocument(TEXT, tokenizer), tokenizer);
  const prompt = (lines: readonly string[]): Int32Array =>
    goalPrompt(tokenizer, { before: SECTIONS, lines }, { form: "prover" });
  assertEquals(tokens, Int32Array.of(...prompt(LINES), END_TOKEN));
  assertEquals(tokens.slice(0, proofStart), Int32Array.from(prompt([])));
  assertEquals(tokenizer.decode(tokens), `${SECTIONS}\n${LINES.join("\n")}\n`);
});

Deno.test("the form of January's prover shows a theorem up to its body", () => {
  const [goal, rest] = ["@G\ntheorem t(a: Nat) {\n    a ≤ a\n} by {\n", "@C\nnot (a ≤ a)\n"];
  const form = (before: string): string =>
    tokenizer.decode(bodylessForm(trainingDocument(`${before}@P\nfalse\n`, tokenizer), tokenizer).tokens);
  assertEquals(form(`${goal}    a = a by {\n        a\n    }\n}\n${rest}`), `${goal}${rest}\nfalse\n`);
  // Nothing else is cut: not the theorem before the goal, no name that ends in "by".
  for (const before of [`@T\n} by {\n${goal}${rest}`, `@G\nstandby {\na\n}\n${rest}`, SECTIONS]) {
    assertEquals(form(before), `${before}\nfalse\n`);
  }
});

Deno.test("a file without a proof, or with two, has none to mark", () => {
  for (const text of [SECTIONS, `${SECTIONS}@P\n`, `${TEXT}@P\nx\n`, `${TEXT}@C\nx\n`]) {
    const document = trainingDocument(text, tokenizer);
    assertEquals(document.proof, null);
    assertEquals(wholeForm(document, tokenizer).proofStart, document.tokens.length);
  }
});
