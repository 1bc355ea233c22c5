// A model that the PyTorch program acornprover/tactics saved (best_model.pt: a zip of a pickle and the tensors'
// bytes) as a checkpoint of ours, whose names and layouts are its own. Its optimizer's state is left behind: a
// run that goes on would not be the run that PyTorch had made.
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG, type ModelConfig, RECIPES } from "../../config.ts";
import { DataError } from "../../errors.ts";
import { readBounded } from "../../io/mod.ts";
import { unzipSync } from "../../io/zip.ts";
import { parameterTable } from "../../model/parameters.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import type { Checkpoint } from "../checkpoint.ts";
import { type Pickled, type PickledTensor, unpickle } from "./unpickle.ts";

const MAX_BYTES = 2 ** 31;
/** Of the pickle alone: 18 kB for six layers. */
const MAX_PICKLE_BYTES = 2 ** 26;
/** What torch.compile puts before every name. */
const COMPILED = "_orig_mod.";

/**
 * Read a PyTorch checkpoint of acornprover/tactics. Nothing of it is run.
 *
 * @param path the .pt file
 * @param tokenizer the tokenizer.json that it was trained with
 * @returns a checkpoint with its weights, architecture `reference`, and without the optimizer's moments
 * @throws {DataError} when the file cannot be read, is no such checkpoint, or of another vocabulary
 */
export async function importPyTorch(path: string, tokenizer: Tokenizer): Promise<Checkpoint> {
  const hint = "Give a best_model.pt or checkpoint_step_N.pt as train.py of acornprover/tactics saves it.";
  const bytes = await readBounded(path, { what: "the PyTorch checkpoint", maxBytes: MAX_BYTES, hint });
  try {
    return checkpointOf(archiveOf(bytes), tokenizer);
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof RangeError)) throw cause;
    throw new DataError(`Cannot import "${path}": ${cause.message}`, { cause, hint });
  }
}

/** The files of the archive, which torch stores uncompressed in one folder. */
interface Archive {
  readonly pickle: Pickled;
  storage(key: string): Uint8Array;
}

function archiveOf(bytes: Uint8Array): Archive {
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, {
      filter({ name, size, originalSize, compression }) {
        if (compression === 0 && size === originalSize && size <= bytes.length) return true;
        throw new SyntaxError(
          `its file ${JSON.stringify(name.slice(0, 100))} is compressed, as torch's never are`,
        );
      },
    });
  } catch (cause) {
    if (cause instanceof SyntaxError) throw cause;
    throw new SyntaxError("it is no whole zip archive, which torch.save writes since PyTorch 1.6", { cause });
  }
  const name = Object.keys(files).find((name) => name.endsWith("/data.pkl"));
  if (name === undefined) throw new SyntaxError("it has no data.pkl");
  const pickle = files[name]!;
  if (pickle.length > MAX_PICKLE_BYTES) throw new SyntaxError(`its data.pkl has ${pickle.length} bytes`);
  const folder = name.slice(0, -"data.pkl".length);
  const order = new TextDecoder().decode(files[`${folder}byteorder`]);
  if (order !== "" && order !== "little") throw new SyntaxError(`its byte order is ${JSON.stringify(order)}`);
  return {
    pickle: unpickle(pickle),
    storage(key) {
      const storage = Object.hasOwn(files, `${folder}data/${key}`)
        ? files[`${folder}data/${key}`]
        : undefined;
      if (storage === undefined) {
        throw new SyntaxError(`its storage ${JSON.stringify(key.slice(0, 100))} is missing`);
      }
      return storage;
    },
  };
}

function checkpointOf({ pickle, storage }: Archive, tokenizer: Tokenizer): Checkpoint {
  const saved = mapOf(pickle, "it");
  const model = modelOf(mapOf(saved.get("model_config"), "its model_config"));
  if (model.vocabSize !== tokenizer.vocabularySize) {
    const sizes = `${model.vocabSize} tokens, tokenizer.json has ${tokenizer.vocabularySize}`;
    throw new SyntaxError(`its vocabulary has ${sizes}: name the one that it was trained with`);
  }
  const tensors = new Map<string, PickledTensor>();
  for (const [name, value] of mapOf(saved.get("model"), "its model")) {
    if (typeof name !== "string" || typeof value !== "object" || value === null) continue;
    if ("kind" in value && value.kind === "tensor") tensors.set(name.replace(COMPILED, ""), value);
  }
  const { specs, size } = parameterTable(model);
  const wanted = specs.reduce((bytes, spec) => bytes + 4 * spec.size, 0);
  if (wanted > MAX_BYTES) throw new RangeError(`its sizes need ${wanted} bytes of weights`);
  for (const name of tensors.keys()) {
    if (name.endsWith(".attn.mask") || specs.some((spec) => spec.name === name)) continue;
    throw new SyntaxError(
      `its tensor ${JSON.stringify(name.slice(0, 100))} is none of the reference's model`,
    );
  }
  const parts = specs.map(({ name, shape }) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new SyntaxError(`its tensor "${name}" is missing`);
    return floatsOf(tensor, { name, shape, bytes: storage(tensor.key) });
  });
  const parameters = new Float32Array(size);
  for (const [i, { offset }] of specs.entries()) parameters.set(parts[i]!, offset);
  const step = countOf(saved, "global_step", 0);
  const train = { ...DEFAULT_TRAIN_CONFIG, ...RECIPES.reference.train };
  return {
    model,
    train: { ...train, steps: Math.max(1, step) },
    step,
    parameters,
    m: new Float32Array(size),
    v: new Float32Array(size),
    tokenizerSha256: tokenizer.sha256(),
    splitHash: "",
    best: null, // its loss counts the padding
    evaluationsWithoutGain: 0,
    backend: "pytorch",
  };
}

function modelOf(config: ReadonlyMap<Pickled, Pickled>): ModelConfig {
  if (config.get("use_bias") === true) {
    throw new SyntaxError("it has biases, which this program's model has not");
  }
  if (config.get("tie_embeddings") === false) {
    throw new SyntaxError("its output layer is not tied to the embedding");
  }
  const count = (name: string): number => countOf(config, name);
  const dropout = config.get("dropout");
  const model: ModelConfig = {
    ...DEFAULT_MODEL_CONFIG,
    architecture: "reference",
    vocabSize: count("vocab_size"),
    contextLength: count("context_length"),
    dModel: count("d_model"),
    nLayers: count("n_layers"),
    nHeads: count("n_heads"),
    dMlp: count("d_mlp"),
    dropout: typeof dropout === "number" && dropout >= 0 && dropout < 1 ? dropout : 0,
  };
  if (model.dModel % model.nHeads === 0) return model;
  throw new SyntaxError(`its ${model.nHeads} heads do not divide its width of ${model.dModel}`);
}

/** A whole storage, or a part of one, as the floats of a tensor whose rows lie one behind the other. */
function floatsOf(
  { storage, offset, shape, strides }: PickledTensor,
  wanted: { name: string; shape: readonly number[]; bytes: Uint8Array },
): Float32Array {
  const what = `its tensor "${wanted.name}"`;
  if (storage !== "FloatStorage") throw new SyntaxError(`${what} is a ${storage}, expected float32`);
  if (shape.join() !== wanted.shape.join()) {
    throw new SyntaxError(`${what} has shape [${shape.join(", ")}], expected [${wanted.shape.join(", ")}]`);
  }
  const rowSize = shape.at(-1)!;
  if (strides.at(-1) !== 1 || (shape.length === 2 && strides[0] !== rowSize)) {
    throw new SyntaxError(`${what} is not contiguous (strides ${strides.join(", ")})`);
  }
  const size = shape.reduce((product, length) => product * length, 1);
  const end = 4 * (offset + size);
  if (end > wanted.bytes.length) {
    throw new SyntaxError(`${what} needs ${end} bytes of ${wanted.bytes.length}`);
  }
  const floats = new Float32Array(wanted.bytes.slice(4 * offset, end).buffer);
  if (floats.every(Number.isFinite)) return floats;
  throw new SyntaxError(`${what} has values that are not finite`);
}

function mapOf(value: Pickled | undefined, what: string): ReadonlyMap<Pickled, Pickled> {
  if (value instanceof Map) return value;
  throw new SyntaxError(`${what} is ${value === undefined ? "missing" : "no dictionary"}`);
}

function countOf(map: ReadonlyMap<Pickled, Pickled>, name: string, least = 1): number {
  const value = map.get(name);
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value < 2 ** 31) return value;
  throw new SyntaxError(
    `its ${name} is ${JSON.stringify(value ?? null)?.slice(0, 100)}, expected a whole number`,
  );
}
