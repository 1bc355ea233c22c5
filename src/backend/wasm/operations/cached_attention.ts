/** Attention over a key-value cache, at inference. */
import type { OperationTable } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import { addresses } from "../tensor.ts";

/** See {@linkcode Operations}. */
export const cachedAttention = {
  storeKeysValues(wasm, keys, values, qkv, slots) {
    const check = wasm.check("storeKeysValues");
    const [H, L, D] = check.cube(keys, "keys");
    const T = slots.size;
    const [k, v] = check.all([keys, "keys", H, L, D], [values, "values", H, L, D]);
    const x = check.floats(qkv, "qkv", T, 3 * H * D);
    const places = check.integers(slots, "slots", T, [0, L]);
    wasm.kernels.store_keys_values(...addresses(k, v, x, places), T, L, H, D);
  },

  attentionCached(wasm, out, qkv, keys, values, entries, { scale }) {
    const check = wasm.check("attentionCached");
    const [T, C] = check.matrix(out, "out");
    const [H, L, D] = check.cube(keys, "keys");
    const [o, x] = check.all([out, "out", T, H * D], [qkv, "qkv", T, 3 * C]);
    const [k, v] = check.all([keys, "keys", H, L, D], [values, "values", H, L, D]);
    check.apart(o, x, k, v);
    const slots = check.integers(entries.slots, "slots", entries.slots.size, [0, L]);
    const { ranges, longest } = check.ranges(entries.ranges, "ranges", T, slots.size);
    wasm.withScratch(longest + 8, (scratch) => {
      const tensors = addresses(o, x, k, v, slots, ranges);
      wasm.kernels.attention_cached(...tensors, T, L, H, D, scale, scratch);
    });
  },
} satisfies Partial<OperationTable<WasmInstance>>;
