//! Causal attention inside each document: out (T, C) from qkv (T, 3C) = [q | k | v], head h in columns h D to (h + 1) D of each.
//!
//! A document's head is worked on in blocks of `BLOCK` query rows: the scores of a block with all keys up to its last row are one product of packed
//! panels, softmax and dropout run over them row by row, and a second product with v gives the output. Nothing larger than BLOCK x keys exists.
//! The backward pass computes the probabilities again from the scores and the stored logarithm of the softmax denominator
//! (FlashAttention's scheme, Dao et al. 2022), so that forward memory is one float a row and head.
//!
//! Order of sums: products as in matmul.rs, keys ascending; softmax sums in eight lanes. Blocks are counted from the document's first row, so a
//! document's result does not depend on its place in the batch (but for its dropout elements).

use crate::dropout::Dropout;
use crate::math::Exp;
use crate::matmul::{multiply, multiply_first};
use crate::pack::{pack_b, packed_size, Matrix, PANEL};
use crate::simd::{dot, map, unrelated, F32x8, LANES};
use wasm_bindgen::prelude::*;

/// Query rows of a block in the forward pass, a multiple of both tiles' rows: small, because a block's products reach to the end of its diagonal.
const FORWARD_BLOCK: usize = 24;
/// Query rows of a block in the backward pass: larger, because every block reads and writes dK and dV.
const BLOCK: usize = 48;

/// Floats of scratch memory that the kernels below need, `longest` being the rows of the longest document.
#[wasm_bindgen]
pub fn attention_scratch_size(longest: usize, head_size: usize) -> usize {
    let packed = 2 * packed_size(head_size, longest) + packed_size(longest, head_size);
    packed + 2 * packed_size(BLOCK, head_size) + 2 * BLOCK * longest.next_multiple_of(PANEL)
}

/// What the forward and the backward pass share: sizes, options, one document and head.
#[derive(Clone, Copy)]
struct Head {
    /// T, rows of the batch.
    rows: usize,
    heads: usize,
    head_size: usize,
    scale: f32,
    dropout: Dropout,
    dropout_stride: usize,
    /// First row of the document.
    first: usize,
    /// Rows of the document.
    length: usize,
    head: usize,
}

impl Head {
    /// Floats from a row of qkv to the next.
    fn stride(&self) -> usize {
        3 * self.heads * self.head_size
    }

    /// Where q (part 0), k (1) or v (2) of this document and head begins in qkv.
    fn offset(&self, part: usize) -> usize {
        self.first * self.stride() + (part * self.heads + self.head) * self.head_size
    }

    /// Where this document and head begins in out (T, C).
    fn out_offset(&self) -> usize {
        (self.first * self.heads + self.head) * self.head_size
    }

    /// Index of row t's first dropout element, t counted in the document.
    fn dropout_row(&self, t: usize) -> u32 {
        ((self.head * self.rows + self.first + t) as u32).wrapping_mul(self.dropout_stride as u32)
    }
}

/// out (T, C) and log_sum_exp (H, T); overwrites both. `bounds` has `documents` + 1 entries.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn attention_forward(
    out: *mut f32,
    log_sum_exp: *mut f32,
    qkv: *const f32,
    bounds: *const i32,
    documents: usize,
    heads: usize,
    head_size: usize,
    scale: f32,
    threshold: u32,
    keep_scale: f32,
    key_a: u32,
    key_b: u32,
    dropout_stride: usize,
    scratch: *mut f32,
) {
    let dropout = Dropout { threshold, scale: keep_scale, key_a, key_b };
    // SAFETY: the caller passes arrays of these shapes, rising bounds that end at T, and the scratch memory asked for.
    unsafe {
        let rows = *bounds.add(documents) as usize;
        for d in 0..documents {
            let first = *bounds.add(d) as usize;
            let length = *bounds.add(d + 1) as usize - first;
            for head in 0..heads {
                let part =
                    Head { rows, heads, head_size, scale, dropout, dropout_stride, first, length, head };
                head_forward(part, out, log_sum_exp.add(head * rows + first), qkv, scratch);
            }
        }
    }
}

/// # Safety
/// As for [`attention_forward`]; `log_sum_exp` is this document's and head's.
unsafe fn head_forward(part: Head, out: *mut f32, log_sum_exp: *mut f32, qkv: *const f32, scratch: *mut f32) {
    let (length, size) = (part.length, part.head_size);
    let stride = length.next_multiple_of(PANEL);
    let packed_keys = scratch;
    let packed_values = packed_keys.add(packed_size(size, length));
    let scores = packed_values.add(packed_size(length, size));
    let q = Matrix::rows(qkv.add(part.offset(0)), part.stride());
    let k = Matrix::rows(qkv.add(part.offset(1)), part.stride());
    let v = Matrix::rows(qkv.add(part.offset(2)), part.stride());
    pack_b(packed_keys, k.transposed(), size, length);
    pack_b(packed_values, v, length, size);
    let mut t0 = 0;
    while t0 < length {
        let rows = FORWARD_BLOCK.min(length - t0);
        let keys = t0 + rows;
        // Whole panels of keys: what lies beyond the diagonal is thrown away.
        multiply(
            scores,
            stride,
            q.from(t0, 0),
            packed_keys,
            [rows, keys.next_multiple_of(PANEL), size],
            false,
        );
        for i in 0..rows {
            let row = scores.add(i * stride);
            *log_sum_exp.add(t0 + i) = softmax_row(part, row, t0 + i, keys);
        }
        let target = out.add(part.out_offset() + t0 * part.heads * size);
        let p = Matrix::rows(scores, stride);
        // Packed v has all of the document's rows, of which the first `keys` count.
        multiply_first(target, part.heads * size, p, packed_values, [rows, size, keys], false, length);
        t0 += rows;
    }
}

/// Scores to probabilities (with dropout) in place for row t: keys 0 to t count, the others up to `keys` become zeros. Returns the
/// logarithm of the softmax denominator.
///
/// # Safety
/// `row` must have `keys` floats, rounded up to a panel.
#[inline(always)]
unsafe fn softmax_row(part: Head, row: *mut f32, t: usize, keys: usize) -> f32 {
    let valid = t + 1;
    let padded = valid.next_multiple_of(LANES);
    for j in valid..padded {
        *row.add(j) = f32::NEG_INFINITY;
    }
    let largest = largest_score(row, padded) * part.scale;
    let sum = exponentials(row, padded, part.scale, -largest);
    if part.dropout.is_active() {
        drop_and_scale(row, padded, 1.0 / sum, part.dropout, part.dropout_row(t));
    } else {
        scale_row(row, padded, 1.0 / sum);
    }
    for j in valid..keys {
        *row.add(j) = 0.0;
    }
    largest + sum.ln()
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

/// row *= factor * the dropout factors from element `first` on.
///
/// # Safety
/// `row` must have `size` floats.
#[inline(never)]
unsafe fn drop_and_scale(row: *mut f32, size: usize, factor: f32, dropout: Dropout, first: u32) {
    let (factor, mask) = (F32x8::splat(factor), dropout.mask());
    map(row, [row], size, |j, [x]| x * factor * mask.from(first.wrapping_add(j as u32)));
}

/// d_qkv (T, 3C); overwrites.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn attention_backward(
    d_qkv: *mut f32,
    d_out: *const f32,
    out: *const f32,
    log_sum_exp: *const f32,
    qkv: *const f32,
    bounds: *const i32,
    documents: usize,
    heads: usize,
    head_size: usize,
    scale: f32,
    threshold: u32,
    keep_scale: f32,
    key_a: u32,
    key_b: u32,
    dropout_stride: usize,
    scratch: *mut f32,
) {
    let dropout = Dropout { threshold, scale: keep_scale, key_a, key_b };
    // SAFETY: as in attention_forward.
    unsafe {
        let rows = *bounds.add(documents) as usize;
        core::ptr::write_bytes(d_qkv, 0, rows * 3 * heads * head_size);
        for d in 0..documents {
            let first = *bounds.add(d) as usize;
            let length = *bounds.add(d + 1) as usize - first;
            for head in 0..heads {
                let part =
                    Head { rows, heads, head_size, scale, dropout, dropout_stride, first, length, head };
                let log_sum_exp = log_sum_exp.add(head * rows + first);
                head_backward(part, d_qkv, d_out, out, log_sum_exp, qkv, scratch);
            }
        }
    }
}

/// With P the probabilities, M the dropout factors and O the output: dV = (P M)^T dO, dP = (dO V^T) M,
/// dS = P (dP - sum(dO O)) scale, dQ = dS K, dK = dS^T Q.
///
/// # Safety
/// As for [`attention_backward`]; `log_sum_exp` is this document's and head's, d_qkv begins as zeros.
unsafe fn head_backward(
    part: Head,
    d_qkv: *mut f32,
    d_out: *const f32,
    out: *const f32,
    log_sum_exp: *const f32,
    qkv: *const f32,
    scratch: *mut f32,
) {
    let (length, size) = (part.length, part.head_size);
    let (stride, out_stride) = (length.next_multiple_of(PANEL), part.heads * size);
    let packed_keys_t = scratch;
    let packed_values_t = packed_keys_t.add(packed_size(size, length));
    let packed_keys = packed_values_t.add(packed_size(size, length));
    let packed_queries = packed_keys.add(packed_size(length, size));
    let packed_d_out = packed_queries.add(packed_size(BLOCK, size));
    let scores = packed_d_out.add(packed_size(BLOCK, size));
    let d_scores = scores.add(BLOCK * stride);
    let q = Matrix::rows(qkv.add(part.offset(0)), part.stride());
    let k = Matrix::rows(qkv.add(part.offset(1)), part.stride());
    let v = Matrix::rows(qkv.add(part.offset(2)), part.stride());
    let d_o = Matrix::rows(d_out.add(part.out_offset()), out_stride);
    let o = Matrix::rows(out.add(part.out_offset()), out_stride);
    let (d_q, d_k, d_v) = (d_qkv.add(part.offset(0)), d_qkv.add(part.offset(1)), d_qkv.add(part.offset(2)));
    pack_b(packed_keys_t, k.transposed(), size, length);
    pack_b(packed_values_t, v.transposed(), size, length);
    pack_b(packed_keys, k, length, size);
    let mut t0 = 0;
    while t0 < length {
        let rows = BLOCK.min(length - t0);
        let keys = t0 + rows;
        let sizes = [rows, keys.next_multiple_of(PANEL), size];
        multiply(scores, stride, q.from(t0, 0), packed_keys_t, sizes, false);
        multiply(d_scores, stride, d_o.from(t0, 0), packed_values_t, sizes, false);
        for i in 0..rows {
            let t = t0 + i;
            let delta = dot(d_o.from(t, 0).data, o.from(t, 0).data, size);
            let rows = (scores.add(i * stride), d_scores.add(i * stride));
            softmax_row_backward(part, rows, t, keys, *log_sum_exp.add(t), delta);
        }
        let p = Matrix::rows(scores, stride);
        let d_s = Matrix::rows(d_scores, stride);
        multiply_first(
            d_q.add(t0 * part.stride()),
            part.stride(),
            d_s,
            packed_keys,
            [rows, size, keys],
            false,
            length,
        );
        pack_b(packed_queries, q.from(t0, 0), rows, size);
        multiply(d_k, part.stride(), d_s.transposed(), packed_queries, [keys, size, rows], true);
        pack_b(packed_d_out, d_o.from(t0, 0), rows, size);
        multiply(d_v, part.stride(), p.transposed(), packed_d_out, [keys, size, rows], true);
        t0 += rows;
    }
}

/// In place for row t: scores become P M, and the gradients of P M become those of the scores (before scaling). Beyond key t both become
/// zeros up to `keys`.
///
/// # Safety
/// Both rows must have `keys` floats, rounded up to a panel.
#[inline(always)]
unsafe fn softmax_row_backward(
    part: Head,
    (scores, d_scores): (*mut f32, *mut f32),
    t: usize,
    keys: usize,
    log_sum_exp: f32,
    delta: f32,
) {
    let valid = t + 1;
    let padded = valid.next_multiple_of(LANES);
    let constants = [part.scale, -log_sum_exp, delta];
    if part.dropout.is_active() {
        let first = part.dropout_row(t);
        gradients_dropped((scores, d_scores), padded, constants, part.dropout, first);
    } else {
        gradients((scores, d_scores), padded, constants);
    }
    for j in valid..keys {
        *scores.add(j) = 0.0;
        *d_scores.add(j) = 0.0;
    }
}

/// (scores, dP) become (p, dS): p = exp(scores * scale + shift), dS = (dP - delta) p scale; `size` is a multiple of eight.
///
/// # Safety
/// Both must have `size` floats.
#[inline(never)]
unsafe fn gradients(rows: (*mut f32, *mut f32), size: usize, [scale, shift, delta]: [f32; 3]) {
    let (scale, shift, delta) = (F32x8::splat(scale), F32x8::splat(shift), F32x8::splat(delta));
    let (exp, inp) = (Exp::prepare(), (unrelated(rows.0), unrelated(rows.1)));
    let mut j = 0;
    while j < size {
        let (s, d) = (F32x8::load(inp.0.add(j)), F32x8::load(inp.1.add(j)));
        let p = exp.of_negative(s.mul_add(scale, shift));
        let d = (d - delta) * (p * scale);
        p.store(rows.0.add(j));
        d.store(rows.1.add(j));
        j += LANES;
    }
}

/// As [`gradients`], with M the dropout factors from element `first` on: (scores, d(p M)) become (p M, dS), dS = (d(p M) M - delta) p scale.
///
/// # Safety
/// Both must have `size` floats.
#[inline(never)]
unsafe fn gradients_dropped(
    rows: (*mut f32, *mut f32),
    size: usize,
    [scale, shift, delta]: [f32; 3],
    dropout: Dropout,
    first: u32,
) {
    let (scale, shift, delta) = (F32x8::splat(scale), F32x8::splat(shift), F32x8::splat(delta));
    let (exp, mask) = (Exp::prepare(), dropout.mask());
    let inp = (unrelated(rows.0), unrelated(rows.1));
    let mut j = 0;
    while j < size {
        let (s, d) = (F32x8::load(inp.0.add(j)), F32x8::load(inp.1.add(j)));
        let kept = mask.from(first.wrapping_add(j as u32));
        let p = exp.of_negative(s.mul_add(scale, shift));
        let d = (d * kept - delta) * (p * scale);
        (p * kept).store(rows.0.add(j));
        d.store(rows.1.add(j));
        j += LANES;
    }
}

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
    let (columns, no_dropout) = (heads * head_size, Dropout { threshold: 0, scale: 1.0, key_a: 0, key_b: 0 });
    // SAFETY: the caller passes arrays of these shapes, past + S <= L, and the scratch memory asked for.
    unsafe {
        for head in 0..heads {
            let part = Head {
                rows,
                heads,
                head_size,
                scale,
                dropout: no_dropout,
                dropout_stride: 0,
                first: 0,
                length: rows,
                head,
            };
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
                softmax_row(part, scratch, last, last + 1);
                weighted_sum(out.add(s * columns + head * head_size), scratch, values, last + 1, head_size);
            }
        }
    }
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
