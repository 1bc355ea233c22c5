//! Softmax of attention and its gradient, on panels: queries beside each other (as many as the tile has
//! columns), keys below each other. A panel is worked on in strips of eight queries, one a lane, so that
//! nothing has to be added or compared across lanes.
//!
//! A query sees the keys up to its own row. The strip's last rows, its diagonal, are made -infinity beyond
//! that before the exponential, and zeros after it; the rows of the panel below the strip's diagonal become
//! zeros. Lanes beyond the last query hold finite numbers that nobody reads.

use crate::dropout::Dropout;
use crate::math::Exp;
use crate::pack::{Aligned, PANEL};
use crate::simd::{unrelated, F32x8, LANES};

/// From LANES - d on: what to add to row d of a strip's diagonal, where the first d queries do not see the
/// key.
static FUTURE: Aligned<{ 2 * LANES }> = Aligned(steps(f32::NEG_INFINITY, 0.0));
/// From LANES - d on: what to multiply it with.
static SEEN: Aligned<{ 2 * LANES }> = Aligned(steps(0.0, 1.0));

const fn steps(low: f32, high: f32) -> [f32; 2 * LANES] {
    let mut values = [low; 2 * LANES];
    let mut i = LANES;
    while i < 2 * LANES {
        values[i] = high;
        i += 1;
    }
    values
}

/// The queries of a panel.
#[derive(Clone, Copy)]
pub struct Queries {
    /// Row of the first one in its document.
    pub first: usize,
    /// How many there are, at most `columns`.
    pub count: usize,
    /// Columns of the panel.
    pub columns: usize,
    /// Factor of the scores.
    pub scale: f32,
    /// Dropout of the probabilities.
    pub dropout: Dropout,
    /// Index of the first query's first dropout element.
    pub dropout_first: u32,
    /// Dropout elements from a query to the next.
    pub dropout_stride: u32,
}

impl Queries {
    /// Keys that the panel has.
    fn keys(&self) -> usize {
        self.first + self.count
    }

    /// The strip of lanes `lane` to `lane` + 7: its first query's row, and its number of keys.
    fn strip(&self, lane: usize) -> (usize, usize) {
        let first = self.first + lane;
        (first, (first + LANES).min(self.keys()))
    }

    /// Index of the first dropout element of the query in `lane`.
    fn dropout_from(&self, lane: usize) -> u32 {
        self.dropout_first.wrapping_add((lane as u32).wrapping_mul(self.dropout_stride))
    }
}

/// Scores (keys, columns) become exp(score * scale - the column's largest), times the dropout factors;
/// log_sum_exp gets a number a query. Returns what the columns' sums of products have to be multiplied with:
/// 1 / the sum of exponentials.
///
/// # Safety
/// `scores` must have the panel's keys and columns, `log_sum_exp` the queries.
pub unsafe fn softmax_panel(queries: Queries, scores: *mut f32, log_sum_exp: *mut f32) -> Aligned<PANEL> {
    let mut factors = Aligned([0.0; PANEL]);
    for lane in (0..queries.count).step_by(LANES) {
        let (first, keys) = queries.strip(lane);
        let strip = Strip { data: scores.add(lane), stride: queries.columns, keys };
        let (mut shifts, mut sums) = ([0f32; LANES], [0f32; LANES]);
        strip.hide_future(first);
        negative_largest(strip, queries.scale, shifts.as_mut_ptr());
        if queries.dropout.is_active() {
            let (from, step) = (queries.dropout_from(lane), queries.dropout_stride);
            exponentials_dropped(
                strip,
                queries.scale,
                shifts.as_ptr(),
                sums.as_mut_ptr(),
                queries.dropout,
                from,
                step,
            );
        } else {
            exponentials(strip, queries.scale, shifts.as_ptr(), sums.as_mut_ptr());
        }
        strip.clear_future(first, queries.keys());
        (F32x8::splat(1.0) / F32x8::load(sums.as_ptr())).store(factors.0.as_mut_ptr().add(lane));
        for i in 0..LANES.min(queries.count - lane) {
            *log_sum_exp.add(lane + i) = sums[i].ln() - shifts[i];
        }
    }
    factors
}

/// In place: scores (keys, columns) become P M, and d_scores, which are the gradients of P M, become those of
/// the scores before scaling. Both have `rows` rows, of which those beyond the panel's keys become zeros.
/// `shifts` are the negative logarithms of the softmax denominators, `deltas` the sums of d_out out, a query
/// each.
///
/// # Safety
/// Both must have `rows` rows, at least the panel's keys, and the panel's columns.
pub unsafe fn gradient_panel(
    queries: Queries,
    (scores, d_scores): (*mut f32, *mut f32),
    rows: usize,
    shifts: &[f32; PANEL],
    deltas: &[f32; PANEL],
) {
    for lane in (0..queries.count).step_by(LANES) {
        let (first, keys) = queries.strip(lane);
        let [p, d] =
            [scores, d_scores].map(|panel| Strip { data: panel.add(lane), stride: queries.columns, keys });
        p.hide_future(first);
        let constants = [shifts.as_ptr().add(lane), deltas.as_ptr().add(lane)];
        if queries.dropout.is_active() {
            let (from, step) = (queries.dropout_from(lane), queries.dropout_stride);
            gradients_dropped((p, d.data), queries.scale, constants, queries.dropout, from, step);
        } else {
            gradients((p, d.data), queries.scale, constants);
        }
        p.clear_future(first, rows);
        d.clear_future(first, rows);
    }
}

/// Eight columns of a panel: row j is at data + j stride.
#[derive(Clone, Copy)]
struct Strip {
    data: *mut f32,
    stride: usize,
    keys: usize,
}

impl Strip {
    /// Make -infinity what the queries from row `first` on do not see.
    #[inline(always)]
    unsafe fn hide_future(&self, first: usize) {
        for j in first + 1..self.keys {
            let row = self.data.add(j * self.stride);
            let step = F32x8::load(FUTURE.0.as_ptr().add(LANES - (j - first)));
            (F32x8::load(unrelated(row)) + step).store(row);
        }
    }

    /// Make zero what they do not see, up to the panel's `keys`.
    #[inline(always)]
    unsafe fn clear_future(&self, first: usize, keys: usize) {
        for j in first + 1..self.keys {
            let row = self.data.add(j * self.stride);
            let step = F32x8::load(SEEN.0.as_ptr().add(LANES - (j - first)));
            (F32x8::load(unrelated(row)) * step).store(row);
        }
        for j in self.keys..keys {
            F32x8::splat(0.0).store(self.data.add(j * self.stride));
        }
    }
}

// The loops down a strip: functions of their own, so that V8 gets small ones to fuse.

/// result (8) = -largest * scale, a lane each.
#[inline(never)]
unsafe fn negative_largest(strip: Strip, scale: f32, result: *mut f32) {
    let mut row = strip.data as *const f32;
    let mut largest = F32x8::load(row);
    for _ in 1..strip.keys {
        row = row.add(strip.stride);
        largest = F32x8::load(row).max(largest);
    }
    (largest * F32x8::splat(-scale)).store(result);
}

/// The strip becomes exp(strip * scale + shifts); sums (8) are those of its columns. Where the strip is
/// -infinity, exp gives 1e-38, which is lost in a sum of at least 1.
#[inline(never)]
unsafe fn exponentials(strip: Strip, scale: f32, shifts: *const f32, sums: *mut f32) {
    let (scale, shift, exp) = (F32x8::splat(scale), F32x8::load(unrelated(shifts)), Exp::prepare());
    let (mut row, mut inp) = (strip.data, unrelated(strip.data));
    let mut sum = F32x8::splat(0.0);
    for _ in 0..strip.keys {
        let e = exp.of_negative(F32x8::load(inp).mul_add(scale, shift));
        e.store(row);
        sum = sum + e;
        row = row.add(strip.stride);
        inp = inp.add(strip.stride);
    }
    sum.store(sums);
}

/// As [`exponentials`], and then times the dropout factors: element `first` for the first query's first key,
/// `step` from a query to the next.
#[inline(never)]
unsafe fn exponentials_dropped(
    strip: Strip,
    scale: f32,
    shifts: *const f32,
    sums: *mut f32,
    dropout: Dropout,
    first: u32,
    step: u32,
) {
    let (scale, shift, exp) = (F32x8::splat(scale), F32x8::load(unrelated(shifts)), Exp::prepare());
    let mask = dropout.mask_with_step(step);
    let (mut row, mut inp) = (strip.data, unrelated(strip.data));
    let mut sum = F32x8::splat(0.0);
    for j in 0..strip.keys {
        let e = exp.of_negative(F32x8::load(inp).mul_add(scale, shift));
        (e * mask.from(first.wrapping_add(j as u32))).store(row);
        sum = sum + e;
        row = row.add(strip.stride);
        inp = inp.add(strip.stride);
    }
    sum.store(sums);
}

/// (scores, dP) become (p, dS): p = exp(scores * scale + shift), dS = (dP - delta) p scale.
#[inline(never)]
unsafe fn gradients((strip, d_data): (Strip, *mut f32), scale: f32, [shifts, deltas]: [*const f32; 2]) {
    let (scale, shift, delta) =
        (F32x8::splat(scale), F32x8::load(unrelated(shifts)), F32x8::load(unrelated(deltas)));
    let exp = Exp::prepare();
    let (mut row, mut d_row) = (strip.data, d_data);
    let (mut inp, mut d_inp) = (unrelated(row), unrelated(d_row));
    for _ in 0..strip.keys {
        let (s, d) = (F32x8::load(inp), F32x8::load(d_inp));
        let p = exp.of_negative(s.mul_add(scale, shift));
        p.store(row);
        ((d - delta) * (p * scale)).store(d_row);
        row = row.add(strip.stride);
        d_row = d_row.add(strip.stride);
        inp = inp.add(strip.stride);
        d_inp = d_inp.add(strip.stride);
    }
}

/// As [`gradients`], with M the dropout factors: (scores, d(p M)) become (p M, dS), dS = (d(p M) M - delta) p
/// scale.
#[inline(never)]
unsafe fn gradients_dropped(
    (strip, d_data): (Strip, *mut f32),
    scale: f32,
    [shifts, deltas]: [*const f32; 2],
    dropout: Dropout,
    first: u32,
    step: u32,
) {
    let (scale, shift, delta) =
        (F32x8::splat(scale), F32x8::load(unrelated(shifts)), F32x8::load(unrelated(deltas)));
    let (exp, mask) = (Exp::prepare(), dropout.mask_with_step(step));
    let (mut row, mut d_row) = (strip.data, d_data);
    let (mut inp, mut d_inp) = (unrelated(row), unrelated(d_row));
    for j in 0..strip.keys {
        let (s, d) = (F32x8::load(inp), F32x8::load(d_inp));
        let kept = mask.from(first.wrapping_add(j as u32));
        let p = exp.of_negative(s.mul_add(scale, shift));
        (p * kept).store(row);
        ((d * kept - delta) * (p * scale)).store(d_row);
        row = row.add(strip.stride);
        d_row = d_row.add(strip.stride);
        inp = inp.add(strip.stride);
        d_inp = d_inp.add(strip.stride);
    }
}
