//! Causal attention over a cache of keys and values, for inference: few query rows, each over the entries
//! that it names.
//!
//! Order of sums: scores and softmax sums in eight lanes, weighted values as two sums (of the first, third, …
//! and of the second, fourth, … entry), each in ascending order, added at the end.

use crate::math::Exp;
use crate::simd::{map, unrelated, F32x8, LANES};
use core::arch::wasm32::*;
use wasm_bindgen::prelude::*;

/// Keys and values (H, L, D) get k and v of qkv (T, 3C): row t's at `slots[t]`.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn store_keys_values(
    keys: *mut f32,
    values: *mut f32,
    qkv: *const f32,
    slots: *const u32,
    rows: usize,
    capacity: usize,
    heads: usize,
    head_size: usize,
) {
    let columns = heads * head_size;
    // SAFETY: the caller passes arrays of these shapes, and slots below L.
    unsafe {
        for t in 0..rows {
            let slot = *slots.add(t) as usize;
            for head in 0..heads {
                let row = qkv.add(t * 3 * columns + head * head_size);
                let place = (head * capacity + slot) * head_size;
                core::ptr::copy_nonoverlapping(row.add(columns), keys.add(place), head_size);
                core::ptr::copy_nonoverlapping(row.add(2 * columns), values.add(place), head_size);
            }
        }
    }
}

/// out (T, C): attention of row t's query, in qkv (T, 3C), over the keys and values (H, L, D) at
/// `slots[ranges[t][0]]` to `slots[ranges[t][1] - 1]`, at least one. `scratch` has as many floats as the
/// longest range, rounded up to a multiple of 8.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn attention_cached(
    out: *mut f32,
    qkv: *const f32,
    keys: *const f32,
    values: *const f32,
    slots: *const u32,
    ranges: *const u32,
    rows: usize,
    capacity: usize,
    heads: usize,
    head_size: usize,
    scale: f32,
    scratch: *mut f32,
) {
    let columns = heads * head_size;
    let mut sums = [0f32; 4 * LANES];
    // SAFETY: the caller passes arrays of these shapes, ranges inside of `slots`, slots below L, and the
    // scratch memory asked for.
    unsafe {
        for head in 0..heads {
            // Rows that continue the same text find its keys and values in the cache.
            let keys = keys.add(head * capacity * head_size);
            let values = values.add(head * capacity * head_size);
            for t in 0..rows {
                let (first, end) = (*ranges.add(2 * t) as usize, *ranges.add(2 * t + 1) as usize);
                let (slots, count) = (slots.add(first), end - first);
                let query = qkv.add(t * 3 * columns + head * head_size);
                scores(scratch, sums.as_mut_ptr(), query, keys, slots, [count, head_size]);
                softmax(scratch, count, scale);
                let out = out.add(t * columns + head * head_size);
                let whole = head_size - head_size % (4 * LANES);
                for i in (0..whole).step_by(4 * LANES) {
                    weighted_sum(out.add(i), scratch, values.add(i), slots, [count, head_size]);
                }
                for i in (whole..head_size).step_by(LANES) {
                    let lanes = LANES.min(head_size - i);
                    weighted_sum_partial(
                        out.add(i),
                        scratch,
                        values.add(i),
                        slots,
                        [count, head_size],
                        lanes,
                    );
                }
            }
        }
    }
}

/// The query (D) times the keys at `slots` (n), four at a time.
///
/// # Safety
/// `row` must be writable for n floats, rounded up to a multiple of four, `sums` for 32, and all slots lie in
/// keys (L, D).
#[inline(never)]
unsafe fn scores(
    row: *mut f32,
    sums: *mut f32,
    query: *const f32,
    keys: *const f32,
    slots: *const u32,
    [n, size]: [usize; 2],
) {
    let whole = size - size % LANES;
    for j in (0..n).step_by(4) {
        // Where fewer than four are left, the last one again.
        let key = |i: usize| keys.add(*slots.add((j + i).min(n - 1)) as usize * size);
        let keys = [key(0), key(1), key(2), key(3)];
        let mut partial = [F32x8::splat(0.0); 4];
        let mut c = 0;
        while c < whole {
            let x = F32x8::load(query.add(c));
            for i in 0..4 {
                partial[i] = F32x8::load(keys[i].add(c)).mul_add(x, partial[i]);
            }
            c += LANES;
        }
        if c < size {
            let x = F32x8::load_partial(query.add(c), size - c);
            for i in 0..4 {
                partial[i] = F32x8::load_partial(keys[i].add(c), size - c).mul_add(x, partial[i]);
            }
        }
        for i in 0..4 {
            partial[i].store(sums.add(i * LANES));
        }
        v128_store(row.add(j) as *mut v128, four_sums(sums));
    }
}

/// The sums of four times eight floats, each in the order of [`F32x8::sum`].
///
/// # Safety
/// `sums` must be readable for 32 floats.
#[inline(always)]
unsafe fn four_sums(sums: *const f32) -> v128 {
    let four = |i: usize| {
        let eight = F32x8::load(sums.add(i * LANES));
        f32x4_add(eight.0, eight.1)
    };
    let two =
        |a: v128, b: v128| f32x4_add(i32x4_shuffle::<0, 1, 4, 5>(a, b), i32x4_shuffle::<2, 3, 6, 7>(a, b));
    let (ab, cd) = (two(four(0), four(1)), two(four(2), four(3)));
    f32x4_add(i32x4_shuffle::<0, 2, 4, 6>(ab, cd), i32x4_shuffle::<1, 3, 5, 7>(ab, cd))
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

/// row = exp(row * scale + shift), and the sum of all; `size` is a multiple of eight. Where row is -infinity,
/// exp gives 1e-38, which is lost in a sum of at least 1.
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

/// out (32) = the sum of weights (n) times the first 32 columns of the values (L, D) at `slots` (n).
///
/// # Safety
/// All must be of these sizes.
#[inline(never)]
unsafe fn weighted_sum(
    out: *mut f32,
    weights: *const f32,
    values: *const f32,
    slots: *const u32,
    [n, size]: [usize; 2],
) {
    let (mut even, mut odd) = ([F32x8::splat(0.0); 4], [F32x8::splat(0.0); 4]);
    let mut j = 0;
    while j + 2 <= n {
        let (a, b) =
            (values.add(*slots.add(j) as usize * size), values.add(*slots.add(j + 1) as usize * size));
        let (wa, wb) = (F32x8::splat(*weights.add(j)), F32x8::splat(*weights.add(j + 1)));
        for i in 0..4 {
            even[i] = F32x8::load(a.add(i * LANES)).mul_add(wa, even[i]);
            odd[i] = F32x8::load(b.add(i * LANES)).mul_add(wb, odd[i]);
        }
        j += 2;
    }
    if j < n {
        let (a, wa) = (values.add(*slots.add(j) as usize * size), F32x8::splat(*weights.add(j)));
        for i in 0..4 {
            even[i] = F32x8::load(a.add(i * LANES)).mul_add(wa, even[i]);
        }
    }
    for i in 0..4 {
        (even[i] + odd[i]).store(out.add(i * LANES));
    }
}

/// As [`weighted_sum`], for the first `lanes` <= 8 columns.
///
/// # Safety
/// As for [`weighted_sum`].
unsafe fn weighted_sum_partial(
    out: *mut f32,
    weights: *const f32,
    values: *const f32,
    slots: *const u32,
    [n, size]: [usize; 2],
    lanes: usize,
) {
    let mut sums = [F32x8::splat(0.0); 2];
    for j in 0..n {
        let value = F32x8::load_partial(values.add(*slots.add(j) as usize * size), lanes);
        sums[j % 2] = value.mul_add(F32x8::splat(*weights.add(j)), sums[j % 2]);
    }
    (sums[0] + sums[1]).store_partial(out, lanes);
}
