/**
 * Checkpoints: round trip, every kind of damage and forgery refused with the reason and the way out, newest
 * and best of a folder.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { CheckpointError, DataError, UsageError } from "../../src/errors.ts";
import { decodeSafeTensors, type SafeTensor, type SafeTensorsFile } from "../../src/io/safetensors.ts";
import { sha256Hex } from "../../src/io/sha256.ts";
import { parameterTable } from "../../src/model/parameters.ts";
import { Rng } from "../../src/rng.ts";
import {
  type Checkpoint,
  checkpointFiles,
  checkpointName,
  loadCheckpoint,
  loadFromFolder,
  newestCheckpoint,
  readCheckpointStep,
  saveCheckpoint,
} from "../../src/checkpoint/mod.ts";
import { shortRun, smallModel } from "../train/run_fixture.ts";
import { failingFiles } from "../io/failing_files.ts";
import { safeTensorsBytes } from "../io/safetensors_bytes.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const best = async (folder: string): Promise<string> =>
  (await loadFromFolder(folder, { which: "best", passedOver: () => {} })).path;

function checkpoint(): Checkpoint {
  const model = {
    ...smallModel("reference"),
    vocabSize: 7,
    contextLength: 3,
    dModel: 4,
    dMlp: 3,
    nLayers: 1,
  };
  const { size } = parameterTable(model);
  const flat = (name: string): Float32Array => {
    const rng = new Rng(1, name);
    return Float32Array.from({ length: size }, () => rng.normal());
  };
  return {
    model,
    train: { ...shortRun(), steps: 6 },
    step: 4,
    parameters: flat("parameters"),
    m: flat("m"),
    v: flat("v"),
    tokenizerSha256: "ab".repeat(32),
    splitHash: "cd".repeat(32),
    best: { step: 3, loss: 2.5, bitsPerByte: 1.25 },
    evaluationsWithoutGain: 2,
    backend: "reference",
  };
}

/** Save, change the file's bytes, load. */
async function loadChanged(change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): Promise<Checkpoint> {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "step_000004.safetensors");
  await saveCheckpoint(path, checkpoint());
  await Deno.writeFile(path, change(await Deno.readFile(path)));
  return await loadCheckpoint(path);
}

/** A file with the digests that its contents ask for, as only a forger (or another program) writes it. */
async function forge(
  change: (file: { metadata: Record<string, string>; tensors: Map<string, SafeTensor> }) => void,
): Promise<Checkpoint> {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "forged.safetensors");
  await saveCheckpoint(path, checkpoint());
  const { metadata, tensors } = decodeSafeTensors(await Deno.readFile(path));
  const file = { metadata: { ...metadata }, tensors: new Map(tensors) };
  change(file);
  await Deno.writeFile(path, safeTensorsBytes(sign(file)));
  return await loadCheckpoint(path);
}

function sign({ metadata, tensors }: SafeTensorsFile): SafeTensorsFile {
  const names = [...tensors.keys()].sort();
  const pieces = metadata.version === "1" ? [...tensors.values()].map(bytesOf) : names.flatMap((name) => {
    const tensor = tensors.get(name)!;
    const line = JSON.stringify([name, "F32", tensor.shape]) + "\n";
    return [new TextEncoder().encode(line), bytesOf(tensor)];
  });
  const signed: Record<string, string> = { ...metadata, tensorsSha256: sha256Hex(...pieces) };
  delete signed.metadataSha256;
  const sorted = Object.keys(signed).sort().map((key) => [key, signed[key]]);
  signed.metadataSha256 = sha256Hex(new TextEncoder().encode(JSON.stringify(sorted)));
  return { metadata: signed, tensors };
}

function bytesOf({ data }: SafeTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Write a checkpoint whose header text was changed, with its length, and load it. */
async function loadWithHeader(change: (json: string) => string): Promise<Checkpoint> {
  return await loadChanged((bytes) => {
    const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const json = change(new TextDecoder().decode(bytes.subarray(8, headerEnd)).trimEnd());
    const header = new TextEncoder().encode(json);
    const changed = new Uint8Array(8 + header.length + bytes.length - headerEnd);
    new DataView(changed.buffer).setBigUint64(0, BigInt(header.length), true);
    changed.set(header, 8);
    changed.set(bytes.subarray(headerEnd), 8 + header.length);
    return changed;
  });
}

Deno.test("a checkpoint comes back as it was saved", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, checkpointName(4));
  for (const variant of [checkpoint(), { ...checkpoint(), best: null, multiplyAdd: "fused" }]) {
    await saveCheckpoint(path, variant);
    assertEquals(await loadCheckpoint(path), variant);
  }
  assertEquals(await checkpointFiles(folder.path), ["step_000004.safetensors"]);
  assertEquals([...Deno.readDirSync(folder.path)].length, 1, "no temporary file is left");
});

Deno.test("the same checkpoint gives the same bytes, with the documented names and metadata", async () => {
  using folder = new TemporaryFolder();
  const [a, b] = [join(folder.path, "a.safetensors"), join(folder.path, "b.safetensors")];
  await saveCheckpoint(a, checkpoint());
  await saveCheckpoint(b, checkpoint());
  assertEquals(await Deno.readFile(a), await Deno.readFile(b));
  const { metadata, tensors } = decodeSafeTensors(await Deno.readFile(a));
  const names = parameterTable(checkpoint().model).specs.map(({ name }) => name);
  const states = [...names, ...names.map((n) => `optimizer.m.${n}`), ...names.map((n) => `optimizer.v.${n}`)];
  assertEquals([...tensors.keys()], states);
  const config = JSON.parse(metadata.config!);
  assertEquals([config.architecture, config.dModel, config.batchSize], ["reference", 4, 4]);
  assertEquals([metadata.step, metadata.sequencesConsumed], ["4", "16"]);
});

Deno.test("with Muon the blocks' matrices have no second moments in the file", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, checkpointName(4));
  const { train, v, ...rest } = checkpoint();
  const second = v.slice();
  const matrices = parameterTable(rest.model).specs.filter(({ name, shape }) =>
    name.startsWith("blocks.") && shape.length === 2
  );
  for (const { offset, size } of matrices) second.fill(0, offset, offset + size);
  const saved: Checkpoint = { ...rest, train: { ...train, optimizer: "muon" }, v: second };
  await saveCheckpoint(path, { ...saved, v });
  assertEquals(await loadCheckpoint(path), saved);
  const { tensors } = decodeSafeTensors(await Deno.readFile(path));
  assertEquals(matrices.length, 4);
  for (const { name } of matrices) {
    assertEquals([`optimizer.m.${name}`, `optimizer.v.${name}`].map((key) => tensors.has(key)), [
      true,
      false,
    ]);
  }
});

Deno.test("with local steps the outer step's momentum is in the file", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, checkpointName(4));
  const { train, ...rest } = checkpoint();
  const outer = rest.m.map((value) => value / 2);
  const saved: Checkpoint = { ...rest, train: { ...train, syncEvery: 10 }, outer };
  await saveCheckpoint(path, saved);
  assertEquals(await loadCheckpoint(path), saved);
  const { tensors } = decodeSafeTensors(await Deno.readFile(path));
  for (const { name, offset, size } of parameterTable(rest.model).specs) {
    assertEquals(tensors.get(`optimizer.outer.${name}`)?.data, outer.subarray(offset, offset + size));
  }
});

Deno.test("a forgery without a change loads: the refusals below are about their changes", async () => {
  assertEquals(await forge(() => {}), checkpoint());
});

Deno.test("a truncated file is refused wherever it was cut", async () => {
  let [headerEnd, length] = [0, 0];
  await loadChanged((bytes) => {
    headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    length = bytes.length;
    return bytes;
  });
  const bodyMiddle = Math.floor((headerEnd + length) / 2);
  for (const end of [0, 1, 7, 8, 9, 500, headerEnd - 1, headerEnd, headerEnd + 1, bodyMiddle, length - 1]) {
    const error = await assertRejects(() => loadChanged((bytes) => bytes.slice(0, end)), CheckpointError);
    assertStringIncludes(error.message, "Cannot load checkpoint ");
    assertStringIncludes(error.hint!, "The file is damaged or no checkpoint");
  }
});

Deno.test("a file with something behind it is refused", async () => {
  const change = (bytes: Uint8Array): Uint8Array => Uint8Array.of(...bytes, 0);
  await assertRejects(() => loadChanged(change), CheckpointError, "follow the header");
});

Deno.test("flipped bytes all over the header are refused", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "step_000004.safetensors");
  await saveCheckpoint(path, checkpoint());
  const original = await Deno.readFile(path);
  const headerEnd = 8 + Number(new DataView(original.buffer).getBigUint64(0, true));
  const metadataEnd = new TextDecoder().decode(original).indexOf('"token_embedding.weight"');
  assert(metadataEnd > 500);
  // Every second byte of the metadata, and a sample of the tensors' entries, which are all alike.
  for (let i = 0; i < headerEnd; i += i < metadataEnd ? 2 : 11) {
    const damaged = original.slice();
    damaged[i]! ^= 1;
    await Deno.writeFile(path, damaged);
    const where = `byte ${i}: ${new TextDecoder().decode(damaged.slice(Math.max(8, i - 20), i + 20))}`;
    await assertRejects(() => loadCheckpoint(path), CheckpointError, "Cannot load checkpoint").catch(
      (cause) => {
        throw new Error(`${where} was not refused`, { cause });
      },
    );
  }
});

Deno.test("a flipped byte of the tensors is refused with both digests", async () => {
  for (const place of [0.3, 0.6, 0.9]) {
    const change = (bytes: Uint8Array): Uint8Array => {
      const index = bytes.length - 1 - Math.floor((1 - place) * 900);
      bytes[index]! ^= 1;
      return bytes;
    };
    const error = await assertRejects(
      () => loadChanged(change),
      CheckpointError,
      "sha256 of its tensors is ",
    );
    assertStringIncludes(error.message, "…, expected ");
    assertStringIncludes(error.hint!, "The file is damaged");
  }
});

Deno.test("swapped tensors of the same shape are refused", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "swapped.safetensors");
  await saveCheckpoint(path, checkpoint());
  const { metadata, tensors } = decodeSafeTensors(await Deno.readFile(path));
  const swapped = new Map(tensors);
  swapped.set("blocks.0.norm1.weight", tensors.get("blocks.0.norm2.weight")!);
  swapped.set("blocks.0.norm2.weight", tensors.get("blocks.0.norm1.weight")!);
  await Deno.writeFile(path, safeTensorsBytes({ metadata, tensors: swapped }));
  await assertRejects(() => loadCheckpoint(path), CheckpointError, "sha256 of its tensors");
});

Deno.test("tensors that changed places, names or shapes are refused, though the bytes are the same", async () => {
  const swapped = (json: string, a: string, b: string): string =>
    json.replace(`"${a}":`, '"?":').replace(`"${b}":`, `"${a}":`).replace('"?":', `"${b}":`);
  const pairs = [
    ["blocks.0.norm1.weight", "blocks.0.norm2.weight"],
    ["optimizer.m.norm.weight", "optimizer.v.norm.weight"],
    ["norm.weight", "optimizer.m.norm.weight"],
  ] as const;
  for (const [a, b] of pairs) {
    await assertRejects(() => loadWithHeader((json) => swapped(json, a, b)), CheckpointError, "sha256");
  }
});

Deno.test("a header with a key twice is refused, wherever it stands", async () => {
  const [norm, shape] = ['"norm.weight":', '"shape":[4]'];
  const copies: [twice: string, change: (json: string) => string][] = [
    [
      "norm.weight",
      (json) => json.replace(norm, `${norm}{"dtype":"F32","shape":[4],"data_offsets":[0,16]},${norm}`),
    ],
    ["norm.weight", (json) => json.replace(norm, `"n\\u006frm.weight" : 1,${norm}`)],
    ["__metadata__", (json) => json.replace('"__metadata__":', '"__metadata__":{},"__metadata__":')],
    ["step", (json) => json.replace('"step":"4"', '"step":"9","step":"4"')],
    ["shape", (json) => json.replace(shape, `${shape},${shape}`)],
  ];
  for (const [key, change] of copies) {
    await assertRejects(() => loadWithHeader(change), CheckpointError, `has the key "${key}" twice`);
  }
});

Deno.test("a header that another program has sorted and spaced is the same checkpoint", async () => {
  for (const version of ["1", "2"]) {
    using folder = new TemporaryFolder();
    const path = join(folder.path, "a.safetensors");
    await saveCheckpoint(path, checkpoint());
    const { metadata, tensors } = decodeSafeTensors(await Deno.readFile(path));
    // Version 1 called the prover's form the client's.
    const config = version === "1"
      ? metadata.config!.replace('"proverForm"', '"clientForm"')
      : metadata.config!;
    assertEquals(config.includes("clientForm"), version === "1");
    const signed = sign({ metadata: { ...metadata, version, config }, tensors });
    await Deno.writeFile(path, safeTensorsBytes(signed));
    assertEquals(await loadCheckpoint(path), checkpoint(), `version ${version}`);
    const bytes = await Deno.readFile(path);
    const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, headerEnd)));
    const sorted = Object.fromEntries(Object.entries(header).sort(([a], [b]) => a < b ? 1 : -1));
    const json = new TextEncoder().encode(JSON.stringify(sorted, null, 1));
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
    await Deno.writeFile(path, Uint8Array.of(...length, ...json, ...bytes.subarray(headerEnd)));
    assertEquals(await loadCheckpoint(path), checkpoint(), `version ${version}, sorted`);
  }
});

Deno.test("a save of which any call fails leaves the last whole checkpoint, and names the path", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "best.safetensors");
  await saveCheckpoint(path, checkpoint());
  const errors = [
    () => new Error("Input/output error (os error 5)"),
    () => new Error("No space left on device (os error 28)"),
    () => new Deno.errors.PermissionDenied("Permission denied (os error 13)"),
  ];
  const next = { ...checkpoint(), step: 5 };
  let failed = 0;
  for (const error of errors) {
    for (let [at, isDone] = [0, false]; !isDone; at++) {
      for (const forGood of [false, true]) {
        const { files } = failingFiles({ at, forGood, error });
        const outcome = await saveCheckpoint(path, next, { files }).catch((reason) => reason);
        isDone = outcome === undefined;
        if (!isDone) {
          failed++;
          assert(outcome instanceof DataError, String(outcome));
          assertStringIncludes(outcome.message, `Cannot write "${path}": ${error().message}`);
        }
        assert([4, 5].includes((await loadCheckpoint(path)).step));
      }
    }
  }
  assert(failed > 3 * 2 * 7, `${failed} failed`);
  assertEquals((await loadCheckpoint(path)).step, 5);
});

const FORGERIES: [name: string, change: Parameters<typeof forge>[0], reason: string][] = [
  [
    "another version",
    ({ metadata }) => metadata.version = "3",
    "its format version is 3, this program reads 1 and 2",
  ],
  [
    "a pointer model of other blocks",
    ({ metadata }) => metadata.config = metadata.config!.replace('"reference"', '"pointer"'),
    "it is a pointer model of before 30 November 2026",
  ],
  ["a foreign format", ({ metadata }) => metadata.format = "pt", "not a checkpoint of this program"],
  ["no format", ({ metadata }) => delete metadata.format, "not a checkpoint of this program"],
  ["no step", ({ metadata }) => delete metadata.step, "its step is undefined, not a number"],
  ["a negative step", ({ metadata }) => metadata.step = "-1", 'its step is "-1", not a number'],
  ["a step too large", ({ metadata }) => metadata.step = "9".repeat(20), "not a number"],
  ["no configuration", ({ metadata }) => delete metadata.config, 'its configuration has no "architecture"'],
  ["a configuration that is not JSON", ({ metadata }) => metadata.config = "{", "JSON"],
  ["a configuration that is a list", ({ metadata }) => metadata.config = "[]", "is not an object"],
  ["a configuration that is null", ({ metadata }) => metadata.config = "null", "is not an object"],
  ["best that is not JSON", ({ metadata }) => metadata.best = "x", "JSON"],
  ["best that is a number", ({ metadata }) => metadata.best = "3", "its best evaluation"],
  ["best without its bits", ({ metadata }) => metadata.best = '{"step":3,"loss":1}', "its best evaluation"],
  [
    "a tensor more",
    ({ tensors }) => tensors.set("extra.weight", { shape: [1], data: Float32Array.of(1) }),
    'the tensor "extra.weight" is none of its configuration',
  ],
  ["a missing tensor", ({ tensors }) => tensors.delete("norm.weight"), 'tensor "norm.weight" is missing'],
  [
    "missing moments",
    ({ tensors }) => tensors.delete("optimizer.v.norm.weight"),
    'the tensor "optimizer.v.norm.weight" is missing',
  ],
  [
    "a transposed tensor",
    ({ tensors }) =>
      tensors.set("blocks.0.mlp.fc1.weight", { ...tensors.get("blocks.0.mlp.fc1.weight")!, shape: [4, 3] }),
    'the tensor "blocks.0.mlp.fc1.weight" has shape [4, 3], its configuration says [3, 4]',
  ],
  [
    "integers for weights",
    ({ tensors }) => tensors.set("norm.weight", { shape: [4], data: Int32Array.of(1, 2, 3, 4) }),
    'the tensor "norm.weight" is not float32',
  ],
  [
    "a configuration of terabytes",
    ({ metadata }) =>
      metadata.config = metadata.config!.replace('"dMlp":3', '"dMlp":65536').replace(
        '"dModel":4',
        '"dModel":16384',
      )
        .replace('"nLayers":1', '"nLayers":256'),
    "the tensor ",
  ],
];

for (const [name, change, reason] of FORGERIES) {
  Deno.test(`a checkpoint is refused: ${name}`, async () => {
    const error = await assertRejects(() => forge(change), CheckpointError, reason);
    assertStringIncludes(error.hint!, "tactics train");
  });
}

Deno.test("an option outside its range is refused with the option's name", async () => {
  for (
    const [from, to, name] of [['"nHeads":2', '"nHeads":3', "nHeads"], ['"seed":42', '"seed":-1', "seed"]]
  ) {
    const change = ({ metadata }: { metadata: Record<string, string> }): void => {
      metadata.config = metadata.config!.replace(from!, to!);
    };
    await assertRejects(() => forge(change), CheckpointError, name);
  }
});

Deno.test("a foreign safetensors file is refused", async () => {
  const foreign = safeTensorsBytes({
    metadata: { format: "pt" },
    tensors: new Map([["weight", { shape: [1], data: Float32Array.of(1) }]]),
  });
  await assertRejects(() => loadChanged(() => foreign), CheckpointError, "not a checkpoint of this program");
});

Deno.test("a missing file and a folder are refused with a hint", async () => {
  using folder = new TemporaryFolder();
  const missing = join(folder.path, "none.safetensors");
  const error = await assertRejects(() => loadCheckpoint(missing), DataError, "there is no such file");
  assertStringIncludes(error.hint!, ".safetensors file");
  await assertRejects(() => loadCheckpoint(folder.path), DataError, "Cannot load checkpoint");
});

Deno.test("the newest checkpoint has the highest step inside, whatever its name, the best one its own name", async () => {
  using folder = new TemporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  const message = `No checkpoint found in "${folder.path}"`;
  for (const find of [newestCheckpoint, best]) {
    const error = await assertRejects(() => find(folder.path), DataError, message);
    assertStringIncludes(error.hint!, "tactics train");
    await assertRejects(() => find(join(folder.path, "missing")), DataError, "No checkpoint found");
  }
  for (const name of [".best.safetensors.1.tmp", "step_x.safetensors", "step_9.safetensors.bak"]) {
    await Deno.writeTextFile(at(name), "");
  }
  await assertRejects(() => newestCheckpoint(folder.path), DataError, message);
  await saveCheckpoint(at("best.safetensors"), checkpoint());
  assertEquals(await newestCheckpoint(folder.path), at("best.safetensors"));
  await saveCheckpoint(at(checkpointName(4)), checkpoint());
  assertEquals(
    await newestCheckpoint(folder.path),
    at(checkpointName(4)),
    "not the best one of the same step",
  );
  await saveCheckpoint(at(checkpointName(1_000_000)), { ...checkpoint(), step: 3 }); // renamed
  await Deno.writeTextFile(at(checkpointName(2_000_000)), "");
  assertEquals(await newestCheckpoint(folder.path), at(checkpointName(4)));
  await saveCheckpoint(at(checkpointName(1_000_001)), { ...checkpoint(), step: 1_000_001 });
  assertEquals(await newestCheckpoint(folder.path), at(checkpointName(1_000_001)));
  assertEquals(await best(folder.path), at("best.safetensors"));
  await Deno.remove(at("best.safetensors"));
  assertEquals(await best(folder.path), at(checkpointName(1_000_001)));
});

Deno.test("where the wanted checkpoint is damaged, the newest whole one is loaded, and it is said", async () => {
  const damages: [string, (path: string) => Promise<void>][] = [
    ["too short", (path) => Deno.writeTextFile(path, "")],
    ["sha256 of its tensors", async (path) => {
      const bytes = await Deno.readFile(path);
      bytes[bytes.length - 5]! ^= 4;
      await Deno.writeFile(path, bytes);
    }],
    ["needs ", (path) => Deno.truncate(path, Deno.statSync(path).size - 100)],
    ["the header claims", (path) => Deno.writeTextFile(path, "this is no safetensors file")],
    [
      "not a checkpoint of",
      (path) => Deno.writeFile(path, safeTensorsBytes({ metadata: {}, tensors: new Map() })),
    ],
    ["there is no such file", async (path) => {
      await Deno.remove(path);
      await Deno.symlink("nowhere", path);
    }],
  ];
  for (const [reason, damage] of damages) {
    using folder = new TemporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    for (const step of [1, 2, 3]) await saveCheckpoint(at(checkpointName(step)), { ...checkpoint(), step });
    await saveCheckpoint(at("best.safetensors"), { ...checkpoint(), step: 1 });
    await damage(at(checkpointName(3)));
    await damage(at("best.safetensors"));
    for (const [which, damaged] of [["newest", checkpointName(3)], ["best", "best.safetensors"]] as const) {
      const said: string[] = [];
      const passedOver = (message: string): void => void said.push(message);
      const { path, checkpoint } = await loadFromFolder(folder.path, { which, passedOver });
      assertEquals([path, checkpoint.step], [at(checkpointName(2)), 2]);
      assertStringIncludes(said[0]!, `Cannot load checkpoint "${at(damaged)}": `);
      assertStringIncludes(said[0]!, reason);
      assertStringIncludes(said.at(-1)!, `"${at(checkpointName(2))}", step 2, is taken instead`);
    }
    for (const step of [1, 2]) await damage(at(checkpointName(step)));
    const passedOver = (): void => {};
    await assertRejects(
      () => loadFromFolder(folder.path, { which: "newest", passedOver }),
      UsageError,
      reason,
    );
  }
});

Deno.test("readCheckpointStep() answers -1 for damaged and missing files", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "best.safetensors");
  assertEquals(await readCheckpointStep(path), -1);
  await saveCheckpoint(path, checkpoint());
  const bytes = await Deno.readFile(path);
  const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  for (const end of [0, 7, 8, 9, 300, headerEnd - 1]) {
    await Deno.writeFile(path, bytes.slice(0, end));
    assertEquals(await readCheckpointStep(path), -1);
  }
  await Deno.writeFile(path, new Uint8Array(64).fill(255));
  assertEquals(await readCheckpointStep(path), -1);
});

Deno.test("a link to a checkpoint is one", async () => {
  using folder = new TemporaryFolder();
  using elsewhere = new TemporaryFolder();
  const path = join(elsewhere.path, "model.safetensors");
  await saveCheckpoint(path, checkpoint());
  await Deno.symlink(path, join(folder.path, "best.safetensors"));
  for (const find of [newestCheckpoint, best]) {
    assertEquals(await loadCheckpoint(await find(folder.path)), checkpoint());
  }
});

Deno.test("terabytes of zeros, in a checkpoint's place or behind one, are refused by the header", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "step_000004.safetensors");
  await saveCheckpoint(path, checkpoint());
  await Deno.truncate(path, 2 ** 40);
  await assertRejects(() => loadCheckpoint(path), CheckpointError, "follow the header");
  await Deno.writeTextFile(path, "");
  await Deno.truncate(path, 2 ** 40);
  await assertRejects(() => loadCheckpoint(path), CheckpointError, "the header is not JSON");
});

Deno.test("a million tensors are refused by the header's length, a hundred thousand by their number", async () => {
  for (
    const [count, reason] of [[1_000_000, "at most 4194304 are read"], [100_000, "at most 32768 are read"]]
  ) {
    const entries = Array.from({ length: Number(count) }, (_, i) => `,"t${i}":{}`).join("");
    const json = new TextEncoder().encode(`{"__metadata__":{}${entries}}`);
    const bytes = new Uint8Array(8 + json.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    await assertRejects(() => loadChanged(() => bytes), CheckpointError, String(reason));
  }
});

Deno.test("a tensor that the configuration does not have is refused", async () => {
  const change = ({ tensors }: { tensors: Map<string, SafeTensor> }): void =>
    void tensors.set("x", { shape: [1], data: Float32Array.of(1) });
  await assertRejects(() => forge(change), CheckpointError, 'the tensor "x" is none of its configuration\'s');
});

Deno.test({
  name: "loadCheckpoint() does not wait for a pipe",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    using folder = new TemporaryFolder();
    const path = join(folder.path, "best.safetensors");
    await new Deno.Command("mkfifo", { args: [path] }).output();
    await assertRejects(() => loadCheckpoint(path), DataError, "it is a pipe, not a regular file");
    assertEquals(await readCheckpointStep(path), -1);
  },
});

Deno.test("a checkpoint whose parameters are no numbers is refused, and one keeps that an evaluation is due", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "step_000004.safetensors");
  await saveCheckpoint(path, { ...checkpoint(), evaluationDue: true });
  assertEquals(await loadCheckpoint(path), { ...checkpoint(), evaluationDue: true });
  const broken = checkpoint();
  broken.parameters[5] = NaN;
  await saveCheckpoint(path, broken);
  await assertRejects(() => loadCheckpoint(path), CheckpointError, "parameter 5 is NaN, not a finite number");
});
