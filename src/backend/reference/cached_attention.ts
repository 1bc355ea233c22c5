/** Attention over a key-value cache, at inference: each row's query over the slots that it names. */
import type { Operations } from "../mod.ts";
import { softmax } from "./softmax.ts";
import { floats, integers, matrix } from "./tensor.ts";

/** See {@linkcode Operations}. */
export const cachedAttention = {
  /**
   * Head h of row t's k and v, of qkv (T, 3C), becomes row slots[t] of head h of keys and values (H, L, D).
   */
  storeKeysValues(keys, values, qkv, slots) {
    const [H, L, D] = keys.shape as [number, number, number];
    const [T, C] = [slots.size, H * D];
    const [k, v, x, slot] = [floats(keys), floats(values), floats(qkv), integers(slots)];
    for (let t = 0; t < T; t++) {
      for (let h = 0; h < H; h++) {
        for (let d = 0; d < D; d++) {
          k[(h * L + slot[t]!) * D + d] = x[t * 3 * C + C + h * D + d]!;
          v[(h * L + slot[t]!) * D + d] = x[t * 3 * C + 2 * C + h * D + d]!;
        }
      }
    }
  },

  /** out (T, C): qkv's (T, 3C) queries over the entries of keys and values (H, L, D) that rows name. */
  attentionCached(out, qkv, keys, values, entries, options) {
    const [T, C] = matrix(out);
    const [H, L, D] = keys.shape as [number, number, number];
    const [o, x, k, v] = [floats(out), floats(qkv), floats(keys), floats(values)];
    const [slots, ranges] = [integers(entries.slots), integers(entries.ranges)];
    for (let t = 0; t < T; t++) {
      const seen = slots.subarray(ranges[2 * t]!, ranges[2 * t + 1]!);
      for (let h = 0; h < H; h++) {
        const scores = Array.from(seen, (slot) => {
          let dot = 0;
          for (let d = 0; d < D; d++) dot += x[t * 3 * C + h * D + d]! * k[(h * L + slot) * D + d]!;
          return options.scale * dot;
        });
        const { probabilities } = softmax(scores);
        for (let d = 0; d < D; d++) {
          let mixed = 0;
          for (const [j, slot] of seen.entries()) mixed += probabilities[j]! * v[(h * L + slot) * D + d]!;
          o[t * C + h * D + d] = mixed;
        }
      }
    }
  },
} satisfies Partial<Operations>;
