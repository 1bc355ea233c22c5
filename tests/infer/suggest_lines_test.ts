/** Suggested lines against sums over everything that a small model can write. */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { END_TOKEN } from "../../src/config.ts";
import { DataError } from "../../src/errors.ts";
import type { Suggestion } from "../../src/infer/merged_lines.ts";
import { suggestLines, type SuggestOptions } from "../../src/infer/suggest_lines.ts";
import { type Tokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";
import { TableDecoder, tableTokenizer } from "./table_model.ts";

const tokenizer = tableTokenizer();
const PROMPT = "zero\n";
const PROMPT_TOKENS = [...tokenizer.encode(PROMPT)];
const utf8 = new TextDecoder();

function suggest(options: SuggestOptions, decoder = new TableDecoder(tokenizer)): Promise<Suggestion[]> {
  return suggestLines(decoder, tokenizer, PROMPT, options);
}

function bytesOf(id: number): string {
  return tokenizer.isSpecial(id) ? "" : utf8.decode(tokenizer.tokenBytes(id));
}

function probabilities(decoder: TableDecoder, tokens: readonly number[]): number[] {
  const weights = Array.from(decoder.logits(tokens), Math.exp);
  const total = weights.reduce((sum, weight) => sum + weight);
  return weights.map((weight) => weight / total);
}

const isNewline = (id: number): boolean => bytesOf(id).startsWith("\n");

const singleSpaced = (text: string): string => text.trim().replaceAll(/ +/g, " ");

/**
 * Probabilities of all lines of less than `maxTokens` tokens, by their text with single spaces; the proof's
 * end is `null`.
 */
function allLines(decoder: TableDecoder, maxTokens: number): Map<string | null, number> {
  const lines = new Map<string | null, number>();
  const visit = (tokens: number[], text: string, probability: number): void => {
    const next = probabilities(decoder, [...PROMPT_TOKENS, ...tokens]);
    for (const [id, p] of next.entries()) {
      const ends = id === END_TOKEN || isNewline(id);
      if (ends && tokens.length > 0) {
        const words = singleSpaced(text);
        if (words !== "") lines.set(words, (lines.get(words) ?? 0) + probability * p);
      } else if (id === END_TOKEN) lines.set(null, p);
      else if (!ends && tokens.length < maxTokens - 1) {
        visit([...tokens, id], text + bytesOf(id), probability * p);
      }
    }
  };
  visit([], "", 1);
  return lines;
}

/**
 * Probability of a line that begins with the prefix as it stands and is `words` with single spaces, in at
 * most nine tokens.
 */
function lineProbability(decoder: TableDecoder, words: string, prefix: string): number {
  const visit = (tokens: number[], text: string): number => {
    const spaced = text.trimStart().replaceAll(/ +/g, " ");
    const fits = `${words} `.startsWith(spaced) && (text.startsWith(prefix) || prefix.startsWith(text));
    if (!fits || tokens.length > 9) return 0;
    const done = spaced.trimEnd() === words && text.startsWith(prefix);
    let sum = 0;
    for (const [id, p] of probabilities(decoder, [...PROMPT_TOKENS, ...tokens]).entries()) {
      if (id === END_TOKEN || isNewline(id)) sum += done ? p : 0;
      else if (bytesOf(id) !== "") sum += p * visit([...tokens, id], text + bytesOf(id));
    }
    return sum;
  };
  return visit([], "");
}

/** Probability that a line begins with a text: over all ways to cut it. */
function prefixProbability(decoder: TableDecoder, prefix: string, tokens = PROMPT_TOKENS): number {
  let sum = 0;
  for (const [id, p] of probabilities(decoder, tokens).entries()) {
    const piece = bytesOf(id);
    if (piece === "") continue;
    if (piece.startsWith(prefix)) sum += p;
    else if (prefix.startsWith(piece)) {
      sum += p * prefixProbability(decoder, prefix.slice(piece.length), [...tokens, id]);
    }
  }
  return sum;
}

for (const seed of [1, 2, 3]) {
  Deno.test(`a beam as wide as everything gives exact probabilities, model ${seed}`, async () => {
    const decoder = new TableDecoder(tokenizer, { seed });
    const found = await suggest({ samples: 0, beam: 6000, maxTokens: 4 }, decoder);
    const exact = allLines(decoder, 4);
    assert(exact.size > 1000, `${exact.size} lines`);
    assertEquals(found.length, exact.size);
    for (const { line, end, logProbability, score, beam } of found) {
      const wanted = exact.get(end === "proof" ? null : singleSpaced(line));
      assertAlmostEquals(logProbability, Math.log(wanted!), 1e-6, line);
      assert(beam && score === logProbability);
    }
    assertEquals(found.map(({ score }) => score), found.map(({ score }) => score).sort((a, b) => b - a));
  });

  for (const prefix of ["z", "ze", "zer", "zero", "zero a", " aer"]) {
    Deno.test(`model ${seed}, prefix "${prefix}": probabilities among the lines that begin so`, async () => {
      const decoder = new TableDecoder(tokenizer, { seed });
      const found = await suggest({ samples: 0, beam: 500, maxTokens: 5, prefix }, decoder);
      const among = prefixProbability(decoder, prefix);
      assert(found.every(({ line }) => line.startsWith(prefix)));
      const likely = found.filter(({ logProbability }) => logProbability > Math.log(0.02));
      assert(likely.length >= 1, `${likely.length} lines`);
      for (const { line, logProbability } of likely) {
        const wanted = lineProbability(decoder, singleSpaced(line), prefix) / among;
        assertAlmostEquals(Math.exp(logProbability), wanted, 0.01 * wanted, line);
      }
    });
  }

  Deno.test(`samples with a prefix have the frequencies of lines that begin so, model ${seed}`, async () => {
    const decoder = new TableDecoder(tokenizer, { seed });
    const [samples, prefix] = [4000, "zero"];
    const found = await suggest({ samples, beam: 0, prefix, temperature: 1, maxTokens: 60 }, decoder);
    let checked = 0;
    for (const { line, logProbability, samples: count } of found) {
      const p = Math.exp(logProbability);
      if (count < 40) continue;
      const bound = 5 * Math.sqrt(p * (1 - p) / samples) + 2e-3 * p;
      assert(Math.abs(count / samples - p) < bound, `${line}: ${count / samples}, expected ${p}`);
      checked++;
    }
    assert(checked >= 3, `${checked} lines`);
    assertEquals(found.reduce((sum, { samples }) => sum + samples, 0), samples);
  });
}

Deno.test("a prefix is met by the likeliest way as a whole, not by the likeliest token first", async () => {
  // "z" is a hundred times as likely as "zero", but what follows it is hardly ever "ero".
  const id = (text: string): number => tokenizer.tokenId(text)!;
  class Trap extends TableDecoder {
    override logits(tokens: readonly number[]): Float32Array {
      const logits = new Float32Array(this.vocabSize).fill(-20);
      const last = tokens.at(-1);
      if (last === id("Ċ")) {
        logits[id("z")] = 0;
        logits[id("zero")] = Math.log(0.01);
      } else logits[id("Ċ")] = 0;
      return logits;
    }
  }
  const found = await suggest({ samples: 20, beam: 4, prefix: "zer" }, new Trap(tokenizer));
  assertEquals([found[0]!.line, found[0]!.samples], ["zero", 20]);
  assertAlmostEquals(Math.exp(found[0]!.logProbability), 1, 1e-4);
});

Deno.test("ways that have read the same tokens are one sequence, and the prompt is read once", async () => {
  const decoder = new TableDecoder(tokenizer, { sharpness: 4 });
  await suggest({ samples: 16, beam: 8 }, decoder);
  assertEquals(decoder.prompts, 1);
  assert(decoder.batches.length > 2 && decoder.batches[0]! < 12, decoder.batches.join());
});

Deno.test("temperature 0 takes the likeliest token each time", async () => {
  const decoder = new TableDecoder(tokenizer, { seed: 5 });
  const [only, ...others] = await suggest({ samples: 3, beam: 0, temperature: 0, maxTokens: 9 }, decoder);
  assertEquals([others.length, only!.samples], [0, 3]);
  const tokens = [...PROMPT_TOKENS];
  let text = "";
  for (let i = 0; i < 9; i++) {
    const logits = decoder.logits(tokens).map((logit, id) => i === 0 && isNewline(id) ? -Infinity : logit);
    const best = logits.indexOf(Math.max(...logits));
    if (best === END_TOKEN || isNewline(best)) break;
    tokens.push(best);
    text += bytesOf(best);
  }
  assertEquals(only!.line, text);
});

Deno.test("more samples go on with the same ones; another seed gives others", async () => {
  const lines = async (options: SuggestOptions): Promise<Map<string, number>> =>
    new Map((await suggest({ beam: 0, ...options })).map(({ line, samples }) => [line, samples]));
  const [few, again, many, other] = [
    await lines({ samples: 10 }),
    await lines({ samples: 10 }),
    await lines({ samples: 30 }),
    await lines({ samples: 10, seed: 7 }),
  ];
  assertEquals(few, again);
  for (const [line, count] of few) assert(many.get(line)! >= count, line);
  assert(JSON.stringify([...few]) !== JSON.stringify([...other]));
});

Deno.test("candidates get the model's probability, and are ranked by the mixture", async () => {
  const candidates = [{ line: "aero az", probability: 0.5 }, { line: "zero", probability: 0.25 }];
  const decoder = new TableDecoder(tokenizer);
  const found = await suggest({ samples: 0, beam: 4, candidates, candidateShare: 0.2 }, decoder);
  for (const { line, probability } of candidates) {
    const entry = found.find((suggestion) => suggestion.line === line)!;
    assertEquals(entry.candidate, probability);
    const [p, ...ids] = [1, ...tokenizer.encode(line)];
    let [wanted, tokens] = [p, [...PROMPT_TOKENS]];
    for (const id of ids) {
      wanted *= probabilities(decoder, tokens)[id]!;
      tokens = [...tokens, id];
    }
    const ending = probabilities(decoder, tokens);
    wanted *= ending.reduce((sum, q, id) => sum + (id === END_TOKEN || isNewline(id) ? q : 0), 0);
    if (!entry.beam) assertAlmostEquals(entry.logProbability, Math.log(wanted), 1e-5);
    const mixture = 0.8 * Math.exp(entry.logProbability) + 0.2 * probability;
    assertAlmostEquals(entry.score, Math.log(mixture), 1e-9);
  }
  for (const { score, logProbability, candidate } of found) {
    if (candidate === 0) assertAlmostEquals(score, Math.log(0.8) + logProbability, 1e-9);
  }
  assertEquals(found.map(({ score }) => score), found.map(({ score }) => score).sort((a, b) => b - a));
  const short = await suggest({ samples: 0, beam: 1, candidates, maxTokens: 1 }, decoder);
  assertEquals(short.filter(({ candidate }) => candidate > 0).map(({ line }) => line), ["zero"]);
  const prefixed = await suggest({ samples: 0, beam: 2, candidates, prefix: "z" }, decoder);
  assert(
    prefixed.every(({ line }) => line.startsWith("z")) && prefixed.some(({ candidate }) => candidate > 0),
  );
});

Deno.test("a line that is too long is told as cut", async () => {
  const decoder = new TableDecoder(tokenizer);
  const found = await suggest({ samples: 200, beam: 0, maxTokens: 2, temperature: 1 }, decoder);
  const cut = found.filter(({ end }) => end === "length");
  assert(cut.length > 0 && cut.length < found.length);
});

Deno.test("a prefix longer than --max-tokens is kept whole", async () => {
  const found = await suggest({ samples: 20, beam: 3, maxTokens: 1, prefix: "azazaz" });
  assert(found.length > 0 && found.every(({ line }) => line.startsWith("azazaz")));
});

Deno.test("lines are decoded over the borders of tokens", async () => {
  const bytes = trainTokenizer(["∈"], { vocabularySize: 258, alphabet: "bytes" });
  const wanted = [...bytes.encode("∈ ü\n")];
  class Spelling extends TableDecoder {
    override logits(tokens: readonly number[]): Float32Array {
      const logits = new Float32Array(this.vocabSize).fill(-30);
      logits[wanted[tokens.length - 1]!] = 0;
      return logits;
    }
  }
  for (const prefix of ["", "∈", "∈ "]) {
    const [first] = await suggestLines(new Spelling(bytes), bytes, "\n", { samples: 2, beam: 2, prefix });
    assertEquals([first!.line, first!.samples, first!.beam], ["∈ ü", 2, true]);
  }
});

Deno.test("a prompt too long for the context loses its front; an empty one is an end token", async () => {
  const fed: number[][] = [];
  class Recording extends TableDecoder {
    override feed(tokens: Int32Array): Promise<Float32Array> {
      fed.push([...tokens]);
      return super.feed(tokens);
    }
  }
  const prompt = "zero a z ".repeat(40) + "\n";
  const tokens = [...tokenizer.encode(prompt)];
  for (const maxTokens of [20, 100]) {
    await suggestLines(new Recording(tokenizer), tokenizer, prompt, { samples: 1, maxTokens });
  }
  await suggestLines(new Recording(tokenizer), tokenizer, "", { samples: 1 });
  await suggestLines(new Recording(tokenizer), tokenizer, Int32Array.of(7, 8), { samples: 1 });
  assertEquals(fed, [tokens.slice(-44), tokens.slice(-32), [END_TOKEN], [7, 8]]);
});

Deno.test("what cannot be done is refused", async () => {
  await assertRejects(() => suggest({ prefix: "a\nb" }), RangeError, "newline");
  await assertRejects(() => suggest({ samples: -1 }), RangeError, "samples");
  await assertRejects(() => suggest({ beam: 1.5 }), RangeError, "beam");
  await assertRejects(() => suggest({ maxTokens: 0 }), RangeError, "maxTokens");
  await assertRejects(() => suggest({ prefix: "zeroX" }), DataError, 'cannot spell the prefix "zeroX"');
  const other: Tokenizer = trainTokenizer([], {
    vocabularySize: 258,
    alphabet: "bytes",
  });
  const mismatch = (): Promise<Suggestion[]> => suggestLines(new TableDecoder(tokenizer), other, "a", {});
  await assertRejects(mismatch, DataError, "vocabulary of 18, its tokenizer one of 258");
  const abort = new AbortController();
  abort.abort(new Error("stopped"));
  await assertRejects(() => suggest({ signal: abort.signal }), Error, "stopped");
});
