//! Matrix products: packed panels, cache blocks, and a tile of C that stays in registers.
//!
//! Every product of this crate is c (M, N) = or += a (M, K) @ b (K, N) with strided a and b. b is packed into panels of all K rows and
//! `COLUMNS` columns (weights once a step, see [`pack_weight`]), blocks of a into panels of `ROWS` rows, both in the order in which the tile kernel
//! reads them. The columns of the last b panel are filled up with zeros; the last a panel is as narrow as it must be, and has a kernel of
//! its own width, so that one row costs one row.
//!
//! Order of sums: c[i][j] is one chain of fused multiply-adds in ascending k, begun at 0 or at the c that is added to, whatever the tile, the
//! number of rows or the place of a row. So both tiles give the same bits, and a token's result does not depend on its neighbours.
//!
//! Two tiles. `Wide` (6 rows, 16 columns) fills the sixteen 256-bit registers once V8 has fused its pairs (see simd.rs; the c tile is
//! loaded before the k loop and only stored after it, because fusing fails where loads and stores alternate). `Narrow` (4 rows, 8 columns) loads
//! four values of a at once and spreads them by shuffles: the fewest loads, each of which is bounds-checked without flags.

use core::arch::wasm32::*;
use core::sync::atomic::{AtomicBool, Ordering};
use wasm_bindgen::prelude::*;

/// Depth of a block: a b panel of this many rows and 16 columns is half of a 32 KiB first-level cache.
const BLOCK_DEPTH: usize = 256;
/// Rows of an a block, a multiple of both tiles' rows: 192 KiB stay in the second-level cache.
const BLOCK_ROWS: usize = 192;
/// Columns of the widest panel; buffers padded to a multiple of it hold any number of whole panels.
pub const PANEL: usize = 16;

/// Rows copied at a time where the other direction has the long stride: each cache line is then read a few times in a row.
const COPY_ROWS: usize = 8;

/// Where an a block is packed. One thread an instance, and no product calls another.
static mut A_BLOCK: Aligned<{ BLOCK_ROWS * BLOCK_DEPTH }> = Aligned([0.0; BLOCK_ROWS * BLOCK_DEPTH]);
/// What a tile begins with when c is overwritten.
static ZEROS: Aligned<PANEL> = Aligned([0.0; PANEL]);
static WIDE: AtomicBool = AtomicBool::new(false);

#[repr(align(64))]
struct Aligned<const N: usize>([f32; N]);

/// A matrix in memory: element (i, j) is at data + i * row_stride + j * column_stride; one of the strides is 1.
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

/// Choose the tile: 6x16 (`wide`) or 4x8. Panels packed before are of no use afterwards.
#[wasm_bindgen]
pub fn set_wide_tile(wide: bool) {
    WIDE.store(wide, Ordering::Relaxed);
}

/// Floats of a packed b of `depth` rows and `columns` columns, with either tile.
#[wasm_bindgen]
pub fn packed_size(depth: usize, columns: usize) -> usize {
    depth * columns.next_multiple_of(PANEL)
}

/// Floats of scratch memory that [`linear_backward_weight`] needs.
#[wasm_bindgen]
pub fn unpacked_scratch_size(depth: usize, columns: usize) -> usize {
    packed_size(depth.min(BLOCK_DEPTH), columns)
}

/// Pack a weight (N, K) for [`linear_forward`] (`backward` false) or [`linear_backward_input`] (true): `target` has
/// `packed_size(K, N)` or `packed_size(N, K)` floats.
#[wasm_bindgen]
pub fn pack_weight(target: *mut f32, weight: *const f32, n: usize, k: usize, backward: bool) {
    let weight = Matrix::rows(weight, k);
    // SAFETY: the caller passes a weight of N * K floats and enough room.
    unsafe {
        if backward {
            pack_b(target, weight, n, k);
        } else {
            pack_b(target, weight.transposed(), k, n);
        }
    }
}

/// out (T, N) = inp (T, K) @ weight (N, K)^T, the weight packed for it.
#[wasm_bindgen]
pub fn linear_forward(out: *mut f32, inp: *const f32, packed: *const f32, t: usize, n: usize, k: usize) {
    // SAFETY: the caller passes arrays of these shapes in this instance's memory.
    unsafe { multiply(out, n, Matrix::rows(inp, k), packed, [t, n, k], false) }
}

/// d_inp (T, K) = d_out (T, N) @ weight (N, K), the weight packed for it.
#[wasm_bindgen]
pub fn linear_backward_input(
    d_inp: *mut f32,
    d_out: *const f32,
    packed: *const f32,
    t: usize,
    n: usize,
    k: usize,
) {
    // SAFETY: the caller passes arrays of these shapes in this instance's memory.
    unsafe { multiply(d_inp, k, Matrix::rows(d_out, n), packed, [t, k, n], false) }
}

/// d_weight (N, K) += d_out (T, N)^T @ inp (T, K); `scratch` has `unpacked_scratch_size(T, K)` floats.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn linear_backward_weight(
    d_weight: *mut f32,
    d_out: *const f32,
    inp: *const f32,
    t: usize,
    n: usize,
    k: usize,
    scratch: *mut f32,
) {
    let d_out = Matrix::rows(d_out, n).transposed();
    // SAFETY: the caller passes arrays of these shapes in this instance's memory.
    unsafe { multiply_unpacked(d_weight, k, d_out, Matrix::rows(inp, k), [n, k, t], true, scratch) }
}

/// c (M, N) = (or, with `accumulate`, +=) a (M, K) @ b (K, N), b packed by [`pack_b`]; `[m, n, k]` are the sizes, `c_stride` floats
/// separate c's rows.
///
/// # Safety
/// All must be of these sizes, and c must not overlap a or b.
pub unsafe fn multiply(
    c: *mut f32,
    c_stride: usize,
    a: Matrix,
    packed: *const f32,
    [m, n, k]: [usize; 3],
    accumulate: bool,
) {
    multiply_first(c, c_stride, a, packed, [m, n, k], accumulate, k)
}

/// As [`multiply`], with the first k of the `packed_depth` rows that b was packed with.
///
/// # Safety
/// As for [`multiply`].
pub unsafe fn multiply_first(
    c: *mut f32,
    c_stride: usize,
    a: Matrix,
    packed: *const f32,
    [m, n, k]: [usize; 3],
    accumulate: bool,
    packed_depth: usize,
) {
    let mut k0 = 0;
    // At least once, so that an empty sum overwrites c with zeros.
    loop {
        let depth = BLOCK_DEPTH.min(k - k0);
        let panels = Panels { data: packed.add(k0 * columns()), stride: packed_depth * columns() };
        multiply_block(c, c_stride, a.from(0, k0), panels, [m, n, depth], accumulate || k0 > 0);
        k0 += depth;
        if k0 >= k {
            return;
        }
    }
}

/// As [`multiply`], with b packed block by block into `scratch` (`unpacked_scratch_size(K, N)` floats).
///
/// # Safety
/// As for [`multiply`].
pub unsafe fn multiply_unpacked(
    c: *mut f32,
    c_stride: usize,
    a: Matrix,
    b: Matrix,
    [m, n, k]: [usize; 3],
    accumulate: bool,
    scratch: *mut f32,
) {
    let mut k0 = 0;
    loop {
        let depth = BLOCK_DEPTH.min(k - k0);
        pack_b(scratch, b.from(k0, 0), depth, n);
        let panels = Panels { data: scratch, stride: depth * columns() };
        multiply_block(c, c_stride, a.from(0, k0), panels, [m, n, depth], accumulate || k0 > 0);
        k0 += depth;
        if k0 >= k {
            return;
        }
    }
}

/// Panels of b, `stride` floats apart.
#[derive(Clone, Copy)]
struct Panels {
    data: *const f32,
    stride: usize,
}

/// Columns of a b panel.
fn columns() -> usize {
    if WIDE.load(Ordering::Relaxed) {
        Wide::COLUMNS
    } else {
        Narrow::COLUMNS
    }
}

/// One block in k: packs a block by block of rows and runs the tile kernel over it.
///
/// # Safety
/// As for [`multiply`], and k must be at most BLOCK_DEPTH.
unsafe fn multiply_block(
    c: *mut f32,
    c_stride: usize,
    a: Matrix,
    b: Panels,
    [m, n, k]: [usize; 3],
    accumulate: bool,
) {
    let block = &raw mut A_BLOCK as *mut f32;
    let mut i0 = 0;
    while i0 < m {
        let rows = BLOCK_ROWS.min(m - i0);
        let (a, c) = (a.from(i0, 0), c.add(i0 * c_stride));
        if WIDE.load(Ordering::Relaxed) {
            pack_a::<{ Wide::ROWS }>(block, a, rows, k);
            run_tiles::<Wide>(c, c_stride, block, b, [rows, n, k], accumulate);
        } else {
            pack_a::<{ Narrow::ROWS }>(block, a, rows, k);
            run_tiles::<Narrow>(c, c_stride, block, b, [rows, n, k], accumulate);
        }
        i0 += rows;
    }
}

/// All tiles of a block: for every b panel (in the first-level cache) all a panels (in the second).
///
/// # Safety
/// As for [`multiply_block`].
#[inline(always)]
unsafe fn run_tiles<T: Tile>(
    c: *mut f32,
    c_stride: usize,
    a: *const f32,
    b: Panels,
    [m, n, k]: [usize; 3],
    accumulate: bool,
) {
    let mut edge = Aligned([0f32; PANEL * 6]);
    let mut panel = b.data;
    let mut j = 0;
    while j < n {
        let width = T::COLUMNS.min(n - j);
        let mut i = 0;
        while i < m {
            let rows = T::ROWS.min(m - i);
            let c_tile = c.add(i * c_stride + j);
            let a_panel = a.add(i * k);
            if width == T::COLUMNS {
                let start = if accumulate { (c_tile as *const f32, c_stride) } else { (ZEROS.0.as_ptr(), 0) };
                T::run(rows, start, (c_tile, c_stride), a_panel, panel, k);
            } else {
                // The last columns by way of a whole tile.
                let whole = edge.0.as_mut_ptr();
                copy_tile(whole, T::COLUMNS, c_tile, c_stride, rows, width);
                let start =
                    if accumulate { (whole as *const f32, T::COLUMNS) } else { (ZEROS.0.as_ptr(), 0) };
                T::run(rows, start, (whole, T::COLUMNS), a_panel, panel, k);
                copy_tile(c_tile, c_stride, whole, T::COLUMNS, rows, width);
            }
            i += rows;
        }
        panel = panel.add(b.stride);
        j += T::COLUMNS;
    }
}

/// # Safety
/// Both must have this many rows and columns at these strides.
unsafe fn copy_tile(
    target: *mut f32,
    target_stride: usize,
    source: *const f32,
    source_stride: usize,
    rows: usize,
    columns: usize,
) {
    for i in 0..rows {
        for j in 0..columns {
            *target.add(i * target_stride + j) = *source.add(i * source_stride + j);
        }
    }
}

/// A shape of the tile of c that is kept in registers.
trait Tile {
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
}

struct Wide;
struct Narrow;

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

/// Pack a (m, k) into panels of R rows (the last one narrower): panel p holds, for every k, the values of its rows.
///
/// # Safety
/// a must be of this size, `target` writable for m k floats.
#[inline(never)]
unsafe fn pack_a<const R: usize>(target: *mut f32, a: Matrix, m: usize, k: usize) {
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

/// Pack b (k, n) into panels of all k rows and the tile's columns; the last panel is filled up with zeros, and so is the rest of
/// `target` up to `packed_size(k, n)`.
///
/// # Safety
/// b must be of this size, `target` writable for `packed_size(k, n)` floats.
pub unsafe fn pack_b(target: *mut f32, b: Matrix, k: usize, n: usize) {
    if WIDE.load(Ordering::Relaxed) {
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
