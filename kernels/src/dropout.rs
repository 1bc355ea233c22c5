//! Dropout from a counter: whether an element is kept is a function of its index and of a key of two words, the same bits as `counterBits` in
//! src/rng.ts, so that nothing has to be stored for the backward pass.

use crate::simd::{map1, map2, F32x8, U32x8};
use core::arch::wasm32::*;
use wasm_bindgen::prelude::*;

/// Dropout of one place in the model at one step.
#[derive(Clone, Copy)]
pub struct Dropout {
    /// An element is kept when its bits are at least this. 0: no dropout.
    pub threshold: u32,
    /// Factor of what is kept: 1 / (1 - probability).
    pub scale: f32,
    /// First word of the key.
    pub key_a: u32,
    /// Second word of the key.
    pub key_b: u32,
}

impl Dropout {
    /// Whether anything is dropped at all.
    #[inline(always)]
    pub fn is_active(&self) -> bool {
        self.threshold != 0
    }

    /// `scale` where the elements `first` to `first` + 7 are kept, 0 elsewhere.
    #[inline(always)]
    pub fn factors(&self, first: u32) -> F32x8 {
        let x = U32x8::counting_from(first).xor(U32x8::splat(self.key_a));
        let x = x.xor_shifted(16).mul(0x7feb_352d).xor_shifted(15).mul(0x846c_a68b).xor_shifted(16);
        let x = x.xor(U32x8::splat(self.key_b));
        let x = x.mul(0x9e37_79b1).xor_shifted(15).mul(0x85eb_ca77).xor_shifted(16);
        let (threshold, scale) = (u32x4_splat(self.threshold), f32x4_splat(self.scale));
        // x >= threshold, unsigned, exactly where max(x, threshold) is x.
        F32x8(
            v128_and(scale, i32x4_eq(u32x4_max(x.0, threshold), x.0)),
            v128_and(scale, i32x4_eq(u32x4_max(x.1, threshold), x.1)),
        )
    }
}

/// `out = residual + dropout(branch)`; a `threshold` of 0 means no dropout. `out` may be `residual` or `branch`.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn residual_forward(
    out: *mut f32,
    residual: *const f32,
    branch: *const f32,
    size: usize,
    threshold: u32,
    scale: f32,
    key_a: u32,
    key_b: u32,
) {
    let dropout = Dropout { threshold, scale, key_a, key_b };
    // SAFETY: the caller passes addresses of `size` floats in this instance's memory.
    unsafe {
        if dropout.is_active() {
            map2(out, residual, branch, size, |i, r, b| b.mul_add(dropout.factors(i as u32), r));
        } else {
            map2(out, residual, branch, size, |_, r, b| r + b);
        }
    }
}

/// `out = dropout(inp)`: the forward pass without a residual, and the backward pass. `threshold` is not 0. `out` may be `inp`.
#[wasm_bindgen]
pub fn dropout_apply(
    out: *mut f32,
    inp: *const f32,
    size: usize,
    threshold: u32,
    scale: f32,
    key_a: u32,
    key_b: u32,
) {
    let dropout = Dropout { threshold, scale, key_a, key_b };
    // SAFETY: the caller passes addresses of `size` floats in this instance's memory.
    unsafe { map1(out, inp, size, |i, x| x * dropout.factors(i as u32)) }
}
