/** Draws: as often as their probability says, ends, the same whoever is drawn beside them. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { END_TOKEN } from "../../src/config.ts";
import { drawContinuations, type DrawOptions, type Unit } from "../../src/evaluate/continuations.ts";
import type { Decoder } from "../../src/infer/decoder.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";

const TOKENIZER = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
const V = TOKENIZER.vocabularySize;
const [A, B, NEWLINE] = [..."ab\n"].map((letter) => TOKENIZER.encode(letter)[0]!);

/** Next tokens' probabilities after a text; what is left out has none. */
type Chances = (text: string) => Record<number, number>;

/** A decoder that follows a rule, and counts what it was asked. */
class RuleDecoder implements Decoder {
  readonly vocabSize = V;
  readonly contextLength = 64;
  rows: number[] = [];
  #texts: string[] = [""];
  readonly #chances: Chances;
  constructor(chances: Chances) {
    this.#chances = chances;
  }
  reset(): void {
    this.#texts = [""];
  }
  feed(tokens: Int32Array): Promise<Float32Array> {
    this.#texts = [this.#texts[0] + TOKENIZER.decode(tokens)];
    return this.#logits();
  }
  select(parents: readonly number[]): void {
    this.#texts = parents.map((parent) => this.#texts[parent]!);
  }
  step(tokens: Int32Array): Promise<Float32Array> {
    this.rows.push(tokens.length);
    this.#texts = this.#texts.map((text, i) => text + TOKENIZER.decode([tokens[i]!]));
    return this.#logits();
  }
  #logits(): Promise<Float32Array> {
    const logits = new Float32Array(this.#texts.length * V).fill(-Infinity);
    for (const [row, text] of this.#texts.entries()) {
      for (const [token, p] of Object.entries(this.#chances(text))) {
        logits[row * V + Number(token)] = Math.log(p);
      }
    }
    return Promise.resolve(logits);
  }
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

async function draw(
  chances: Chances,
  { unit = "line", maxTokens = 10, ...options }: Partial<DrawOptions> & { unit?: Unit; maxTokens?: number } =
    {},
): Promise<{ texts: Map<string, number>; rows: number[] }> {
  const decoder = new RuleDecoder(chances);
  const prompt = { tokens: TOKENIZER.encode(">"), unit, maxTokens };
  const drawing = { draws: 64, temperature: 1, seed: 42, stream: "test", ...options };
  const found = await drawContinuations({ decoder, tokenizer: TOKENIZER }, prompt, drawing);
  assertEquals(found.reduce((sum, { draws }) => sum + draws, 0), drawing.draws);
  return { texts: new Map(found.map(({ text, draws }) => [text, draws])), rows: decoder.rows };
}

Deno.test("drawContinuations() draws as often as the probabilities at its temperature say", async () => {
  const chances: Chances = (text) => text === ">" ? { [A!]: 0.8, [B!]: 0.2 } : { [NEWLINE!]: 1 };
  const draws = 4000;
  for (const temperature of [1, 0.5]) {
    const { texts } = await draw(chances, { draws, temperature });
    const [a, b] = [0.8 ** (1 / temperature), 0.2 ** (1 / temperature)];
    assertAlmostEquals(texts.get("a")! / draws, a / (a + b), 0.02);
    assertEquals([...texts.keys()].sort(), ["a", "b"]);
  }
});

Deno.test("drawContinuations() makes draws that agree so far one sequence", async () => {
  const { texts, rows } = await draw(
    (text) => text.length < 4 ? { [A!]: 1 } : { [A!]: 0.5, [NEWLINE!]: 0.5 },
    { maxTokens: 5 },
  );
  assertEquals(rows, [1, 1, 1, 1]);
  assertEquals([...texts.keys()].sort(), ["aaa", "aaaa", "aaaaa"]);
});

Deno.test("drawContinuations() ends a line at a newline, a proof at the end, both at maxTokens", async () => {
  const rule: Chances = (text) =>
    ({ 1: { [A!]: 1 }, 2: { [NEWLINE!]: 1 }, 3: { [B!]: 1 } })[text.length] ?? { [END_TOKEN]: 1 };
  assertEquals([...(await draw(rule)).texts], [["a", 64]]);
  assertEquals([...(await draw(rule, { unit: "proof" })).texts], [["a\nb", 64]]);
  assertEquals([...(await draw(rule, { unit: "proof", maxTokens: 2 })).texts], [["a\n", 64]]);
  assertEquals([...(await draw(() => ({ [END_TOKEN]: 1 }))).texts], [["", 64]]);
});

Deno.test("drawContinuations() gives a draw its text whoever is drawn beside it", async () => {
  const chances: Chances = (text) => text.length > 8 ? { [NEWLINE!]: 1 } : { [A!]: 0.5, [B!]: 0.5 };
  const one = await draw(chances, { draws: 1 });
  const three = await draw(chances, { draws: 3 });
  assert(three.texts.has([...one.texts.keys()][0]!));
  assertEquals((await draw(chances, { draws: 3 })).texts, three.texts);
  assert([...(await draw(chances, { draws: 3, stream: "other" })).texts].join() !== [...three.texts].join());
});
