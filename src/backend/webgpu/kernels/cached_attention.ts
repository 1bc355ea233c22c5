// Attention over a key-value cache, at inference. A workgroup works off one head of one row, 64 entries at a
// time, with the softmax kept up to date (Milakov and Gimelshein 2018).
import type { Tensor } from "../../mod.ts";
import { type Gpu, type Inputs, ShapeCheck } from "../gpu.ts";
import { type Kernel, kernel } from "../kernel.ts";

/** Entries of a turn, and threads of a workgroup. */
const TURN = 64;

/** Head h of row t's k and v, of qkv (T, 3C), becomes row slots[t] of head h of keys and values (H, L, D). */
export function storeKeysValues(gpu: Gpu, keys: Tensor, values: Tensor, qkv: Tensor, slots: Tensor): void {
  const check = new ShapeCheck("storeKeysValues", gpu);
  const [H, L, D] = check.cube(keys, "keys");
  const [T, C] = [slots.size, H * D];
  const caches = [check.floats(keys, "keys", H, L, D), check.floats(values, "values", H, L, D)];
  const inputs = [check.floats(qkv, "qkv", T, 3 * C), check.integers(slots, "slots", T, [0, L])];
  gpu.queue.run(STORE, [...caches, ...inputs], [T, H, L, D], T * C);
}

/** out (T, C): attention of qkv's queries over the entries of the cache that each row names; overwrites. */
export function attentionCached(gpu: Gpu, ...inputs: Inputs<"attentionCached">): void {
  const [out, qkv, keys, values, entries, options] = inputs;
  const check = new ShapeCheck("attentionCached", gpu);
  const [H, L, D] = check.cube(keys, "keys");
  const [T, C] = check.matrix(out, "out");
  const slots = check.integers(entries.slots, "slots", entries.slots.size, [0, L]);
  const { ranges } = check.ranges(entries.ranges, "ranges", T, slots.size);
  const [result, source] = check.all([out, "out", T, H * D], [qkv, "qkv", T, 3 * C]);
  const cache = check.all([keys, "keys", H, L, D], [values, "values", H, L, D]);
  const tensors = [result, source, ...cache, slots, ranges];
  gpu.queue.run(attentionKernel(Math.ceil(D / TURN)), tensors, [T, H, L, D, options.scale], T * H);
}

const STORE = kernel("store keys and values", {
  parameters: "T: u32, H: u32, L: u32, D: u32",
  bindings: "rw keys: f32, rw values: f32, qkv: f32, slots: i32",
  lanes: 1,
  main: `let C = p.H * p.D;
  let t = item / C;
  let c = item % C;
  if (t >= p.T) { return; }
  let to = (c / p.D * p.L + u32(slots[p.offset_slots + t])) * p.D + c % p.D;
  let from_ = p.offset_qkv + t * 3u * C + C + c;
  keys[p.offset_keys + to] = qkv[from_];
  values[p.offset_values + to] = qkv[from_ + C];`,
});

/** @param parts columns of a thread: every 64th */
function attentionKernel(parts: number): Kernel {
  return kernel(`attention over a cache, ${parts} columns a thread`, () => ({
    parameters: "T: u32, H: u32, L: u32, D: u32, scale: f32",
    bindings: "rw out: f32, qkv: f32, keys: f32, values: f32, slots: i32, ranges: i32",
    threads: TURN,
    lanes: TURN,
    declarations: `
var<workgroup> scores: array<f32, ${TURN}>;
var<workgroup> places: array<u32, ${TURN}>;`,
    main: `let t = min(item / p.H, p.T - 1u);
  let h = item % p.H;
  let C = p.H * p.D;
  let query = p.offset_qkv + t * 3u * C + h * p.D;
  let end = u32(ranges[p.offset_ranges + 2u * t + 1u]);
  var largest = -3.4e38;
  var denominator = 0.0;
  var mixed: array<f32, ${parts}>;
  for (var begin = u32(ranges[p.offset_ranges + 2u * t]); begin < end; begin += ${TURN}u) {
    let count = min(${TURN}u, end - begin);
    if (thread < count) {
      let place = (h * p.L + u32(slots[p.offset_slots + begin + thread])) * p.D;
      var dot = 0.0;
      for (var d = 0u; d < p.D; d++) { dot += qkv[query + d] * keys[p.offset_keys + place + d]; }
      scores[thread] = p.scale * dot;
      places[thread] = p.offset_values + place;
    }
    workgroupBarrier();
    var next = largest;
    for (var j = 0u; j < count; j++) { next = max(next, scores[j]); }
    let shrink = exp(largest - next);
    largest = next;
    denominator *= shrink;
    for (var k = 0u; k < ${parts}u; k++) { mixed[k] *= shrink; }
    for (var j = 0u; j < count; j++) {
      let weight = exp(scores[j] - largest);
      denominator += weight;
      for (var k = 0u; k < ${parts}u; k++) {
        let d = thread + k * ${TURN}u;
        if (d < p.D) { mixed[k] += weight * values[places[j] + d]; }
      }
    }
    workgroupBarrier();
  }
  if (item >= p.T * p.H) { return; }
  for (var k = 0u; k < ${parts}u; k++) {
    let d = thread + k * ${TURN}u;
    if (d < p.D) { out[p.offset_out + t * C + h * p.D + d] = mixed[k] / denominator; }
  }`,
  }));
}
