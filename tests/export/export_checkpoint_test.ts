/**
 * A checkpoint becomes a verified folder: its events, what int8's loss is measured on, and what is refused.
 */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { openBackend } from "../../src/backend/choose.ts";
import { openCheckpoint } from "../../src/checkpoint/mod.ts";
import { parseProofFile } from "../../src/corpus/proof_file.ts";
import { sampleCorpus } from "../../src/corpus/sample/mod.ts";
import { splitCorpus } from "../../src/corpus/split.ts";
import { DataError } from "../../src/errors.ts";
import { evaluationSubset, scoreDocuments, type SequenceLosses } from "../../src/evaluate/mod.ts";
import { exportCheckpoint, type ExportEvent } from "../../src/export/mod.ts";
import { packSequences } from "../../src/model/batch.ts";
import { Gpt } from "../../src/model/gpt.ts";
import { prepareData } from "../../src/train/data.ts";
import { saveModels } from "../infer/saved_models.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const utf8 = new TextEncoder();
const proofs = [...sampleCorpus({ files: 40 })].map(({ name, text }) =>
  parseProofFile(name, utf8.encode(text)).file!
);

Deno.test("exportCheckpoint() makes the folder, then checks it, and says both", async () => {
  using folder = new TemporaryFolder();
  const opened = await openCheckpoint((await saveModels(folder.path, "pointer")).checkpoints);
  using backend = await openBackend({ kind: "reference" });
  const directory = join(folder.path, "out");
  const events: ExportEvent[] = [];
  for await (const event of exportCheckpoint(opened, { directory, backend, proofs, flavor: "hf" })) {
    if (events.length === 0) assert(Deno.statSync(join(directory, "onnx", "model.onnx")).isFile);
    events.push(event);
  }
  const [first, ...checks] = events;
  assert(first!.kind === "export" && first.difference !== null && first.difference.largest < 1e-4);
  assertEquals([first.directory, first.form.flavor, first.quantizationLoss], [directory, "hf", null]);
  assertEquals(checks.length, 16);
  for (const event of checks) assert(event.kind === "check" && event.ok, JSON.stringify(event));
  await assertRejects(
    () => Array.fromAsync(exportCheckpoint(opened, { directory, backend })),
    DataError,
    "it is not empty",
  );
});

Deno.test("int8's loss is that of the held-out proofs, and no others are tokenized", async () => {
  using folder = new TemporaryFolder();
  const { checkpoint, tokenizer } = await openCheckpoint(
    (await saveModels(folder.path, "pointer")).checkpoints,
  );
  const { split: kind, trainSplit, seed } = checkpoint.train;
  const { train, validation } = splitCorpus(proofs, { kind, trainSplit, seed });
  const encoded: string[] = [];
  const counting = new Proxy(tokenizer, {
    get(target, name): unknown {
      if (name === "encode") return (text: string) => (encoded.push(text), target.encode(text));
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  using backend = await openBackend({ kind: "reference" });
  const options = { directory: join(folder.path, "out"), backend, proofs, quantization: "int8" } as const;
  const [event] = await Array.fromAsync(exportCheckpoint({ checkpoint, tokenizer: counting }, options));
  assertEquals(encoded, validation.map((i) => proofs[i]!.text));
  assert(train.length > 0 && event!.kind === "export" && event.quantizationLoss !== null);

  const gpt = new Gpt(backend, checkpoint.model);
  gpt.load(checkpoint.parameters);
  const documents = evaluationSubset(prepareData(proofs, tokenizer, checkpoint.train).validation, 4096);
  const source = {
    evaluate: async (sequences: Parameters<typeof packSequences>[0]): Promise<SequenceLosses> => {
      const rows = await gpt.losses(packSequences(sequences));
      return { nats: rows.reduce((sum, loss) => sum + loss, 0), rows };
    },
  };
  const { bitsPerByte, tokens } = await scoreDocuments(source, documents, checkpoint.model);
  assertAlmostEquals(event.quantizationLoss.trainedBitsPerByte, bitsPerByte, 1e-5);
  assertEquals(event.quantizationLoss.tokens, tokens);
});
