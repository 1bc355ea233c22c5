//! RMSNorm over rows of C columns: out = inp * rstd * weight, rstd = 1 / sqrt(mean(inp^2) + eps).

use crate::simd::{dot, inverse_sqrt, map, F32x8, LANES};
use wasm_bindgen::prelude::*;

/// out (T, C) and rstd (T) from inp (T, C) and weight (C).
#[wasm_bindgen]
pub fn rms_norm_forward(
    out: *mut f32,
    rstd: *mut f32,
    inp: *const f32,
    weight: *const f32,
    rows: usize,
    columns: usize,
    eps: f32,
) {
    // SAFETY: the caller passes addresses of arrays of these shapes in this instance's memory.
    unsafe {
        for t in 0..rows {
            let x = inp.add(t * columns);
            let r = inverse_sqrt(dot(x, x, columns) / columns as f32 + eps);
            *rstd.add(t) = r;
            let r = F32x8::splat(r);
            map(out.add(t * columns), [x, weight], columns, |_, [x, w]| x * r * w);
        }
    }
}

/// d_inp (T, C) += rstd (g - xhat mean(g xhat)) with xhat = inp rstd and g = d_out weight; d_weight (C) +=
/// the rows of d_out xhat, in row order.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn rms_norm_backward(
    d_inp: *mut f32,
    d_weight: *mut f32,
    d_out: *const f32,
    inp: *const f32,
    weight: *const f32,
    rstd: *const f32,
    rows: usize,
    columns: usize,
) {
    // SAFETY: the caller passes addresses of arrays of these shapes in this instance's memory.
    unsafe {
        for t in 0..rows {
            let (x, d) = (inp.add(t * columns), d_out.add(t * columns));
            let r = *rstd.add(t);
            let inner = weighted_dot(d, weight, x, columns);
            // rstd * xhat * mean(g xhat) = inp * rstd^3 * inner / C
            let slope = F32x8::splat(r * r * r * inner / columns as f32);
            let r = F32x8::splat(r);
            let target = d_inp.add(t * columns);
            map(target, [target, d, weight, x], columns, |_, [target, d, w, x]| {
                x.mul_sub_from(slope, (d * r).mul_add(w, target))
            });
            map(d_weight, [d_weight, d, x], columns, |_, [sum, d, x]| (d * r).mul_add(x, sum));
        }
    }
}

/// The sum of a b c, in the order of [`dot`].
///
/// # Safety
/// All three must be readable for `size` floats.
#[inline(always)]
unsafe fn weighted_dot(a: *const f32, b: *const f32, c: *const f32, size: usize) -> f32 {
    let mut sum = F32x8::splat(0.0);
    let mut i = 0;
    while i < size {
        let n = LANES.min(size - i);
        let product = F32x8::load_partial(a.add(i), n) * F32x8::load_partial(b.add(i), n);
        sum = product.mul_add(F32x8::load_partial(c.add(i), n), sum);
        i += LANES;
    }
    sum.sum()
}
