/** Attention over a key-value cache, at inference: storing keys and values in their slots, and each row's query over the slots that it names. */
import type { Backend } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";

/** Head h of row t's k and v, of qkv (T, 3C), becomes row slots[t] of head h of keys and values (H, L, D). */
export function storeKeysValues(
  wasm: WasmInstance,
  ...[keys, values, qkv, slots]: Parameters<Backend["storeKeysValues"]>
): void {
  const check = wasm.check("storeKeysValues");
  const [H, L, D] = check.cube(keys, "keys");
  const T = slots.size;
  wasm.kernels.store_keys_values(
    check.floats(keys, "keys", H, L, D).address,
    check.floats(values, "values", H, L, D).address,
    check.floats(qkv, "qkv", T, 3 * H * D).address,
    check.integers(slots, "slots", T, [0, L]).address,
    T,
    L,
    H,
    D,
  );
}

/** out (T, C): the queries of qkv (T, 3C) over the entries of keys and values (H, L, D) that each row names; overwrites. */
export function attentionCached(
  wasm: WasmInstance,
  ...[out, qkv, keys, values, entries, options]: Parameters<Backend["attentionCached"]>
): void {
  const check = wasm.check("attentionCached");
  const [T, C] = check.matrix(out, "out");
  const [H, L, D] = check.cube(keys, "keys");
  const [o, x, k, v] = [
    check.floats(out, "out", T, H * D),
    check.floats(qkv, "qkv", T, 3 * C),
    check.floats(keys, "keys", H, L, D),
    check.floats(values, "values", H, L, D),
  ];
  check.apart(o, x, k, v);
  const slots = check.integers(entries.slots, "slots", entries.slots.size, [0, L]);
  const { ranges, longest } = check.ranges(entries.ranges, "ranges", T, slots.size);
  wasm.withScratch(longest + 8, (scratch) => {
    wasm.kernels.attention_cached(
      o.address,
      x.address,
      k.address,
      v.address,
      slots.address,
      ranges.address,
      T,
      L,
      H,
      D,
      options.scale,
      scratch,
    );
  });
}
