/** The word of `known` that was probably meant, if one is near. Case, dashes and underscores do not count. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const wanted = bare(word);
  // A third of the letters may be wrong; a long start of a word is enough ("--context" for --context-length).
  let nearest: string | undefined;
  let least = Math.min(3, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, bare(candidate));
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  if (nearest !== undefined || wanted.length < 3) return nearest;
  const continued = known.filter((candidate) => bare(candidate).startsWith(wanted));
  return continued.length === 1 ? continued[0] : undefined;
}

/** Least number of letters to insert, delete, replace or swap with their neighbour that make `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let previous: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        next[j] = Math.min(next[j]!, previous[j - 2]! + 1);
      }
    }
    [previous, row] = [row, next];
  }
  return row[b.length]!;
}

function bare(word: string): string {
  // Long words are no typing errors, and the distance is quadratic.
  return word.slice(0, 40).toLowerCase().replaceAll(/[-_]/g, "");
}
