/** Losses by section: by hand, tokens across borders, texts that tokens do not spell exactly. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { parseProofFile, type ProofFile } from "../../src/corpus/proof_file.ts";
import { PARTS, sumsOfSections } from "../../src/evaluate/section_sums.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";

function parse(text: string): ProofFile {
  return parseProofFile("a.txt", new TextEncoder().encode(text)).file!;
}

const BYTES = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });

Deno.test("sumsOfSections() counts each byte of a section's text, and markers in the whole only", () => {
  const file = parse("@T\nä\n@G\ngoal\n@C\nnot\n@P\n1\n22\n");
  const tokens = BYTES.encode(file.text);
  const losses = new Float32Array(tokens.length).fill(1);
  const sums = sumsOfSections(file, { tokens, losses, tokenizer: BYTES });
  const lengths = { T: 3, G: 5, H: 0, C: 4, P: 5 };
  for (const part of PARTS) {
    const bytes = part === "all" ? file.sizeBytes : lengths[part];
    const tokens = part === "all" ? bytes - 1 : bytes;
    assertEquals(sums[part], { nats: tokens, tokens, bytes }, part);
  }
});

Deno.test("sumsOfSections() divides a token across a border by its bytes", () => {
  // With these merges "\n   " is one token: the marker's line end and the goal's indentation.
  const texts = Array.from({ length: 50 }, () => "@G\n    b\n@P\n    b\n");
  const tokenizer = trainTokenizer(texts, { vocabularySize: 262, alphabet: "bytes" });
  const file = parse("@G\n    b\n@P\n    c\n");
  const tokens = tokenizer.encode(file.text);
  const losses = Float32Array.from(tokens, (_, i) => i);
  const sums = sumsOfSections(file, { tokens, losses, tokenizer });
  const wanted = { G: 0, P: 0 };
  let end = 0;
  const inside = (start: number, end: number, [from, to]: number[]): number =>
    Math.max(0, Math.min(end, to!) - Math.max(start, from!)) / (end - start);
  for (const [i, token] of tokens.entries()) {
    const start = end;
    end += tokenizer.tokenBytes(token).length;
    if (i === 0) continue;
    wanted.G += i * inside(start, end, [3, 9]);
    wanted.P += i * inside(start, end, [12, 18]);
  }
  assertEquals([...tokens].some((token) => tokenizer.tokenBytes(token).length === 4), true);
  assertAlmostEquals(sums.G.nats, wanted.G, 1e-9);
  assertAlmostEquals(sums.P.nats, wanted.P, 1e-9);
});

Deno.test("sumsOfSections() keeps its place behind characters that the vocabulary does not know", () => {
  const tokenizer = trainTokenizer(["@GPab\n"], {
    vocabularySize: 9,
    alphabet: "corpus",
  });
  const file = parse("@G\naxb\n@P\nb\n");
  const tokens = tokenizer.encode(file.text);
  const losses = new Float32Array(tokens.length).fill(1);
  const { G, P } = sumsOfSections(file, { tokens, losses, tokenizer });
  assertEquals([G.bytes, P.bytes, P.tokens], [4, 2, 2]);
});

Deno.test("sumsOfSections() takes a marker at the end, no sections, and one twice", () => {
  for (const text of ["@G\na\n@P", "no sections\n", "@P\na\n@P\nb\n", "x\n@G\ny"]) {
    const file = parse(text);
    const tokens = BYTES.encode(text);
    const sums = sumsOfSections(file, {
      tokens,
      losses: new Float32Array(tokens.length).fill(1),
      tokenizer: BYTES,
    });
    const bytes = file.sections.reduce((sum, section) => sum + section.text.length, 0);
    const { G, P } = sums;
    assertEquals(G.bytes + P.bytes, bytes);
    assertEquals(G.tokens + P.tokens, bytes);
  }
});

Deno.test("sumsOfSections() keeps its place behind a character whose every byte is unknown", () => {
  const tokenizer = trainTokenizer(["@GPab\n"], { vocabularySize: 9, alphabet: "corpus" });
  const sumsOf = (goal: string): ReturnType<typeof sumsOfSections> => {
    const file = parse(`@G\n${goal}\n@P\nb\n`);
    const tokens = tokenizer.encode(file.text);
    return sumsOfSections(file, { tokens, losses: new Float32Array(tokens.length).fill(1), tokenizer });
  };
  const { G, P } = sumsOf("a∈∈b");
  assertEquals([G.bytes, G.tokens, P.bytes, P.tokens], [9, 9, 2, 2]);
  assertEquals(sumsOf("a∈b").P, sumsOf("ab").P);
});
