/**
 * Checkpoints of the PyTorch program: one that torch wrote gives torch's logits, and hostile ones give an error.
 */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import fc from "fast-check";
import { zipSync } from "fflate";
import { ReferenceBackend } from "../../src/backend/reference/mod.ts";
import { importPyTorch } from "../../src/checkpoint/mod.ts";
import { unpickle } from "../../src/checkpoint/pytorch/unpickle.ts";
import { DataError } from "../../src/errors.ts";
import { Gpt } from "../../src/model/gpt.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const TINY = fromFileUrl(new URL("tiny.pt", import.meta.url));
const words = Array.from({ length: 400 }, (_, i) => `word${i} lemma_${i * 7} add_${i * 13}`);
const tokenizer = trainTokenizer(words, { vocabularySize: 300, alphabet: "bytes" });

/** Bytes of a pickle: characters are bytes. */
function pickle(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Import an archive of these files. */
async function importFiles(files: Record<string, Uint8Array>, level: 0 | 9 = 0): Promise<unknown> {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "model.pt");
  await Deno.writeFile(path, zipSync(files, { level }));
  return await importPyTorch(path, tokenizer);
}

Deno.test("what torch saved gives torch's logits", async () => {
  const { tokens, logits } = JSON.parse(await Deno.readTextFile(TINY.replace(/pt$/, "json")));
  const { model, parameters, step, m } = await importPyTorch(TINY, tokenizer);
  assertEquals([model.architecture, model.vocabSize, model.dMlp, step], ["reference", 300, 32, 1]);
  assert(m.every((value) => value === 0));
  const gpt = new Gpt(new ReferenceBackend(), model);
  gpt.load(parameters);
  const found = (await gpt.logits(Int32Array.from(tokens))).slice(-300);
  for (const [id, logit] of logits.entries()) assertAlmostEquals(found[id]!, logit, 1e-5);
});

Deno.test("another tokenizer's checkpoint is refused", async () => {
  const other = trainTokenizer(words, { vocabularySize: 290, alphabet: "bytes" });
  await assertRejects(() => importPyTorch(TINY, other), DataError, "has 300 tokens, tokenizer.json has 290");
});

Deno.test("a pickle that would run something is refused by its name", () => {
  const attacks: [string, string][] = [
    ["cos\nsystem\n(X\x02\x00\x00\x00idtR.", '"os system"'],
    ["cbuiltins\neval\n(X\x01\x00\x00\x001tR.", '"builtins eval"'],
    ["\x80\x04\x8c\x02os\x8c\x06system\x93.", '"os system"'],
    ["ctorch\nload\n.", '"torch load"'],
    ["ctorch._utils\n_rebuild_tensor_v2\n)R.", "in an unusual way"],
    ["ccollections\nOrderedDict\nX\x01\x00\x00\x00x\x85R.", "in an unusual way"],
    ["X\x01\x00\x00\x00x)R.", "in an unusual way"],
    ["(ios\nsystem\n.", "opcode 0x69"],
    ["(cos\nsystem\no.", '"os system"'],
    ["P1\n.", "opcode 0x50"],
    ["\x82\x01.", "opcode 0x82"],
    ["X\xff\xff\xff\xffa.", "ends too early"],
    ["X\x01\x00\x00\x00xa.", "a value that is not there"],
    ["h\x05.", "no memory 5"],
    ["t.", "a mark that is not there"],
    ["", "ends too early"],
    ["}X\x01\x00\x00\x00x(u.", "no collection"],
  ];
  for (const [text, reason] of attacks) assertThrows(() => unpickle(pickle(text)), SyntaxError, reason);
});

Deno.test("what is no whole archive of torch's is refused with a reason", async () => {
  const empty = pickle("}.");
  await assertRejects(() => importFiles({ "a/data.pkl": empty }), DataError, "its model_config is missing");
  await assertRejects(() => importFiles({ "a/b": empty }), DataError, "it has no data.pkl");
  await assertRejects(
    () => importFiles({ "a/data.pkl": new Uint8Array(1000) }, 9),
    DataError,
    "is compressed",
  );
  const big = { "a/data.pkl": empty, "a/byteorder": new TextEncoder().encode("big") };
  await assertRejects(() => importFiles(big), DataError, 'its byte order is "big"');
  using folder = new TemporaryFolder();
  const path = join(folder.path, "cut.pt");
  const bytes = await Deno.readFile(TINY);
  await Deno.writeFile(path, bytes.subarray(0, bytes.length - 100));
  await assertRejects(() => importPyTorch(path, tokenizer), DataError, "no whole zip archive");
});

Deno.test("no change of a byte brings anything but a model or an error with a reason", async () => {
  using folder = new TemporaryFolder();
  const bytes = await Deno.readFile(TINY);
  const path = join(folder.path, "changed.pt");
  const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) });
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(changes, async (changes) => {
      const changed = bytes.slice();
      for (const { at, to } of changes) changed[at] = to;
      await Deno.writeFile(path, changed);
      await importPyTorch(path, tokenizer).catch((error) =>
        assert(error instanceof DataError, `${error.stack}`)
      );
    }),
    { numRuns: 300 },
  );
});
