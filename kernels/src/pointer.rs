//! The mixture of the vocabulary's distribution and of copies of earlier tokens, forward and backward in one:
//! a document at a time, row by row.
//!
//! The documents' queries (times the scale) and keys, and their gradients, lie in `scratch` in rows of whole
//! vectors, filled with zeros. Sums over rows are in ascending order, those over columns as in
//! [`dot`].

use crate::math::Exp;
use crate::simd::{dot, F32x8, LANES};
use wasm_bindgen::prelude::*;

/// What no score is below: its exponential is nothing.
const LEAST: f32 = -1e30;

/// Floats of scratch memory that [`pointer_mixture`] needs for documents of up to `longest` rows and D
/// columns.
#[wasm_bindgen]
pub fn pointer_scratch_size(longest: usize, d: usize) -> usize {
    longest * 4 * d.next_multiple_of(LANES) + (longest + 1).next_multiple_of(LANES)
}

/// projected (T, 2D + 1): rows of query, key, own score. losses (T), of the vocabulary, become those of the
/// mixture; with gradients (`d_projected` (T, 2D + 1) is not 0) that is overwritten, and row_scales (T) are
/// multiplied by the vocabulary's share. `bounds` are the documents' first rows and T.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn pointer_mixture(
    losses: *mut f32,
    projected: *const f32,
    tokens: *const i32,
    targets: *const i32,
    row_scales: *mut f32,
    d_projected: *mut f32,
    bounds: *const u32,
    documents: usize,
    d: usize,
    scale: f32,
    own_score: f32,
    floor: f32,
    longest: usize,
    scratch: *mut f32,
) {
    let (width, has_gradients) = (2 * d + 1, !d_projected.is_null());
    // SAFETY: the caller passes arrays of these shapes, ascending bounds up to T, and the scratch memory
    // asked for.
    unsafe {
        let units = Units::in_scratch(scratch, longest, d, scale);
        for document in 0..documents {
            let (first, end) = (*bounds.add(document) as usize, *bounds.add(document + 1) as usize);
            units.take(projected.add(first * width), end - first);
            for t in first..end {
                let (loss, target) = (losses.add(t), *targets.add(t));
                let d_own = d_projected.wrapping_add(t * width + 2 * d);
                if target < 0 {
                    *loss = 0.0;
                    if has_gradients {
                        (*row_scales.add(t), *d_own) = (0.0, 0.0);
                    }
                    continue;
                }
                let copies = t - first;
                units.attend(copies, *projected.add(t * width + 2 * d) + own_score);
                let (share, own) = (*units.scores, (-*loss).exp());
                let weights = units.scores.add(1);
                let is_hit = |j: usize| *tokens.add(first + 1 + j) == target;
                let mut p = share * own;
                for j in (0..copies).filter(|&j| is_hit(j)) {
                    p += *weights.add(j);
                }
                *loss = -(p + floor).ln();
                if has_gradients {
                    let factor = *row_scales.add(t) / (p + floor);
                    *row_scales.add(t) = factor * share * own;
                    *d_own = factor * share * (p - own);
                    for j in 0..copies {
                        *weights.add(j) *= factor * if is_hit(j) { p - 1.0 } else { p };
                    }
                    units.spread(copies);
                }
            }
            if has_gradients {
                units.give(d_projected.add(first * width), end - first);
            }
        }
    }
}

/// A document's rows in scratch memory.
struct Units {
    /// Times the scale.
    queries: *mut f32,
    keys: *mut f32,
    d_queries: *mut f32,
    d_keys: *mut f32,
    /// The own score of the row in hand, and those of its copies; then their weights; then the gradients of
    /// the copies' scores.
    scores: *mut f32,
    d: usize,
    stride: usize,
    scale: f32,
}

impl Units {
    /// Places in scratch memory of [`pointer_scratch_size`].
    unsafe fn in_scratch(scratch: *mut f32, longest: usize, d: usize, scale: f32) -> Self {
        let stride = d.next_multiple_of(LANES);
        let part = |i: usize| scratch.add(i * longest * stride);
        Self {
            queries: part(0),
            keys: part(1),
            d_queries: part(2),
            d_keys: part(3),
            scores: part(4),
            d,
            stride,
            scale,
        }
    }

    /// Takes the rows of projected (rows, 2D + 1), and sets their gradients to 0.
    unsafe fn take(&self, projected: *const f32, rows: usize) {
        let Self { d, stride, scale, .. } = *self;
        for t in 0..rows {
            let row = projected.add(t * (2 * d + 1));
            let (query, key) = (self.queries.add(t * stride), self.keys.add(t * stride));
            for c in (0..d).step_by(LANES) {
                (F32x8::load_partial(row.add(c), d - c) * F32x8::splat(scale)).store(query.add(c));
                F32x8::load_partial(row.add(d + c), d - c).store(key.add(c));
            }
        }
        core::ptr::write_bytes(self.d_queries, 0, rows * stride);
        core::ptr::write_bytes(self.d_keys, 0, rows * stride);
    }

    /// The weights of row t's own vocabulary and of the copies of all rows before it.
    unsafe fn attend(&self, t: usize, own: f32) {
        *self.scores = own;
        for j in 0..t {
            let key = self.keys.add(j * self.stride);
            *self.scores.add(1 + j) = dot(self.queries.add(t * self.stride), key, self.stride);
        }
        softmax(self.scores, t + 1);
    }

    /// Adds the gradient of row t's scores of copies to that of its query and of the keys before it.
    unsafe fn spread(&self, t: usize) {
        let row = t * self.stride;
        for c in (0..self.stride).step_by(LANES) {
            let (d_query, query) = (self.d_queries.add(row + c), self.queries.add(row + c));
            let (d_keys, keys) = (self.d_keys.add(c), self.keys.add(c));
            spread(d_query, query, d_keys, keys, self.scores.add(1), [t, self.stride]);
        }
    }

    /// d_projected (rows, 2D + 1), but for its last column.
    unsafe fn give(&self, d_projected: *mut f32, rows: usize) {
        let Self { d, stride, scale, .. } = *self;
        for t in 0..rows {
            let row = d_projected.add(t * (2 * d + 1));
            let (d_query, d_key) = (self.d_queries.add(t * stride), self.d_keys.add(t * stride));
            for c in (0..d).step_by(LANES) {
                (F32x8::load(d_query.add(c)) * F32x8::splat(scale)).store_partial(row.add(c), d - c);
                F32x8::load(d_key.add(c)).store_partial(row.add(d + c), d - c);
            }
        }
    }
}

/// Scores (n > 0) to their softmax, in place; what lies behind them up to a whole vector is overwritten.
///
/// # Safety
/// `scores` must have n floats, rounded up to whole vectors.
#[inline(never)]
unsafe fn softmax(scores: *mut f32, n: usize) {
    for i in n..n.next_multiple_of(LANES) {
        *scores.add(i) = LEAST;
    }
    let mut largest = F32x8::splat(LEAST);
    for i in (0..n).step_by(LANES) {
        largest = F32x8::load(scores.add(i)).max(largest);
    }
    let (shift, exp) = (F32x8::splat(largest.largest()), Exp::prepare());
    let mut sum = F32x8::splat(0.0);
    for i in (0..n).step_by(LANES) {
        let e = exp.of_negative(F32x8::load(scores.add(i)) - shift);
        e.store(scores.add(i));
        sum = sum + e;
    }
    let factor = F32x8::splat(1.0 / sum.sum());
    for i in (0..n).step_by(LANES) {
        (F32x8::load(scores.add(i)) * factor).store(scores.add(i));
    }
}

/// Eight columns of one query's gradient and of n keys': d_query += d_scores[j] * keys[j], d_keys[j] +=
/// d_scores[j] * query.
///
/// # Safety
/// All must have rows of `stride` floats from these columns on.
#[inline(never)]
unsafe fn spread(
    d_query: *mut f32,
    query: *const f32,
    d_keys: *mut f32,
    keys: *const f32,
    d_scores: *const f32,
    [n, stride]: [usize; 2],
) {
    let query = F32x8::load(query);
    let mut sum = F32x8::splat(0.0);
    for j in 0..n {
        let d_score = F32x8::splat(*d_scores.add(j));
        let (key, d_key) = (F32x8::load(keys.add(j * stride)), d_keys.add(j * stride));
        sum = key.mul_add(d_score, sum);
        query.mul_add(d_score, F32x8::load(d_key)).store(d_key);
    }
    sum.store(d_query);
}
