//! Normalised queries and keys with rotary positions, in place on qkv (T, 3C): each head's D values are divided by their root mean square, then
//! the pairs (i, i + D / 2) are turned by the row's position. cosines and sines (positions, D / 2) come from the caller.

use crate::simd::{dot, F32x8, LANES};
use wasm_bindgen::prelude::*;

/// Turn x by the angles and multiply by `factor`: out_low = (low cos - high sin) factor, out_high = (high cos + low sin) factor.
///
/// # Safety
/// `x` must be readable and writable for 2 `half` floats, `cosines` and `sines` readable for `half`.
#[inline(always)]
unsafe fn turn(x: *mut f32, cosines: *const f32, sines: *const f32, half: usize, factor: f32, sign: f32) {
    let (factor, sign) = (F32x8::splat(factor), F32x8::splat(sign));
    let mut i = 0;
    while i < half {
        let n = LANES.min(half - i);
        let low = F32x8::load_partial(x.add(i), n) * factor;
        let high = F32x8::load_partial(x.add(half + i), n) * factor;
        let c = F32x8::load_partial(cosines.add(i), n);
        let s = F32x8::load_partial(sines.add(i), n) * sign;
        high.mul_sub_from(s, low * c).store_partial(x.add(i), n);
        low.mul_add(s, high * c).store_partial(x.add(half + i), n);
        i += LANES;
    }
}

/// In place on q and k of qkv (T, 3C) with C = `heads` * `head_size`; rstd (T, 2 heads), q's heads first.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn qk_norm_rotary_forward(
    qkv: *mut f32,
    rstd: *mut f32,
    positions: *const i32,
    cosines: *const f32,
    sines: *const f32,
    rows: usize,
    heads: usize,
    head_size: usize,
    eps: f32,
) {
    let half = head_size / 2;
    // SAFETY: the caller passes arrays of these shapes, and tables that reach beyond the largest position.
    unsafe {
        for t in 0..rows {
            let place = *positions.add(t) as usize * half;
            for h in 0..2 * heads {
                let x = qkv.add((t * 3 * heads + h) * head_size);
                let r = 1.0 / (dot(x, x, head_size) / head_size as f32 + eps).sqrt();
                *rstd.add(t * 2 * heads + h) = r;
                turn(x, cosines.add(place), sines.add(place), half, r, 1.0);
            }
        }
    }
}

/// In place on q and k of d_qkv (T, 3C): with y the values after the forward pass, d becomes rstd * turned back (d - y mean(d y)).
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn qk_norm_rotary_backward(
    d_qkv: *mut f32,
    qkv: *const f32,
    rstd: *const f32,
    positions: *const i32,
    cosines: *const f32,
    sines: *const f32,
    rows: usize,
    heads: usize,
    head_size: usize,
) {
    let half = head_size / 2;
    // SAFETY: the caller passes arrays of these shapes, and tables that reach beyond the largest position.
    unsafe {
        for t in 0..rows {
            let place = *positions.add(t) as usize * half;
            for h in 0..2 * heads {
                let start = (t * 3 * heads + h) * head_size;
                let (d, y) = (d_qkv.add(start), qkv.add(start));
                let mean = F32x8::splat(dot(d, y, head_size) / head_size as f32);
                let mut i = 0;
                while i < head_size {
                    let n = LANES.min(head_size - i);
                    let (ds, ys) = (F32x8::load_partial(d.add(i), n), F32x8::load_partial(y.add(i), n));
                    ys.mul_sub_from(mean, ds).store_partial(d.add(i), n);
                    i += LANES;
                }
                let r = *rstd.add(t * 2 * heads + h);
                turn(d, cosines.add(place), sines.add(place), half, r, -1.0);
            }
        }
    }
}
