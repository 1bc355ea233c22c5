//! Packing: the order in which the tile kernel reads its operands, so that all its loads are neighbours.
//!
//! b (K, N) becomes panels of all K rows and the tile's columns, the last one filled up with zeros. A block
//! of a (M, K) becomes panels of the tile's rows and all K columns, stored column by column; the last panel
//! is as narrow as it must be.

use crate::tile::{is_wide, Narrow, Tile, Wide};
use core::arch::wasm32::*;
use wasm_bindgen::prelude::*;

/// Columns of the widest panel; buffers padded to a multiple of it hold any number of whole panels.
pub const PANEL: usize = 16;

/// Rows copied at a time where the other direction has the long stride: each cache line is then read a few
/// times in a row.
const COPY_ROWS: usize = 8;

/// Floats that begin at a cache line.
#[repr(align(64))]
pub struct Aligned<const N: usize>(pub [f32; N]);

/// A matrix in memory: element (i, j) is at data + i * row_stride + j * column_stride; one of the strides is
/// 1.
#[derive(Clone, Copy)]
pub struct Matrix {
    /// Element (0, 0).
    pub data: *const f32,
    /// Floats from a row to the next.
    pub row_stride: usize,
    /// Floats from a column to the next.
    pub column_stride: usize,
}

impl Matrix {
    /// A matrix whose rows are contiguous.
    pub fn rows(data: *const f32, row_stride: usize) -> Self {
        Self { data, row_stride, column_stride: 1 }
    }

    /// The transpose.
    pub fn transposed(self) -> Self {
        Self { data: self.data, row_stride: self.column_stride, column_stride: self.row_stride }
    }

    /// The part that begins at (i, j).
    ///
    /// # Safety
    /// (i, j) must be inside the matrix, or one past its end.
    pub unsafe fn from(self, i: usize, j: usize) -> Self {
        Self { data: self.data.add(i * self.row_stride + j * self.column_stride), ..self }
    }
}

/// Floats of a packed b of `depth` rows and `columns` columns, with either tile.
#[wasm_bindgen]
pub fn packed_size(depth: usize, columns: usize) -> usize {
    depth * columns.next_multiple_of(PANEL)
}

/// Reads a number of each cache line, so that the processor asks for many lines at once: packing does so much
/// with each that it would wait for a few at a time.
///
/// # Safety
/// a must be of this size.
#[inline(never)]
pub unsafe fn fetch(a: Matrix, m: usize, k: usize) {
    let (a, m, k) = if a.column_stride == 1 { (a, m, k) } else { (a.transposed(), k, m) };
    let mut seen = 0;
    for i in 0..m {
        for j in (0..k).step_by(16) {
            seen |= *(a.from(i, j).data as *const u32);
        }
    }
    core::hint::black_box(seen);
}

/// [`pack_a`] for the tile in use.
///
/// # Safety
/// As for [`pack_a`].
pub unsafe fn pack_left(target: *mut f32, a: Matrix, m: usize, k: usize) {
    if is_wide() {
        pack_a::<{ Wide::ROWS }>(target, a, m, k);
    } else {
        pack_a::<{ Narrow::ROWS }>(target, a, m, k);
    }
}

/// Pack a (m, k) into panels of R rows (the last one narrower): panel p holds, for every k, the values of its
/// rows.
///
/// # Safety
/// a must be of this size, `target` writable for m k floats.
#[inline(never)]
pub unsafe fn pack_a<const R: usize>(target: *mut f32, a: Matrix, m: usize, k: usize) {
    let whole = m - m % R;
    if a.column_stride == 1 {
        for i in (0..whole).step_by(R) {
            pack_rows::<R>(target.add(i * k), a.from(i, 0), k);
        }
    } else {
        for k0 in (0..k).step_by(COPY_ROWS) {
            for i in (0..whole).step_by(R) {
                for kk in k0..k.min(k0 + COPY_ROWS) {
                    copy_floats::<R>(target.add(i * k + kk * R), a.from(i, kk).data);
                }
            }
        }
    }
    let rest = m - whole;
    for kk in 0..k {
        for i in 0..rest {
            *target.add(whole * k + kk * rest + i) = *a.from(whole + i, kk).data;
        }
    }
}

/// Copies R = 4 or 6 floats.
///
/// # Safety
/// Both must have R floats.
#[inline(always)]
unsafe fn copy_floats<const R: usize>(target: *mut f32, source: *const f32) {
    v128_store(target as *mut v128, v128_load(source as *const v128));
    if R == 6 {
        (target.add(4) as *mut u64).write_unaligned((source.add(4) as *const u64).read_unaligned());
    }
}

/// One panel of R = 4 or 6 contiguous rows, four columns at a time.
///
/// # Safety
/// a must have R rows and k columns, `target` R k floats.
#[inline(always)]
unsafe fn pack_rows<const R: usize>(target: *mut f32, a: Matrix, k: usize) {
    let load = |i: usize, kk: usize| v128_load(a.data.add(i * a.row_stride + kk) as *const v128);
    let store = |offset: usize, value: v128| v128_store(target.add(offset) as *mut v128, value);
    let whole = k - k % 4;
    let mut kk = 0;
    while kk < whole {
        let [c0, c1, c2, c3] = transpose_4x4([load(0, kk), load(1, kk), load(2, kk), load(3, kk)]);
        let base = kk * R;
        if R == 6 {
            let (e, f) = (load(4, kk), load(5, kk));
            // Rows 4 and 5 of columns 0 and 1, and of columns 2 and 3.
            let (low, high) = (i32x4_shuffle::<0, 4, 1, 5>(e, f), i32x4_shuffle::<2, 6, 3, 7>(e, f));
            store(base, c0);
            store(base + 4, i64x2_shuffle::<0, 2>(low, c1));
            store(base + 8, i64x2_shuffle::<1, 3>(c1, low));
            store(base + 12, c2);
            store(base + 16, i64x2_shuffle::<0, 2>(high, c3));
            store(base + 20, i64x2_shuffle::<1, 3>(c3, high));
        } else {
            store(base, c0);
            store(base + 4, c1);
            store(base + 8, c2);
            store(base + 12, c3);
        }
        kk += 4;
    }
    while kk < k {
        for i in 0..R {
            *target.add(kk * R + i) = *a.data.add(i * a.row_stride + kk);
        }
        kk += 1;
    }
}

/// Pack b (k, n) into panels of all k rows and the tile's columns; the last panel is filled up with zeros,
/// and so is the rest of `target` up to `packed_size(k, n)`.
///
/// # Safety
/// b must be of this size, `target` writable for `packed_size(k, n)` floats.
pub unsafe fn pack_b(target: *mut f32, b: Matrix, k: usize, n: usize) {
    if is_wide() {
        pack_columns::<{ Wide::COLUMNS }>(target, b, k, n);
    } else {
        pack_columns::<{ Narrow::COLUMNS }>(target, b, k, n);
        // Two narrow panels make a wide one: an odd number leaves half of the last one.
        let filled = n.next_multiple_of(Narrow::COLUMNS) * k;
        core::ptr::write_bytes(target.add(filled), 0, packed_size(k, n) - filled);
    }
}

/// # Safety
/// As for [`pack_b`].
#[inline(always)]
unsafe fn pack_columns<const C: usize>(target: *mut f32, b: Matrix, k: usize, n: usize) {
    let whole = n - n % C;
    if b.column_stride == 1 {
        for k0 in (0..k).step_by(COPY_ROWS) {
            for j in (0..whole).step_by(C) {
                for kk in k0..k.min(k0 + COPY_ROWS) {
                    for v in (0..C).step_by(4) {
                        let value = v128_load(b.from(kk, j + v).data as *const v128);
                        v128_store(target.add(j * k + kk * C + v) as *mut v128, value);
                    }
                }
            }
        }
    } else {
        for j in (0..whole).step_by(C) {
            for v in (0..C).step_by(4) {
                pack_four::<C>(target.add(j * k + v), b.from(0, j + v), k);
            }
        }
    }
    if whole < n {
        for kk in 0..k {
            for j in 0..C {
                let value = if whole + j < n { *b.from(kk, whole + j).data } else { 0.0 };
                *target.add(whole * k + kk * C + j) = value;
            }
        }
    }
}

/// Four columns of b, each contiguous, into a panel of C columns.
///
/// # Safety
/// b must have k rows and four columns.
#[inline(always)]
unsafe fn pack_four<const C: usize>(target: *mut f32, b: Matrix, k: usize) {
    let whole = k - k % 4;
    let column = |j: usize, kk: usize| v128_load(b.data.add(j * b.column_stride + kk) as *const v128);
    for kk in (0..whole).step_by(4) {
        let rows = transpose_4x4([column(0, kk), column(1, kk), column(2, kk), column(3, kk)]);
        for (i, row) in rows.into_iter().enumerate() {
            v128_store(target.add((kk + i) * C) as *mut v128, row);
        }
    }
    for kk in whole..k {
        for j in 0..4 {
            *target.add(kk * C + j) = *b.data.add(j * b.column_stride + kk);
        }
    }
}

/// target (n, m) = the transpose of source (m, n), whose column j is multiplied by `factors[j]` first.
///
/// # Safety
/// Both must be of these sizes at these strides, source and `factors` readable for n rounded up to 4 columns.
pub unsafe fn unpack_transposed(
    target: *mut f32,
    target_stride: usize,
    source: *const f32,
    source_stride: usize,
    [m, n]: [usize; 2],
    factors: &[f32; PANEL],
) {
    let whole = m - m % 4;
    for j in (0..n).step_by(4) {
        let factor = v128_load(factors.as_ptr().add(j) as *const v128);
        for i in (0..whole).step_by(4) {
            let row = |r: usize| {
                f32x4_mul(v128_load(source.add((i + r) * source_stride + j) as *const v128), factor)
            };
            let columns = transpose_4x4([row(0), row(1), row(2), row(3)]);
            for (c, column) in columns.into_iter().enumerate().take(n - j) {
                v128_store(target.add((j + c) * target_stride + i) as *mut v128, column);
            }
        }
    }
    for i in whole..m {
        for j in 0..n {
            *target.add(j * target_stride + i) = *source.add(i * source_stride + j) * factors[j];
        }
    }
}

/// Four vectors as the columns of the matrix whose rows they were.
#[inline(always)]
fn transpose_4x4(rows: [v128; 4]) -> [v128; 4] {
    let [r0, r1, r2, r3] = rows;
    let (a, b) = (i32x4_shuffle::<0, 4, 1, 5>(r0, r1), i32x4_shuffle::<2, 6, 3, 7>(r0, r1));
    let (c, d) = (i32x4_shuffle::<0, 4, 1, 5>(r2, r3), i32x4_shuffle::<2, 6, 3, 7>(r2, r3));
    [
        i64x2_shuffle::<0, 2>(a, c),
        i64x2_shuffle::<1, 3>(a, c),
        i64x2_shuffle::<0, 2>(b, d),
        i64x2_shuffle::<1, 3>(b, d),
    ]
}
