//! Output projection and cross-entropy in one: the logits of a block of rows at a time, never of all.

use crate::math::Exp;
use crate::matmul::{multiply, multiply_unpacked, unpacked_scratch_size};
use crate::pack::{Matrix, PANEL};
use crate::simd::{map, F32x8, LANES};
use wasm_bindgen::prelude::*;

/// Rows of a block.
const BLOCK: usize = 192;

/// Floats of scratch memory that [`cross_entropy_head`] needs for T rows, V tokens and C columns.
#[wasm_bindgen]
pub fn cross_entropy_scratch_size(t: usize, v: usize, c: usize) -> usize {
    let rows = t.min(BLOCK);
    rows * v.next_multiple_of(PANEL) + unpacked_scratch_size(rows, c)
}

/// losses (T) = -log softmax(hidden (T, C) @ table (V, C)^T)[targets], 0 where the target is negative. With gradients (`d_hidden` is not 0):
/// d_hidden (T, C) is overwritten and d_table (V, C) accumulates the gradient of `scale` times the sum of the losses.
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
    scale: f32,
    t: usize,
    v: usize,
    c: usize,
    scratch: *mut f32,
) {
    let stride = v.next_multiple_of(PANEL);
    // SAFETY: the caller passes arrays of these shapes, targets below V, and the scratch memory asked for.
    unsafe {
        let packing = scratch.add(t.min(BLOCK) * stride);
        let mut t0 = 0;
        while t0 < t {
            let rows = BLOCK.min(t - t0);
            let block = Matrix::rows(hidden.add(t0 * c), c);
            // Whole panels: the columns beyond V become zeros.
            multiply(scratch, stride, block, packed_forward, [rows, stride, c], false);
            for i in 0..rows {
                let (row, target) = (scratch.add(i * stride), *targets.add(t0 + i));
                let (largest, sum) = softmax_parts(row, v);
                let ignored = target < 0;
                *losses.add(t0 + i) =
                    if ignored { 0.0 } else { sum.ln() + largest - *row.add(target as usize) };
                if d_hidden.is_null() {
                    continue;
                }
                if ignored {
                    core::ptr::write_bytes(row, 0, v);
                } else {
                    probabilities(row, v, largest, scale / sum);
                    *row.add(target as usize) -= scale;
                }
            }
            if !d_hidden.is_null() {
                let d_logits = Matrix::rows(scratch, stride);
                multiply(d_hidden.add(t0 * c), c, d_logits, packed_backward, [rows, c, v], false);
                multiply_unpacked(d_table, c, d_logits.transposed(), block, [v, c, rows], true, packing);
            }
            t0 += rows;
        }
    }
}

/// row = exp(row - shift) * factor.
///
/// # Safety
/// `row` must have `size` floats.
#[inline(never)]
unsafe fn probabilities(row: *mut f32, size: usize, shift: f32, factor: f32) {
    let (shift, factor, exp) = (F32x8::splat(shift), F32x8::splat(factor), Exp::prepare());
    map(row, [row], size, |_, [x]| exp.of_negative(x - shift) * factor);
}

/// The largest value x of a row, and the sum of exp(value - x).
///
/// # Safety
/// `row` must be readable for `size` > 0 floats.
#[inline(never)]
unsafe fn softmax_parts(row: *const f32, size: usize) -> (f32, f32) {
    let whole = size - size % LANES;
    let mut largest = F32x8::splat(*row);
    let mut i = 0;
    while i < whole {
        largest = F32x8::load(row.add(i)).max(largest);
        i += LANES;
    }
    let mut largest = largest.largest();
    for j in whole..size {
        largest = if *row.add(j) > largest { *row.add(j) } else { largest };
    }
    let (shift, exp) = (F32x8::splat(largest), Exp::prepare());
    let mut sum = F32x8::splat(0.0);
    let mut i = 0;
    while i < whole {
        sum = sum + exp.of_negative(F32x8::load(row.add(i)) - shift);
        i += LANES;
    }
    if i < size {
        let mut rest = [0f32; LANES];
        exp.of_negative(F32x8::load_partial(row.add(i), size - i) - shift).store(rest.as_mut_ptr());
        for value in rest.iter_mut().skip(size - i) {
            *value = 0.0;
        }
        sum = sum + F32x8::load(rest.as_ptr());
    }
    (largest, sum.sum())
}
