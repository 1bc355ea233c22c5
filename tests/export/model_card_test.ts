/** The model card of an exported folder, its figures and where they come from; the folder as one file. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { parse } from "deno-std/yaml/parse.js";
import { openBackend } from "../../src/backend/choose.ts";
import { openCheckpoint } from "../../src/checkpoint/mod.ts";
import { DataError } from "../../src/errors.ts";
import { exportCheckpoint, FLAVORS, parseCardEvaluation, verifyFolder } from "../../src/export/mod.ts";
import { modelCard } from "../../src/export/model_card.ts";
import { checkNoFile, zipFolder } from "../../src/export/zip_folder.ts";
import { unzipSync } from "../../src/io/zip.ts";
import { saveModels } from "../infer/saved_models.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const DATE = new Date(Date.UTC(2026, 11, 1));
const PLAIN = { flavor: "acorn", quantization: "none", bake: null } as const;

/** As `tactics eval --json` prints it. */
function evaluationOf(step: number, splitHash: string): string {
  const estimate = (value: number) => ({ value, low: value, high: value });
  const model = { all: { bitsPerByte: estimate(0.5) }, P: { bitsPerByte: estimate(0.25) } };
  const scores = [{ method: "draw-prover", overLines: [estimate(0.1), estimate(0.2), null] }];
  const notice = JSON.stringify({ kind: "notice", level: "info", message: "bits per byte: 10 %" });
  const report = { kind: "evaluation", step, splitHash, losses: { model }, lines: { lines: 100, scores } };
  return `${notice}\n${JSON.stringify(report)}\n`;
}

Deno.test("a card has the hub's front matter, the run's figures, and no text of others as markup", async () => {
  using folder = new TemporaryFolder();
  const { checkpoint } = await openCheckpoint((await saveModels(folder.path, "pointer")).checkpoints);
  const data = { name: "a`|b\n# c", trainDocuments: 4416, validationDocuments: 573 };
  for (const flavor of FLAVORS) {
    const card = modelCard(checkpoint, { ...PLAIN, flavor }, { date: DATE, data });
    const [, front] = card.split("---\n");
    const { library_name, license, tags } = parse(front!) as Record<string, unknown>;
    assertEquals([library_name, license], [flavor === "hf" ? "transformers.js" : "onnx", "unknown"]);
    assert((tags as string[]).includes("acorn"));
    for (
      const text of ["2026-12-01", checkpoint.splitHash, "4,416 proofs, 573 held out", "## How to load it"]
    ) {
      assert(card.includes(text), `${text}\n${card}`);
    }
    assert(!/^# c/m.test(card) && !card.includes("a`|b"), card);
  }
});

Deno.test("a card takes eval's figures of this checkpoint and these proofs, and of no other", () => {
  const checkpoint = { step: 7, splitHash: "abc" };
  const text = evaluationOf(7, "abc");
  assertEquals(parseCardEvaluation(text, checkpoint), {
    bitsPerByte: [["all", 0.5], ["P", 0.25]],
    nextLines: [[1, 0.1], [8, 0.2]],
  });
  for (
    const other of [
      "",
      "{",
      "null\n[]\n1",
      evaluationOf(8, "abc"),
      evaluationOf(7, "abd"),
      text.replaceAll('"value":0.5', '"value":"0.5"').replaceAll('"value":0.25', '"value":-1'),
      text.replace('"model":{', '"other":{'),
    ]
  ) assertEquals(parseCardEvaluation(other, checkpoint), null, other);
});

Deno.test("a folder with a card is verified, also when the card is edited, and fits into one file", async () => {
  using folder = new TemporaryFolder();
  const opened = await openCheckpoint((await saveModels(folder.path, "pointer")).checkpoints);
  const { step, splitHash } = opened.checkpoint;
  const evaluation = parseCardEvaluation(evaluationOf(step, splitHash), opened.checkpoint)!;
  using backend = await openBackend({ kind: "reference" });
  const directory = join(folder.path, "shared");
  const bake = { temperature: 0.5 };
  await Array.fromAsync(
    exportCheckpoint(opened, { directory, backend, bake, card: { date: DATE, evaluation } }),
  );
  const card = await Deno.readTextFile(join(directory, "README.md"));
  for (const text of ["| bits a byte, @P | 0.250 |", "| next line right, 8 draws | 20.0 % |", "baked in"]) {
    assert(card.includes(text), card);
  }
  await Deno.writeTextFile(join(directory, "README.md"), card.replace("license: unknown", "license: mit"));
  assertEquals((await Array.fromAsync(verifyFolder(directory))).filter(({ ok }) => !ok), []);

  const archive = `${directory}.zip`;
  await checkNoFile(archive);
  const sizeBytes = await zipFolder(directory, archive);
  const bytes = await Deno.readFile(archive);
  assertEquals(bytes.length, sizeBytes);
  const files = unzipSync(bytes);
  assertEquals(
    Object.keys(files),
    ["model.onnx", "tokenizer.json", "config.json", "README.md"].map((n) => `shared/${n}`),
  );
  for (const [name, content] of Object.entries(files)) {
    assertEquals(content, await Deno.readFile(join(folder.path, name)), name);
  }
  await assertRejects(() => checkNoFile(archive), DataError, "it is there already");
});
