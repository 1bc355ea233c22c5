/**
 * The exported graph, run in ONNX Runtime, against a plain forward written in the test and against PyTorch's
 * golden logits.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { gptGraph } from "../../src/export/graph/gpt_graph.ts";
import { decodeModel, encodeModel } from "../../src/onnx/schema.ts";
import { logSumExp } from "../../src/infer/probabilities.ts";
import { type KeyValueCache, OnnxSession } from "../../src/infer/onnx_session.ts";
import { QUANTIZATIONS } from "../../src/export/quantize.ts";
import { OPERATOR_SETS } from "../../src/export/graph/operators.ts";
import { parameterTable } from "../../src/model/parameters.ts";
import { VERSION } from "../../src/version.ts";
import { readGolden } from "../golden/golden_file.ts";
import { goldenConfig, goldenParameters } from "../golden/golden_model.ts";
import { plainLogits, randomParameters, randomTokens, smallConfig } from "./model_fixture.ts";
import { exportedModel, largestDifference } from "./exported_model.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const ARCHITECTURES = ["pointer", "reference"] as const;
const FORMS = ARCHITECTURES.flatMap((architecture) =>
  OPERATOR_SETS.map((operators) => [architecture, operators] as const)
);

/** A chunk of tokens after another; the logits of all. */
async function runChunks(
  session: OnnxSession,
  chunks: Int32Array[],
  cache: KeyValueCache,
): Promise<number[]> {
  const logits: number[] = [];
  for (const chunk of chunks) {
    const output = await session.run(chunk, cache);
    cache = output.cache;
    logits.push(...output.logits);
  }
  return logits;
}

function cut(tokens: Int32Array, lengths: number[]): Int32Array[] {
  let start = 0;
  return lengths.map((length) => tokens.subarray(start, start += length));
}

for (const [architecture, operators] of FORMS) {
  const config = smallConfig(architecture);
  const parameters = randomParameters(config);
  const open = async (folder: TemporaryFolder): Promise<OnnxSession> =>
    await OnnxSession.open(await exportedModel(folder, config, parameters, { operators }));

  Deno.test(`${architecture}, ${operators}: the graph is the model's formulas, in any chunks`, async () => {
    using folder = new TemporaryFolder();
    await using session = await open(folder);
    const tokens = randomTokens(config, 12);
    const wanted = plainLogits(config, parameters, tokens);
    assert(wanted.some((logit) => Math.abs(logit) > 1), "the fixture is worth comparing");
    for (const lengths of [[12], Array(12).fill(1) as number[], [5, 1, 6], [1, 11]]) {
      for (const first of [0, 1]) {
        const logits = await runChunks(session, cut(tokens, lengths), session.zeroCache(1, first));
        const difference = largestDifference(logits, wanted);
        assert(difference < 2e-5, `chunks ${lengths}, first cache ${first}: ${difference}`);
      }
    }
  });

  Deno.test(`${architecture}, ${operators}: an empty and a zero first cache give the same logits`, async () => {
    using folder = new TemporaryFolder();
    await using session = await open(folder);
    const chunks = cut(randomTokens(config, 12), [3, 1, 1, 1, 6]);
    const empty = await runChunks(session, chunks, session.zeroCache(1, 0));
    const zero = await runChunks(session, chunks, session.zeroCache(1, 1));
    assert(largestDifference(empty, zero) < 1e-5);
  });

  Deno.test(`${architecture}, ${operators}: each row of a batch has its own first cache entry`, async () => {
    using folder = new TemporaryFolder();
    await using session = await open(folder);
    const [a, b] = [randomTokens(config, 6, 5), randomTokens(config, 7, 6)];
    const alone = [
      (await session.run(a, session.zeroCache(1, 0))).logits,
      (await session.run(b, session.zeroCache(1, 0))).logits.subarray(config.vocabSize),
    ];
    const real = (await session.run(b.subarray(0, 1), session.zeroCache(1, 0))).cache;
    const rows = (part: Float32Array): Float32Array =>
      Float32Array.from([...new Float32Array(part.length), ...part]);
    const mixed: KeyValueCache = {
      batch: 2,
      length: 1,
      layers: real.layers.map(({ key, value }) => ({ key: rows(key), value: rows(value) })),
    };
    const tokens = Int32Array.from([...a, ...b.subarray(1)]);
    const { logits } = await session.run(tokens, mixed);
    assert(largestDifference(logits, [...alone[0]!, ...alone[1]!]) < 1e-5);
  });

  Deno.test(`${architecture}, ${operators}: the model goes on beyond its context length`, async () => {
    using folder = new TemporaryFolder();
    await using session = await open(folder);
    const tokens = randomTokens(config, config.contextLength + 8);
    const wanted = plainLogits(config, parameters, tokens);
    for (const lengths of [Array(tokens.length).fill(1) as number[], [tokens.length], [10, 7, 3]]) {
      for (const first of [0, 1]) {
        const logits = await runChunks(session, cut(tokens, lengths), session.zeroCache(1, first));
        assert(largestDifference(logits, wanted) < 2e-5, `chunks ${lengths}, first cache ${first}`);
      }
    }
  });
}

for (const architecture of ARCHITECTURES) {
  const config = smallConfig(architecture);
  const parameters = randomParameters(config);

  for (const name of [`model_${architecture}`, `model_${architecture}_odd`]) {
    Deno.test(`${architecture}: PyTorch computes the same logits (${name})`, async () => {
      const golden = readGolden(name);
      using folder = new TemporaryFolder();
      const directory = await exportedModel(folder, goldenConfig(golden), goldenParameters(golden));
      await using session = await OnnxSession.open(directory);
      const tokens = golden.integers("tokens");
      const bounds = golden.integers("bounds");
      const logits: number[] = [];
      for (let d = 0; d + 1 < bounds.length; d++) {
        const document = tokens.subarray(bounds[d], bounds[d + 1]);
        if (document.length > 0) {
          logits.push(...(await session.run(document, session.zeroCache(1, 0))).logits);
        }
      }
      assert(largestDifference(logits, golden.tensor("logits")) < 2e-5);
    });
  }

  Deno.test(`${architecture}: the file is read back as it was written, each parameter stored once`, () => {
    const model = gptGraph({ config, parameters });
    const bytes = encodeModel(model);
    const read = decodeModel(bytes);
    assertEquals(read.opsetImport, [{ domain: "", version: 18 }, { domain: "com.microsoft", version: 1 }]);
    assertEquals(read.irVersion, 8);
    assertEquals(read.producerVersion, VERSION);
    assertEquals(read.graph.node.map((node) => node.opType), model.graph.node.map((node) => node.opType));
    const names = read.graph.initializer.map((tensor) => tensor.name);
    for (const { name } of parameterTable(config).specs) {
      // All of a pointer model's first block before its attention is in the table of tokens.
      const isInTable = architecture === "pointer" && /^blocks\.0\..*(norm1|qkv|fc1|fc2)/.test(name);
      assertEquals(names.filter((other) => other === name).length, isInTable ? 0 : 1, name);
    }
    const table = architecture === "pointer" ? 16 * config.vocabSize * config.dModel : 0;
    assert(bytes.length < parameters.byteLength + table + 100_000, `${bytes.length} bytes`);
  });

  Deno.test(`${architecture}: the standard graph has no operators but ONNX's own, in any form`, () => {
    for (const quantization of QUANTIZATIONS) {
      const options = {
        config,
        parameters,
        operators: "standard",
        quantization,
      } as const;
      const model = gptGraph(options);
      assertEquals(model.opsetImport, [{ domain: "", version: 18 }]);
      assertEquals([...new Set(model.graph.node.map((node) => node.domain))], [""]);
    }
  });

  Deno.test(`${architecture}: the same parameters give the same bytes`, () => {
    const make = (): Uint8Array => encodeModel(gptGraph({ config, parameters }));
    assertEquals(make(), make());
  });
}

Deno.test("no score of a pointer model is so low that its exponential is no normal number of float32", () => {
  const config = smallConfig("pointer");
  const { graph } = gptGraph({ config, parameters: randomParameters(config) });
  const scalars = graph.initializer.filter(({ dims, dataType }) => dims.length === 0 && dataType === 1);
  const lowest = Math.min(...scalars.map(({ rawData }) => new Float32Array(rawData.slice().buffer)[0]!));
  assert(lowest < -40 && Math.exp(lowest) >= 2 ** -126, `${lowest}`);
});

Deno.test("a pointer copies in the graph: what followed a token is likelier after it again", async () => {
  const config = { ...smallConfig("pointer"), contextLength: 24 };
  const parameters = randomParameters(config);
  const offsetOf = (name: string): number =>
    parameterTable(config).specs.find((spec) => spec.name === `${name}.weight`)!.offset;
  const [D, C] = [config.dModel / config.nHeads, config.dModel];
  const qkv = offsetOf(`blocks.${config.nLayers - 1}.attn.qkv`);
  parameters.copyWithin(qkv + C * C, qkv, qkv + D * C); // the copying head's keys as queries: a row finds its like
  parameters.fill(-0.2, offsetOf("pointer"), offsetOf("pointer") + C);
  using folder = new TemporaryFolder();
  await using session = await OnnxSession.open(await exportedModel(folder, config, parameters));
  const once = randomTokens(config, 10);
  const tokens = Int32Array.from([...once, ...once]);
  const { logits } = await session.run(tokens, session.zeroCache(1, 0));
  assert(largestDifference(logits, plainLogits(config, parameters, tokens)) < 2e-5);
  const nats = (from: number): number => {
    let sum = 0;
    for (let t = from; t < from + 9; t++) {
      const row = logits.subarray(t * config.vocabSize, (t + 1) * config.vocabSize);
      sum += logSumExp(row) - row[tokens[t + 1]!]!;
    }
    return sum / 9;
  };
  assert(nats(10) < nats(0) - 0.5, `${nats(0)}, then ${nats(10)}`);
});

Deno.test("the cache names its tokens in a channel; numbers that are none cannot lead out of the vocabulary", async () => {
  const config = smallConfig("pointer");
  const parameters = randomParameters(config);
  using folder = new TemporaryFolder();
  await using session = await OnnxSession.open(await exportedModel(folder, config, parameters));
  const tokens = randomTokens(config, 6);
  const { cache } = await session.run(tokens, session.zeroCache(1, 0));
  const { key, value } = cache.layers[0]!;
  const D = config.dModel / config.nHeads;
  const last = value.subarray(-6 * D); // the last head's
  assertEquals(Array.from({ length: 6 }, (_, i) => last[i * D + D - 1]! * 2 ** 60 - 1), [...tokens]);

  const strange = value.map((_, i) => i % 3 === 0 ? 1e6 : -1);
  const layers = [{ key, value: strange }, ...cache.layers.slice(1)];
  const { logits } = await session.run(tokens.subarray(0, 2), { ...cache, layers });
  assert(logits.every(Number.isFinite));
});

Deno.test("gptGraph() refuses parameters of another size", () => {
  const config = smallConfig("pointer");
  assertThrows(
    () => gptGraph({ config, parameters: new Float32Array(10) }),
    RangeError,
    "got 10 parameters",
  );
});
