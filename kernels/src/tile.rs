//! The tile of c that stays in registers during a product, in two shapes with the same bits.
//!
//! [`Wide`] (6 rows, 16 columns) fills the sixteen 256-bit registers once V8 has fused its pairs (see simd.rs; the c tile is loaded before the
//! k loop and only stored after it, because fusing fails where loads and stores alternate). [`Narrow`] (4 rows, 8 columns) loads four
//! values of a at once and spreads them by shuffles: the fewest loads, each of which is bounds-checked without flags.

use core::arch::wasm32::*;
use core::sync::atomic::{AtomicBool, Ordering};
use wasm_bindgen::prelude::*;

static WIDE: AtomicBool = AtomicBool::new(false);

/// Choose the tile: 6x16 (`wide`) or 4x8. Panels packed before are of no use afterwards.
#[wasm_bindgen]
pub fn set_wide_tile(wide: bool) {
    WIDE.store(wide, Ordering::Relaxed);
}

/// Whether the tile is [`Wide`].
pub fn is_wide() -> bool {
    WIDE.load(Ordering::Relaxed)
}

/// Columns of a b panel.
pub fn columns() -> usize {
    if is_wide() {
        Wide::COLUMNS
    } else {
        Narrow::COLUMNS
    }
}

/// A shape of the tile of c that is kept in registers.
pub trait Tile {
    /// Most rows of a tile.
    const ROWS: usize;
    /// Columns of a tile.
    const COLUMNS: usize;
    /// c (rows, COLUMNS) = start + a (rows, k) @ b (k, COLUMNS) for a packed panel of each; start and c are (address, stride).
    ///
    /// # Safety
    /// All must be of these sizes, `rows` from 1 to ROWS.
    unsafe fn run(
        rows: usize,
        start: (*const f32, usize),
        c: (*mut f32, usize),
        a: *const f32,
        b: *const f32,
        k: usize,
    );
    /// As [`Tile::run`], with a's rows not packed but each `COLUMNS` floats of a row of a panel: row i's value k is in panel k / COLUMNS, row i, column
    /// k % COLUMNS, panels being `a_stride` floats apart.
    ///
    /// # Safety
    /// As for [`Tile::run`].
    unsafe fn run_across(
        rows: usize,
        start: (*const f32, usize),
        c: (*mut f32, usize),
        a: (*const f32, usize),
        b: *const f32,
        k: usize,
    );
}

/// Six rows, sixteen columns.
pub struct Wide;
/// Four rows, eight columns.
pub struct Narrow;

impl Tile for Wide {
    const ROWS: usize = 6;
    const COLUMNS: usize = 16;
    #[inline(always)]
    unsafe fn run(
        rows: usize,
        start: (*const f32, usize),
        c: (*mut f32, usize),
        a: *const f32,
        b: *const f32,
        k: usize,
    ) {
        match rows {
            6 => tile::<6, 4>(start.0, start.1, c.0, c.1, a, b, k),
            5 => tile::<5, 4>(start.0, start.1, c.0, c.1, a, b, k),
            4 => tile::<4, 4>(start.0, start.1, c.0, c.1, a, b, k),
            3 => tile::<3, 4>(start.0, start.1, c.0, c.1, a, b, k),
            2 => tile::<2, 4>(start.0, start.1, c.0, c.1, a, b, k),
            _ => tile::<1, 4>(start.0, start.1, c.0, c.1, a, b, k),
        }
    }
    #[inline(always)]
    unsafe fn run_across(
        rows: usize,
        start: (*const f32, usize),
        c: (*mut f32, usize),
        a: (*const f32, usize),
        b: *const f32,
        k: usize,
    ) {
        match rows {
            6 => tile_across::<6, 4>(start.0, start.1, c.0, c.1, a.0, a.1, b, k),
            5 => tile_across::<5, 4>(start.0, start.1, c.0, c.1, a.0, a.1, b, k),
            4 => tile_across::<4, 4>(start.0, start.1, c.0, c.1, a.0, a.1, b, k),
            3 => tile_across::<3, 4>(start.0, start.1, c.0, c.1, a.0, a.1, b, k),
            2 => tile_across::<2, 4>(start.0, start.1, c.0, c.1, a.0, a.1, b, k),
            _ => tile_across::<1, 4>(start.0, start.1, c.0, c.1, a.0, a.1, b, k),
        }
    }
}

impl Tile for Narrow {
    const ROWS: usize = 4;
    const COLUMNS: usize = 8;
    #[inline(always)]
    unsafe fn run(
        rows: usize,
        start: (*const f32, usize),
        c: (*mut f32, usize),
        a: *const f32,
        b: *const f32,
        k: usize,
    ) {
        match rows {
            4 => tile_4x8(start.0, start.1, c.0, c.1, a, b, k),
            3 => tile::<3, 2>(start.0, start.1, c.0, c.1, a, b, k),
            2 => tile::<2, 2>(start.0, start.1, c.0, c.1, a, b, k),
            _ => tile::<1, 2>(start.0, start.1, c.0, c.1, a, b, k),
        }
    }
    #[inline(always)]
    unsafe fn run_across(
        rows: usize,
        start: (*const f32, usize),
        c: (*mut f32, usize),
        a: (*const f32, usize),
        b: *const f32,
        k: usize,
    ) {
        match rows {
            4 => tile_across::<4, 2>(start.0, start.1, c.0, c.1, a.0, a.1, b, k),
            3 => tile_across::<3, 2>(start.0, start.1, c.0, c.1, a.0, a.1, b, k),
            2 => tile_across::<2, 2>(start.0, start.1, c.0, c.1, a.0, a.1, b, k),
            _ => tile_across::<1, 2>(start.0, start.1, c.0, c.1, a.0, a.1, b, k),
        }
    }
}

/// R rows and 4 V columns; a's values are spread by splat loads.
///
/// # Safety
/// As for [`Tile::run`].
#[inline(never)]
unsafe fn tile<const R: usize, const V: usize>(
    start: *const f32,
    start_stride: usize,
    c: *mut f32,
    c_stride: usize,
    a: *const f32,
    b: *const f32,
    k: usize,
) {
    let mut sums = [[f32x4_splat(0.0); V]; R];
    for i in 0..R {
        for j in 0..V {
            sums[i][j] = v128_load(start.add(i * start_stride + 4 * j) as *const v128);
        }
    }
    let (mut a, mut b) = (a, b);
    for _ in 0..k {
        let mut bs = [f32x4_splat(0.0); V];
        for j in 0..V {
            bs[j] = v128_load(b.add(4 * j) as *const v128);
        }
        for i in 0..R {
            let x = v128_load32_splat(a.add(i) as *const u32);
            for j in 0..V {
                sums[i][j] = f32x4_relaxed_madd(x, bs[j], sums[i][j]);
            }
        }
        a = a.add(R);
        b = b.add(4 * V);
    }
    for i in 0..R {
        for j in 0..V {
            v128_store(c.add(i * c_stride + 4 * j) as *mut v128, sums[i][j]);
        }
    }
}

/// R rows and 4 V columns; a's values lie as in [`Tile::run_across`] and are spread by splat loads.
///
/// # Safety
/// As for [`Tile::run_across`].
#[inline(never)]
#[allow(clippy::too_many_arguments)]
unsafe fn tile_across<const R: usize, const V: usize>(
    start: *const f32,
    start_stride: usize,
    c: *mut f32,
    c_stride: usize,
    a: *const f32,
    a_stride: usize,
    b: *const f32,
    k: usize,
) {
    let mut sums = [[f32x4_splat(0.0); V]; R];
    for i in 0..R {
        for j in 0..V {
            sums[i][j] = v128_load(start.add(i * start_stride + 4 * j) as *const v128);
        }
    }
    let (mut panel, mut b) = (a, b);
    let mut left = k;
    while left > 0 {
        let count = left.min(4 * V);
        let mut a = panel;
        for _ in 0..count {
            let mut bs = [f32x4_splat(0.0); V];
            for j in 0..V {
                bs[j] = v128_load(b.add(4 * j) as *const v128);
            }
            for i in 0..R {
                let x = v128_load32_splat(a.add(i * 4 * V) as *const u32);
                for j in 0..V {
                    sums[i][j] = f32x4_relaxed_madd(x, bs[j], sums[i][j]);
                }
            }
            a = a.add(1);
            b = b.add(4 * V);
        }
        panel = panel.add(a_stride);
        left -= count;
    }
    for i in 0..R {
        for j in 0..V {
            v128_store(c.add(i * c_stride + 4 * j) as *mut v128, sums[i][j]);
        }
    }
}

/// Four rows and eight columns; a's values are spread by shuffles.
///
/// # Safety
/// As for [`Tile::run`].
#[inline(never)]
unsafe fn tile_4x8(
    start: *const f32,
    start_stride: usize,
    c: *mut f32,
    c_stride: usize,
    a: *const f32,
    b: *const f32,
    k: usize,
) {
    let mut sums = [[f32x4_splat(0.0); 2]; 4];
    for i in 0..4 {
        for j in 0..2 {
            sums[i][j] = v128_load(start.add(i * start_stride + 4 * j) as *const v128);
        }
    }
    let (mut a, mut b) = (a, b);
    for _ in 0..k {
        let x = v128_load(a as *const v128);
        let (b0, b1) = (v128_load(b as *const v128), v128_load(b.add(4) as *const v128));
        let xs = [
            i32x4_shuffle::<0, 0, 0, 0>(x, x),
            i32x4_shuffle::<1, 1, 1, 1>(x, x),
            i32x4_shuffle::<2, 2, 2, 2>(x, x),
            i32x4_shuffle::<3, 3, 3, 3>(x, x),
        ];
        for i in 0..4 {
            sums[i][0] = f32x4_relaxed_madd(xs[i], b0, sums[i][0]);
            sums[i][1] = f32x4_relaxed_madd(xs[i], b1, sums[i][1]);
        }
        a = a.add(4);
        b = b.add(8);
    }
    for i in 0..4 {
        for j in 0..2 {
            v128_store(c.add(i * c_stride + 4 * j) as *mut v128, sums[i][j]);
        }
    }
}
