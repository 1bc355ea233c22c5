/* @ts-self-types="./kernels.d.ts" */

/**
 * One update of `size` parameters p with gradients g and moments m and v:
 *
 * p *= `decay`; g *= `gradient_scale`; m = `beta1` m + (1 - `beta1`) g; v = `beta2` v + (1 - `beta2`) g^2; p
 * -= `step_size` m / (sqrt(v) `v_scale` + `eps`), where `step_size` = learning rate / (1 - beta1^t),
 * `v_scale` = 1 / sqrt(1 - beta2^t).
 * @param {number} p
 * @param {number} g
 * @param {number} m
 * @param {number} v
 * @param {number} size
 * @param {number} decay
 * @param {number} step_size
 * @param {number} beta1
 * @param {number} beta2
 * @param {number} rest1
 * @param {number} rest2
 * @param {number} v_scale
 * @param {number} eps
 * @param {number} gradient_scale
 */
export function adamw(p, g, m, v, size, decay, step_size, beta1, beta2, rest1, rest2, v_scale, eps, gradient_scale) {
    wasm.adamw(p, g, m, v, size, decay, step_size, beta1, beta2, rest1, rest2, v_scale, eps, gradient_scale);
}

/**
 * `target += source`.
 * @param {number} target
 * @param {number} source
 * @param {number} size
 */
export function add(target, source, size) {
    wasm.add(target, source, size);
}

/**
 * d_qkv (T, 3C); overwrites.
 * @param {number} d_qkv
 * @param {number} d_out
 * @param {number} out
 * @param {number} log_sum_exp
 * @param {number} qkv
 * @param {number} scratch
 * @param {number} bounds
 * @param {number} documents
 * @param {number} heads
 * @param {number} head_size
 * @param {number} scale
 * @param {number} threshold
 * @param {number} keep_scale
 * @param {number} key_a
 * @param {number} key_b
 * @param {number} dropout_stride
 */
export function attention_backward(d_qkv, d_out, out, log_sum_exp, qkv, scratch, bounds, documents, heads, head_size, scale, threshold, keep_scale, key_a, key_b, dropout_stride) {
    wasm.attention_backward(d_qkv, d_out, out, log_sum_exp, qkv, scratch, bounds, documents, heads, head_size, scale, threshold, keep_scale, key_a, key_b, dropout_stride);
}

/**
 * out (T, C): attention of row t's query, in qkv (T, 3C), over the keys and values (H, L, D) at
 * `slots[ranges[t][0]]` to `slots[ranges[t][1] - 1]`, at least one. `scratch` has as many floats as the
 * longest range, rounded up to a multiple of 8.
 * @param {number} out
 * @param {number} qkv
 * @param {number} keys
 * @param {number} values
 * @param {number} slots
 * @param {number} ranges
 * @param {number} rows
 * @param {number} capacity
 * @param {number} heads
 * @param {number} head_size
 * @param {number} scale
 * @param {number} scratch
 */
export function attention_cached(out, qkv, keys, values, slots, ranges, rows, capacity, heads, head_size, scale, scratch) {
    wasm.attention_cached(out, qkv, keys, values, slots, ranges, rows, capacity, heads, head_size, scale, scratch);
}

/**
 * out (T, C) and log_sum_exp (H, T); overwrites both. `bounds` has `documents` + 1 entries.
 * @param {number} out
 * @param {number} log_sum_exp
 * @param {number} qkv
 * @param {number} bounds
 * @param {number} documents
 * @param {number} heads
 * @param {number} head_size
 * @param {number} scale
 * @param {number} threshold
 * @param {number} keep_scale
 * @param {number} key_a
 * @param {number} key_b
 * @param {number} dropout_stride
 * @param {number} scratch
 */
export function attention_forward(out, log_sum_exp, qkv, bounds, documents, heads, head_size, scale, threshold, keep_scale, key_a, key_b, dropout_stride, scratch) {
    wasm.attention_forward(out, log_sum_exp, qkv, bounds, documents, heads, head_size, scale, threshold, keep_scale, key_a, key_b, dropout_stride, scratch);
}

/**
 * Floats of scratch memory that the kernels below need, `longest` being the rows of the longest document.
 * @param {number} longest
 * @param {number} head_size
 * @returns {number}
 */
export function attention_scratch_size(longest, head_size) {
    const ret = wasm.attention_scratch_size(longest, head_size);
    return ret >>> 0;
}

/**
 * losses (T) = -log softmax(hidden (T, C) @ table (V, C)^T)[targets], 0 where the target is negative. With
 * gradients (`d_hidden` is not 0): d_hidden (T, C) is overwritten and d_table (V, C) accumulates the
 * gradient of the sum of row_scales (T) times losses.
 *
 * `packed_forward` and `packed_backward` are the table, packed by `pack_weight` for each direction.
 * @param {number} losses
 * @param {number} hidden
 * @param {number} packed_forward
 * @param {number} packed_backward
 * @param {number} targets
 * @param {number} d_hidden
 * @param {number} d_table
 * @param {number} row_scales
 * @param {number} t
 * @param {number} v
 * @param {number} c
 * @param {number} scratch
 */
export function cross_entropy_head(losses, hidden, packed_forward, packed_backward, targets, d_hidden, d_table, row_scales, t, v, c, scratch) {
    wasm.cross_entropy_head(losses, hidden, packed_forward, packed_backward, targets, d_hidden, d_table, row_scales, t, v, c, scratch);
}

/**
 * Floats of scratch memory that [`cross_entropy_head`] needs for T rows, V tokens and C columns.
 * @param {number} t
 * @param {number} v
 * @param {number} c
 * @returns {number}
 */
export function cross_entropy_scratch_size(t, v, c) {
    const ret = wasm.cross_entropy_scratch_size(t, v, c);
    return ret >>> 0;
}

/**
 * `out = dropout(inp)`: the forward pass without a residual, and the backward pass. `threshold` is not 0.
 * `out` may be `inp`.
 * @param {number} out
 * @param {number} inp
 * @param {number} size
 * @param {number} threshold
 * @param {number} scale
 * @param {number} key_a
 * @param {number} key_b
 */
export function dropout_apply(out, inp, size, threshold, scale, key_a, key_b) {
    wasm.dropout_apply(out, inp, size, threshold, scale, key_a, key_b);
}

/**
 * d_table[indices[t]] += d_out[t] for t = 0 to T - 1, in this order.
 * @param {number} d_table
 * @param {number} d_out
 * @param {number} indices
 * @param {number} rows
 * @param {number} columns
 */
export function embedding_backward(d_table, d_out, indices, rows, columns) {
    wasm.embedding_backward(d_table, d_out, indices, rows, columns);
}

/**
 * out (T, C) = table[tokens] + position_table[positions]; without positions where `positions` is 0.
 * @param {number} out
 * @param {number} tokens
 * @param {number} table
 * @param {number} positions
 * @param {number} position_table
 * @param {number} rows
 * @param {number} columns
 */
export function embedding_forward(out, tokens, table, positions, position_table, rows, columns) {
    wasm.embedding_forward(out, tokens, table, positions, position_table, rows, columns);
}

/**
 * `d_inp[i] = d_out[i] * (Phi(x) + x phi(x))` with x = `inp[i]`; `d_inp` may be `d_out`.
 * @param {number} d_inp
 * @param {number} d_out
 * @param {number} inp
 * @param {number} size
 */
export function gelu_backward(d_inp, d_out, inp, size) {
    wasm.gelu_backward(d_inp, d_out, inp, size);
}

/**
 * `out[i] = inp[i] * Phi(inp[i])`; `out` may be `inp`.
 * @param {number} out
 * @param {number} inp
 * @param {number} size
 */
export function gelu_forward(out, inp, size) {
    wasm.gelu_forward(out, inp, size);
}

/**
 * d_inp (T, K) = d_out (T, N) @ weight (N, K), the weight packed for it.
 * @param {number} d_inp
 * @param {number} d_out
 * @param {number} packed
 * @param {number} t
 * @param {number} n
 * @param {number} k
 */
export function linear_backward_input(d_inp, d_out, packed, t, n, k) {
    wasm.linear_backward_input(d_inp, d_out, packed, t, n, k);
}

/**
 * d_weight (N, K) += d_out (T, N)^T @ inp (T, K); `scratch` has `unpacked_scratch_size(T, K)` floats.
 * @param {number} d_weight
 * @param {number} d_out
 * @param {number} inp
 * @param {number} t
 * @param {number} n
 * @param {number} k
 * @param {number} scratch
 */
export function linear_backward_weight(d_weight, d_out, inp, t, n, k, scratch) {
    wasm.linear_backward_weight(d_weight, d_out, inp, t, n, k, scratch);
}

/**
 * out (T, N) = inp (T, K) @ weight (N, K)^T.
 * @param {number} out
 * @param {number} inp
 * @param {number} weight
 * @param {number} t
 * @param {number} n
 * @param {number} k
 */
export function linear_few_rows(out, inp, weight, t, n, k) {
    wasm.linear_few_rows(out, inp, weight, t, n, k);
}

/**
 * out (T, N) = inp (T, K) @ weight (N, K)^T, the weight packed for it.
 * @param {number} out
 * @param {number} inp
 * @param {number} packed
 * @param {number} t
 * @param {number} n
 * @param {number} k
 */
export function linear_forward(out, inp, packed, t, n, k) {
    wasm.linear_forward(out, inp, packed, t, n, k);
}

/**
 * One update of the matrix p (rows, columns) with gradient g and momentum m of the same shape:
 *
 * g *= `gradient_scale`; m = `beta` m + `rest` g; x = `beta` m + `rest` g (Nesterov), `rest` = 1 - `beta`; p
 * = `decay` p - `step_size` orthogonal(x). With a `step_size` of 0 only m changes. `scratch` has
 * [`muon_scratch_size`] floats.
 * @param {number} p
 * @param {number} g
 * @param {number} m
 * @param {number} rows
 * @param {number} columns
 * @param {number} beta
 * @param {number} rest
 * @param {number} gradient_scale
 * @param {number} decay
 * @param {number} step_size
 * @param {number} scratch
 */
export function muon(p, g, m, rows, columns, beta, rest, gradient_scale, decay, step_size, scratch) {
    wasm.muon(p, g, m, rows, columns, beta, rest, gradient_scale, decay, step_size, scratch);
}

/**
 * Floats of scratch memory that [`muon`] needs.
 * @param {number} rows
 * @param {number} columns
 * @returns {number}
 */
export function muon_scratch_size(rows, columns) {
    const ret = wasm.muon_scratch_size(rows, columns);
    return ret >>> 0;
}

/**
 * Pack a weight (N, K) for [`linear_forward`] (`backward` false) or [`linear_backward_input`] (true):
 * `target` has `packed_size(K, N)` or `packed_size(N, K)` floats.
 * @param {number} target
 * @param {number} weight
 * @param {number} n
 * @param {number} k
 * @param {boolean} backward
 */
export function pack_weight(target, weight, n, k, backward) {
    wasm.pack_weight(target, weight, n, k, backward);
}

/**
 * Floats of a packed b of `depth` rows and `columns` columns, with either tile.
 * @param {number} depth
 * @param {number} columns
 * @returns {number}
 */
export function packed_size(depth, columns) {
    const ret = wasm.packed_size(depth, columns);
    return ret >>> 0;
}

/**
 * projected (T, 2D + 1): rows of query, key, own score. losses (T), of the vocabulary, become those of the
 * mixture; with gradients (`d_projected` (T, 2D + 1) is not 0) that is overwritten, and row_scales (T) are
 * multiplied by the vocabulary's share. `bounds` are the documents' first rows and T.
 * @param {number} losses
 * @param {number} projected
 * @param {number} tokens
 * @param {number} targets
 * @param {number} row_scales
 * @param {number} d_projected
 * @param {number} bounds
 * @param {number} documents
 * @param {number} d
 * @param {number} scale
 * @param {number} own_score
 * @param {number} floor
 * @param {number} longest
 * @param {number} scratch
 */
export function pointer_mixture(losses, projected, tokens, targets, row_scales, d_projected, bounds, documents, d, scale, own_score, floor, longest, scratch) {
    wasm.pointer_mixture(losses, projected, tokens, targets, row_scales, d_projected, bounds, documents, d, scale, own_score, floor, longest, scratch);
}

/**
 * Floats of scratch memory that [`pointer_mixture`] needs for documents of up to `longest` rows and D
 * columns.
 * @param {number} longest
 * @param {number} d
 * @returns {number}
 */
export function pointer_scratch_size(longest, d) {
    const ret = wasm.pointer_scratch_size(longest, d);
    return ret >>> 0;
}

/**
 * In place on q and k of d_qkv (T, 3C): with y the values after the forward pass, d becomes rstd * turned
 * back (d - y mean(d y)).
 * @param {number} d_qkv
 * @param {number} qkv
 * @param {number} rstd
 * @param {number} positions
 * @param {number} cosines
 * @param {number} sines
 * @param {number} rows
 * @param {number} heads
 * @param {number} head_size
 */
export function qk_norm_rotary_backward(d_qkv, qkv, rstd, positions, cosines, sines, rows, heads, head_size) {
    wasm.qk_norm_rotary_backward(d_qkv, qkv, rstd, positions, cosines, sines, rows, heads, head_size);
}

/**
 * In place on q and k of qkv (T, 3C) with C = `heads` * `head_size`; rstd (T, 2 heads), q's heads first.
 * @param {number} qkv
 * @param {number} rstd
 * @param {number} positions
 * @param {number} cosines
 * @param {number} sines
 * @param {number} rows
 * @param {number} heads
 * @param {number} head_size
 * @param {number} eps
 */
export function qk_norm_rotary_forward(qkv, rstd, positions, cosines, sines, rows, heads, head_size, eps) {
    wasm.qk_norm_rotary_forward(qkv, rstd, positions, cosines, sines, rows, heads, head_size, eps);
}

/**
 * `out = residual + dropout(branch)`; a `threshold` of 0 means no dropout. `out` may be `residual` or
 * `branch`.
 * @param {number} out
 * @param {number} residual
 * @param {number} branch
 * @param {number} size
 * @param {number} threshold
 * @param {number} scale
 * @param {number} key_a
 * @param {number} key_b
 */
export function residual_forward(out, residual, branch, size, threshold, scale, key_a, key_b) {
    wasm.residual_forward(out, residual, branch, size, threshold, scale, key_a, key_b);
}

/**
 * d_inp (T, C) += rstd (g - xhat mean(g xhat)) with xhat = inp rstd and g = d_out weight; d_weight (C) +=
 * the rows of d_out xhat, in row order.
 * @param {number} d_inp
 * @param {number} d_weight
 * @param {number} d_out
 * @param {number} inp
 * @param {number} weight
 * @param {number} rstd
 * @param {number} rows
 * @param {number} columns
 */
export function rms_norm_backward(d_inp, d_weight, d_out, inp, weight, rstd, rows, columns) {
    wasm.rms_norm_backward(d_inp, d_weight, d_out, inp, weight, rstd, rows, columns);
}

/**
 * out (T, C) and rstd (T) from inp (T, C) and weight (C).
 * @param {number} out
 * @param {number} rstd
 * @param {number} inp
 * @param {number} weight
 * @param {number} rows
 * @param {number} columns
 * @param {number} eps
 */
export function rms_norm_forward(out, rstd, inp, weight, rows, columns, eps) {
    wasm.rms_norm_forward(out, rstd, inp, weight, rows, columns, eps);
}

/**
 * Choose the tile: 6x16 (`wide`) or 4x8. Panels packed before are of no use afterwards.
 * @param {boolean} wide
 */
export function set_wide_tile(wide) {
    wasm.set_wide_tile(wide);
}

/**
 * Keys and values (H, L, D) get k and v of qkv (T, 3C): row t's at `slots[t]`.
 * @param {number} keys
 * @param {number} values
 * @param {number} qkv
 * @param {number} slots
 * @param {number} rows
 * @param {number} capacity
 * @param {number} heads
 * @param {number} head_size
 */
export function store_keys_values(keys, values, qkv, slots, rows, capacity, heads, head_size) {
    wasm.store_keys_values(keys, values, qkv, slots, rows, capacity, heads, head_size);
}

/**
 * `sums[i]` = the squares of `values[i * block]` to `values[(i + 1) * block - 1]`, summed; the last block
 * may be shorter.
 * @param {number} sums
 * @param {number} values
 * @param {number} size
 * @param {number} block
 */
export function sum_squares(sums, values, size, block) {
    wasm.sum_squares(sums, values, size, block);
}

/**
 * Floats of scratch memory that [`linear_backward_weight`] needs.
 * @param {number} depth
 * @param {number} columns
 * @returns {number}
 */
export function unpacked_scratch_size(depth, columns) {
    const ret = wasm.unpacked_scratch_size(depth, columns);
    return ret >>> 0;
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbindgen_init_externref_table: function() {
            const table = wasm.__wbindgen_externrefs;
            table.set(0, undefined);
            table.set(1024, undefined);
            table.set(1025, null);
            table.set(1026, true);
            table.set(1027, false);
        },
    };
    return {
        __proto__: null,
        "./kernels_bg.js": import0,
    };
}

let wasmModule, wasmInstance, wasm;
function __wbg_finalize_init(instance, module) {
    wasmInstance = instance;
    wasm = instance.exports;
    wasmModule = module;
    wasm.__wbindgen_start();
    return wasm;
}

async function __wbg_load(module, imports) {
    if (typeof Response === 'function' && module instanceof Response) {
        if (!module.ok) {
            throw new Error(`failed to fetch Wasm: ${module.status} ${module.statusText} fetching '${module.url}'`);
        }

        if (typeof WebAssembly.instantiateStreaming === 'function') {
            try {
                return await WebAssembly.instantiateStreaming(module, imports);
            } catch (e) {
                const validResponse = expectedResponseType(module.type);

                if (validResponse && module.headers.get('Content-Type') !== 'application/wasm') {
                    console.warn("`WebAssembly.instantiateStreaming` failed because your server does not serve Wasm with `application/wasm` MIME type. Falling back to `WebAssembly.instantiate` which is slower. Original error:\n", e);

                } else { throw e; }
            }
        }

        const bytes = await module.arrayBuffer();
        return await WebAssembly.instantiate(bytes, imports);
    } else {
        const instance = await WebAssembly.instantiate(module, imports);

        if (instance instanceof WebAssembly.Instance) {
            return { instance, module };
        } else {
            return instance;
        }
    }

    function expectedResponseType(type) {
        switch (type) {
            case 'basic': case 'cors': case 'default': return true;
        }
        return false;
    }
}

function initSync(module) {
    if (wasm !== undefined) return wasm;


    if (module !== undefined) {
        if (Object.getPrototypeOf(module) === Object.prototype) {
            ({module} = module)
        } else {
            console.warn('using deprecated parameters for `initSync()`; pass a single object instead')
        }
    }

    const imports = __wbg_get_imports();
    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
    const instance = new WebAssembly.Instance(module, imports);
    return __wbg_finalize_init(instance, module);
}

let __wbg_init_promise;
async function __wbg_init(module_or_path) {
    if (wasm !== undefined) return wasm;
    if (__wbg_init_promise === undefined) {
        __wbg_init_promise = __wbg_init_once(module_or_path);
        __wbg_init_promise.catch(() => { __wbg_init_promise = undefined; });
    }
    return __wbg_init_promise;
}

async function __wbg_init_once(module_or_path) {

    if (module_or_path !== undefined) {
        if (Object.getPrototypeOf(module_or_path) === Object.prototype) {
            ({module_or_path} = module_or_path)
        } else {
            console.warn('using deprecated parameters for the initialization function; pass a single object instead')
        }
    }

    if (module_or_path === undefined) {
        module_or_path = new URL('kernels_bg.wasm', import.meta.url);
    }
    const imports = __wbg_get_imports();

    if (typeof module_or_path === 'string' || (typeof Request === 'function' && module_or_path instanceof Request) || (typeof URL === 'function' && module_or_path instanceof URL)) {
        module_or_path = fetch(module_or_path);
    }

    const { instance, module } = await __wbg_load(await module_or_path, imports);

    return __wbg_finalize_init(instance, module);
}

export { initSync, __wbg_init as default };
