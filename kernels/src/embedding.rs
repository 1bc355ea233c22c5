//! Rows of embedding tables: T tokens, C columns.

use crate::simd::map;
use wasm_bindgen::prelude::*;

/// out (T, C) = table[tokens] + position_table[positions]; without positions where `positions` is 0.
#[wasm_bindgen]
pub fn embedding_forward(
    out: *mut f32,
    tokens: *const i32,
    table: *const f32,
    positions: *const i32,
    position_table: *const f32,
    rows: usize,
    columns: usize,
) {
    // SAFETY: the caller has checked that tokens and positions are rows of their tables.
    unsafe {
        for t in 0..rows {
            let (target, row) = (out.add(t * columns), table.add(*tokens.add(t) as usize * columns));
            if positions.is_null() {
                core::ptr::copy_nonoverlapping(row, target, columns);
            } else {
                let place = position_table.add(*positions.add(t) as usize * columns);
                map(target, [row, place], columns, |_, [a, b]| a + b);
            }
        }
    }
}

/// d_table[indices[t]] += d_out[t] for t = 0 to T - 1, in this order.
#[wasm_bindgen]
pub fn embedding_backward(
    d_table: *mut f32,
    d_out: *const f32,
    indices: *const i32,
    rows: usize,
    columns: usize,
) {
    // SAFETY: the caller has checked that every index is a row of the table.
    unsafe {
        for t in 0..rows {
            let target = d_table.add(*indices.add(t) as usize * columns);
            map(target, [target, d_out.add(t * columns)], columns, |_, [a, b]| a + b);
        }
    }
}
