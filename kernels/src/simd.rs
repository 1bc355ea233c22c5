//! Eight floats as two 128-bit vectors, and the loops that map them over arrays.
//!
//! V8 can fuse two neighbouring 128-bit operations into one of 256 bits (`--experimental-wasm-revectorize`),
//! but only when the pair is written side by side and no store stands between the loads. So every
//! element-wise kernel works on [`F32x8`], loads first, stores last. What is left over at the end goes
//! through the same vector code by way of a buffer of eight: an element's bits never depend on its place.

use core::arch::wasm32::*;
use core::ops::{Add, Div, Mul, Sub};

/// Number of floats in an [`F32x8`].
pub const LANES: usize = 8;

/// Eight floats.
#[derive(Clone, Copy)]
pub struct F32x8(pub v128, pub v128);

/// Eight unsigned 32-bit integers.
#[derive(Clone, Copy)]
pub struct U32x8(pub v128, pub v128);

impl F32x8 {
    /// Eight times the same value.
    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self(f32x4_splat(value), f32x4_splat(value))
    }

    /// Loads eight floats.
    ///
    /// # Safety
    /// `source` must be readable for eight floats.
    #[inline(always)]
    pub unsafe fn load(source: *const f32) -> Self {
        let low = v128_load(source as *const v128);
        let high = v128_load(source.add(4) as *const v128);
        Self(low, high)
    }

    /// Loads `count` <= 8 floats, the rest are zeros.
    ///
    /// # Safety
    /// `source` must be readable for `count` floats.
    #[inline(always)]
    pub unsafe fn load_partial(source: *const f32, count: usize) -> Self {
        if count >= LANES {
            return Self::load(source);
        }
        let mut buffer = [0f32; LANES];
        for (i, value) in buffer.iter_mut().enumerate().take(count) {
            *value = *source.add(i);
        }
        Self::load(buffer.as_ptr())
    }

    /// Stores eight floats.
    ///
    /// # Safety
    /// `target` must be writable for eight floats.
    #[inline(always)]
    pub unsafe fn store(self, target: *mut f32) {
        v128_store(target as *mut v128, self.0);
        v128_store(target.add(4) as *mut v128, self.1);
    }

    /// Stores the first `count` <= 8 floats.
    ///
    /// # Safety
    /// `target` must be writable for `count` floats.
    #[inline(always)]
    pub unsafe fn store_partial(self, target: *mut f32, count: usize) {
        if count >= LANES {
            return self.store(target);
        }
        let mut buffer = [0f32; LANES];
        self.store(buffer.as_mut_ptr());
        for (i, value) in buffer.iter().enumerate().take(count) {
            *target.add(i) = *value;
        }
    }

    /// `self * factor + addend`, rounded once.
    #[inline(always)]
    pub fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(f32x4_relaxed_madd(self.0, factor.0, addend.0), f32x4_relaxed_madd(self.1, factor.1, addend.1))
    }

    /// `minuend - self * factor`, rounded once.
    #[inline(always)]
    pub fn mul_sub_from(self, factor: Self, minuend: Self) -> Self {
        Self(
            f32x4_relaxed_nmadd(self.0, factor.0, minuend.0),
            f32x4_relaxed_nmadd(self.1, factor.1, minuend.1),
        )
    }

    /// The larger of each pair; `self` where `other` is not larger, so that a NaN in `self` stays.
    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        Self(f32x4_pmax(self.0, other.0), f32x4_pmax(self.1, other.1))
    }

    /// The smaller of each pair; `self` where `other` is not smaller, so that a NaN in `self` stays.
    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        Self(f32x4_pmin(self.0, other.0), f32x4_pmin(self.1, other.1))
    }

    /// Square roots.
    #[inline(always)]
    pub fn sqrt(self) -> Self {
        Self(f32x4_sqrt(self.0), f32x4_sqrt(self.1))
    }

    /// Absolute values.
    #[inline(always)]
    pub fn abs(self) -> Self {
        Self(f32x4_abs(self.0), f32x4_abs(self.1))
    }

    /// The sum of the eight, in this order: ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)).
    #[inline(always)]
    pub fn sum(self) -> f32 {
        let four = f32x4_add(self.0, self.1);
        let two = f32x4_add(four, i32x4_shuffle::<2, 3, 2, 3>(four, four));
        f32x4_extract_lane::<0>(two) + f32x4_extract_lane::<1>(two)
    }

    /// The largest of the eight.
    #[inline(always)]
    pub fn largest(self) -> f32 {
        let four = f32x4_pmax(self.0, self.1);
        let two = f32x4_pmax(four, i32x4_shuffle::<2, 3, 2, 3>(four, four));
        let (first, second) = (f32x4_extract_lane::<0>(two), f32x4_extract_lane::<1>(two));
        if second > first {
            second
        } else {
            first
        }
    }
}

impl Add for F32x8 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0), f32x4_add(self.1, other.1))
    }
}

impl Sub for F32x8 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(f32x4_sub(self.0, other.0), f32x4_sub(self.1, other.1))
    }
}

impl Mul for F32x8 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(f32x4_mul(self.0, other.0), f32x4_mul(self.1, other.1))
    }
}

impl Div for F32x8 {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(f32x4_div(self.0, other.0), f32x4_div(self.1, other.1))
    }
}

impl U32x8 {
    /// Eight times the same value.
    #[inline(always)]
    pub fn splat(value: u32) -> Self {
        Self(u32x4_splat(value), u32x4_splat(value))
    }

    /// `first`, `first` + 1, ... `first` + 7, modulo 2^32.
    #[inline(always)]
    pub fn counting_from(first: u32) -> Self {
        let base = u32x4_splat(first);
        Self(u32x4_add(base, u32x4(0, 1, 2, 3)), u32x4_add(base, u32x4(4, 5, 6, 7)))
    }

    /// Exclusive or.
    #[inline(always)]
    pub fn xor(self, other: Self) -> Self {
        Self(v128_xor(self.0, other.0), v128_xor(self.1, other.1))
    }

    /// `self ^ (self >> bits)`.
    #[inline(always)]
    pub fn xor_shifted(self, bits: u32) -> Self {
        self.xor(Self(u32x4_shr(self.0, bits), u32x4_shr(self.1, bits)))
    }
}

/// Modulo 2^32.
impl Add for U32x8 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(u32x4_add(self.0, other.0), u32x4_add(self.1, other.1))
    }
}

/// Modulo 2^32.
impl Mul for U32x8 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(u32x4_mul(self.0, other.0), u32x4_mul(self.1, other.1))
    }
}

/// `out[i] = f(i, [inputs[0][i], ...])`: `f` gets the index of the first of eight elements. `out` may be one
/// of the inputs.
///
/// # Safety
/// The inputs must be readable, `out` writable for `size` floats.
#[inline(always)]
pub unsafe fn map<const N: usize>(
    out: *mut f32,
    inputs: [*const f32; N],
    size: usize,
    f: impl Fn(usize, [F32x8; N]) -> F32x8,
) {
    let inputs = inputs.map(unrelated);
    let whole = size - size % LANES;
    let mut i = 0;
    while i < whole {
        f(i, inputs.map(|input| F32x8::load(input.add(i)))).store(out.add(i));
        i += LANES;
    }
    if i < size {
        let rest = size - i;
        f(i, inputs.map(|input| F32x8::load_partial(input.add(i), rest))).store_partial(out.add(i), rest);
    }
}

/// The same address, of which the compiler no longer knows what else it is: where it knows an input to be the
/// output, it moves the second load behind the first store, and V8 cannot fuse the pair.
#[inline(always)]
pub fn unrelated(address: *const f32) -> *const f32 {
    core::hint::black_box(address)
}

/// 1 / sqrt(x). With vector operations, because V8 writes a single square root in the old SSE encoding, which
/// costs some 400 cycles where the upper halves of 256-bit registers are in use.
#[inline(always)]
pub fn inverse_sqrt(x: f32) -> f32 {
    // Behind the black box LLVM cannot see that one lane would do.
    let x = core::hint::black_box(f32x4_splat(x));
    f32x4_extract_lane::<0>(f32x4_div(f32x4_splat(1.0), f32x4_sqrt(x)))
}

/// The sum of `a[i] * b[i]`: eight partial sums, each in ascending order, added as [`F32x8::sum`] does.
///
/// # Safety
/// `a` and `b` must be readable for `size` floats.
#[inline(always)]
pub unsafe fn dot(a: *const f32, b: *const f32, size: usize) -> f32 {
    let whole = size - size % LANES;
    let mut sum = F32x8::splat(0.0);
    let mut i = 0;
    while i < whole {
        sum = F32x8::load(a.add(i)).mul_add(F32x8::load(b.add(i)), sum);
        i += LANES;
    }
    if i < size {
        let rest = size - i;
        sum = F32x8::load_partial(a.add(i), rest).mul_add(F32x8::load_partial(b.add(i), rest), sum);
    }
    sum.sum()
}
