// How far a mean can be trusted: the percentile bootstrap (Efron 1979). Proofs of one theorem succeed and
// fail together, so whole groups are drawn with replacement, as many as there are, a thousand times.
import { Rng } from "../rng.ts";

/** What one proof or line adds to a ratio. */
export interface RatioPart {
  readonly group: number;
  readonly numerator: number;
  readonly denominator: number;
}

/** A ratio of sums with its 95 % interval. */
export interface Estimate {
  /** Sum of the numerators / sum of the denominators; null when there is nothing to divide by. */
  readonly value: number | null;
  /** 2.5th percentile over the draws; null for less than two groups, or when all draws are equal. */
  readonly low: number | null;
  /** 97.5th percentile. */
  readonly high: number | null;
}

const DRAWS = 1000;

/** A ratio of sums and its interval. Equal groups are drawn alike, so that figures can be compared. */
export function estimateRatio(parts: Iterable<RatioPart>, seed: number): Estimate {
  const groups = [...Map.groupBy(parts, ({ group }) => group).values()].map(sumOf)
    .filter(({ denominator }) => denominator > 0);
  const ratio = (drawn: readonly Ratio[]): number => {
    const { numerator, denominator } = sumOf(drawn);
    return numerator / denominator;
  };
  const value = groups.length === 0 ? null : ratio(groups);
  if (groups.length < 2) return { value, low: null, high: null };
  const rng = new Rng(seed, "bootstrap");
  const drawn = () => ratio(groups.map(() => groups[rng.below(groups.length)]!));
  const draws = Float64Array.from({ length: DRAWS }, drawn).sort();
  if (draws[0] === draws.at(-1)) return { value, low: null, high: null };
  return { value, low: draws[Math.floor(0.025 * DRAWS)]!, high: draws[Math.ceil(0.975 * DRAWS) - 1]! };
}

type Ratio = Omit<RatioPart, "group">;

function sumOf(ratios: readonly Ratio[]): Ratio {
  let [numerator, denominator] = [0, 0];
  for (const ratio of ratios) {
    numerator += ratio.numerator;
    denominator += ratio.denominator;
  }
  return { numerator, denominator };
}
