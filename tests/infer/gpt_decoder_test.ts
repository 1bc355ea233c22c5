/**
 * The decoder with its cache gives what the model gives for the whole text at once, on every backend and with
 * both architectures.
 */
import type { Architecture } from "../../src/config.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { GptDecoder } from "../../src/infer/gpt_decoder.ts";
import { generateTokens, type SampleOptions } from "../../src/infer/sample.ts";
import { WasmBackend } from "../../src/backend/wasm/mod.ts";
import { Gpt } from "../../src/model/gpt.ts";
import { assertNear } from "../backend/assert_near.ts";
import { BACKENDS, type TestedBackend } from "../backend/backends.ts";
import { plainLogits, randomParameters, randomTokens, smallConfig } from "../export/model_fixture.ts";

/** A small model on a backend, and the logits after the last of some tokens, computed at once. */
async function modelOn(
  { open }: TestedBackend,
  architecture: Architecture,
): Promise<{ gpt: Gpt; lastLogits(tokens: Int32Array): Promise<Float32Array> }> {
  const config = smallConfig(architecture);
  const gpt = new Gpt(await open(), config);
  gpt.load(randomParameters(config));
  const lastLogits = async (tokens: Int32Array): Promise<Float32Array> =>
    (await gpt.logits(tokens)).slice(-config.vocabSize);
  return { gpt, lastLogits };
}

for (const backend of BACKENDS) {
  for (const architecture of ["reference", "pointer"] as const) {
    const bound = backend.modelBound;

    Deno.test(`${backend.name}, ${architecture}: token by token equals the whole prompt`, async () => {
      const { gpt, lastLogits } = await modelOn(backend, architecture);
      await using decoder = new GptDecoder(gpt);
      const tokens = randomTokens(gpt.config, gpt.config.contextLength);
      for (let length = 1; length <= tokens.length; length++) {
        const logits = await decoder.feed(tokens.slice(length - 1, length));
        assertNear(logits, await lastLogits(tokens.slice(0, length)), { bound, what: `${length} tokens` });
      }
    });

    Deno.test(`${backend.name}, ${architecture}: any cut of the prompt gives the same`, async () => {
      const { gpt, lastLogits } = await modelOn(backend, architecture);
      await using decoder = new GptDecoder(gpt);
      const tokens = randomTokens(gpt.config, 11);
      const expected = await lastLogits(tokens);
      for (const cut of [3, 7, 10]) {
        decoder.reset();
        await decoder.feed(tokens.slice(0, cut));
        assertNear(await decoder.feed(tokens.slice(cut)), expected, { bound, what: `cut at ${cut}` });
      }
      decoder.reset();
      assertNear(await decoder.feed(tokens), expected, { bound, what: "uncut" });
    });

    Deno.test(`${backend.name}, ${architecture}: far beyond the context, as the formulas say`, async () => {
      const config = { ...smallConfig(architecture), contextLength: 20 };
      const gpt = new Gpt(await backend.open(), config);
      const parameters = randomParameters(config);
      gpt.load(parameters);
      await using decoder = new GptDecoder(gpt);
      const tokens = randomTokens(config, 75);
      const expected = plainLogits(config, parameters, tokens);
      // At once, in pieces shorter and longer than the context and than few rows, token by token.
      for (const pieces of [[75], [20, 21, 34], [17, 3, 1, 40, 14], new Array<number>(75).fill(1)]) {
        decoder.reset();
        let length = 0;
        for (const piece of pieces) {
          const logits = await decoder.feed(tokens.subarray(length, length += piece));
          const wanted = expected.slice((length - 1) * config.vocabSize, length * config.vocabSize);
          assertNear(logits, wanted, { bound, what: `${length} tokens in pieces of ${pieces.join(", ")}` });
        }
      }
    });

    Deno.test(`${backend.name}, ${architecture}: many sequences, each as if it were alone`, async () => {
      const { gpt } = await modelOn(backend, architecture);
      await using decoder = new GptDecoder(gpt);
      await using alone = new GptDecoder(gpt);
      // More than few rows, and more entries than there was room for: the cache grows.
      const [B, prompt] = [19, randomTokens(gpt.config, 9)];
      const added = Array.from({ length: B }, (_, b) => randomTokens(gpt.config, 14, 100 + b));
      await decoder.feed(prompt);
      decoder.select(new Array<number>(B).fill(0));
      const steps: Float32Array[] = [];
      for (let i = 0; i < 14; i++) {
        steps.push(await decoder.step(Int32Array.from(added, (tokens) => tokens[i]!)));
      }
      const V = gpt.config.vocabSize;
      for (const [b, tokens] of added.entries()) {
        alone.reset();
        await alone.feed(prompt);
        for (const [i, logits] of steps.entries()) {
          const expected = await alone.feed(tokens.subarray(i, i + 1));
          const row = logits.subarray(b * V, (b + 1) * V);
          assertNear(row, expected, { bound, what: `sequence ${b}, token ${i}` });
        }
      }
    });
  }
}

Deno.test("decoders of one model may be disposed in any order; memory is used again", async () => {
  using backend = await WasmBackend.create({ tile: "4x8" });
  const config = smallConfig("reference");
  const gpt = new Gpt(backend, config);
  gpt.load(randomParameters(config));
  const tokens = randomTokens(config, 50);
  const twoDecoders = async (): Promise<Float32Array> => {
    const [first, second] = [new GptDecoder(gpt), new GptDecoder(gpt)];
    await first.feed(tokens); // grows after the second was made
    await second.feed(tokens.subarray(0, 3));
    await first[Symbol.asyncDispose]();
    await second.feed(tokens.subarray(3, 30));
    const logits = await second.feed(tokens.subarray(30));
    await second[Symbol.asyncDispose]();
    return logits;
  };
  const logits = await twoDecoders();
  const expected = plainLogits(config, randomParameters(config), tokens).slice(-config.vocabSize);
  assertNear(logits, expected, { bound: 2e-5, what: "50 tokens" });
  const { memoryBytes } = backend;
  for (let i = 0; i < 200; i++) assertEquals(await twoDecoders(), logits);
  assertEquals(backend.memoryBytes, memoryBytes);
});

Deno.test("reset() forgets everything", async () => {
  const { gpt, lastLogits } = await modelOn(BACKENDS[0]!, "reference");
  await using decoder = new GptDecoder(gpt);
  const tokens = randomTokens(gpt.config, 5);
  await decoder.feed(randomTokens(gpt.config, 9, 77));
  decoder.reset();
  assertNear(await decoder.feed(tokens), await lastLogits(tokens), { bound: 1e-6, what: "after reset()" });
});

Deno.test("a token outside the vocabulary is refused, and nothing has happened", async () => {
  const { gpt, lastLogits } = await modelOn(BACKENDS[1]!, "pointer");
  await using decoder = new GptDecoder(gpt);
  for (const token of [-1, gpt.config.vocabSize]) {
    await assertRejects(() => decoder.feed(Int32Array.of(3, token)), RangeError, `token ${token} is outside`);
    await assertRejects(() => decoder.step(Int32Array.of(token)), RangeError, `token ${token} is outside`);
  }
  assertNear(await decoder.feed(Int32Array.of(3)), await lastLogits(Int32Array.of(3)), {
    bound: 2e-5,
    what: "3",
  });
});

for (const backend of BACKENDS) {
  for (const architecture of ["reference", "pointer"] as const) {
    Deno.test(`${backend.name}, ${architecture}: several tokens at once, some forgotten, are the same bits`, async () => {
      const { gpt } = await modelOn(backend, architecture);
      await using one = new GptDecoder(gpt);
      await using several = new GptDecoder(gpt);
      const V = gpt.config.vocabSize;
      const tokens = randomTokens(gpt.config, 3 * gpt.config.contextLength);
      const wrong = tokens.map((token) => (token + 1) % V);
      await one.feed(tokens.slice(0, 5));
      await several.feed(tokens.slice(0, 5));
      for (let from = 5, count = 1; from < tokens.length; from += count, count = count % 5 + 1) {
        const part = tokens.slice(from, from + count);
        const guesses = wrong.slice(0, from % 4);
        const rows = await several.feedEach(Int32Array.from([...part, ...guesses]));
        several.drop(guesses.length);
        for (const [i, token] of part.entries()) {
          assertEquals(
            rows.slice(i * V, (i + 1) * V),
            await one.feed(Int32Array.of(token)),
            `token ${from + i}`,
          );
        }
      }
    });
  }
}

Deno.test("guesses of the next tokens change the number of passes at most", async () => {
  const { gpt } = await modelOn(BACKENDS[1]!, "pointer");
  const generate = async (isPlain: boolean, options: SampleOptions): Promise<[number[], number]> => {
    await using decoder = new GptDecoder(gpt);
    let passes = 0;
    const counted = new Proxy<GptDecoder>(decoder, {
      has: (target, key) => key in target && !(isPlain && key === "feedEach"),
      get: (target, key) => {
        if (key === "feed" || key === "feedEach") passes++;
        const value: unknown = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const tokens: number[] = [];
    for await (const token of generateTokens(counted, Int32Array.of(17, 18, 19, 17, 18), options)) {
      if (tokens.push(token) === 120) break;
    }
    return [tokens, passes];
  };
  for (const options of [{ temperature: 0 }, { seed: 3, temperature: 0.3 }, { seed: 4, topP: 0.9 }]) {
    const [[plain, passes], [text, fewer]] = [await generate(true, options), await generate(false, options)];
    assertEquals(text, plain);
    assert(fewer <= passes);
  }
});

Deno.test("feeding nothing is refused", async () => {
  const { gpt } = await modelOn(BACKENDS[0]!, "pointer");
  await using decoder = new GptDecoder(gpt);
  await assertRejects(() => decoder.feed(new Int32Array()), RangeError, "at least one");
});

Deno.test("generation goes on beyond the context and repeats itself with its seed", async () => {
  const { gpt } = await modelOn(BACKENDS[0]!, "pointer");
  const generate = async (seed: number): Promise<number[]> => {
    await using decoder = new GptDecoder(gpt);
    const tokens: number[] = [];
    for await (const token of generateTokens(decoder, Int32Array.of(9), { seed, temperature: 0.3 })) {
      if (tokens.push(token) === 40) break;
    }
    return tokens;
  };
  const [once, again] = [await generate(3), await generate(3)];
  assert(once.length > gpt.config.contextLength, `only ${once.length} tokens`);
  assertEquals(once, again);
  assert((await generate(4)).join() !== once.join());
});
