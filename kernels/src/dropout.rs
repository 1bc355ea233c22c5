//! Dropout from a counter: whether an element is kept is a function of its index and of a key of two words,
//! the same bits as `counterBits` in src/rng.ts, so that nothing has to be stored for the backward pass.

use crate::simd::{map, F32x8, U32x8};
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

    /// The constants of the masks: once before a loop.
    #[inline(always)]
    pub fn mask(&self) -> Mask {
        self.mask_with_step(1)
    }

    /// As [`Dropout::mask`], for lanes that are `step` elements apart.
    #[inline(always)]
    pub fn mask_with_step(&self, step: u32) -> Mask {
        let lanes = U32x8::counting_from(core::hint::black_box(0)) * held(step);
        Mask {
            lanes,
            key_a: held(self.key_a),
            key_b: held(self.key_b),
            factors: [0x7feb_352d, 0x846c_a68b, 0x9e37_79b1, 0x85eb_ca77].map(held),
            threshold: held(self.threshold),
            scale: F32x8::splat(core::hint::black_box(self.scale)),
        }
    }
}

/// Eight times a value that the compiler takes for unknown: see math.rs. (It would load the four words of a
/// [`Dropout`] as one vector, and spread them by shuffles that V8 cannot fuse.)
#[inline(always)]
fn held(value: u32) -> U32x8 {
    U32x8::splat(core::hint::black_box(value))
}

/// What the masks of one dropout have in common, in vectors (see math.rs on why).
#[derive(Clone, Copy)]
pub struct Mask {
    lanes: U32x8,
    key_a: U32x8,
    key_b: U32x8,
    factors: [U32x8; 4],
    threshold: U32x8,
    scale: F32x8,
}

impl Mask {
    /// The scale where the eight elements from `first` on (in the mask's steps) are kept, 0 elsewhere.
    #[inline(always)]
    pub fn from(&self, first: u32) -> F32x8 {
        let [f0, f1, f2, f3] = self.factors;
        let x = (U32x8::splat(first) + self.lanes).xor(self.key_a);
        let x = (x.xor_shifted(16) * f0).xor_shifted(15) * f1;
        let x = (x.xor_shifted(16).xor(self.key_b) * f2).xor_shifted(15) * f3;
        let x = x.xor_shifted(16);
        // x >= threshold, unsigned, exactly where max(x, threshold) is x.
        F32x8(
            v128_and(self.scale.0, i32x4_eq(u32x4_max(x.0, self.threshold.0), x.0)),
            v128_and(self.scale.1, i32x4_eq(u32x4_max(x.1, self.threshold.1), x.1)),
        )
    }
}

/// `out = residual + dropout(branch)`; a `threshold` of 0 means no dropout. `out` may be `residual` or
/// `branch`.
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
            let mask = dropout.mask();
            map(out, [residual, branch], size, |i, [r, b]| b.mul_add(mask.from(i as u32), r));
        } else {
            map(out, [residual, branch], size, |_, [r, b]| r + b);
        }
    }
}

/// `out = dropout(inp)`: the forward pass without a residual, and the backward pass. `threshold` is not 0.
/// `out` may be `inp`.
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
    let mask = Dropout { threshold, scale, key_a, key_b }.mask();
    // SAFETY: the caller passes addresses of `size` floats in this instance's memory.
    unsafe { map(out, [inp], size, |i, [x]| x * mask.from(i as u32)) }
}
