// How much texts have in common: Jaccard's similarity (common / all) of their sets of runs of five words.
import { lexicalTokens } from "../corpus/lexical_tokens.ts";

/** From this similarity on a text counts as a near copy. */
export const NEAR_COPY_SIMILARITY = 0.5;

const RUN_WORDS = 5;

/** The greatest similarity, in [0, 1], of each text to any of the known ones. */
export function nearestSimilarities(texts: readonly string[], known: readonly string[]): number[] {
  const sizes: number[] = [];
  const owners = new Map<string, number[]>();
  for (const [index, text] of known.entries()) {
    const runs = runsOf(text);
    sizes.push(runs.size);
    for (const run of runs) {
      (owners.get(run) ?? owners.set(run, []).get(run)!).push(index);
    }
  }
  const common = new Int32Array(known.length);
  return texts.map((text) => {
    const runs = runsOf(text);
    common.fill(0);
    for (const run of runs) for (const index of owners.get(run) ?? []) common[index]!++;
    return common.reduce((best, count, index) => {
      return Math.max(best, count === 0 ? 0 : count / (runs.size + sizes[index]! - count));
    }, 0);
  });
}

/** The runs of five words; one run of all words where there are fewer. */
function runsOf(text: string): Set<string> {
  const words = lexicalTokens(text);
  const runs = new Set<string>();
  for (let i = 0; i === 0 || i + RUN_WORDS <= words.length; i++) {
    runs.add(words.slice(i, i + RUN_WORDS).join(" "));
  }
  return runs;
}
