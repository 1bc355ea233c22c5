//! Exponential and complementary error function of eight floats.
//!
//! The polynomials are minimax fits (Remez) made for this project; the errors stated are those of the polynomial in exact arithmetic, rounding
//! adds a few units in the last place (2^-24 relative each).

use crate::simd::F32x8;
use core::arch::wasm32::*;

/// Natural logarithm of the smallest normal float, rounded up: below, [`exp`] stays at about 1.2e-38.
const EXP_MIN: f32 = -87.33;
/// Above, [`exp`] stays at about 3.3e38.
const EXP_MAX: f32 = 88.7;

/// e^x with a relative error of 3.1e-9 and rounding (2 units in the last place together). Arguments are clamped to [-87.33, 88.7], NaN stays NaN.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2; e^r = 1 + r + r^2 q(r). n is found by adding 1.5 * 2^23, which leaves it in the low bits of the sum;
/// shifted by 23 these bits are n steps of the exponent.
#[inline(always)]
pub fn exp(x: F32x8) -> F32x8 {
    let round = F32x8::splat(12_582_912.0);
    let x = x.max(F32x8::splat(EXP_MIN)).min(F32x8::splat(EXP_MAX));
    let shifted = x.mul_add(F32x8::splat(core::f32::consts::LOG2_E), round);
    let n = shifted - round;
    // ln 2 in two parts: the first has so few bits that n times it is exact.
    let r = n.mul_sub_from(F32x8::splat(0.693_359_4), x);
    let r = n.mul_sub_from(F32x8::splat(-2.121_944_4e-4), r);
    let q = F32x8::splat(0.001_381_446_5)
        .mul_add(r, F32x8::splat(0.008_368_781))
        .mul_add(r, F32x8::splat(0.041_668_393))
        .mul_add(r, F32x8::splat(0.166_665_2))
        .mul_add(r, F32x8::splat(0.499_999_93));
    let y = q.mul_add(r * r, r + F32x8::splat(1.0));
    F32x8(i32x4_add(y.0, i32x4_shl(shifted.0, 23)), i32x4_add(y.1, i32x4_shl(shifted.1, 23)))
}

/// The scaled complementary error function e^(z^2) erfc(z) of z >= 0, as t P(t) with t = 1 / (1 + 0.3 z): relative error 2e-8 for z <= 9.6, where
/// e^(-z^2) is below the smallest float.
#[inline(always)]
pub fn scaled_erfc(z: F32x8) -> F32x8 {
    let t = F32x8::splat(1.0) / z.mul_add(F32x8::splat(0.3), F32x8::splat(1.0));
    let p = F32x8::splat(-0.129_457_86)
        .mul_add(t, F32x8::splat(0.485_221_47))
        .mul_add(t, F32x8::splat(-0.511_508_35))
        .mul_add(t, F32x8::splat(0.546_750_6))
        .mul_add(t, F32x8::splat(-0.093_905_12))
        .mul_add(t, F32x8::splat(0.214_568_02))
        .mul_add(t, F32x8::splat(0.148_443_84))
        .mul_add(t, F32x8::splat(0.170_698_22))
        .mul_add(t, F32x8::splat(0.169_189_18));
    p * t
}

/// Phi(x), the normal distribution function, and e^(-x^2 / 2), which its derivative needs too. Absolute error of Phi below 2e-7 everywhere,
/// relative error below 1e-5 down to x = -9.
#[inline(always)]
pub fn normal_distribution(x: F32x8) -> (F32x8, F32x8) {
    let z = x.abs() * F32x8::splat(core::f32::consts::FRAC_1_SQRT_2);
    let gauss = exp(x * x * F32x8::splat(-0.5));
    // Half of erfc(|x| / sqrt 2): Phi(-|x|).
    let tail = scaled_erfc(z) * gauss * F32x8::splat(0.5);
    let head = F32x8::splat(1.0) - tail;
    let zero = f32x4_splat(0.0);
    let phi = F32x8(
        v128_bitselect(tail.0, head.0, f32x4_lt(x.0, zero)),
        v128_bitselect(tail.1, head.1, f32x4_lt(x.1, zero)),
    );
    (phi, gauss)
}
