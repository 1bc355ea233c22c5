//! Products of few rows, for inference: out (T, N) = inp (T, K) @ weight (N, K)^T with the weight read where
//! it lies, without a packed copy.
//!
//! One token's products do one multiply-add for each weight that they read, so they last as long as reading
//! the weights does. Four places of a weight, far from each other, are read side by side: the processor
//! prefetches each of them for itself, which is nearly twice as fast as one after the other. Two rows of inp
//! share each reading; further rows find those few rows of the weight in the first-level cache.
//!
//! Order of sums: out[t][n] is eight partial sums, each in ascending k, added as [`F32x8::sum`] does. So a
//! row has the same bits among however many rows it stands, and with both tiles; they are not those of
//! [`crate::matmul::linear_forward`], which has one chain.

use crate::simd::{F32x8, LANES};
use crate::tile::is_wide;
use wasm_bindgen::prelude::*;

/// out (T, N) = inp (T, K) @ weight (N, K)^T.
#[wasm_bindgen]
pub fn linear_few_rows(out: *mut f32, inp: *const f32, weight: *const f32, t: usize, n: usize, k: usize) {
    // SAFETY: the caller passes arrays of these shapes in this instance's memory.
    unsafe {
        // Four times two sums fill the registers only where they are those of 256 bits.
        if t == 1 || is_wide() {
            multiply::<4>(out, inp, weight, [t, n, k]);
        } else {
            multiply::<2>(out, inp, weight, [t, n, k]);
        }
    }
}

/// The product with R rows of the weight at a time, which lie N / R rows apart.
///
/// # Safety
/// All must be of these sizes.
unsafe fn multiply<const R: usize>(
    out: *mut f32,
    inp: *const f32,
    weight: *const f32,
    [t, n, k]: [usize; 3],
) {
    let distance = n / R;
    for j in 0..distance {
        multiply_rows::<R>(out.add(j), inp, weight.add(j * k), distance, [t, n, k]);
    }
    for j in R * distance..n {
        multiply_rows::<1>(out.add(j), inp, weight.add(j * k), 0, [t, n, k]);
    }
}

/// R columns of out, `distance` apart.
///
/// # Safety
/// As for [`multiply`].
#[inline(always)]
unsafe fn multiply_rows<const R: usize>(
    out: *mut f32,
    inp: *const f32,
    weight: *const f32,
    distance: usize,
    [t, n, k]: [usize; 3],
) {
    let mut rows = [weight; R];
    for r in 1..R {
        rows[r] = weight.add(r * distance * k);
    }
    let mut sums = [0f32; 8 * LANES];
    let mut row = 0;
    while row < t {
        let count = if row + 2 <= t { 2 } else { 1 };
        if count == 2 {
            dots::<R, 2>(sums.as_mut_ptr(), &rows, inp.add(row * k), k);
        } else {
            dots::<R, 1>(sums.as_mut_ptr(), &rows, inp.add(row * k), k);
        }
        for r in 0..R {
            for i in 0..count {
                let sum = F32x8::load(sums.as_ptr().add((r * count + i) * LANES)).sum();
                *out.add((row + i) * n + r * distance) = sum;
            }
        }
        row += count;
    }
}

/// sums (R, T, 8): eight partial sums of each row of K floats times each of T rows of inp (T, K).
///
/// # Safety
/// All must be of these sizes.
#[inline(never)]
unsafe fn dots<const R: usize, const T: usize>(
    sums: *mut f32,
    rows: &[*const f32; R],
    inp: *const f32,
    k: usize,
) {
    let mut partial = [[F32x8::splat(0.0); T]; R];
    let rows = *rows;
    let whole = k - k % LANES;
    let mut i = 0;
    while i < whole {
        let mut ws = [F32x8::splat(0.0); R];
        for r in 0..R {
            ws[r] = F32x8::load(rows[r].add(i));
        }
        for t in 0..T {
            let x = F32x8::load(inp.add(t * k + i));
            for r in 0..R {
                partial[r][t] = ws[r].mul_add(x, partial[r][t]);
            }
        }
        i += LANES;
    }
    if i < k {
        for t in 0..T {
            let x = F32x8::load_partial(inp.add(t * k + i), k - i);
            for r in 0..R {
                partial[r][t] = F32x8::load_partial(rows[r].add(i), k - i).mul_add(x, partial[r][t]);
            }
        }
    }
    for r in 0..R {
        for t in 0..T {
            partial[r][t].store(sums.add((r * T + t) * LANES));
        }
    }
}
