// The channel of the first block's values that nothing reads, where an exported model's cache keeps tokens:
// its weights are 0 at first, and no step changes them.
import { assert, assertEquals } from "@std/assert";
import { WasmBackend } from "../../src/backend/wasm/mod.ts";
import type { ModelConfig } from "../../src/config.ts";
import { packSequences } from "../../src/model/batch.ts";
import { Gpt } from "../../src/model/gpt.ts";
import { allocateWeights, initialParameters, parameterTable } from "../../src/model/parameters.ts";

const config: ModelConfig = {
  ...{ architecture: "pointer", vocabSize: 13, contextLength: 16, dModel: 24, nLayers: 3, nHeads: 3 },
  ...{ dMlp: 40, dropout: 0 },
};
const C = config.dModel;

/** Its weights: the last row of qkv, the last column of proj, of the first block. */
function unread(flat: Float32Array): number[] {
  const of = (name: string): Float32Array => {
    const { offset, size } = parameterTable(config).specs.find((spec) => spec.name === name)!;
    return flat.subarray(offset, offset + size);
  };
  const column = of("blocks.0.attn.proj.weight").filter((_, i) => i % C === C - 1);
  return [...of("blocks.0.attn.qkv.weight").subarray(-C), ...column];
}

Deno.test("the unread channel's weights are 0, their gradients are, and Muon leaves them so", async () => {
  using backend = await WasmBackend.create();
  const parameters = initialParameters(config, 3).map((value) => 10 * value);
  assertEquals(unread(parameters), new Array<number>(2 * C).fill(0));
  const gpt = new Gpt(backend, config);
  gpt.load(parameters);
  const gradients = allocateWeights(backend, config);
  const tokens = Int32Array.from({ length: 16 }, (_, i) => (5 * i) % 13);
  const batch = packSequences([{ tokens, targets: tokens.map((token) => (token + 5) % 13) }]);
  await gpt.accumulateGradients(gradients, batch, { scale: 1 });
  const gradient = await backend.read(gradients.flat);
  assert(gradient.filter((value) => value !== 0).length > gradient.length / 2);
  assertEquals(unread(gradient).map(Math.abs), new Array<number>(2 * C).fill(0));

  const momenta = backend.allocate(gpt.weights.flat.shape);
  for (const name of ["qkv", "proj"]) {
    const spec = parameterTable(config).specs.find((spec) => spec.name === `blocks.0.attn.${name}.weight`)!;
    const [rows, columns] = spec.shape as [number, number];
    const matrices = { rows, columns, offsets: Int32Array.of(spec.offset) };
    const options = { stepSize: 0.1, beta: 0.95, decay: 0.01, gradientScale: 1 };
    backend.muon(gpt.weights.flat, gradients.flat, momenta, matrices, options);
  }
  const moved = await backend.read(gpt.weights.flat);
  assert(moved.some((value, i) => value !== parameters[i]));
  assertEquals(unread(moved).map(Math.abs), new Array<number>(2 * C).fill(0));
});
