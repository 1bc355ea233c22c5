/** Comparing lists of numbers with a bound relative to their scale. */

/**
 * Pass when every number is within `bound` times the largest expected magnitude of the expected one.
 *
 * @throws {Error} with the first number that is furthest off; NaN is always too far
 */
export function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { bound, what }: { bound: number; what: string },
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} numbers, expected ${expected.length}`);
  }
  let [scale, worst, place] = [0, 0, 0];
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    if (error > worst || Number.isNaN(error)) [worst, place] = [error, i];
    if (Number.isNaN(error)) break;
  }
  if (worst <= bound * scale) return;
  throw new Error(
    `${what}: number ${place} is ${actual[place]}, expected ${expected[place]}: off by ${
      (worst / scale).toExponential(2)
    } of the largest magnitude, allowed ${bound}`,
  );
}
