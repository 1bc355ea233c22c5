//! Causal attention inside each document: out (T, C) from qkv (T, 3C) = [q | k | v], head h in columns h D to
//! (h + 1) D of each.
//!
//! Everything is computed transposed: a panel of as many queries as the tile has columns stands beside each
//! other, keys below each other. So the scores of a panel, k @ q^T, come out of the product in the very order
//! in which the next product, v^T @ scores, reads its second operand; softmax runs down the panel, eight
//! queries at a time (attention_softmax.rs); and both stay in the first-level cache. A panel ends at its
//! diagonal: of the scores above it only those of the last 8 or 16 keys are computed. The backward pass
//! computes the probabilities again from the scores and the stored logarithm of the softmax denominator
//! (FlashAttention's scheme, Dao et al. 2022), so that forward memory is one float a row and head. It keeps
//! them for `BLOCK` queries, for which the gradients of keys and values are one product each.
//!
//! Order of sums: products as in matmul.rs, keys (queries for the gradients of keys and values) ascending;
//! softmax sums keys ascending. Panels are counted from the document's first row, so a document's result does
//! not depend on its place in the batch (but for its dropout elements).

use crate::attention_softmax::{gradient_panel, softmax_panel, Queries};
use crate::dropout::Dropout;
use crate::matmul::{multiply_across, multiply_panel};
use crate::pack::{fetch, pack_b, pack_left, packed_size, unpack_transposed, Matrix, PANEL};
use crate::simd::dot;
use crate::tile::{is_wide, Narrow, Tile, Wide};
use wasm_bindgen::prelude::*;

/// Queries of a block in the backward pass: a multiple of both tiles' rows and columns.
const BLOCK: usize = 96;

/// Floats of scratch memory that the kernels below need, `longest` being the rows of the longest document.
#[wasm_bindgen]
pub fn attention_scratch_size(longest: usize, head_size: usize) -> usize {
    let forward = ForwardScratch::new(core::ptr::null_mut(), longest, head_size).end as usize;
    let backward = BackwardScratch::new(core::ptr::null_mut(), longest, head_size).end as usize;
    forward.max(backward) / size_of::<f32>()
}

/// Hands out parts of the scratch memory, each from a cache line on.
struct Cutter(*mut f32);

impl Cutter {
    fn take(&mut self, size: usize) -> *mut f32 {
        let start = self.0;
        self.0 = start.wrapping_add(size.next_multiple_of(16));
        start
    }
}

/// What the forward pass packs and computes for one document and head. L rows, D columns.
struct ForwardScratch {
    /// k (L, D) as the left side.
    keys: *mut f32,
    /// v^T (D, L) as the left side.
    values_t: *mut f32,
    /// q^T (D, L) as the right side.
    queries_t: *mut f32,
    /// One panel of scores (L, PANEL).
    scores: *mut f32,
    /// One panel of out^T (D, PANEL).
    mixed: *mut f32,
    end: *mut f32,
}

impl ForwardScratch {
    fn new(start: *mut f32, length: usize, size: usize) -> Self {
        let mut cutter = Cutter(start);
        Self {
            keys: cutter.take(length * size),
            values_t: cutter.take(size * length),
            queries_t: cutter.take(packed_size(size, length)),
            scores: cutter.take(length * PANEL),
            mixed: cutter.take(size * PANEL),
            end: cutter.0,
        }
    }
}

/// What the backward pass packs and computes for one document and head. L rows, D columns.
struct BackwardScratch {
    /// k (L, D) and v (L, D) as the left side.
    keys: *mut f32,
    values: *mut f32,
    /// k^T (D, L) as the left side.
    keys_t: *mut f32,
    /// A block's q^T and d_out^T (D, BLOCK) as the right side.
    queries_t: *mut f32,
    d_out_t: *mut f32,
    /// A block's q and d_out (BLOCK, D) as the right side.
    queries: *mut f32,
    d_out: *mut f32,
    /// A block's panels (L, columns) of probabilities and of gradients of the scores.
    scores: *mut f32,
    d_scores: *mut f32,
    /// One panel of d_q^T (D, PANEL).
    mixed: *mut f32,
    end: *mut f32,
}

impl BackwardScratch {
    fn new(start: *mut f32, length: usize, size: usize) -> Self {
        let mut cutter = Cutter(start);
        Self {
            keys: cutter.take(length * size),
            values: cutter.take(length * size),
            keys_t: cutter.take(size * length),
            queries_t: cutter.take(packed_size(size, BLOCK)),
            d_out_t: cutter.take(packed_size(size, BLOCK)),
            queries: cutter.take(packed_size(BLOCK, size)),
            d_out: cutter.take(packed_size(BLOCK, size)),
            scores: cutter.take(BLOCK * length),
            d_scores: cutter.take(BLOCK * length),
            mixed: cutter.take(size * PANEL),
            end: cutter.0,
        }
    }
}

/// What all documents and heads of a call share.
#[derive(Clone, Copy)]
struct Batch {
    heads: usize,
    head_size: usize,
    scale: f32,
    dropout: Dropout,
    dropout_stride: usize,
}

impl Batch {
    /// Call `work` with each document and head, documents and then heads ascending.
    ///
    /// # Safety
    /// `bounds` has `documents` + 1 entries.
    unsafe fn for_each_head(self, bounds: *const i32, documents: usize, work: impl Fn(Head)) {
        let rows = *bounds.add(documents) as usize;
        for d in 0..documents {
            let first = *bounds.add(d) as usize;
            let length = *bounds.add(d + 1) as usize - first;
            for head in 0..self.heads {
                work(Head { batch: self, rows, first, length, head });
            }
        }
    }
}

/// One document and head.
#[derive(Clone, Copy)]
struct Head {
    batch: Batch,
    /// T, rows of the batch.
    rows: usize,
    /// First row of the document.
    first: usize,
    /// Rows of the document.
    length: usize,
    head: usize,
}

impl Head {
    /// Floats from a row of qkv to the next.
    fn stride(&self) -> usize {
        3 * self.batch.heads * self.batch.head_size
    }

    /// Where q (part 0), k (1) or v (2) of this document and head begins in qkv.
    fn offset(&self, part: usize) -> usize {
        self.first * self.stride() + (part * self.batch.heads + self.head) * self.batch.head_size
    }

    /// This document's and head's q (part 0), k (1) or v (2).
    fn part(&self, qkv: *const f32, part: usize) -> Matrix {
        Matrix::rows(qkv.wrapping_add(self.offset(part)), self.stride())
    }

    /// Floats from a row of out (T, C) to the next.
    fn out_stride(&self) -> usize {
        self.batch.heads * self.batch.head_size
    }

    /// Where this document and head begins in out.
    fn out_offset(&self) -> usize {
        self.first * self.out_stride() + self.head * self.batch.head_size
    }

    /// The panel of at most `columns` queries from row t on, t counted in the document.
    fn queries(&self, t: usize, columns: usize) -> Queries {
        let row = (self.head * self.rows + self.first + t) as u32;
        Queries {
            first: t,
            count: columns.min(self.length - t),
            columns,
            scale: self.batch.scale,
            dropout: self.batch.dropout,
            dropout_first: row.wrapping_mul(self.batch.dropout_stride as u32),
            dropout_stride: self.batch.dropout_stride as u32,
        }
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
    let batch = Batch { heads, head_size, scale, dropout, dropout_stride };
    // SAFETY: the caller passes arrays of these shapes, rising bounds that end at T, and the scratch memory
    // asked for.
    unsafe {
        batch.for_each_head(bounds, documents, |part| {
            let log_sum_exp = log_sum_exp.add(part.head * part.rows + part.first);
            if is_wide() {
                head_forward::<Wide>(part, out, log_sum_exp, qkv, scratch);
            } else {
                head_forward::<Narrow>(part, out, log_sum_exp, qkv, scratch);
            }
        });
    }
}

/// # Safety
/// As for [`attention_forward`]; `log_sum_exp` is this document's and head's.
unsafe fn head_forward<T: Tile>(
    part: Head,
    out: *mut f32,
    log_sum_exp: *mut f32,
    qkv: *const f32,
    scratch: *mut f32,
) {
    let (length, size) = (part.length, part.batch.head_size);
    let ForwardScratch { keys, values_t, queries_t, scores, mixed, .. } =
        ForwardScratch::new(scratch, length, size);
    let [q, k, v] = [0, 1, 2].map(|i| part.part(qkv, i));
    for matrix in [q, k, v] {
        fetch(matrix, length, size);
    }
    pack_left(keys, k, length, size);
    pack_left(values_t, v.transposed(), size, length);
    pack_b(queries_t, q.transposed(), size, length);
    let mut t = 0;
    while t < length {
        let queries = part.queries(t, T::COLUMNS);
        let seen = t + queries.count;
        let computed = seen.next_multiple_of(T::ROWS).min(length);
        multiply_panel::<T>(scores, (keys, size), queries_t.add(t * size), [computed, size]);
        let sums = softmax_panel(queries, scores, log_sum_exp.add(t));
        multiply_panel::<T>(mixed, (values_t, length), scores, [size, seen]);
        let target = out.add(part.out_offset() + t * part.out_stride());
        unpack_transposed(target, part.out_stride(), mixed, T::COLUMNS, [size, queries.count], &sums.0);
        t += T::COLUMNS;
    }
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
    scratch: *mut f32,
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
) {
    let dropout = Dropout { threshold, scale: keep_scale, key_a, key_b };
    let batch = Batch { heads, head_size, scale, dropout, dropout_stride };
    // SAFETY: as in attention_forward.
    unsafe {
        batch.for_each_head(bounds, documents, |part| {
            let log_sum_exp = log_sum_exp.add(part.head * part.rows + part.first);
            if is_wide() {
                head_backward::<Wide>(part, d_qkv, d_out, out, log_sum_exp, qkv, scratch);
            } else {
                head_backward::<Narrow>(part, d_qkv, d_out, out, log_sum_exp, qkv, scratch);
            }
        });
    }
}

/// With P the probabilities, M the dropout factors and O the output: dV = (P M)^T dO, dP = (dO V^T) M,
/// dS = P (dP - sum(dO O)) scale, dQ = dS K, dK = dS^T Q.
///
/// # Safety
/// As for [`attention_backward`]; `log_sum_exp` is this document's and head's.
unsafe fn head_backward<T: Tile>(
    part: Head,
    d_qkv: *mut f32,
    d_out: *const f32,
    out: *const f32,
    log_sum_exp: *const f32,
    qkv: *const f32,
    scratch: *mut f32,
) {
    let (length, size) = (part.length, part.batch.head_size);
    let s = BackwardScratch::new(scratch, length, size);
    let [q, k, v] = [0, 1, 2].map(|i| part.part(qkv, i));
    let [d_q, d_k, d_v] = [0, 1, 2].map(|i| d_qkv.wrapping_add(part.offset(i)));
    let d_o = Matrix::rows(d_out.add(part.out_offset()), part.out_stride());
    let o = Matrix::rows(out.add(part.out_offset()), part.out_stride());
    let ones = [1.0; PANEL];
    for matrix in [q, k, v, d_o, o] {
        fetch(matrix, length, size);
    }
    pack_left(s.keys, k, length, size);
    pack_left(s.values, v, length, size);
    pack_left(s.keys_t, k.transposed(), size, length);
    let mut t0 = 0;
    while t0 < length {
        let rows = BLOCK.min(length - t0);
        pack_b(s.queries_t, q.from(t0, 0).transposed(), size, rows);
        pack_b(s.d_out_t, d_o.from(t0, 0).transposed(), size, rows);
        pack_b(s.queries, q.from(t0, 0), rows, size);
        pack_b(s.d_out, d_o.from(t0, 0), rows, size);
        for p in (0..rows).step_by(T::COLUMNS) {
            let (t, queries) = (t0 + p, part.queries(t0 + p, T::COLUMNS));
            let seen = t + queries.count;
            let computed = seen.next_multiple_of(T::ROWS).min(length);
            let (scores, d_scores) = (s.scores.add(p * length), s.d_scores.add(p * length));
            multiply_panel::<T>(scores, (s.keys, size), s.queries_t.add(p * size), [computed, size]);
            multiply_panel::<T>(d_scores, (s.values, size), s.d_out_t.add(p * size), [computed, size]);
            let (mut shifts, mut deltas) = ([0f32; PANEL], [0f32; PANEL]);
            for i in 0..queries.count {
                shifts[i] = -*log_sum_exp.add(t + i);
                deltas[i] = dot(d_o.from(t + i, 0).data, o.from(t + i, 0).data, size);
            }
            gradient_panel(queries, (scores, d_scores), computed, &shifts, &deltas);
            multiply_panel::<T>(s.mixed, (s.keys_t, length), d_scores, [size, seen]);
            let target = d_q.add(t * part.stride());
            unpack_transposed(target, part.stride(), s.mixed, T::COLUMNS, [size, queries.count], &ones);
        }
        let (stride, sizes) = (part.stride(), [length, size, rows]);
        multiply_across::<T>((d_k, stride), s.d_scores, s.queries, sizes, t0);
        multiply_across::<T>((d_v, stride), s.scores, s.d_out, sizes, t0);
        t0 += rows;
    }
}
