/* tslint:disable */
/* eslint-disable */

/**
 * One update of `size` parameters p with gradients g and moments m and v:
 *
 * p *= `decay`; g *= `gradient_scale`; m = `beta1` m + (1 - `beta1`) g; v = `beta2` v + (1 - `beta2`) g^2; p
 * -= `step_size` m / (sqrt(v) `v_scale` + `eps`), where `step_size` = learning rate / (1 - beta1^t),
 * `v_scale` = 1 / sqrt(1 - beta2^t).
 */
export function adamw(p: number, g: number, m: number, v: number, size: number, decay: number, step_size: number, beta1: number, beta2: number, rest1: number, rest2: number, v_scale: number, eps: number, gradient_scale: number): void;

/**
 * `target += source`.
 */
export function add(target: number, source: number, size: number): void;

/**
 * d_qkv (T, 3C); overwrites.
 */
export function attention_backward(d_qkv: number, d_out: number, out: number, log_sum_exp: number, qkv: number, scratch: number, bounds: number, documents: number, heads: number, head_size: number, scale: number, threshold: number, keep_scale: number, key_a: number, key_b: number, dropout_stride: number): void;

/**
 * out (T, C): attention of row t's query, in qkv (T, 3C), over the keys and values (H, L, D) at
 * `slots[ranges[t][0]]` to `slots[ranges[t][1] - 1]`, at least one. `scratch` has as many floats as the
 * longest range, rounded up to a multiple of 8.
 */
export function attention_cached(out: number, qkv: number, keys: number, values: number, slots: number, ranges: number, rows: number, capacity: number, heads: number, head_size: number, scale: number, scratch: number): void;

/**
 * out (T, C) and log_sum_exp (H, T); overwrites both. `bounds` has `documents` + 1 entries.
 */
export function attention_forward(out: number, log_sum_exp: number, qkv: number, bounds: number, documents: number, heads: number, head_size: number, scale: number, threshold: number, keep_scale: number, key_a: number, key_b: number, dropout_stride: number, scratch: number): void;

/**
 * Floats of scratch memory that the kernels below need, `longest` being the rows of the longest document.
 */
export function attention_scratch_size(longest: number, head_size: number): number;

/**
 * losses (T) = -log softmax(hidden (T, C) @ table (V, C)^T)[targets], 0 where the target is negative. With
 * gradients (`d_hidden` is not 0): d_hidden (T, C) is overwritten and d_table (V, C) accumulates the
 * gradient of the sum of row_scales (T) times losses.
 *
 * `packed_forward` and `packed_backward` are the table, packed by `pack_weight` for each direction.
 */
export function cross_entropy_head(losses: number, hidden: number, packed_forward: number, packed_backward: number, targets: number, d_hidden: number, d_table: number, row_scales: number, t: number, v: number, c: number, scratch: number): void;

/**
 * Floats of scratch memory that [`cross_entropy_head`] needs for T rows, V tokens and C columns.
 */
export function cross_entropy_scratch_size(t: number, v: number, c: number): number;

/**
 * `out = dropout(inp)`: the forward pass without a residual, and the backward pass. `threshold` is not 0.
 * `out` may be `inp`.
 */
export function dropout_apply(out: number, inp: number, size: number, threshold: number, scale: number, key_a: number, key_b: number): void;

/**
 * d_table[indices[t]] += d_out[t] for t = 0 to T - 1, in this order.
 */
export function embedding_backward(d_table: number, d_out: number, indices: number, rows: number, columns: number): void;

/**
 * out (T, C) = table[tokens] + position_table[positions]; without positions where `positions` is 0.
 */
export function embedding_forward(out: number, tokens: number, table: number, positions: number, position_table: number, rows: number, columns: number): void;

/**
 * `d_inp[i] = d_out[i] * (Phi(x) + x phi(x))` with x = `inp[i]`; `d_inp` may be `d_out`.
 */
export function gelu_backward(d_inp: number, d_out: number, inp: number, size: number): void;

/**
 * `out[i] = inp[i] * Phi(inp[i])`; `out` may be `inp`.
 */
export function gelu_forward(out: number, inp: number, size: number): void;

/**
 * d_inp (T, K) = d_out (T, N) @ weight (N, K), the weight packed for it.
 */
export function linear_backward_input(d_inp: number, d_out: number, packed: number, t: number, n: number, k: number): void;

/**
 * d_weight (N, K) += d_out (T, N)^T @ inp (T, K); `scratch` has `unpacked_scratch_size(T, K)` floats.
 */
export function linear_backward_weight(d_weight: number, d_out: number, inp: number, t: number, n: number, k: number, scratch: number): void;

/**
 * out (T, N) = inp (T, K) @ weight (N, K)^T.
 */
export function linear_few_rows(out: number, inp: number, weight: number, t: number, n: number, k: number): void;

/**
 * out (T, N) = inp (T, K) @ weight (N, K)^T, the weight packed for it.
 */
export function linear_forward(out: number, inp: number, packed: number, t: number, n: number, k: number): void;

/**
 * One update of the matrix p (rows, columns) with gradient g and momentum m of the same shape:
 *
 * g *= `gradient_scale`; m = `beta` m + `rest` g; x = `beta` m + `rest` g (Nesterov), `rest` = 1 - `beta`; p
 * = `decay` p - `step_size` orthogonal(x). With a `step_size` of 0 only m changes. `scratch` has
 * [`muon_scratch_size`] floats.
 */
export function muon(p: number, g: number, m: number, rows: number, columns: number, beta: number, rest: number, gradient_scale: number, decay: number, step_size: number, scratch: number): void;

/**
 * Floats of scratch memory that [`muon`] needs.
 */
export function muon_scratch_size(rows: number, columns: number): number;

/**
 * Pack a weight (N, K) for [`linear_forward`] (`backward` false) or [`linear_backward_input`] (true):
 * `target` has `packed_size(K, N)` or `packed_size(N, K)` floats.
 */
export function pack_weight(target: number, weight: number, n: number, k: number, backward: boolean): void;

/**
 * Floats of a packed b of `depth` rows and `columns` columns, with either tile.
 */
export function packed_size(depth: number, columns: number): number;

/**
 * projected (T, 2D + 1): rows of query, key, own score. losses (T), of the vocabulary, become those of the
 * mixture; with gradients (`d_projected` (T, 2D + 1) is not 0) that is overwritten, and row_scales (T) are
 * multiplied by the vocabulary's share. `bounds` are the documents' first rows and T.
 */
export function pointer_mixture(losses: number, projected: number, tokens: number, targets: number, row_scales: number, d_projected: number, bounds: number, documents: number, d: number, scale: number, own_score: number, floor: number, longest: number, scratch: number): void;

/**
 * Floats of scratch memory that [`pointer_mixture`] needs for documents of up to `longest` rows and D
 * columns.
 */
export function pointer_scratch_size(longest: number, d: number): number;

/**
 * In place on q and k of d_qkv (T, 3C): with y the values after the forward pass, d becomes rstd * turned
 * back (d - y mean(d y)).
 */
export function qk_norm_rotary_backward(d_qkv: number, qkv: number, rstd: number, positions: number, cosines: number, sines: number, rows: number, heads: number, head_size: number): void;

/**
 * In place on q and k of qkv (T, 3C) with C = `heads` * `head_size`; rstd (T, 2 heads), q's heads first.
 */
export function qk_norm_rotary_forward(qkv: number, rstd: number, positions: number, cosines: number, sines: number, rows: number, heads: number, head_size: number, eps: number): void;

/**
 * `out = residual + dropout(branch)`; a `threshold` of 0 means no dropout. `out` may be `residual` or
 * `branch`.
 */
export function residual_forward(out: number, residual: number, branch: number, size: number, threshold: number, scale: number, key_a: number, key_b: number): void;

/**
 * d_inp (T, C) += rstd (g - xhat mean(g xhat)) with xhat = inp rstd and g = d_out weight; d_weight (C) +=
 * the rows of d_out xhat, in row order.
 */
export function rms_norm_backward(d_inp: number, d_weight: number, d_out: number, inp: number, weight: number, rstd: number, rows: number, columns: number): void;

/**
 * out (T, C) and rstd (T) from inp (T, C) and weight (C).
 */
export function rms_norm_forward(out: number, rstd: number, inp: number, weight: number, rows: number, columns: number, eps: number): void;

/**
 * Choose the tile: 6x16 (`wide`) or 4x8. Panels packed before are of no use afterwards.
 */
export function set_wide_tile(wide: boolean): void;

/**
 * Keys and values (H, L, D) get k and v of qkv (T, 3C): row t's at `slots[t]`.
 */
export function store_keys_values(keys: number, values: number, qkv: number, slots: number, rows: number, capacity: number, heads: number, head_size: number): void;

/**
 * `sums[i]` = the squares of `values[i * block]` to `values[(i + 1) * block - 1]`, summed; the last block
 * may be shorter.
 */
export function sum_squares(sums: number, values: number, size: number, block: number): void;

/**
 * Floats of scratch memory that [`linear_backward_weight`] needs.
 */
export function unpacked_scratch_size(depth: number, columns: number): number;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly adamw: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number, m: number, n: number) => void;
    readonly add: (a: number, b: number, c: number) => void;
    readonly attention_backward: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number, m: number, n: number, o: number, p: number) => void;
    readonly attention_cached: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number) => void;
    readonly attention_forward: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number, m: number, n: number) => void;
    readonly attention_scratch_size: (a: number, b: number) => number;
    readonly cross_entropy_head: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number) => void;
    readonly cross_entropy_scratch_size: (a: number, b: number, c: number) => number;
    readonly dropout_apply: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => void;
    readonly embedding_backward: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly embedding_forward: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => void;
    readonly gelu_backward: (a: number, b: number, c: number, d: number) => void;
    readonly gelu_forward: (a: number, b: number, c: number) => void;
    readonly linear_backward_input: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly linear_backward_weight: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => void;
    readonly linear_few_rows: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly linear_forward: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly muon: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number) => void;
    readonly muon_scratch_size: (a: number, b: number) => number;
    readonly pack_weight: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly packed_size: (a: number, b: number) => number;
    readonly pointer_mixture: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number, m: number, n: number) => void;
    readonly pointer_scratch_size: (a: number, b: number) => number;
    readonly qk_norm_rotary_backward: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => void;
    readonly qk_norm_rotary_forward: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => void;
    readonly residual_forward: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => void;
    readonly rms_norm_backward: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => void;
    readonly rms_norm_forward: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => void;
    readonly set_wide_tile: (a: number) => void;
    readonly store_keys_values: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => void;
    readonly sum_squares: (a: number, b: number, c: number, d: number) => void;
    readonly unpacked_scratch_size: (a: number, b: number) => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
