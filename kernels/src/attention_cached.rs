//! Causal attention of one sequence with a cache of keys and values, for inference: few query rows, each over all entries before it.
//!
//! Order of sums: softmax sums in eight lanes, weighted values in ascending order of the entries.

use crate::math::Exp;
use crate::simd::{dot, map, unrelated, F32x8, LANES};
use wasm_bindgen::prelude::*;

/// One sequence with a cache: appends the S rows' k and v of qkv (S, 3C) to keys and values (H, L, D) at `past`; out (S, C) is attention
/// of row s over entries 0 to `past` + s. `scratch` has `past` + S floats, rounded up to a multiple of 8.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn attention_cached(
    out: *mut f32,
    qkv: *const f32,
    keys: *mut f32,
    values: *mut f32,
    past: usize,
    rows: usize,
    capacity: usize,
    heads: usize,
    head_size: usize,
    scale: f32,
    scratch: *mut f32,
) {
    let columns = heads * head_size;
    // SAFETY: the caller passes arrays of these shapes, past + S <= L, and the scratch memory asked for.
    unsafe {
        for head in 0..heads {
            let keys = keys.add(head * capacity * head_size);
            let values = values.add(head * capacity * head_size);
            for s in 0..rows {
                let row = qkv.add(s * 3 * columns + head * head_size);
                let (place, last) = ((past + s) * head_size, past + s);
                core::ptr::copy_nonoverlapping(row.add(columns), keys.add(place), head_size);
                core::ptr::copy_nonoverlapping(row.add(2 * columns), values.add(place), head_size);
                for j in 0..=last {
                    *scratch.add(j) = dot(row, keys.add(j * head_size), head_size);
                }
                softmax(scratch, last + 1, scale);
                weighted_sum(out.add(s * columns + head * head_size), scratch, values, last + 1, head_size);
            }
        }
    }
}

/// The first `size` scores, times `scale`, to probabilities in place.
///
/// # Safety
/// `row` must have `size` floats, rounded up to a multiple of eight.
#[inline(always)]
unsafe fn softmax(row: *mut f32, size: usize, scale: f32) {
    let padded = size.next_multiple_of(LANES);
    for j in size..padded {
        *row.add(j) = f32::NEG_INFINITY;
    }
    let largest = largest_score(row, padded) * scale;
    let sum = exponentials(row, padded, scale, -largest);
    scale_row(row, padded, 1.0 / sum);
}

// The loops over a row: functions of their own, so that V8 gets small ones to fuse.

/// The largest of `size` scores, a multiple of eight.
///
/// # Safety
/// `row` must be readable for `size` floats.
#[inline(never)]
unsafe fn largest_score(row: *const f32, size: usize) -> f32 {
    let mut largest = F32x8::load(row);
    let mut j = LANES;
    while j < size {
        largest = F32x8::load(row.add(j)).max(largest);
        j += LANES;
    }
    largest.largest()
}

/// row = exp(row * scale + shift), and the sum of all; `size` is a multiple of eight. Where row is -infinity, exp gives 1e-38, which is lost
/// in a sum of at least 1.
///
/// # Safety
/// `row` must have `size` floats.
#[inline(never)]
unsafe fn exponentials(row: *mut f32, size: usize, scale: f32, shift: f32) -> f32 {
    let (scale, shift, exp) = (F32x8::splat(scale), F32x8::splat(shift), Exp::prepare());
    let inp = unrelated(row);
    let mut sum = F32x8::splat(0.0);
    let mut j = 0;
    while j < size {
        let e = exp.of_negative(F32x8::load(inp.add(j)).mul_add(scale, shift));
        e.store(row.add(j));
        sum = sum + e;
        j += LANES;
    }
    sum.sum()
}

/// row *= factor.
///
/// # Safety
/// `row` must have `size` floats.
#[inline(never)]
unsafe fn scale_row(row: *mut f32, size: usize, factor: f32) {
    let factor = F32x8::splat(factor);
    map(row, [row], size, |_, [x]| x * factor);
}

/// out (D) = the sum of weights (n) times the rows of values (n, D), in ascending order.
///
/// # Safety
/// All must be of these sizes.
#[inline(always)]
unsafe fn weighted_sum(out: *mut f32, weights: *const f32, values: *const f32, n: usize, size: usize) {
    let mut i = 0;
    while i < size {
        let lanes = LANES.min(size - i);
        let mut sum = F32x8::splat(0.0);
        for j in 0..n {
            let value = F32x8::load_partial(values.add(j * size + i), lanes);
            sum = F32x8::splat(*weights.add(j)).mul_add(value, sum);
        }
        sum.store_partial(out.add(i), lanes);
        i += LANES;
    }
}
