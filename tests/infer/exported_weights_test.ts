/** Which exported models are run from their weights alone. What comes out: decoder_test.ts, same_text_test.ts. */
import { assert, assertEquals } from "@std/assert";
import { parseExportedConfig, readExportedFile, readExportedText } from "../../src/infer/exported_folder.ts";
import { exportedWeights } from "../../src/infer/exported_weights.ts";
import { sha256Hex } from "../../src/io/mod.ts";
import { decodeModel, encodeModel, type ModelProto } from "../../src/onnx/schema.ts";
import { exportedModel } from "../export/exported_model.ts";
import { randomParameters, smallConfig } from "../export/model_fixture.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const CONFIG = smallConfig("pointer");

/** Whether a folder of this form is run from its weights. */
async function isOurs(form: Parameters<typeof exportedModel>[3], config = CONFIG): Promise<boolean> {
  using folder = new TemporaryFolder();
  const directory = await exportedModel(folder, config, randomParameters(config), form);
  const said = parseExportedConfig(await readExportedText(directory, "config.json"));
  return exportedWeights(await readExportedFile(directory, said.modelFile), said) !== null;
}

Deno.test("exportedWeights() takes float32 models of every flavor and operator set, and no others", async () => {
  for (const flavor of ["acorn", "hf", "genai"] as const) assert(await isOurs({ flavor }), flavor);
  assert(await isOurs({ operators: "standard" }));
  assert(!await isOurs({ quantization: "int8" }));
  assert(!await isOurs({ bake: { temperature: 0.5, minP: 0 } }));
  assert(!await isOurs({}, smallConfig("reference")));
});

Deno.test("exportedWeights() leaves whatever is not as it was exported to ONNX Runtime", async () => {
  using folder = new TemporaryFolder();
  const directory = await exportedModel(folder, CONFIG, randomParameters(CONFIG));
  const said = parseExportedConfig(await readExportedText(directory, "config.json"));
  const bytes = await readExportedFile(directory, "model.onnx");
  assert(exportedWeights(bytes, said) !== null);
  const { modelSha256: _, ...undigested } = said;
  assertEquals(exportedWeights(bytes, undigested), null);
  for (let i = 0; i < bytes.length; i += 997) {
    const changed = bytes.slice();
    changed[i]! ^= 1;
    assertEquals(exportedWeights(changed, said), null);
  }
  // With a digest that fits: another program's, another version's, other sizes, missing and torn constants.
  const changes: ((model: ModelProto) => void)[] = [
    (model) => model.producerName = "pytorch",
    (model) => model.producerVersion = "0.0.1",
    (model) => model.metadataProps = [],
    (model) => model.metadataProps.find(({ key }) => key === "n_heads")!.value = "5",
    (model) => model.metadataProps.find(({ key }) => key === "d_mlp")!.value = "1e9",
    (model) => model.metadataProps.find(({ key }) => key === "n_layers")!.value = "3",
    ({ graph }) => graph.initializer.forEach((tensor) => tensor.rawData = tensor.rawData.slice(4)),
    (model) => model.graph.initializer = model.graph.initializer.filter(({ name }) => name !== "token_table"),
  ];
  for (const [i, change] of changes.entries()) {
    const model = decodeModel(bytes);
    change(model);
    const changed = encodeModel(model);
    assertEquals(exportedWeights(changed, { ...said, modelSha256: sha256Hex(changed) }), null, `change ${i}`);
  }
  for (const cut of [0, 1, 100, bytes.length - 1]) {
    const changed = bytes.slice(0, cut);
    assertEquals(
      exportedWeights(changed, { ...said, modelSha256: sha256Hex(changed) }),
      null,
      `${cut} bytes`,
    );
  }
});
