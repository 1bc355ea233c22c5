// e^x and ln x for loops over a vocabulary. V8 calls C++ for Math.exp and Math.log, in code of the old SSE
// encoding, which some processors run at a tenth of its speed right after kernels of 256 bits (docs/log.md).
// Errors are those of rounding: a few 1e-16 of the result.

const LN2_HIGH = 0.6931471803691238; // its low 32 bits are 0: n times it is exact
const LN2_LOW = 1.9082149292705877e-10;
/** Added and taken away, it leaves the nearest whole number. */
const ROUND = 1.5 * 2 ** 52;
/** 2^n, from n = -1074 on. */
const POWERS = Float64Array.from({ length: 2098 }, (_, i) => 2 ** (i - 1074));

/** e^x; 0 below the smallest number. */
export function exp(x: number): number {
  if (x < -745) return 0;
  if (x > 709) return Math.exp(x);
  const n = x * Math.LOG2E + ROUND - ROUND;
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  // Taylor's series, whose next term is below 2e-17; its even and odd terms do not wait for each other.
  const rr = r * r;
  const even = 1 +
    rr *
      (1 / 2 + rr * (1 / 24 + rr * (1 / 720 + rr * (1 / 40320 + rr * (1 / 3628800 + rr * (1 / 479001600))))));
  const odd = 1 +
    rr *
      (1 / 6 +
        rr * (1 / 120 + rr * (1 / 5040 + rr * (1 / 362880 + rr * (1 / 39916800 + rr * (1 / 6227020800))))));
  return (even + r * odd) * POWERS[(n | 0) + 1074]!;
}

const number = new Float64Array(1);
const halves = new Int32Array(number.buffer); // the high one comes second

/** ln x of a normal positive number. */
export function log(x: number): number {
  if (!(x >= 2 ** -1022 && x < Infinity)) return Math.log(x);
  number[0] = x;
  const high = halves[1]!;
  halves[1] = high & 0xfffff | 0x3ff00000;
  const isLarge = number[0] > Math.SQRT2;
  const [mantissa, exponent] = [isLarge ? number[0] / 2 : number[0], (high >> 20) - 1023 + (isLarge ? 1 : 0)];
  // ln m = 2 (s + s^3 / 3 + s^5 / 5 …), |s| <= 0.172
  const s = (mantissa - 1) / (mantissa + 1);
  let sum = 0;
  for (let k = 21; k >= 3; k -= 2) sum = (sum + 1 / k) * s * s;
  return exponent * LN2_HIGH + (exponent * LN2_LOW + 2 * s * (1 + sum));
}
