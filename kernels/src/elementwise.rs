//! Sums of arrays, and sums of squares for the gradient's norm.

use crate::simd::{dot, map};
use wasm_bindgen::prelude::*;

/// `target += source`.
#[wasm_bindgen]
pub fn add(target: *mut f32, source: *const f32, size: usize) {
    // SAFETY: the caller passes addresses of `size` floats in this instance's memory.
    unsafe { map(target, [target, source], size, |_, [t, s]| t + s) }
}

/// `sums[i]` = the squares of `values[i * block]` to `values[(i + 1) * block - 1]`, summed; the last block
/// may be shorter.
#[wasm_bindgen]
pub fn sum_squares(sums: *mut f32, values: *const f32, size: usize, block: usize) {
    // SAFETY: the caller passes `size` floats, ceil(size / block) sums and a block above 0.
    unsafe {
        for (i, start) in (0..size).step_by(block).enumerate() {
            let values = values.add(start);
            *sums.add(i) = dot(values, values, block.min(size - start));
        }
    }
}
