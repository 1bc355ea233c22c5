/** Lines drawn under the mask are statements, whatever the model and its tokens; none says nothing new. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sampleCorpus } from "../../../src/corpus/mod.ts";
import { LineMask, LineReader, LineScope, ProofGuide } from "../../../src/infer/lines/mod.ts";
import { isVacuous } from "../../../src/infer/lines/vacuous.ts";
import { generateTokens, sampleToken } from "../../../src/infer/sample.ts";
import { suggestLines } from "../../../src/infer/suggest_lines.ts";
import { cutProof, proofLines } from "../../../src/prompt/mod.ts";
import { Rng } from "../../../src/rng.ts";
import { trainTokenizer } from "../../../src/tokenizer/mod.ts";
import { TableDecoder } from "../table_model.ts";

const texts = [...sampleCorpus({ files: 60, seed: 1 })].map(({ text }) => text);
// Tokens of several lexemes and halves of words: "not (", ") or", ")\n".
const tokenizer = trainTokenizer(texts, { vocabularySize: 400, alphabet: "bytes" });
const reader = new LineReader();
const isStatement = (line: string): boolean => reader.readText(line)?.isComplete === true;
const newline = tokenizer.encode("\n")[0]!;

Deno.test("proof lines are allowed at every token, whatever the borders of tokens", () => {
  const lines = texts.flatMap((text) => proofLines(cutProof(text)!.proof));
  const mask = new LineMask(tokenizer);
  fc.assert(
    fc.property(fc.constantFrom(...lines), fc.nat(), (line, seed) => {
      const rng = new Rng(seed, "borders");
      const bytes = new TextEncoder().encode(line);
      let state = mask.start();
      const tokens: number[] = [];
      for (let at = 0; at < bytes.length;) {
        const fits = Array.from({ length: tokenizer.vocabularySize }, (_, id) => id).filter((id) =>
          !tokenizer.isSpecial(id) && tokenizer.tokenBytes(id).every((byte, i) => bytes[at + i] === byte)
        );
        const token = fits[Math.floor(rng.uniform() * fits.length)]!;
        assert(
          mask.allows(state, tokens, token),
          `${line}: ${JSON.stringify(tokenizer.decode([token]))} at ${at}`,
        );
        state = mask.after(state, token)!;
        tokens.push(token);
        at += tokenizer.tokenBytes(token).length;
      }
      assertEquals(mask.allows(state, tokens, newline), !isVacuous(line));
    }),
  );
});

Deno.test("whatever a random model draws or a beam finds is a statement", async () => {
  for (let seed = 0; seed < 12; seed++) {
    const decoder = new TableDecoder(tokenizer, { seed, sharpness: 3 });
    const drawn = await suggestLines(decoder, tokenizer, "@P\n", { samples: 12, beam: 6, seed, lines: {} });
    for (const { line, end } of drawn) {
      if (end !== "proof") assert(end === "line" && isStatement(line) && !isVacuous(line), line);
    }
    const free = await suggestLines(decoder, tokenizer, "@P\n", { samples: 12, beam: 6, seed });
    assert(free.some(({ line }) => !isStatement(line)));
  }
});

Deno.test("a prefix that no statement begins with is gone on with freely", async () => {
  const decoder = new TableDecoder(tokenizer, { seed: 5, sharpness: 3 });
  const lines = { known: [] };
  for (const prefix of ["not (", "let s0: Nat sat", ") or", "// "]) {
    const found = await suggestLines(decoder, tokenizer, "@P\n", { samples: 8, beam: 4, prefix, lines });
    const isPossible = reader.readText(prefix) !== null;
    for (const { line } of found) assert(line.startsWith(prefix) && isStatement(line) === isPossible, line);
  }
});

Deno.test("lines that were said, and lines that hold by themselves, are never offered", async () => {
  const decoder = new TableDecoder(tokenizer, { seed: 2, sharpness: 4 });
  const ask = async (known: string[]): Promise<string[]> => {
    const found = await suggestLines(decoder, tokenizer, "@P\n", { samples: 60, beam: 12, lines: { known } });
    return found.filter(({ end }) => end === "line").map(({ line }) => line);
  };
  const first = await ask([]);
  const known = first.slice(0, 3);
  assert(known.length === 3);
  const second = await ask(known);
  assertEquals(second.filter((line) => known.includes(line)), []);
  assert(second.length > 0);
});

Deno.test("a line that others propose is offered only as a new statement", async () => {
  const candidates = ["a = b", "a  = b )", "c = d", "x = x"].map((line) => ({ line, probability: 0.2 }));
  const options = { samples: 0, beam: 0, candidates, lines: { known: [" c  = d"] } };
  const found = await suggestLines(new TableDecoder(tokenizer), tokenizer, "@P\n", options);
  assertEquals(found.map(({ line }) => line), ["a = b"]);
});

Deno.test("a proof that is written token by token is statements, each said once", async () => {
  for (let seed = 0; seed < 6; seed++) {
    const decoder = new TableDecoder(tokenizer, { seed, sharpness: 3 });
    const guide = new ProofGuide(new LineMask(tokenizer));
    const tokens: number[] = [];
    for await (const token of generateTokens(decoder, tokenizer.encode("@P\n"), { seed, guide })) {
      if (tokens.push(token) === 400) break;
    }
    const lines = tokenizer.decode(tokens).split("\n");
    const last = lines.pop()!;
    assert(reader.readText(last) !== null);
    for (const line of lines) assert(isStatement(line), line);
    assertEquals(new Set(lines).size, lines.length);
  }
});

Deno.test("with a scope a random model uses only its names", async () => {
  const scope = new LineScope(["Nat suc add mul_comm"]);
  const scoped = new LineReader(scope);
  const decoder = new TableDecoder(tokenizer, { seed: 4, sharpness: 3 });
  const found = await suggestLines(decoder, tokenizer, "@P\n", { samples: 40, beam: 8, lines: { scope } });
  const lines = found.filter(({ end }) => end === "line");
  assert(lines.length > 0);
  for (const { line } of lines) assert(scoped.readText(line)?.isComplete, line);
});

Deno.test("what may be drawn is drawn in proportion, and nothing else", () => {
  const logits = Float32Array.of(3, 1, 2, 0, -Infinity);
  const counts = [0, 0, 0, 0, 0];
  const rng = new Rng(1, "draws");
  for (let i = 0; i < 20_000; i++) {
    counts[sampleToken(logits, rng, { temperature: 1 }, (id) => id % 2 === 1)]!++;
  }
  assertEquals([counts[0], counts[2], counts[4]], [0, 0, 0]);
  const share = counts[1]! / 20_000;
  assert(Math.abs(share - Math.E / (Math.E + 1)) < 0.01, String(share));
  // Min-p is measured by the likeliest that may be drawn.
  const kept = Array.from(
    { length: 100 },
    () => sampleToken(logits, rng, { minP: 0.9 }, (id) => id % 2 === 1),
  );
  assertEquals(new Set(kept), new Set([1]));
  assertEquals(sampleToken(logits, rng, {}, () => false), -1);
  assertEquals(sampleToken(logits, rng, { temperature: 0 }, (id) => id > 1), 2);
});

Deno.test("vacuous lines hold by their text", () => {
  const vacuous = [
    "a = a",
    "p or a + b = a + b",
    "p(x) or not p(x)",
    "true",
    "not false",
    "f(a, b) = f(a, b) or q",
  ];
  for (const line of vacuous) assert(isVacuous(line), line);
  const others = [
    "a = b",
    "a + b = b + a",
    "p or q",
    "p and q or not q",
    "f(a = a) or p",
    "let s0: T satisfy { true }",
  ];
  for (const line of others) assert(!isVacuous(line), line);
});
