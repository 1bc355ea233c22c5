//! The tile of c that stays in registers during a product, in two shapes with the same bits.
//!
//! [`Wide`] (6 rows, 16 columns) fills the sixteen 256-bit registers once V8 has fused its pairs (see
//! simd.rs; the c tile is loaded before the k loop and only stored after it, because fusing fails where loads
//! and stores alternate). [`Narrow`] (4 rows, 8 columns) loads four values of a at once and spreads them by
//! shuffles: the fewest loads, each of which is bounds-checked without flags.

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

/// Where rows are read from: the first one, and floats from one to the next.
pub type In = (*const f32, usize);
/// Where rows are written: the first one, and floats from one to the next.
pub type Out = (*mut f32, usize);

/// A shape of the tile of c that is kept in registers.
pub trait Tile {
    /// Most rows of a tile.
    const ROWS: usize;
    /// Columns of a tile.
    const COLUMNS: usize;
    /// c (rows, COLUMNS) = start + a (rows, k) @ b (k, COLUMNS) for a packed panel of each.
    ///
    /// # Safety
    /// All must be of these sizes, `rows` from 1 to ROWS.
    unsafe fn run(rows: usize, start: In, c: Out, a: *const f32, b: *const f32, k: usize);
    /// As [`Tile::run`], with a's rows not packed, but each `COLUMNS` floats of a row of a panel: row i's
    /// value k is in panel k / COLUMNS, row i, column k % COLUMNS. Panels are `a.1` floats apart.
    ///
    /// # Safety
    /// As for [`Tile::run`].
    unsafe fn run_across(rows: usize, start: In, c: Out, a: In, b: *const f32, k: usize);
}

/// Six rows, sixteen columns.
pub struct Wide;
/// Four rows, eight columns.
pub struct Narrow;

/// Call a tile function with the number of rows as a constant: one of the rows listed.
macro_rules! by_rows {
    ($rows:expr, $columns:literal, $function:ident, [$($few:literal),*], $arguments:tt) => {
        match $rows {
            $($few => by_rows!(@call $function, $few, $columns, $arguments),)*
            _ => by_rows!(@call $function, 1, $columns, $arguments),
        }
    };
    (@call $function:ident, $few:literal, $columns:literal, ($($argument:expr),*)) => {
        $function::<$few, $columns>($($argument),*)
    };
}

impl Tile for Wide {
    const ROWS: usize = 6;
    const COLUMNS: usize = 16;
    #[inline(always)]
    unsafe fn run(rows: usize, start: In, c: Out, a: *const f32, b: *const f32, k: usize) {
        by_rows!(rows, 4, tile, [6, 5, 4, 3, 2], (start.0, start.1, c.0, c.1, a, b, k))
    }
    #[inline(always)]
    unsafe fn run_across(rows: usize, start: In, c: Out, a: In, b: *const f32, k: usize) {
        by_rows!(rows, 4, tile_across, [6, 5, 4, 3, 2], (start.0, start.1, c.0, c.1, a.0, a.1, b, k))
    }
}

impl Tile for Narrow {
    const ROWS: usize = 4;
    const COLUMNS: usize = 8;
    #[inline(always)]
    unsafe fn run(rows: usize, start: In, c: Out, a: *const f32, b: *const f32, k: usize) {
        if rows == 4 {
            tile_4x8(start.0, start.1, c.0, c.1, a, b, k)
        } else {
            by_rows!(rows, 2, tile, [3, 2], (start.0, start.1, c.0, c.1, a, b, k))
        }
    }
    #[inline(always)]
    unsafe fn run_across(rows: usize, start: In, c: Out, a: In, b: *const f32, k: usize) {
        by_rows!(rows, 2, tile_across, [4, 3, 2], (start.0, start.1, c.0, c.1, a.0, a.1, b, k))
    }
}

/// The tile's sums, R rows of 4 V columns.
type Sums<const R: usize, const V: usize> = [[v128; V]; R];

/// # Safety
/// `start` has R rows of 4 V floats, `stride` apart.
#[inline(always)]
unsafe fn load<const R: usize, const V: usize>(start: *const f32, stride: usize) -> Sums<R, V> {
    let mut sums = [[f32x4_splat(0.0); V]; R];
    for i in 0..R {
        for j in 0..V {
            sums[i][j] = v128_load(start.add(i * stride + 4 * j) as *const v128);
        }
    }
    sums
}

/// sums += x b for one k: `spread` gives a row's value of a in all four lanes, b has 4 V columns.
///
/// # Safety
/// `b` has 4 V floats.
#[inline(always)]
unsafe fn multiply_add<const R: usize, const V: usize>(
    sums: &mut Sums<R, V>,
    spread: impl Fn(usize) -> v128,
    b: *const f32,
) {
    let mut bs = [f32x4_splat(0.0); V];
    for j in 0..V {
        bs[j] = v128_load(b.add(4 * j) as *const v128);
    }
    for i in 0..R {
        let x = spread(i);
        for j in 0..V {
            sums[i][j] = f32x4_relaxed_madd(x, bs[j], sums[i][j]);
        }
    }
}

/// # Safety
/// `c` has R rows of 4 V floats, `stride` apart.
#[inline(always)]
unsafe fn store<const R: usize, const V: usize>(sums: &Sums<R, V>, c: *mut f32, stride: usize) {
    for i in 0..R {
        for j in 0..V {
            v128_store(c.add(i * stride + 4 * j) as *mut v128, sums[i][j]);
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
    mut a: *const f32,
    mut b: *const f32,
    k: usize,
) {
    let mut sums = load::<R, V>(start, start_stride);
    for _ in 0..k {
        multiply_add(&mut sums, |i| v128_load32_splat(a.add(i) as *const u32), b);
        a = a.add(R);
        b = b.add(4 * V);
    }
    store(&sums, c, c_stride);
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
    mut panel: *const f32,
    panel_stride: usize,
    mut b: *const f32,
    k: usize,
) {
    let mut sums = load::<R, V>(start, start_stride);
    let mut left = k;
    while left > 0 {
        let count = left.min(4 * V);
        let mut a = panel;
        for _ in 0..count {
            multiply_add(&mut sums, |i| v128_load32_splat(a.add(i * 4 * V) as *const u32), b);
            a = a.add(1);
            b = b.add(4 * V);
        }
        panel = panel.add(panel_stride);
        left -= count;
    }
    store(&sums, c, c_stride);
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
    mut a: *const f32,
    mut b: *const f32,
    k: usize,
) {
    let mut sums = load::<4, 2>(start, start_stride);
    for _ in 0..k {
        let x = v128_load(a as *const v128);
        let xs = [
            i32x4_shuffle::<0, 0, 0, 0>(x, x),
            i32x4_shuffle::<1, 1, 1, 1>(x, x),
            i32x4_shuffle::<2, 2, 2, 2>(x, x),
            i32x4_shuffle::<3, 3, 3, 3>(x, x),
        ];
        multiply_add(&mut sums, |i| xs[i], b);
        a = a.add(4);
        b = b.add(8);
    }
    store(&sums, c, c_stride);
}
