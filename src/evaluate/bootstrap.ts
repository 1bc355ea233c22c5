/**
 * How far a measured mean can be trusted: the percentile bootstrap (Efron 1979) over groups. Proofs of one
 * theorem succeed and fail together, so whole groups are drawn with replacement, as many as there are, and
 * the statistic is computed from what was drawn, a thousand times.
 */
import { Rng } from "../rng.ts";

/** A ratio's parts, as one proof or line adds to them. */
export interface RatioPart {
  /** Which group it belongs to: any number. */
  readonly group: number;
  /** Added above the line. */
  readonly numerator: number;
  /** Added below it. */
  readonly denominator: number;
}

/** A ratio of sums with its 95 % interval. */
export interface Estimate {
  /** Sum of the numerators / sum of the denominators; null when there is nothing to divide by. */
  readonly value: number | null;
  /**
   * 2.5th percentile over the draws; null when there are less than two groups, or all say the same: then
   * draws tell nothing.
   */
  readonly low: number | null;
  /** 97.5th percentile. */
  readonly high: number | null;
}

/** Draws of a whole set of groups. */
const DRAWS = 1000;

/**
 * A ratio of sums and its interval. Equal groups in equal order are drawn alike, so figures of one table can
 * be compared.
 *
 * @param parts of proofs or lines, in a fixed order; a group without denominator has no say
 * @param seed of the draws
 */
export function estimateRatio(parts: Iterable<RatioPart>, seed: number): Estimate {
  const byGroup = new Map<number, { numerator: number; denominator: number }>();
  for (const { group, numerator, denominator } of parts) {
    const sums = byGroup.get(group);
    if (sums === undefined) byGroup.set(group, { numerator, denominator });
    else {
      sums.numerator += numerator;
      sums.denominator += denominator;
    }
  }
  const groups = [...byGroup.values()].filter(({ denominator }) => denominator > 0);
  const value = ratio(groups);
  if (groups.length < 2) return { value, low: null, high: null };
  const rng = new Rng(seed, "bootstrap");
  const draws = Float64Array.from(
    { length: DRAWS },
    () => ratio(groups.map(() => groups[rng.below(groups.length)]!))!,
  ).sort();
  if (draws[0] === draws.at(-1)) return { value, low: null, high: null };
  return { value, low: draws[Math.floor(0.025 * DRAWS)]!, high: draws[Math.ceil(0.975 * DRAWS) - 1]! };
}

function ratio(sums: readonly { numerator: number; denominator: number }[]): number | null {
  let [above, below] = [0, 0];
  for (const { numerator, denominator } of sums) {
    above += numerator;
    below += denominator;
  }
  return below > 0 ? above / below : null;
}
