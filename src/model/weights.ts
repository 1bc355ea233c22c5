/** A model's parameters (or their gradients) as tensors: one flat vector and named views into it. */
import type { Backend, Tensor } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { parameterTable } from "./parameters.ts";

/** One block's weights. C = dModel, M = dMlp. */
export interface BlockWeights {
  /** (C) */
  readonly norm1: Tensor;
  /** (3C, C): rows of q, then k, then v */
  readonly qkv: Tensor;
  /** (C, C) */
  readonly proj: Tensor;
  /** (C) */
  readonly norm2: Tensor;
  /** (M, C) */
  readonly fc1: Tensor;
  /** (C, M) */
  readonly fc2: Tensor;
}

/** All weights of a model, as views into `flat`. V vocabulary, D = C / heads. */
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
  /** (2D + 1, C): rows of the pointer's query, key, own score; null without. */
  readonly pointer: Tensor | null;
}

/**
 * Allocate a flat vector of zeros, in the backend's current scope, and make the views.
 *
 * @throws {RangeError} when the backend has not enough memory
 */
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
      norm2: view(`blocks.${i}.norm2`),
      fc1: view(`blocks.${i}.mlp.fc1`),
      fc2: view(`blocks.${i}.mlp.fc2`),
    })),
    norm: view("norm"),
    pointer: views.get("pointer.weight") ?? null,
  };
}
