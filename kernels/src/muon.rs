//! Muon: momentum whose direction is made orthogonal by Newton-Schulz iterations (Jordan et al. 2024), for
//! one matrix a call.
//!
//! An iteration replaces X by (a I + b X X^T + c (X X^T)^2) X, which moves every singular value towards 1.
//! All of its factors are polynomials of one small matrix, so the iterations run on that: with G = X X^T (or
//! X^T X, where that is the smaller one),
//!
//!     Q = I;  five times: P = a I + b G + c G^2,  Q = P Q,  G = P P G;  then X = Q X
//!
//! G, P and Q are symmetric: products of them are computed for the lower triangle and mirrored. For a matrix
//! four times as tall as wide that is a third of the arithmetic of the iteration on X.

use crate::matmul::multiply;
use crate::pack::{pack_b, packed_size, Matrix};
use crate::simd::{dot, inverse_sqrt, map, F32x8};
use core::arch::wasm32::*;
use wasm_bindgen::prelude::*;

/// Coefficients of the quintic; they trade convergence to exactly 1 (0.7 to 1.2 is what comes out) for speed
/// at small singular values.
const A: f32 = 3.4445;
const B: f32 = -4.7750;
const C: f32 = 2.0315;
/// Iterations.
const ITERATIONS: usize = 5;
/// Added to the squared norm that the direction is divided by.
const NORM_EPS: f32 = 1e-14;
/// Rows of a strip of a symmetric product, which reaches to the strip's last diagonal element: a multiple of
/// both tiles' rows.
const STRIP: usize = 24;
/// Rows and columns mirrored at a time: two squares stay in the first-level cache.
const SQUARE: usize = 16;

/// Floats of scratch memory that [`muon`] needs.
#[wasm_bindgen]
pub fn muon_scratch_size(rows: usize, columns: usize) -> usize {
    let (small, large) = (rows.min(columns), rows.max(columns));
    rows * columns + 4 * small * small + packed_size(large, small).max(packed_size(small, large))
}

/// One update of the matrix p (rows, columns) with gradient g and momentum m of the same shape:
///
/// g *= `gradient_scale`; m = `beta` m + `rest` g; x = `beta` m + `rest` g (Nesterov), `rest` = 1 - `beta`; p
/// = `decay` p - `step_size` orthogonal(x). With a `step_size` of 0 only m changes. `scratch` has
/// [`muon_scratch_size`] floats.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn muon(
    p: *mut f32,
    g: *const f32,
    m: *mut f32,
    rows: usize,
    columns: usize,
    beta: f32,
    rest: f32,
    gradient_scale: f32,
    decay: f32,
    step_size: f32,
    scratch: *mut f32,
) {
    let size = rows * columns;
    // SAFETY: the caller passes matrices of this shape in this instance's memory, and enough scratch memory.
    unsafe {
        let x = scratch;
        let [beta, rest, decay] = [beta, rest, decay].map(F32x8::splat);
        let rest = rest * F32x8::splat(gradient_scale);
        map(m, [m, g], size, |_, [m, g]| m.mul_add(beta, g * rest));
        if step_size == 0.0 {
            return;
        }
        map(x, [m, g], size, |_, [m, g]| m.mul_add(beta, g * rest));
        let inverse_norm = F32x8::splat(inverse_sqrt(dot(x, x, size) + NORM_EPS));
        map(x, [x], size, |_, [x]| x * inverse_norm);

        let small = rows.min(columns);
        let squares = x.add(size);
        let packed = squares.add(4 * small * small);
        let x = Matrix::rows(x, columns);
        let factor = polar_factor(x, rows, columns, squares, packed);
        let minus = F32x8::splat(-step_size);
        map(factor, [factor], small * small, |_, [q]| q * minus);
        map(p, [p], size, |_, [p]| p * decay);
        let factor = Matrix::rows(factor, small);
        if rows > columns {
            pack_b(packed, factor, columns, columns);
            multiply(p, columns, x, packed, [rows, columns, columns], true);
        } else {
            pack_b(packed, x, rows, columns);
            multiply(p, columns, factor, packed, [rows, columns, rows], true);
        }
    }
}

/// The symmetric Q for which Q x (or x Q, where x is tall) has singular values near 1, in one of the four
/// `squares`. The Frobenius norm of x is at most 1.
///
/// # Safety
/// x must be of this size, `squares` have room for four squares of its smaller side, `packed` for either
/// product with x.
unsafe fn polar_factor(
    x: Matrix,
    rows: usize,
    columns: usize,
    squares: *mut f32,
    packed: *mut f32,
) -> *mut f32 {
    let (x, n, k) = if rows > columns { (x.transposed(), columns, rows) } else { (x, rows, columns) };
    let [g, p, mut u, mut q] = [0, 1, 2, 3].map(|i| squares.add(i * n * n));
    pack_b(packed, x.transposed(), k, n);
    symmetric_product(g, x, packed, n, k);
    for iteration in 0..ITERATIONS {
        let (is_first, is_last) = (iteration == 0, iteration == ITERATIONS - 1);
        pack_b(packed, Matrix::rows(g, n), n, n);
        symmetric_product(p, Matrix::rows(g, n), packed, n, n);
        map(p, [g, p], n * n, |_, [g, p]| p.mul_add(F32x8::splat(C), g * F32x8::splat(B)));
        for i in 0..n {
            *p.add(i * n + i) += A;
        }
        if !is_last {
            symmetric_product(u, Matrix::rows(p, n), packed, n, n); // P G
        }
        pack_b(packed, Matrix::rows(p, n), n, n);
        if !is_last {
            symmetric_product(g, Matrix::rows(u, n), packed, n, n); // P G P
        }
        if is_first {
            map(q, [p], n * n, |_, [p]| p);
        } else {
            symmetric_product(u, Matrix::rows(q, n), packed, n, n);
            (u, q) = (q, u);
        }
    }
    q
}

/// c (N, N) = a (N, K) @ b (K, N), of which it is known that it is symmetric: the lower triangle is computed,
/// and mirrored.
///
/// # Safety
/// All must be of these sizes, b packed by [`pack_b`], and c must not overlap a or b.
unsafe fn symmetric_product(c: *mut f32, a: Matrix, packed: *const f32, n: usize, k: usize) {
    for i in (0..n).step_by(STRIP) {
        let rows = STRIP.min(n - i);
        multiply(c.add(i * n), n, a.from(i, 0), packed, [rows, i + rows, k], false);
    }
    mirror(c, n);
}

/// Copies the lower triangle of c (N, N) to the upper one, square by square.
///
/// # Safety
/// c must be of this size.
unsafe fn mirror(c: *mut f32, n: usize) {
    for i0 in (0..n).step_by(SQUARE) {
        for j0 in (0..=i0).step_by(SQUARE) {
            for i in (i0..n.min(i0 + SQUARE)).step_by(4) {
                for j in (j0..n.min(j0 + SQUARE)).step_by(4) {
                    if j < i && i + 4 <= n {
                        transpose4(c.add(j * n + i), c.add(i * n + j), n);
                    } else if j <= i {
                        for i in i..n.min(i + 4) {
                            for j in j..i.min(j + 4) {
                                *c.add(j * n + i) = *c.add(i * n + j);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// target = source^T, 4 by 4 floats with rows `stride` floats apart.
///
/// # Safety
/// Both must be of this size.
#[inline(always)]
unsafe fn transpose4(target: *mut f32, source: *const f32, stride: usize) {
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| v128_load(source.add(i * stride) as *const v128));
    let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<0, 4, 1, 5>(c, d));
    let (ef, gh) = (i32x4_shuffle::<2, 6, 3, 7>(a, b), i32x4_shuffle::<2, 6, 3, 7>(c, d));
    v128_store(target as *mut v128, i64x2_shuffle::<0, 2>(ab, cd));
    v128_store(target.add(stride) as *mut v128, i64x2_shuffle::<1, 3>(ab, cd));
    v128_store(target.add(2 * stride) as *mut v128, i64x2_shuffle::<0, 2>(ef, gh));
    v128_store(target.add(3 * stride) as *mut v128, i64x2_shuffle::<1, 3>(ef, gh));
}
