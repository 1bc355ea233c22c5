/**
 * Sampling a token: the edges of every option, and frequencies of a fixed seed; the stream of tokens and its
 * end.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DamagedError } from "../../src/errors.ts";
import { END_TOKEN } from "../../src/config.ts";
import type { Decoder } from "../../src/infer/decoder.ts";
import { generateTokens, type SampleOptions, sampleToken } from "../../src/infer/sample.ts";
import { Rng } from "../../src/rng.ts";

/** Probabilities 0.5, 0.2, 0.2, 0.1, in no order. */
const PROBABILITIES = [0.2, 0.5, 0.1, 0.2];
const LOGITS = Float32Array.from(PROBABILITIES, (p) => 3 + Math.log(p));

function frequencies(options: SampleOptions, count = 20_000): number[] {
  const rng = new Rng(1, "frequencies");
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) counts[sampleToken(LOGITS, rng, options)]!++;
  return counts.map((n) => n / count);
}

function assertFrequencies(options: SampleOptions, expected: readonly number[]): void {
  const actual = frequencies(options);
  for (const [id, p] of expected.entries()) {
    const bound = 5 * Math.sqrt(p * (1 - p) / 20_000); // five standard deviations: 0 when p is 0 or 1
    assert(Math.abs(actual[id]! - p) <= bound, `token ${id}: ${actual[id]}, expected ${p} within ${bound}`);
  }
}

Deno.test("temperature 0 takes the likeliest token, the first of equals", () => {
  assertFrequencies({ temperature: 0 }, [0, 1, 0, 0]);
  assertEquals(sampleToken(Float32Array.of(1, 4, 4), new Rng(1), { temperature: 0 }), 1);
});

Deno.test("temperature 1 gives the model's probabilities", () => {
  assertFrequencies({ temperature: 1 }, PROBABILITIES);
});

Deno.test("temperature 0.5 squares the probabilities, 2 takes their roots; 0.8 is the default", () => {
  const powered = (exponent: number): number[] => {
    const powers = PROBABILITIES.map((p) => p ** exponent);
    return powers.map((p) => p / powers.reduce((a, b) => a + b));
  };
  assertFrequencies({ temperature: 0.5 }, powered(2));
  assertFrequencies({ temperature: 2 }, powered(0.5));
  assertFrequencies({}, powered(1 / 0.8));
});

Deno.test("a tiny temperature takes the likeliest token without overflow", () => {
  assertFrequencies({ temperature: 1e-8 }, [0, 1, 0, 0]);
});

Deno.test("top-p keeps the fewest of the likeliest that reach it", () => {
  assertFrequencies({ temperature: 1, topP: 0 }, [0, 1, 0, 0]);
  assertFrequencies({ temperature: 1, topP: 0.49 }, [0, 1, 0, 0]);
  assertFrequencies({ temperature: 1, topP: 0.51 }, [2 / 7, 5 / 7, 0, 0]);
  assertFrequencies({ temperature: 1, topP: 0.89 }, [2 / 9, 5 / 9, 0, 2 / 9]);
  assertFrequencies({ temperature: 1, topP: 0.91 }, PROBABILITIES);
  assertFrequencies({ temperature: 1, topP: 1 }, PROBABILITIES);
});

Deno.test("top-p reached exactly needs no further token", () => {
  const rng = new Rng(3, "edge");
  const drawn = new Set<number>();
  for (let i = 0; i < 200; i++) {
    drawn.add(sampleToken(new Float32Array(4), rng, { temperature: 1, topP: 0.5 }));
  }
  assertEquals([...drawn].sort(), [0, 1]);
});

Deno.test("min-p keeps tokens that are likely enough beside the likeliest, at the temperature", () => {
  assertFrequencies({ temperature: 1, minP: 0.41 }, [0, 1, 0, 0]);
  assertFrequencies({ temperature: 1, minP: 0.39 }, [2 / 9, 5 / 9, 0, 2 / 9]);
  assertFrequencies({ temperature: 1, minP: 1 }, [0, 1, 0, 0]);
  assertFrequencies({ temperature: 0.5, minP: 0.17 }, [0, 1, 0, 0]); // 0.16 at this temperature
  assertFrequencies({ temperature: 1, topP: 0.89, minP: 0.3 }, [2 / 9, 5 / 9, 0, 2 / 9]);
});

Deno.test("of many equal tokens top-p keeps the lower ids", () => {
  const rng = new Rng(4, "equals");
  const drawn = (options: SampleOptions): number[] => {
    const ids = Array.from({ length: 3000 }, () => sampleToken(new Float32Array(50), rng, options));
    return [...new Set(ids)].sort((a, b) => a - b);
  };
  assertEquals(drawn({ temperature: 1, topP: 0.1 }), [0, 1, 2, 3, 4]);
});

Deno.test("a token of logit -Infinity is never drawn", () => {
  const rng = new Rng(2, "infinity");
  const logits = Float32Array.of(-Infinity, 0, -Infinity, 0);
  for (let i = 0; i < 1000; i++) assertEquals(sampleToken(logits, rng, { temperature: 1 }) % 2, 1);
});

/** A decoder that always wants the token after the last one fed, and remembers what it was fed. */
class CountingDecoder implements Decoder {
  readonly vocabSize = 10;
  readonly contextLength = 8;
  readonly fed: number[][] = [];
  resets = 0;

  reset(): void {
    this.resets++;
  }

  feed(tokens: Int32Array): Promise<Float32Array> {
    this.fed.push([...tokens]);
    const logits = new Float32Array(this.vocabSize).fill(-Infinity);
    logits[(tokens.at(-1)! + 1) % this.vocabSize] = 0;
    return Promise.resolve(logits);
  }

  select(): void {
    throw new Error("not for this test");
  }

  step(tokens: Int32Array): Promise<Float32Array> {
    return this.feed(tokens);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

Deno.test("generateTokens() stops at the end token and does not give it out", async () => {
  const decoder = new CountingDecoder();
  const tokens = await Array.fromAsync(generateTokens(decoder, Int32Array.of(3, 6)));
  assertEquals(tokens, [7, 8, 9, 0]); // then END_TOKEN, 1
  assertEquals(END_TOKEN, 1);
  assertEquals(decoder.fed, [[3, 6], [7], [8], [9], [0]]);
  assertEquals(decoder.resets, 1);
});

Deno.test("generateTokens() begins after an end token when the prompt is empty", async () => {
  const decoder = new CountingDecoder();
  for await (const token of generateTokens(decoder, new Int32Array())) {
    assertEquals(token, 2);
    break;
  }
  assertEquals(decoder.fed, [[END_TOKEN]]);
});

Deno.test("generateTokens() does no work for tokens that nobody asks for", async () => {
  const decoder = new CountingDecoder();
  for await (const token of generateTokens(decoder, Int32Array.of(2))) if (token === 4) break;
  assertEquals(decoder.fed, [[2], [3]]);
});

Deno.test("generateTokens() refuses a model that predicts no numbers, and leaves timers and signals their turn", async () => {
  class Broken extends CountingDecoder {
    override feed(): Promise<Float32Array> {
      return Promise.resolve(new Float32Array(10).fill(NaN));
    }
  }
  await assertRejects(
    () => Array.fromAsync(generateTokens(new Broken(), Int32Array.of(3))),
    DamagedError,
    "the logit of token 0 is NaN",
  );
  class Endless extends CountingDecoder {
    override feed(): Promise<Float32Array> {
      return super.feed(Int32Array.of(5));
    }
  }
  let isOver = false;
  setTimeout(() => isOver = true, 20);
  for await (const _ of generateTokens(new Endless(), Int32Array.of(3))) if (isOver) break;
});
