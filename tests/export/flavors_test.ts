/**
 * The hf and genai flavors: files, masks and positions. The programs that they are for are tested by `deno
 * task test:consumers`.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { decodeModel, encodeModel } from "../../src/onnx/schema.ts";
import { verifyFolder } from "../../src/export/verify.ts";
import { OnnxSession } from "../../src/infer/onnx_session.ts";
import { OrtSession, type OrtTensor } from "../../src/infer/ort.ts";
import { plainLogits, randomParameters, randomTokens, smallConfig } from "./model_fixture.ts";
import { exportedModel, largestDifference } from "./exported_model.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

function filesIn(directory: string, prefix = ""): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(join(directory, name), `${prefix}${name}/`) : [`${prefix}${name}`]
  ).sort();
}

for (const architecture of ["pointer", "reference"] as const) {
  const config = smallConfig(architecture);
  const parameters = randomParameters(config);
  const V = config.vocabSize;

  Deno.test(`hf, ${architecture}: rows filled on the left, in two calls, give their own logits`, async () => {
    using folder = new TemporaryFolder();
    const directory = await exportedModel(folder, config, parameters, { flavor: "hf" });
    await using session = await OnnxSession.open(directory);
    assert(session.masked);
    const rows = [randomTokens(config, 12, 5), randomTokens(config, 7, 6), randomTokens(config, 1, 7)];
    const filling = rows.map((row) => 12 - row.length);
    const filled = rows.map((row, i) => Int32Array.from([...new Array<number>(filling[i]!).fill(1), ...row]));
    const half = (from: number, to: number): Int32Array =>
      Int32Array.from(filled.flatMap((row) => [...row.subarray(from, to)]));
    const first = await session.run(half(0, 8), session.zeroCache(3, 0), filling);
    const second = await session.run(half(8, 12), first.cache, filling);
    for (const [i, row] of rows.entries()) {
      const found = [
        ...first.logits.subarray((i * 8 + Math.min(8, filling[i]!)) * V, (i + 1) * 8 * V),
        ...second.logits.subarray((i * 4 + Math.max(0, filling[i]! - 8)) * V, (i + 1) * 4 * V),
      ];
      assert(largestDifference(found, plainLogits(config, parameters, row)) < 2e-5, `row ${i}`);
    }
    assert(first.logits.every(Number.isFinite), "filling gives numbers, too");
  });

  Deno.test(`hf, ${architecture}: logits are right past the context, as in the prover's flavor`, async () => {
    using folder = new TemporaryFolder();
    const directory = await exportedModel(folder, config, parameters, { flavor: "hf" });
    await using session = await OnnxSession.open(directory);
    const tokens = randomTokens(config, 3 * config.contextLength);
    const { logits } = await session.run(tokens, session.zeroCache(1, 0));
    assert(largestDifference(logits, plainLogits(config, parameters, tokens)) < 2e-5);
  });

  for (const flavor of ["hf", "genai"] as const) {
    Deno.test(`${flavor}, ${architecture}: the folder passes verification in every form`, async () => {
      for (const quantization of ["none", "int8"] as const) {
        for (const operators of ["standard", "ort"] as const) {
          using folder = new TemporaryFolder();
          const directory = await exportedModel(folder, config, parameters, {
            flavor,
            quantization,
            operators,
          });
          const failed = (await Array.fromAsync(verifyFolder(directory))).filter((check) => !check.ok);
          assertEquals(failed, [], `${quantization} ${operators}`);
        }
      }
    });
  }
}

for (const architecture of ["pointer", "reference"] as const) {
  const config = smallConfig(architecture);
  const parameters = randomParameters(config);

  Deno.test(`hf, ${architecture}: the first cache may have no rows, as in transformers.js`, async () => {
    for (const operators of ["standard", "ort"] as const) {
      using folder = new TemporaryFolder();
      const directory = await exportedModel(folder, config, parameters, { flavor: "hf", operators });
      await using session = await OrtSession.open(Deno.readFileSync(join(directory, "onnx", "model.onnx")));
      const tokens = randomTokens(config, 5);
      const int64 = (values: readonly number[]): OrtTensor => ({
        shape: [1, values.length],
        data: BigInt64Array.from(values, BigInt),
      });
      const empty = {
        shape: [0, config.nHeads, 0, config.dModel / config.nHeads],
        data: new Float32Array(0),
      };
      const caches = session.inputs.filter(({ name }) => name.startsWith("past")).map((
        { name },
      ) => [name, empty]);
      const outputs = await session.run({
        input_ids: int64([...tokens]),
        attention_mask: int64([1, 1, 1, 1, 1]),
        position_ids: int64([0, 1, 2, 3, 4]),
        ...Object.fromEntries(caches),
      });
      const logits = outputs.get("logits")!.data as Float32Array;
      assert(largestDifference(logits, plainLogits(config, parameters, tokens)) < 2e-5, operators);
    }
  });

  Deno.test(`genai, ${architecture}: genai_config.json names the model's inputs and outputs`, async () => {
    using folder = new TemporaryFolder();
    const directory = await exportedModel(folder, config, parameters, { flavor: "genai" });
    const { model } = JSON.parse(Deno.readTextFileSync(join(directory, "genai_config.json")));
    const { graph } = decodeModel(Deno.readFileSync(join(directory, model.decoder.filename)));
    const { inputs, outputs, num_hidden_layers: layers } = model.decoder;
    const named = (names: Record<string, string>): string[] =>
      Object.values(names).flatMap((name) =>
        name.includes("%d") ? Array.from({ length: layers }, (_, i) => name.replace("%d", `${i}`)) : [name]
      ).sort();
    assertEquals(named(inputs), graph.input.map(({ name }) => name).sort());
    assertEquals(named(outputs), graph.output.map(({ name }) => name).sort());
  });
}

const config = smallConfig("reference");
const parameters = randomParameters(config);

Deno.test("hf: files lie where transformers.js looks for them, by the number of bits", async () => {
  const json = ["config.json", "generation_config.json"];
  for (
    const [quantization, model, dtype] of [
      ["none", "onnx/model.onnx", "fp32"],
      ["int8", "onnx/model_quantized.onnx", "q8"],
    ] as const
  ) {
    using folder = new TemporaryFolder();
    const directory = await exportedModel(folder, config, parameters, { flavor: "hf", quantization });
    assertEquals(filesIn(directory), [...json, model, "tokenizer.json", "tokenizer_config.json"].sort());
    const written = JSON.parse(Deno.readTextFileSync(join(directory, "config.json")));
    assertEquals(written["transformers.js_config"], { dtype });
    assertEquals(written.model_file, model);
    assertEquals(written.hidden_size / written.num_attention_heads, config.dModel / config.nHeads);
  }
});

Deno.test("verifyFolder() finds a model that takes filling for text", async () => {
  using folder = new TemporaryFolder();
  const directory = await exportedModel(folder, config, parameters, { flavor: "hf" });
  const path = join(directory, "onnx", "model.onnx");
  const model = decodeModel(Deno.readFileSync(path));
  const visible = model.graph.node.find(({ name }) => name === "/visibility/visible/And")!;
  visible.input[1] = visible.input[0]!; // whatever the mask says
  Deno.writeFileSync(path, encodeModel(model));
  const failed = (await Array.fromAsync(verifyFolder(directory))).filter((check) => !check.ok);
  const [digests, ...others] = failed.map(({ name }) => name);
  assertEquals(digests, "every file has the sha256 in config.json");
  assertEquals(others, ["filling on the left of a row counts for nothing"]);
});

Deno.test("a folder may not name a model outside itself", async () => {
  for (const file of ["../model.onnx", "/etc/passwd", ".hidden", "onnx//model.onnx", "onnx/../../x", "", 1]) {
    using folder = new TemporaryFolder();
    const directory = await exportedModel(folder, config, parameters);
    const path = join(directory, "config.json");
    const keys = JSON.parse(Deno.readTextFileSync(path));
    Deno.writeTextFileSync(path, JSON.stringify({ ...keys, model_file: file }));
    const [first] = await Array.fromAsync(verifyFolder(directory));
    assert(!first!.ok && first!.detail.includes("no path inside the folder"), JSON.stringify(file));
  }
});

Deno.test("hf: a vocabulary of 12,000 passes verification", async () => {
  using folder = new TemporaryFolder();
  const config = { ...smallConfig("pointer"), vocabSize: 12_000, nLayers: 1 };
  const directory = await exportedModel(folder, config, randomParameters(config), { flavor: "hf" });
  const checks = await Array.fromAsync(verifyFolder(directory));
  assertEquals(checks.filter(({ ok }) => !ok), []);
});
