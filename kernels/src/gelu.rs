//! Exact GELU: x Phi(x), with Phi the normal distribution function (erf, not the tanh approximation).

use crate::math::Normal;
use crate::simd::{map, F32x8};
use wasm_bindgen::prelude::*;

/// 1 / sqrt(2 pi)
const INVERSE_SQRT_TAU: f32 = 0.398_942_3;

/// `out[i] = inp[i] * Phi(inp[i])`; `out` may be `inp`.
#[wasm_bindgen]
pub fn gelu_forward(out: *mut f32, inp: *const f32, size: usize) {
    let normal = Normal::prepare();
    // SAFETY: the caller passes addresses of `size` floats in this instance's memory.
    unsafe { map(out, [inp], size, |_, [x]| x * normal.of(x).0) }
}

/// `d_inp[i] = d_out[i] * (Phi(x) + x phi(x))` with x = `inp[i]`; `d_inp` may be `d_out`.
#[wasm_bindgen]
pub fn gelu_backward(d_inp: *mut f32, d_out: *const f32, inp: *const f32, size: usize) {
    let (normal, density) = (Normal::prepare(), F32x8::splat(core::hint::black_box(INVERSE_SQRT_TAU)));
    // SAFETY: the caller passes addresses of `size` floats in this instance's memory.
    unsafe {
        map(d_inp, [d_out, inp], size, |_, [d, x]| {
            let (phi, gauss) = normal.of(x);
            d * (x * density).mul_add(gauss, phi)
        })
    }
}
