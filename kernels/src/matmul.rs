//! Matrix products: packed panels, cache blocks, and a tile of C that stays in registers.
//!
//! Every product of this crate is c (M, N) = or += a (M, K) @ b (K, N) with strided a and b. b is packed into
//! panels of all K rows and `COLUMNS` columns (weights once a step, see [`pack_weight`]), blocks of a into
//! panels of `ROWS` rows, both in the order in which the tile kernel reads them. The columns of the last b
//! panel are filled up with zeros; the last a panel is as narrow as it must be, and has a kernel of its own
//! width, so that one row costs one row.
//!
//! Order of sums: c[i][j] is one chain of fused multiply-adds in ascending k, begun at 0 or at the c that is
//! added to, whatever the tile, the number of rows or the place of a row. So both tiles give the same bits,
//! and a token's result does not depend on its neighbours.

use crate::pack::{pack_a, pack_b, packed_size, Aligned, Matrix, PANEL};
use crate::tile::{columns, is_wide, Narrow, Tile, Wide};
use wasm_bindgen::prelude::*;

/// Depth of a block: a b panel of this many rows and 16 columns is half of a 32 KiB first-level cache.
const BLOCK_DEPTH: usize = 256;
/// Rows of an a block, a multiple of both tiles' rows: 192 KiB stay in the second-level cache.
const BLOCK_ROWS: usize = 192;
/// Where an a block is packed. One thread an instance, and no product calls another.
static mut A_BLOCK: Aligned<{ BLOCK_ROWS * BLOCK_DEPTH }> = Aligned([0.0; BLOCK_ROWS * BLOCK_DEPTH]);
/// What a tile begins with when c is overwritten.
static ZEROS: Aligned<PANEL> = Aligned([0.0; PANEL]);

/// Floats of scratch memory that [`linear_backward_weight`] needs.
#[wasm_bindgen]
pub fn unpacked_scratch_size(depth: usize, columns: usize) -> usize {
    packed_size(depth.min(BLOCK_DEPTH), columns)
}

/// Pack a weight (N, K) for [`linear_forward`] (`backward` false) or [`linear_backward_input`] (true):
/// `target` has `packed_size(K, N)` or `packed_size(N, K)` floats.
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

/// c (M, N) = (or, with `accumulate`, +=) a (M, K) @ b (K, N), b packed by [`pack_b`]; `[m, n, k]` are the
/// sizes, `c_stride` floats separate c's rows.
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

/// c (M, COLUMNS) = a (M, K) @ b (K, COLUMNS): one panel of b, a packed by `pack_left` with at least K
/// columns: `a` is its address and their number.
///
/// # Safety
/// All must be of these sizes.
pub unsafe fn multiply_panel<T: Tile>(
    c: *mut f32,
    a: (*const f32, usize),
    b: *const f32,
    [m, k]: [usize; 2],
) {
    let start = (ZEROS.0.as_ptr(), 0);
    for i in (0..m).step_by(T::ROWS) {
        let rows = T::ROWS.min(m - i);
        T::run(rows, start, (c.add(i * T::COLUMNS), T::COLUMNS), a.0.add(i * a.1), b, k);
    }
}

/// For attention's gradients of keys and values: c (first + rows, N) += a (first + rows, rows) @ b (rows, N),
/// where a is zero right of its diagonal: a[i][k] counts where i <= first + k, and rows of c from `first` on
/// are overwritten. a lies in panels of COLUMNS columns and `a_rows` rows; b is packed; `first` is a multiple
/// of the tile's rows; c is (address, stride).
///
/// # Safety
/// All must be of these sizes, c must not overlap a or b.
pub unsafe fn multiply_across<T: Tile>(
    c: (*mut f32, usize),
    a: *const f32,
    b: *const f32,
    [a_rows, n, rows]: [usize; 3],
    first: usize,
) {
    let a_stride = a_rows * T::COLUMNS;
    let mut edge = Aligned([0f32; PANEL * 6]);
    for i in (0..first + rows).step_by(T::ROWS) {
        let height = T::ROWS.min(first + rows - i);
        // Panels left of the tile's first row have nothing but zeros in it.
        let panel = i.saturating_sub(first) / T::COLUMNS;
        let (skipped, a) = (panel * T::COLUMNS, (a.add(panel * a_stride + i * T::COLUMNS), a_stride));
        for j in (0..n).step_by(T::COLUMNS) {
            let width = T::COLUMNS.min(n - j);
            let b = b.add(j * rows + skipped * T::COLUMNS);
            let c_tile = (c.0.add(i * c.1 + j), c.1);
            let whole = (edge.0.as_mut_ptr(), T::COLUMNS);
            let target = if width == T::COLUMNS { c_tile } else { whole };
            if width < T::COLUMNS && i < first {
                copy_tile(whole.0, whole.1, c_tile.0, c_tile.1, height, width);
            }
            let start = if i < first { (target.0 as *const f32, target.1) } else { (ZEROS.0.as_ptr(), 0) };
            T::run_across(height, start, target, a, b, rows - skipped);
            if width < T::COLUMNS {
                copy_tile(c_tile.0, c_tile.1, whole.0, whole.1, height, width);
            }
        }
    }
}

/// Panels of b, `stride` floats apart.
#[derive(Clone, Copy)]
struct Panels {
    data: *const f32,
    stride: usize,
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
        if is_wide() {
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
