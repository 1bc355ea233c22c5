// The parameter table: name, shape and place of every parameter in one flat float32 vector, in a fixed order.
// The same names are used in checkpoints, in ONNX initializers and in PyTorch. Linear weights are (out, in).
// There are no biases, and the output projection is the token embedding.
import type { Backend, Tensor } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { Rng } from "../rng.ts";
import { isPointerModel } from "./architecture.ts";

/** One entry of the parameter table. */
export interface ParameterSpec {
  /** For example `blocks.0.attn.qkv.weight`. */
  readonly name: string;
  /** (out, in) for a matrix, (C) for a norm's weight. */
  readonly shape: readonly number[];
  /** Index of the first element in the flat vector. */
  readonly offset: number;
  /** Number of elements. */
  readonly size: number;
}

/** The table of a model, and the length of its flat vector. */
export interface ParameterTable {
  /** The entries, one behind the other in the flat vector. */
  readonly specs: readonly ParameterSpec[];
  /** Elements of the flat vector: the number of parameters. */
  readonly size: number;
}

/** The parameters of a model, in their fixed order. */
export function parameterTable(config: ModelConfig): ParameterTable {
  const { vocabSize: V, contextLength: P, dModel: C, dMlp: M } = config;
  const specs: ParameterSpec[] = [];
  let offset = 0;
  const add = (name: string, ...shape: number[]): void => {
    const size = shape.reduce((product, length) => product * length, 1);
    specs.push({ name, shape, offset, size });
    offset += size;
  };
  add("token_embedding.weight", V, C);
  if (!isPointerModel(config)) add("position_embedding.weight", P, C);
  for (let i = 0; i < config.nLayers; i++) {
    add(`blocks.${i}.norm1.weight`, C);
    add(`blocks.${i}.attn.qkv.weight`, 3 * C, C);
    add(`blocks.${i}.attn.proj.weight`, C, C);
    if (!isPointerModel(config)) add(`blocks.${i}.norm2.weight`, C);
    add(`blocks.${i}.mlp.fc1.weight`, M, C);
    add(`blocks.${i}.mlp.fc2.weight`, C, M);
  }
  add("norm.weight", C);
  if (isPointerModel(config)) add("pointer.weight", 1, C);
  return { specs, size: offset };
}

/** Whether a parameter is a matrix between the embedding and the last norm: what Muon updates. */
export function isHiddenMatrix({ name, shape }: ParameterSpec): boolean {
  return name.startsWith("blocks.") && shape.length === 2;
}

/**
 * Floating-point operations of training on one token in the products with matrices, forward and backward; what
 * depends on the text's length, as attention does, is left out. Looking up an embedding costs none.
 */
export function flopsPerToken(config: ModelConfig): number {
  const { specs } = parameterTable(config);
  const isFactor = ({ name, shape }: ParameterSpec): boolean =>
    shape.length === 2 && name !== "position_embedding.weight";
  return specs.filter(isFactor).reduce((sum, { size }) => sum + 6 * size, 0);
}

/** Fresh parameters: normal, deviation 0.02; norms: 1. A seed in [0, 2^32) gives the same bytes anywhere. */
export function initialParameters(config: ModelConfig, seed: number): Float32Array<ArrayBuffer> {
  const table = parameterTable(config);
  const flat = new Float32Array(table.size);
  for (const [index, spec] of table.specs.entries()) {
    const values = flat.subarray(spec.offset, spec.offset + spec.size);
    if (spec.shape.length === 1) values.fill(1);
    else {
      const rng = new Rng(seed, "init", index);
      for (let i = 0; i < values.length; i++) values[i] = 0.02 * rng.normal();
    }
  }
  zeroUnread(config, flat);
  return flat;
}

/**
 * In a pointer model the last channel of the first block's values is not read: the rows that make it and the
 * column of the projection that takes it are 0, and stay so, since each is the other's gradient's factor. An
 * exported model's cache keeps the token there (src/export/graph/pointer.ts).
 */
export function zeroUnread(config: ModelConfig, flat: Float32Array): void {
  if (!isPointerModel(config)) return;
  const C = config.dModel;
  const offset = (name: string): number =>
    parameterTable(config).specs.find((spec) => spec.name === `blocks.0.attn.${name}.weight`)!.offset;
  const [qkv, proj] = [offset("qkv"), offset("proj")];
  flat.fill(0, qkv + (3 * C - 1) * C, qkv + 3 * C * C);
  for (let row = 1; row <= C; row++) flat[proj + row * C - 1] = 0;
}

/** One block's: norm1 (C), qkv (3C, C) with rows of q, k, v, proj (C, C), fc1 (M, C), fc2 (C, M). */
export interface BlockWeights extends Readonly<Record<"norm1" | "qkv" | "proj" | "fc1" | "fc2", Tensor>> {
  /** (C), or null in a pointer model. */
  readonly norm2: Tensor | null;
}

/** A model's weights, or their gradients, as views into `flat`. V vocabulary, D = C / heads. */
export interface ModelWeights {
  /** Every parameter, in the table's order. */
  readonly flat: Tensor;
  /** (V, C); also the output projection. */
  readonly tokenEmbedding: Tensor;
  /** (contextLength, C), or null with rotary positions. */
  readonly positionEmbedding: Tensor | null;
  /** One entry a layer, from the input on. */
  readonly blocks: readonly BlockWeights[];
  /** (C) */
  readonly norm: Tensor;
  /** (1, C): the score of a row's own vocabulary beside copies; null without. */
  readonly pointer: Tensor | null;
  /**
   * (V, 4C), of an exported pointer model: a row a token, [stream | query | key | value] as the first block has
   * them before its attention, heads of unit length, not turned. The weights that they come from are not there.
   */
  readonly tokenTable: Tensor | null;
}

/** Allocate a flat vector of zeros, in the backend's current scope, with its views. @throws {RangeError} */
export function allocateWeights(backend: Backend, config: ModelConfig): ModelWeights {
  const { size, specs } = parameterTable(config);
  const flat = backend.allocate([size]);
  const views = new Map(specs.map(({ name, offset, shape }) => [name, backend.view(flat, offset, shape)]));
  const view = (name: string): Tensor => {
    const tensor = views.get(`${name}.weight`);
    if (tensor === undefined) throw new Error(`internal: no parameter ${name}.weight`);
    return tensor;
  };
  return {
    flat,
    tokenEmbedding: view("token_embedding"),
    positionEmbedding: views.get("position_embedding.weight") ?? null,
    blocks: Array.from({ length: config.nLayers }, (_, i) => ({
      norm1: view(`blocks.${i}.norm1`),
      qkv: view(`blocks.${i}.attn.qkv`),
      proj: view(`blocks.${i}.attn.proj`),
      norm2: views.get(`blocks.${i}.norm2.weight`) ?? null,
      fc1: view(`blocks.${i}.mlp.fc1`),
      fc2: view(`blocks.${i}.mlp.fc2`),
    })),
    norm: view("norm"),
    pointer: views.get("pointer.weight") ?? null,
    tokenTable: null,
  };
}
