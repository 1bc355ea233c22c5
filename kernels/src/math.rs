//! Exponential and normal distribution function of eight floats.
//!
//! The polynomials are minimax fits (Remez) made for this project; the errors stated are those of the
//! polynomial in exact arithmetic, rounding adds a few units in the last place (2^-24 relative each).
//!
//! Coefficients are kept in vectors that are made once before a loop. Written as constants they would be made
//! anew at every use: V8 builds each from immediate values, which takes longer than the arithmetic.

use crate::simd::F32x8;
use core::arch::wasm32::*;

/// Eight times a value that the compiler takes for unknown, so that it stays in a vector across a loop.
#[inline(always)]
fn held(value: f32) -> F32x8 {
    F32x8::splat(core::hint::black_box(value))
}

/// The constants of e^x.
#[derive(Clone, Copy)]
pub struct Exp {
    min: F32x8,
    max: F32x8,
    log2_e: F32x8,
    round: F32x8,
    ln2_high: F32x8,
    ln2_low: F32x8,
    q: [F32x8; 5],
    one: F32x8,
}

impl Exp {
    /// Makes the constants: once before a loop.
    #[inline(always)]
    pub fn prepare() -> Self {
        Self {
            min: held(-87.33),
            max: held(88.7),
            log2_e: held(core::f32::consts::LOG2_E),
            round: held(12_582_912.0),
            // ln 2 in two parts: the first has so few bits that n times it is exact.
            ln2_high: held(0.693_359_4),
            ln2_low: held(-2.121_944_4e-4),
            q: [
                held(0.001_381_446_5),
                held(0.008_368_781),
                held(0.041_668_393),
                held(0.166_665_2),
                held(0.499_999_93),
            ],
            one: held(1.0),
        }
    }

    /// e^x with a relative error of 3.1e-9 and rounding (2 units in the last place together). Arguments are
    /// clamped to [-87.33, 88.7], where results are about 1.2e-38 and 3.3e38; NaN stays NaN.
    ///
    /// x = n ln 2 + r with |r| <= ln 2 / 2; e^r = 1 + r + r^2 q(r). n is found by adding 1.5 * 2^23, which
    /// leaves it in the low bits of the sum; shifted by 23 these bits are n steps of the exponent.
    #[inline(always)]
    pub fn of(&self, x: F32x8) -> F32x8 {
        self.unclamped(x.max(self.min).min(self.max))
    }

    /// As [`Exp::of`], for x <= 0.
    #[inline(always)]
    pub fn of_negative(&self, x: F32x8) -> F32x8 {
        self.unclamped(x.max(self.min))
    }

    #[inline(always)]
    fn unclamped(&self, x: F32x8) -> F32x8 {
        let shifted = x.mul_add(self.log2_e, self.round);
        let n = shifted - self.round;
        let r = n.mul_sub_from(self.ln2_low, n.mul_sub_from(self.ln2_high, x));
        let [q4, q3, q2, q1, q0] = self.q;
        let q = q4.mul_add(r, q3).mul_add(r, q2).mul_add(r, q1).mul_add(r, q0);
        let y = q.mul_add(r * r, r + self.one);
        F32x8(i32x4_add(y.0, i32x4_shl(shifted.0, 23)), i32x4_add(y.1, i32x4_shl(shifted.1, 23)))
    }
}

/// The constants of the normal distribution function Phi.
#[derive(Clone, Copy)]
pub struct Normal {
    exp: Exp,
    slope: F32x8,
    p: [F32x8; 9],
    minus_half: F32x8,
}

impl Normal {
    /// Makes the constants: once before a loop.
    #[inline(always)]
    pub fn prepare() -> Self {
        Self {
            exp: Exp::prepare(),
            // 0.3 / sqrt(2)
            slope: held(0.212_132_03),
            // Half of the coefficients of erfc's polynomial.
            p: [
                held(-0.064_728_93),
                held(0.242_610_74),
                held(-0.255_754_17),
                held(0.273_375_3),
                held(-0.046_952_56),
                held(0.107_284_01),
                held(0.074_221_92),
                held(0.085_349_11),
                held(0.084_594_59),
            ],
            minus_half: held(-0.5),
        }
    }

    /// Phi(x), and e^(-x^2 / 2), which its derivative needs too. Absolute error of Phi below 2e-7 everywhere,
    /// relative error below 1e-5 down to x = -9.
    ///
    /// Phi(-|x|) = erfc(z) / 2 with z = |x| / sqrt(2), and e^(z^2) erfc(z) = t P(t) with t = 1 / (1 + 0.3 z),
    /// to a relative error of 2e-8 for z <= 9.6, where e^(-z^2) is below the smallest float.
    #[inline(always)]
    pub fn of(&self, x: F32x8) -> (F32x8, F32x8) {
        let t = self.exp.one / x.abs().mul_add(self.slope, self.exp.one);
        let [p8, p7, p6, p5, p4, p3, p2, p1, p0] = self.p;
        let p = p8.mul_add(t, p7).mul_add(t, p6).mul_add(t, p5).mul_add(t, p4);
        let p = p.mul_add(t, p3).mul_add(t, p2).mul_add(t, p1).mul_add(t, p0);
        let gauss = self.exp.of_negative(x * x * self.minus_half);
        let tail = p * t * gauss;
        let head = self.exp.one - tail;
        // The sign bit of x, spread over the lane, chooses the tail.
        let sign = (i32x4_shr(x.0, 31), i32x4_shr(x.1, 31));
        let phi = F32x8(v128_bitselect(tail.0, head.0, sign.0), v128_bitselect(tail.1, head.1, sign.1));
        (phi, gauss)
    }
}
