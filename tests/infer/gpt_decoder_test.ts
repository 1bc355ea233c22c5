/** The decoder with its cache gives what the model gives for the whole text at once, on every backend and with both architectures. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { GptDecoder } from "../../src/infer/gpt_decoder.ts";
import { generateTokens } from "../../src/infer/sample.ts";
import { Gpt } from "../../src/model/gpt.ts";
import { assertNear } from "../backend/assert_near.ts";
import { BACKENDS, type TestedBackend } from "../backend/backends.ts";
import { randomParameters, randomTokens, smallConfig } from "../export/model_fixture.ts";

/** A small model on a backend, and the logits after the last of some tokens, computed at once. */
async function modelOn(
  { open }: TestedBackend,
  architecture: "reference" | "modern",
): Promise<{ gpt: Gpt; lastLogits(tokens: Int32Array): Promise<Float32Array> }> {
  const config = smallConfig(architecture);
  const gpt = new Gpt(await open(), config);
  gpt.load(randomParameters(config));
  const lastLogits = async (tokens: Int32Array): Promise<Float32Array> =>
    (await gpt.logits(tokens)).slice(-config.vocabSize);
  return { gpt, lastLogits };
}

for (const backend of BACKENDS) {
  for (const architecture of ["reference", "modern"] as const) {
    const bound = backend.modelBound;

    Deno.test(`${backend.name}, ${architecture}: token by token equals the whole prompt at once`, async () => {
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

    Deno.test(`${backend.name}, ${architecture}: a full context goes on with its newer half`, async () => {
      const { gpt, lastLogits } = await modelOn(backend, architecture);
      const P = gpt.config.contextLength;
      await using decoder = new GptDecoder(gpt);
      const tokens = randomTokens(gpt.config, 2 * P);
      await decoder.feed(tokens.slice(0, P));
      for (let length = P + 1; length <= P + P / 2; length++) {
        // at P + 1 the first half is forgotten; the rest fills up again
        const logits = await decoder.feed(tokens.slice(length - 1, length));
        const expected = await lastLogits(tokens.slice(P / 2, length));
        assertNear(logits, expected, { bound, what: `${length} tokens` });
      }
      const logits = await decoder.feed(tokens.slice(P + P / 2, P + P / 2 + 1));
      const expected = await lastLogits(tokens.slice(P, P + P / 2 + 1));
      assertNear(logits, expected, { bound, what: "the second time" });
    });
  }
}

Deno.test("a prompt longer than the context counts with its end", async () => {
  const { gpt, lastLogits } = await modelOn(BACKENDS[0]!, "modern");
  await using decoder = new GptDecoder(gpt);
  const tokens = randomTokens(gpt.config, 40);
  const logits = await decoder.feed(tokens);
  const expected = await lastLogits(tokens.slice(-gpt.config.contextLength));
  assertNear(logits, expected, { bound: 1e-6, what: "40 tokens" });
});

Deno.test("reset() forgets everything", async () => {
  const { gpt, lastLogits } = await modelOn(BACKENDS[0]!, "reference");
  await using decoder = new GptDecoder(gpt);
  const tokens = randomTokens(gpt.config, 5);
  await decoder.feed(randomTokens(gpt.config, 9, 77));
  decoder.reset();
  assertNear(await decoder.feed(tokens), await lastLogits(tokens), { bound: 1e-6, what: "after reset()" });
});

Deno.test("feeding nothing is refused", async () => {
  const { gpt } = await modelOn(BACKENDS[0]!, "modern");
  await using decoder = new GptDecoder(gpt);
  await assertRejects(() => decoder.feed(new Int32Array()), RangeError, "at least one token");
});

Deno.test("generation goes on beyond the context and repeats itself with its seed", async () => {
  const { gpt } = await modelOn(BACKENDS[0]!, "modern");
  const generate = async (seed: number): Promise<number[]> => {
    await using decoder = new GptDecoder(gpt);
    const tokens: number[] = [];
    for await (const token of generateTokens(decoder, Int32Array.of(5), { seed, temperature: 0.3 })) {
      if (tokens.push(token) === 40) break;
    }
    return tokens;
  };
  const [once, again] = [await generate(3), await generate(3)];
  assert(once.length > gpt.config.contextLength, `only ${once.length} tokens`);
  assertEquals(once, again);
  assert((await generate(4)).join() !== once.join());
});
