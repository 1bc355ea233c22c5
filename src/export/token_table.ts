// What a pointer model knows of a token before it looks at another: its blocks' halves stand side by side and
// its positions are in queries and keys alone, so the first block, up to its attention, is a function of the
// token. An exported graph looks it up. Computed by the model's own block on the reference backend.
import { ReferenceBackend } from "../backend/reference/mod.ts";
import { floats } from "../backend/reference/tensor.ts";
import type { ModelConfig } from "../config.ts";
import { blockForward } from "../model/block.ts";
import { allocateWeights } from "../model/parameters.ts";
import { integerTensor } from "../model/stack.ts";

/**
 * A token's number among the values is its id + 1 times this: exact in float32, and nothing beside what the
 * other blocks add it to.
 */
export const ID_UNIT: number = 2 ** -60;

/**
 * (V, 4C), a row a token: [stream | query | key | value] of C columns each. The stream has the MLP's output
 * but not yet attention's; each head's query and key is divided by the root of its sum of squares, not yet
 * turned; the values' last channel, which the model does not read, is the token's number.
 */
export function tokenTable(config: ModelConfig, parameters: Float32Array): Float32Array<ArrayBuffer> {
  const { vocabSize: V, dModel: C } = config;
  const backend = new ReferenceBackend();
  const weights = allocateWeights(backend, config);
  backend.write(weights.flat, parameters);
  const stream = backend.allocate([V, C]);
  const tokens = Int32Array.from({ length: V }, (_, id) => id);
  backend.embeddingForward(stream, integerTensor(backend, tokens), weights.tokenEmbedding, null, null);
  const pass = {
    ...{ backend, config, weights, product: "linearForward", storage: "allocateUninitialized" } as const,
    ...{ firstQkv: null, copying: null, dropout: () => null },
    positions: backend.allocate([V], "i32"), // at 0 nothing is turned
    attention: { forward: (_: number, out: typeof stream) => (backend.zero(out), null) },
  };
  const kept = blockForward(pass, 0, stream, stream);
  const [out, qkv, factor] = [floats(stream), floats(kept.qkv), Math.sqrt(config.nHeads / C)];
  const table = new Float32Array(V * 4 * C);
  for (let id = 0; id < V; id++) {
    const row = table.subarray(4 * C * id, 4 * C * (id + 1));
    row.set(out.subarray(C * id, C * (id + 1)));
    row.set(qkv.subarray(3 * C * id, 3 * C * (id + 1)), C);
    for (let i = C; i < 3 * C; i++) row[i]! *= factor;
    row[4 * C - 1] = (id + 1) * ID_UNIT;
  }
  return table;
}
