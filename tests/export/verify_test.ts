/** Verification: good folders pass every check, and each kind of damage is named without a crash. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { decodeModel, encodeModel, type ModelProto } from "../../src/onnx/schema.ts";
import { checkHashes } from "../../src/export/file_hashes.ts";
import { type FolderCheck, verifyFolder } from "../../src/export/verify.ts";
import { randomParameters, smallConfig, tokenizerJson } from "./model_fixture.ts";
import { exportedModel } from "./exported_model.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const config = smallConfig("reference");

async function checksOf(directory: string): Promise<FolderCheck[]> {
  return await Array.fromAsync(verifyFolder(directory));
}

const [DIGESTS, METADATA] = [
  "every file has the sha256 in config.json",
  "the model's metadata agree with its files",
];

/** Export a model, damage the folder, verify it. @returns the failed checks, those of any change left out */
async function failuresAfter(damage: (directory: string) => void): Promise<FolderCheck[]> {
  using folder = new TemporaryFolder();
  const directory = await exportedModel(folder, config, randomParameters(config));
  damage(directory);
  return (await checksOf(directory)).filter(({ ok, name }) => !ok && name !== DIGESTS && name !== METADATA);
}

function editModel(directory: string, edit: (model: ModelProto) => void): void {
  const path = join(directory, "model.onnx");
  const model = decodeModel(Deno.readFileSync(path));
  edit(model);
  Deno.writeFileSync(path, encodeModel(model));
}

function editConfig(directory: string, change: Record<string, unknown>): void {
  const path = join(directory, "config.json");
  Deno.writeTextFileSync(path, JSON.stringify({ ...JSON.parse(Deno.readTextFileSync(path)), ...change }));
}

for (const architecture of ["pointer", "reference"] as const) {
  Deno.test(`verifyFolder() passes an exported ${architecture} model in every check`, async () => {
    using folder = new TemporaryFolder();
    const config = smallConfig(architecture);
    const checks = await checksOf(await exportedModel(folder, config, randomParameters(config)));
    assertEquals(checks.filter((check) => !check.ok), []);
    assertEquals(checks.length, 16);
  });
}

Deno.test("verifyFolder() names missing files", async () => {
  for (const name of ["config.json", "tokenizer.json", "model.onnx"]) {
    const failures = await failuresAfter((directory) => Deno.removeSync(join(directory, name)));
    assertEquals(failures.length, 1);
    assertStringIncludes(failures[0]!.detail, `${name}": it does not exist`);
  }
  const [first] = await checksOf("/nonexistent/folder");
  assertStringIncludes(first!.detail, "does not exist");
});

Deno.test("verifyFolder() survives a model that is cut off anywhere or has flipped bytes", async () => {
  using folder = new TemporaryFolder();
  const directory = await exportedModel(folder, config, randomParameters(config));
  const path = join(directory, "model.onnx");
  const bytes = Deno.readFileSync(path);
  for (const length of [0, 1, 100, Math.floor(bytes.length / 2), bytes.length - 1]) {
    Deno.writeFileSync(path, bytes.subarray(0, length));
    const failures = (await checksOf(directory)).filter((check) => !check.ok);
    assert(failures.length > 0, `cut to ${length} bytes`);
  }
  for (const place of [3, 40, 400, 2000]) {
    const flipped = bytes.slice();
    flipped[place]! ^= 0xff;
    Deno.writeFileSync(path, flipped);
    await checksOf(directory); // some flips only rename a node; none may crash
  }
});

Deno.test("verifyFolder() names wrong sizes in config.json", async () => {
  const missing = await failuresAfter((directory) =>
    editConfig(directory, { n_heads: undefined, head_dim: 1.5 })
  );
  assertStringIncludes(
    missing[0]!.detail,
    "n_heads is missing, expected 1 to 1024; head_dim is 1.5, expected 1 to 16384",
  );
  const heads = await failuresAfter((directory) => editConfig(directory, { n_heads: 4 }));
  assertStringIncludes(heads[0]!.detail, "(batch, 3, cache, 8), expected (any, 4, any, 8)");
  const layers = await failuresAfter((directory) => editConfig(directory, { n_layers: 3 }));
  assertStringIncludes(layers[0]!.detail, 'no input "past_key_values.2.key"');
  const fewer = await failuresAfter((directory) => editConfig(directory, { n_layers: 1 }));
  assertStringIncludes(fewer[0]!.detail, 'unknown input "past_key_values.1.key"');
  const text = await failuresAfter((directory) =>
    Deno.writeTextFileSync(join(directory, "config.json"), "{")
  );
  assertStringIncludes(text[0]!.detail, "config.json is not JSON");
});

Deno.test("verifyFolder() believes no size beyond those of our own models, and tells that in a few words", async () => {
  const size = 1 << 24;
  for (const key of ["vocab_size", "context_length", "n_layers", "n_heads", "head_dim"]) {
    const [first] = await failuresAfter((directory) => editConfig(directory, { [key]: size }));
    assertStringIncludes(first!.detail, `${key} is ${size}, expected 1 to `);
  }
  const [wide] = await failuresAfter((directory) => editConfig(directory, { n_heads: 1024, head_dim: 1024 }));
  assertStringIncludes(wide!.detail, "n_heads times head_dim is 1048576, at most 16384");
  const [long] = await failuresAfter((directory) => editConfig(directory, { n_heads: "9".repeat(100_000) }));
  assert(long!.detail.length < 500, `${long!.detail.length} characters`);
  const [many] = await failuresAfter((directory) => editConfig(directory, { n_layers: 250 }));
  assert(many!.detail.length <= 2000, `${many!.detail.length} characters`);
});

Deno.test("verifyFolder() survives files that are folders, no UTF-8, or JSON of another kind", async () => {
  const damages: Record<string, (path: string) => void> = {
    folder: (path) => {
      Deno.removeSync(path);
      Deno.mkdirSync(path);
    },
    bytes: (path) => Deno.writeFileSync(path, Uint8Array.of(0xff, 0xfe, 0x00, 0x80)),
    empty: (path) => Deno.writeFileSync(path, new Uint8Array()),
    array: (path) => Deno.writeTextFileSync(path, "[1, 2]"),
    null: (path) => Deno.writeTextFileSync(path, "null"),
    number: (path) => Deno.writeTextFileSync(path, "7"),
    "another object": (path) => Deno.writeTextFileSync(path, '{"model": {"vocab": [1]}, "added_tokens": 3}'),
  };
  for (const name of ["config.json", "tokenizer.json", "model.onnx"]) {
    for (const [kind, damage] of Object.entries(damages)) {
      const failures = await failuresAfter((directory) => damage(join(directory, name)));
      assert(failures.length > 0 && failures.every(({ detail }) => detail !== ""), `${name}: ${kind}`);
    }
  }
});

Deno.test("verifyFolder() names a tokenizer that ends proofs with another token", async () => {
  const failures = await failuresAfter((directory) =>
    Deno.writeTextFileSync(join(directory, "tokenizer.json"), tokenizerJson(29).replace("<PAD>", "!"))
  );
  const [check] = failures;
  assertEquals(check!.detail, 'the token with the id 1 is "!", not "<PAD>", which ends a proof');
});

Deno.test("verifyFolder() names a tokenizer of another size", async () => {
  const failures = await failuresAfter((directory) =>
    Deno.writeTextFileSync(join(directory, "tokenizer.json"), tokenizerJson(28))
  );
  assertEquals(failures.map((check) => check.detail), ["tokenizer.json has 28 tokens, config.json says 29"]);
});

Deno.test("verifyFolder() finds parameters that are zero or no numbers", async () => {
  const fill = (value: number) => (directory: string): void =>
    editModel(directory, (model) => {
      const norm = model.graph.initializer.find((tensor) => tensor.name === "norm.weight")!;
      norm.rawData = new Uint8Array(new Float32Array(norm.dims[0]!).fill(value).buffer);
    });
  const zeros = await failuresAfter(fill(0));
  assertEquals(zeros.map((check) => check.detail), ["every logit is 0"]);
  const failures = await failuresAfter(fill(NaN));
  assert(failures.some((check) => check.detail.endsWith("of 8 tokens is NaN")));
});

Deno.test("verifyFolder() finds a model that takes the zero first cache for a real entry", async () => {
  const failures = await failuresAfter((directory) =>
    editModel(directory, (model) => {
      const flags = model.graph.node.find((node) => node.name === "/visibility/placeholders/Min")!;
      flags.opType = "Sub";
      flags.input = [flags.input[0]!, flags.input[0]!]; // none, whatever the cache
    })
  );
  assertEquals(failures.map((check) => check.name), ["an empty and a zero first cache are the same"]);
});

Deno.test("verifyFolder() finds too new formats, weights elsewhere, weights stored twice", async () => {
  const newer = await failuresAfter((directory) =>
    editModel(directory, (model) => {
      model.irVersion = 11;
      model.opsetImport[0]!.version = 22;
    })
  );
  assertEquals(newer[0], {
    name: "ONNX Runtime 1.20 knows the format",
    ok: false,
    detail: "too new for the prover: format version 11, at most 10; operator set 22, at most 21",
  });

  const elsewhere = await failuresAfter((directory) =>
    editModel(directory, (model) => model.graph.initializer[0]!.dataLocation = 1)
  );
  assertStringIncludes(elsewhere[0]!.detail, "1 weights are in another file");

  for (const transposed of [false, true]) {
    using folder = new TemporaryFolder();
    const wide = { ...config, dModel: 48, dMlp: 40 };
    const directory = await exportedModel(folder, wide, randomParameters(wide));
    editModel(directory, ({ graph }) => {
      const table = graph.initializer.find(({ name }) => name === "token_embedding.weight")!;
      const [rows, columns] = table.dims as [number, number];
      const values = new Float32Array(table.rawData.slice().buffer);
      const copy = transposed
        ? values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!)
        : values;
      graph.initializer.push({
        ...table,
        name: "head",
        dims: transposed ? [columns, rows] : [rows, columns],
        rawData: new Uint8Array(copy.buffer),
      });
    });
    const failures = (await checksOf(directory)).filter(({ ok, name }) => !ok && name !== DIGESTS);
    assertEquals(failures.map(({ detail }) => detail), [
      '"token_embedding.weight" and "head" hold the same numbers: 5.57 kB too many',
    ]);
  }
});

Deno.test("verifyFolder() finds a wall at the context, a missing causal mask, a lost past", async () => {
  const wall = await failuresAfterReference((model) => {
    const gather = model.graph.node.find((node) => node.name === "/position_embedding/Gather")!;
    gather.input[1] = "/visibility/positions/Sub"; // without the clamp
  });
  assertEquals(wall.map((check) => check.name), [DIGESTS, "the model goes on beyond its context"]);
  assertStringIncludes(wall[1]!.detail, "3 tokens with 11 cached");

  const sighted = await failuresAfterReference((model) => {
    for (const node of model.graph.node) if (node.opType === "LessOrEqual") node.opType = "GreaterOrEqual";
  });
  assert(sighted.some((check) => check.name === "one token at a time and in pieces equal the whole prompt"));

  const forgetful = await failuresAfterReference((model) => {
    for (const node of model.graph.node) {
      if (node.output[0] === "present_key_values.1.value") node.input = [node.input[1]!, node.input[0]!];
    }
  });
  assert(
    forgetful.some((check) => check.detail === "the past is changed in present_key_values.1.value, head 0"),
  );
});

Deno.test("verifyFolder() holds int8 to its distributions: a missing causal mask is found", async () => {
  using folder = new TemporaryFolder();
  const directory = await exportedModel(folder, config, randomParameters(config), { quantization: "int8" });
  editModel(directory, (model) => {
    for (const node of model.graph.node) if (node.opType === "LessOrEqual") node.opType = "GreaterOrEqual";
  });
  const failed = (await checksOf(directory)).filter((check) => !check.ok);
  assert(
    failed.some(({ detail }) => detail.includes("must be a divergence of at most 0.02")),
    JSON.stringify(failed),
  );
});

Deno.test("verifyFolder() stops when aborted", async () => {
  using folder = new TemporaryFolder();
  const directory = await exportedModel(folder, config, randomParameters(config));
  const signal = AbortSignal.abort();
  await assertRejects(() => Array.fromAsync(verifyFolder(directory, { signal })), DOMException);
});

async function failuresAfterReference(edit: (model: ModelProto) => void): Promise<FolderCheck[]> {
  using folder = new TemporaryFolder();
  const config = smallConfig("reference");
  const directory = await exportedModel(folder, config, randomParameters(config), { operators: "standard" });
  editModel(directory, edit);
  return (await checksOf(directory)).filter((check) => !check.ok);
}

Deno.test("one changed bit of any file of an exported folder is found, without running the model", async () => {
  using folder = new TemporaryFolder();
  const directory = await exportedModel(folder, config, randomParameters(config));
  const text = (): string => Deno.readTextFileSync(join(directory, "config.json"));
  const ownModel = { modelFile: "model.onnx" };
  assertEquals(
    await checkHashes(directory, { text: text(), ...ownModel }),
    "3 files are as they were exported",
  );
  for (const name of ["model.onnx", "tokenizer.json", "config.json"]) {
    const path = join(directory, name);
    const bytes = Deno.readFileSync(path);
    for (let i = 0; i < 120; i++) {
      const flipped = bytes.slice();
      const at = Math.floor(i * bytes.length / 120);
      flipped[at]! ^= 1 << (i % 8);
      Deno.writeFileSync(path, flipped);
      // The key itself may be what was flipped: then the model's metadata say that there were digests.
      const found = await Promise.resolve().then(() => checkHashes(directory, { text: text(), ...ownModel }))
        .catch(() => "refused");
      assert(found === "refused" || found === null, `bit ${i % 8} of byte ${at} of ${name}`);
    }
    Deno.writeFileSync(path, bytes);
  }
});

Deno.test("another tokenizer of the same size, other sizes, and digests taken away are found", async () => {
  const failed = async (damage: (directory: string) => void): Promise<string[]> => {
    using folder = new TemporaryFolder();
    const directory = await exportedModel(folder, config, randomParameters(config));
    damage(directory);
    return (await checksOf(directory)).filter(({ ok }) => !ok).map(({ name }) => name);
  };
  const swapTokens = (directory: string): void => {
    const path = join(directory, "tokenizer.json");
    const json = JSON.parse(Deno.readTextFileSync(path));
    const [a, b] = Object.keys(json.model.vocab).slice(-2);
    [json.model.vocab[a!], json.model.vocab[b!]] = [json.model.vocab[b!], json.model.vocab[a!]];
    Deno.writeTextFileSync(path, JSON.stringify(json));
  };
  assertEquals(await failed(swapTokens), [DIGESTS, METADATA]);
  for (const context_length of [8, 4096]) {
    const failures = await failed((directory) => editConfig(directory, { context_length }));
    assertEquals(failures.slice(0, 2), [DIGESTS, METADATA]);
  }
  for (const sha256 of [undefined, {}, null, [], "x", { "config.json": 1 }, { "../x": "0".repeat(64) }]) {
    assertEquals(await failed((directory) => editConfig(directory, { sha256 })), [DIGESTS]);
  }
});

Deno.test("a folder of another program, without digests, is verified as before, and that is said", async () => {
  using folder = new TemporaryFolder();
  const directory = await exportedModel(folder, config, randomParameters(config));
  editConfig(directory, { sha256: undefined });
  editModel(directory, (model) => model.producerName = "another");
  const checks = await checksOf(directory);
  assertEquals(checks.filter(({ ok }) => !ok), []);
  assertStringIncludes(checks.find(({ name }) => name === DIGESTS)!.detail, "a changed bit may go unnoticed");
});
