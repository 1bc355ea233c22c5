//! Normalised queries and keys with rotary positions, in place on qkv (T, 3C): each head's D values are
//! divided by their root mean square, then the pairs (i, i + D / 2) are turned by the row's position. cosines
//! and sines (positions, D / 2) come from the caller.

use crate::simd::{dot, inverse_sqrt, map, unrelated, F32x8, LANES};
use wasm_bindgen::prelude::*;

/// Turn x by the angles and multiply by `factor`: out_low = (low cos - high sin) factor, out_high = (high cos
/// + low sin) factor.
///
/// # Safety
/// `x` must be readable and writable for 2 `half` floats, `cosines` and `sines` readable for `half`.
#[inline(always)]
unsafe fn turn(x: *mut f32, cosines: *const f32, sines: *const f32, half: usize, factor: f32, sign: f32) {
    let (factor, sign) = (F32x8::splat(factor), F32x8::splat(sign));
    let turned = |low: F32x8, high: F32x8, c: F32x8, s: F32x8| {
        let (low, high, s) = (low * factor, high * factor, s * sign);
        (high.mul_sub_from(s, low * c), low.mul_add(s, high * c))
    };
    let inp = unrelated(x);
    let whole = half - half % LANES;
    let mut i = 0;
    while i < whole {
        let (low, high) = (F32x8::load(inp.add(i)), F32x8::load(inp.add(half + i)));
        let (low, high) = turned(low, high, F32x8::load(cosines.add(i)), F32x8::load(sines.add(i)));
        low.store(x.add(i));
        high.store(x.add(half + i));
        i += LANES;
    }
    if i < half {
        let n = half - i;
        let (low, high) = (F32x8::load_partial(inp.add(i), n), F32x8::load_partial(inp.add(half + i), n));
        let (c, s) = (F32x8::load_partial(cosines.add(i), n), F32x8::load_partial(sines.add(i), n));
        let (low, high) = turned(low, high, c, s);
        low.store_partial(x.add(i), n);
        high.store_partial(x.add(half + i), n);
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
                let r = inverse_sqrt(dot(x, x, head_size) / head_size as f32 + eps);
                *rstd.add(t * 2 * heads + h) = r;
                turn(x, cosines.add(place), sines.add(place), half, r, 1.0);
            }
        }
    }
}

/// In place on q and k of d_qkv (T, 3C): with y the values after the forward pass, d becomes rstd * turned
/// back (d - y mean(d y)).
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
                map(d, [d, y], head_size, |_, [d, y]| y.mul_sub_from(mean, d));
                let r = *rstd.add(t * 2 * heads + h);
                turn(d, cosines.add(place), sines.add(place), half, r, -1.0);
            }
        }
    }
}
