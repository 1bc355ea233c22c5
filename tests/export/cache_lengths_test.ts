/**
 * Logits after caches of named lengths around a context of 256, in every way to fill them, against the plain
 * forward of the fixture and the trainer's own, in onnxruntime-web. tests/python/onnx_check.py does the same
 * in native ONNX Runtime.
 */
import { assert } from "@std/assert";
import { openBackend } from "../../src/backend/choose.ts";
import type { ModelConfig } from "../../src/config.ts";
import type { Flavor } from "../../src/export/flavors.ts";
import { type KeyValueCache, OnnxSession } from "../../src/infer/onnx_session.ts";
import { Gpt } from "../../src/model/gpt.ts";
import { plainLogits, randomParameters, randomTokens } from "./model_fixture.ts";
import { exportedModel, largestDifference } from "./exported_model.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const CACHE_LENGTHS = [0, 1, 255, 256, 300] as const;
const NEW_TOKENS = 3;

function configOf(architecture: ModelConfig["architecture"]): ModelConfig {
  const sizes = { vocabSize: 23, contextLength: 256, dModel: 16, nLayers: 2, nHeads: 2, dMlp: 24 };
  return { architecture, ...sizes, dropout: 0 };
}

/** A cache of so many tokens, filled in calls of so many tokens. */
async function filled(
  session: OnnxSession,
  rows: readonly Int32Array[],
  { length, piece }: { length: number; piece: number },
): Promise<KeyValueCache> {
  let cache = session.zeroCache(rows.length, 0);
  while (cache.length < length) {
    const end = Math.min(length, cache.length + piece);
    const tokens = rows.flatMap((row) => [...row.subarray(cache.length, end)]);
    ({ cache } = await session.run(Int32Array.from(tokens), cache));
  }
  return cache;
}

for (const architecture of ["pointer", "reference"] as const) {
  const config = configOf(architecture);
  const parameters = randomParameters(config);
  const longest = CACHE_LENGTHS.at(-1)! + NEW_TOKENS;
  const rows = [randomTokens(config, longest, 3), randomTokens(config, longest, 4)];
  const V = config.vocabSize;
  let cached: Float32Array[] | null = null;
  const plain = (): Float32Array[] => cached ??= rows.map((row) => plainLogits(config, parameters, row));

  for (const flavor of ["acorn", "hf"] satisfies Flavor[]) {
    Deno.test(`${architecture}, ${flavor}: logits with 0 to 300 cached, alone and in a batch`, async () => {
      const wanted = plain();
      using folder = new TemporaryFolder();
      await using session = await OnnxSession.open(
        await exportedModel(folder, config, parameters, { flavor }),
      );
      for (const length of CACHE_LENGTHS) {
        const ways = [
          { name: "at once", batch: 1, piece: longest, fed: 1 },
          { name: "token by token", batch: 1, piece: 1, fed: 1 },
          { name: "in pieces of 37", batch: 1, piece: 37, fed: NEW_TOKENS },
          { name: "two rows", batch: 2, piece: longest, fed: NEW_TOKENS },
        ];
        for (const { name, batch, piece, fed } of ways) {
          const some = rows.slice(0, batch);
          const cache = await filled(session, some, { length, piece });
          const tokens = some.flatMap((row) => [...row.subarray(length, length + fed)]);
          const { logits } = await session.run(Int32Array.from(tokens), cache);
          const expected = wanted.slice(0, batch)
            .flatMap((rowLogits) => [...rowLogits.subarray(length * V, (length + fed) * V)]);
          const difference = largestDifference(logits, expected);
          assert(difference < 5e-5, `${length} cached, ${name}: ${difference}`);
        }
      }
    });
  }

  Deno.test(`${architecture}: the trainer's own forward gives the logits with 0 to 255 cached`, async () => {
    using backend = await openBackend({ kind: "reference" });
    const gpt = new Gpt(backend, config);
    gpt.load(parameters);
    const trained = await gpt.logits(rows[0]!.slice(0, config.contextLength));
    using folder = new TemporaryFolder();
    await using session = await OnnxSession.open(await exportedModel(folder, config, parameters));
    for (const length of [0, 1, 255]) {
      const cache = await filled(session, rows.slice(0, 1), { length, piece: longest });
      const { logits } = await session.run(rows[0]!.slice(length, length + 1), cache);
      const difference = largestDifference(logits, trained.subarray(length * V, (length + 1) * V));
      assert(difference < 5e-5, `${length} cached: ${difference}`);
    }
  });
}
