//! Output projection and cross-entropy in one: the logits of a block of rows at a time, never of all.
//!
//! With e = exp(logits - largest) and s their sum, a row's gradient of the logits is (e - s at the target)
//! times its scale / s. The factor is not multiplied into the row of V numbers but into the rows of C numbers
//! that it meets: d_hidden after its product, a copy of hidden before d_table's. So each logit is touched
//! twice between the products, and has one exponential.

use crate::math::Exp;
use crate::matmul::{multiply, multiply_unpacked, unpacked_scratch_size};
use crate::pack::{Matrix, PANEL};
use crate::simd::{map, unrelated, F32x8, LANES};
use wasm_bindgen::prelude::*;

/// Rows of a block.
const BLOCK: usize = 192;

/// Floats of scratch memory that [`cross_entropy_head`] needs for T rows, V tokens and C columns.
#[wasm_bindgen]
pub fn cross_entropy_scratch_size(t: usize, v: usize, c: usize) -> usize {
    let rows = t.min(BLOCK);
    rows * (row_stride(v) + c) + unpacked_scratch_size(rows, c)
}

/// Floats from a row of logits to the next: an odd number of cache lines, so that a column's lines do not
/// compete for the same places of a cache.
fn row_stride(v: usize) -> usize {
    v.next_multiple_of(PANEL) + PANEL * ((v.div_ceil(PANEL) + 1) % 2)
}

/// losses (T) = -log softmax(hidden (T, C) @ table (V, C)^T)[targets], 0 where the target is negative. With
/// gradients (`d_hidden` is not 0): d_hidden (T, C) is overwritten and d_table (V, C) accumulates the
/// gradient of the sum of row_scales (T) times losses.
///
/// `packed_forward` and `packed_backward` are the table, packed by `pack_weight` for each direction.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn cross_entropy_head(
    losses: *mut f32,
    hidden: *const f32,
    packed_forward: *const f32,
    packed_backward: *const f32,
    targets: *const i32,
    d_hidden: *mut f32,
    d_table: *mut f32,
    row_scales: *const f32,
    t: usize,
    v: usize,
    c: usize,
    scratch: *mut f32,
) {
    let (stride, padded) = (row_stride(v), v.next_multiple_of(PANEL));
    // SAFETY: the caller passes arrays of these shapes, targets below V, and the scratch memory asked for.
    unsafe {
        let scaled = scratch.add(t.min(BLOCK) * stride);
        let packing = scaled.add(t.min(BLOCK) * c);
        let mut t0 = 0;
        while t0 < t {
            let rows = BLOCK.min(t - t0);
            let block = Matrix::rows(hidden.add(t0 * c), c);
            // Whole panels: the columns beyond V become zeros.
            multiply(scratch, stride, block, packed_forward, [rows, padded, c], false);
            let mut factors = [0f32; BLOCK];
            for i in 0..rows {
                let (row, target) = (scratch.add(i * stride), *targets.add(t0 + i));
                let ignored = target < 0;
                let logit = if ignored { 0.0 } else { *row.add(target as usize) };
                let largest = largest_logit(row, v);
                let sum = exponentials(row, v, largest);
                *losses.add(t0 + i) = if ignored { 0.0 } else { sum.ln() + largest - logit };
                if !ignored {
                    *row.add(target as usize) -= sum;
                    if !d_hidden.is_null() {
                        factors[i] = *row_scales.add(t0 + i) / sum;
                    }
                }
            }
            if !d_hidden.is_null() {
                let d_logits = Matrix::rows(scratch, stride);
                let d_block = d_hidden.add(t0 * c);
                multiply(d_block, c, d_logits, packed_backward, [rows, c, v], false);
                for (i, &factor) in factors.iter().enumerate().take(rows) {
                    scale_row(d_block.add(i * c), d_block.add(i * c), c, factor);
                    scale_row(scaled.add(i * c), block.from(i, 0).data, c, factor);
                }
                let scaled = Matrix::rows(scaled, c);
                multiply_unpacked(d_table, c, d_logits.transposed(), scaled, [v, c, rows], true, packing);
            }
            t0 += rows;
        }
    }
}

/// out = inp * factor; `out` may be `inp`.
///
/// # Safety
/// Both must have `size` floats.
#[inline(never)]
unsafe fn scale_row(out: *mut f32, inp: *const f32, size: usize, factor: f32) {
    let factor = F32x8::splat(factor);
    map(out, [inp], size, |_, [x]| x * factor);
}

/// The largest value of a row.
///
/// # Safety
/// `row` must be readable for `size` > 0 floats.
#[inline(never)]
unsafe fn largest_logit(row: *const f32, size: usize) -> f32 {
    let whole = size - size % LANES;
    let mut largest = [F32x8::splat(*row); 2];
    let mut i = 0;
    while i + 2 * LANES <= whole {
        let (a, b) = (F32x8::load(row.add(i)), F32x8::load(row.add(i + LANES)));
        largest = [a.max(largest[0]), b.max(largest[1])];
        i += 2 * LANES;
    }
    let mut largest = largest[1].max(largest[0]).largest();
    for j in i..size {
        largest = if *row.add(j) > largest { *row.add(j) } else { largest };
    }
    largest
}

/// row = exp(row - shift), and the sum of all.
///
/// # Safety
/// `row` must have `size` floats.
#[inline(never)]
unsafe fn exponentials(row: *mut f32, size: usize, shift: f32) -> f32 {
    let whole = size - size % LANES;
    let (shift, exp, inp) = (F32x8::splat(shift), Exp::prepare(), unrelated(row));
    let mut sum = F32x8::splat(0.0);
    let mut i = 0;
    while i < whole {
        let e = exp.of_negative(F32x8::load(inp.add(i)) - shift);
        e.store(row.add(i));
        sum = sum + e;
        i += LANES;
    }
    if i < size {
        exp.of_negative(F32x8::load_partial(inp.add(i), size - i) - shift)
            .store_partial(row.add(i), size - i);
        sum = sum + F32x8::load_partial(row.add(i), size - i);
    }
    sum.sum()
}
