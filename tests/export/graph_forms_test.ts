/** Quantized graphs and baked sampling, run in ONNX Runtime, against forwards written in the tests. */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../src/errors.ts";
import { bakedSamplingText, bakeLogits, CUT_LOGIT, parseBakedSampling } from "../../src/export/bake.ts";
import { exportModel } from "../../src/export/export_folder.ts";
import { compareLogits } from "../../src/export/logit_difference.ts";
import { QUANTIZATIONS } from "../../src/export/quantize.ts";
import { verifyFolder } from "../../src/export/verify.ts";
import { OPERATOR_SETS } from "../../src/export/graph/operators.ts";
import { OnnxSession } from "../../src/infer/onnx_session.ts";
import { plainLogits, randomParameters, randomTokens, smallConfig, tokenizerJson } from "./model_fixture.ts";
import { exportedModel, largestDifference } from "./exported_model.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

for (const architecture of ["pointer", "reference"] as const) {
  const config = smallConfig(architecture);
  const parameters = randomParameters(config);
  const tokens = randomTokens(config, 12);
  for (const operators of OPERATOR_SETS) {
    Deno.test(`${architecture}, ${operators}: int8 keeps the distribution of the next token`, async () => {
      using folder = new TemporaryFolder();
      const directory = await exportedModel(folder, config, parameters, { operators, quantization: "int8" });
      await using session = await OnnxSession.open(directory);
      const { logits } = await session.run(tokens, session.zeroCache(1, 0));
      const wanted = plainLogits(config, parameters, tokens);
      const { divergence, argmaxAgreement } = compareLogits(wanted, logits, config.vocabSize);
      assert(divergence > 0 && divergence < 0.003, `${divergence}`);
      assert(argmaxAgreement >= 10 / 12, `${argmaxAgreement}`);
    });
  }

  Deno.test(`${architecture}: every form passes verification, baked or not`, async () => {
    for (const quantization of QUANTIZATIONS) {
      for (const operators of OPERATOR_SETS) {
        for (const bake of [null, { temperature: 0.5, minP: 0.05 }]) {
          using folder = new TemporaryFolder();
          const directory = await exportedModel(folder, config, parameters, {
            operators,
            quantization,
            bake,
          });
          const failed = (await Array.fromAsync(verifyFolder(directory))).filter((check) => !check.ok);
          assertEquals(failed, [], `${quantization} ${operators} ${bake === null ? "" : "baked"}`);
        }
      }
    }
  });
}

for (const architecture of ["pointer", "reference"] as const) {
  const config = smallConfig(architecture);
  const parameters = randomParameters(config);
  Deno.test(`baked sampling, ${architecture}: drawing at 0.8 is drawing from what was asked for`, async () => {
    using folder = new TemporaryFolder();
    const bake = { temperature: 0.5, minP: 0.1 };
    await using session = await OnnxSession.open(await exportedModel(folder, config, parameters, { bake }));
    const tokens = randomTokens(config, 12);
    const { logits } = await session.run(tokens, session.zeroCache(1, 0));
    const raw = plainLogits(config, parameters, tokens);
    let cut = 0;
    for (let start = 0; start < raw.length; start += config.vocabSize) {
      const wanted = softmax(raw.subarray(start, start + config.vocabSize), 0.5);
      const best = Math.max(...wanted);
      const kept = wanted.map((p) => p >= 0.1 * best ? p : 0);
      const total = kept.reduce((a, b) => a + b, 0);
      const drawn = softmax(logits.subarray(start, start + config.vocabSize), 0.8);
      drawn.forEach((p, i) => assertAlmostEquals(p, kept[i]! / total, 1e-5));
      cut += kept.filter((p) => p === 0).length;
    }
    assert(cut > 0 && cut < raw.length - 12, "some tokens are cut, not all");
    assert(
      largestDifference(
        logits,
        bakeLogits(raw, bake, { vocabSize: config.vocabSize, tokens, tables: null }),
      ) < 1e-4,
    );
  });

  const nodes = architecture === "pointer" ? 1 : 0;
  Deno.test(`baked temperature alone, ${architecture}, costs ${nodes} nodes and cuts nothing`, async () => {
    using folder = new TemporaryFolder();
    const options = { config, parameters, tokenizerJson: tokenizerJson(config.vocabSize) };
    const plain = await exportModel({ ...options, directory: join(folder.path, "plain") });
    const baked = await exportModel({
      ...options,
      directory: join(folder.path, "baked"),
      bake: { temperature: 0.4 },
    });
    assertEquals(baked.nodeCount, plain.nodeCount + nodes);
    await using session = await OnnxSession.open(baked.directory);
    const tokens = randomTokens(config, 5);
    const { logits } = await session.run(tokens, session.zeroCache(1, 0));
    const doubled = plainLogits(config, parameters, tokens).map((logit) => 2 * logit);
    assert(largestDifference(logits, doubled) < 4e-5);
  });
}

const config = smallConfig("pointer");
const parameters = randomParameters(config);

Deno.test("compareLogits() forgives a cut at the threshold, not one elsewhere", () => {
  const row = Float32Array.of(3, 1, 0.00001, CUT_LOGIT);
  const flipped = Float32Array.of(3, 1, CUT_LOGIT, CUT_LOGIT);
  assert(compareLogits(row, flipped, 4).largest < 1e-4);
  assertEquals(
    compareLogits(row, Float32Array.of(3, CUT_LOGIT, 0.00001, CUT_LOGIT), 4).largest,
    1 - Math.fround(0.00001),
  );
  assertEquals(compareLogits(row, row.map((x, i) => i === 1 ? NaN : x), 4).largest, NaN);
});

Deno.test("parseBakedSampling() reads both parts in any order, and names what is wrong", () => {
  assertEquals(parseBakedSampling("temperature=0.5,min-p=0.05"), { temperature: 0.5, minP: 0.05 });
  assertEquals(parseBakedSampling("min-p=.1"), { minP: 0.1 });
  assertEquals(parseBakedSampling("lines,temperature=0.5"), { temperature: 0.5, lines: true });
  assertEquals(bakedSamplingText({ lines: true, minP: 0.05 }), "min-p=0.05,lines");
  assertEquals(bakedSamplingText({ minP: 0.05, temperature: 0.5 }), "temperature=0.5,min-p=0.05");
  for (
    const text of [
      "",
      "temperature",
      "temperature=",
      "top-p=0.9",
      "lines=1",
      "min-p=0.1,min-p=0.2",
      "min-p=x",
    ]
  ) {
    assertThrows(() => parseBakedSampling(text), SyntaxError);
  }
  for (const text of ["temperature=0", "temperature=1000", "min-p=1.1"]) {
    assertThrows(() => parseBakedSampling(text), RangeError, "must be from");
  }
});

Deno.test("exportModel() measures what int8 costs, and refuses a model that loses too much", async () => {
  using folder = new TemporaryFolder();
  const tokens = randomTokens(config, 13);
  const measured = [{ tokens, bytes: 40 }];
  const options = {
    config,
    parameters,
    tokenizerJson: tokenizerJson(config.vocabSize),
    quantization: "int8",
    bake: { minP: 0.1 },
    measured,
  } as const;
  const logitsOf = (document: Int32Array): Promise<Float32Array> =>
    Promise.resolve(plainLogits(config, parameters, document));
  const directory = join(folder.path, "good");
  const { quantizationLoss } = await exportModel({ ...options, directory, comparison: { tokens, logitsOf } });
  const raw = plainLogits(config, parameters, tokens.subarray(0, 12));
  let nats = 0;
  for (let t = 0; t < 12; t++) {
    const row = raw.subarray(t * config.vocabSize, (t + 1) * config.vocabSize);
    nats -= Math.log(softmax(row, 1)[tokens[t + 1]!]!);
  }
  assertAlmostEquals(quantizationLoss!.trainedBitsPerByte, nats / Math.LN2 / 40, 1e-6);
  assert(quantizationLoss!.loss !== 0 && Math.abs(quantizationLoss!.loss) < 0.01);
  assertEquals(quantizationLoss!.tokens, 12);

  // A trainer that knows every token: nothing can be as good.
  const knowing = (document: Int32Array): Promise<Float32Array> => {
    const logits = new Float32Array(document.length * config.vocabSize);
    document.forEach((_, t) => logits[t * config.vocabSize + tokens[t + 1]!] = 20);
    return Promise.resolve(logits);
  };
  await assertRejects(
    () =>
      exportModel({
        ...options,
        directory: join(folder.path, "bad"),
        comparison: { tokens, logitsOf: knowing },
      }),
    DataError,
    "in bits per byte on 12 tokens",
  );
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["good"]);
});

function softmax(logits: Float32Array, temperature: number): number[] {
  const largest = Math.max(...logits);
  const weights = Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}
