// Guesses of the next tokens, by looking up in the text so far what followed its last tokens where they stood
// before (prompt lookup decoding): proofs repeat their goal. A decoder that checks several guesses in one pass
// writes the same text in fewer passes. No part of the model: a wrong guess costs time only.

/** Lengths of matches, from which on chances are counted together; the longest run that is looked for. */
const LENGTHS = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24] as const;
const LONGEST_MATCH = LENGTHS.at(-1)!;
/** The share of guesses that were right in 100 proofs, by these lengths; it counts as so many guesses. */
const [RIGHT, PRIOR] = [[0, 0.42, 0.54, 0.57, 0.64, 0.67, 0.7, 0.79, 0.85, 0.95], 10];
/** Before it was measured: the time of another row of a pass, in that of a pass over one. */
const ROW_TIME = 0.25;
/** So many passes over as many tokens are a measurement: the shortest of them. */
const MEASURED = 3;

export class TokenLookup {
  readonly #tokens: number[];
  readonly #most: number;
  readonly #right = RIGHT.map((share) => share * PRIOR);
  readonly #checked = RIGHT.map(() => PRIOR);
  /** At T: the number of passes over T tokens, and the shortest one's time in ms. */
  readonly #passes: { count: number; ms: number }[] = [];
  /** Of the last guesses. */
  #match = 0;

  /** @param most guesses at a time, at most */
  constructor(text: Int32Array, most: number) {
    this.#tokens = Array.from(text);
    this.#most = most;
  }

  push(token: number): void {
    this.#tokens.push(token);
  }

  /** That of the last guesses so many, from the first on, were right, and how long the pass over them took. */
  tell({ right, guessed, ms }: { right: number; guessed: number; ms: number }): void {
    const { count, ms: least } = this.#passes[guessed + 1] ?? { count: 0, ms: Infinity };
    this.#passes[guessed + 1] = { count: count + 1, ms: Math.min(ms, least) };
    for (let i = 0; i < Math.min(right + 1, guessed); i++) {
      const length = lengthClass(this.#match + i);
      this.#checked[length]!++;
      if (i < right) this.#right[length]!++;
    }
  }

  /** What followed the last place where the text's end stood before: as much as is worth its time. */
  guesses(): Int32Array {
    const tokens = this.#tokens;
    const last = tokens.length - 1;
    let [best, length] = [-1, 0];
    for (let place = last - 1; place >= 0 && length < LONGEST_MATCH; place--) {
      let match = 0;
      while (match < LONGEST_MATCH && match <= place && tokens[place - match] === tokens[last - match]) {
        match++;
      }
      if (match > length) [best, length] = [place, match];
    }
    this.#match = length;
    if (length === 0) return new Int32Array();
    const period = last - best;
    return Int32Array.from(
      { length: this.#worthChecking(length) },
      (_, i) => tokens[best + 1 + i % period]!,
    );
  }

  /** The number of guesses with the most tokens for their time, when each right one makes the match longer. */
  #worthChecking(match: number): number {
    let [best, bestRate, expected, chance] = [0, 1 / this.#timeOf(1), 1, 1];
    for (let count = 1; count <= this.#most; count++) {
      const length = lengthClass(match + count - 1);
      chance *= this.#right[length]! / this.#checked[length]!;
      expected += chance;
      const rate = expected / this.#timeOf(1 + count);
      if (rate > bestRate) [best, bestRate] = [count, rate];
    }
    return best;
  }

  /** Of a pass over T tokens: as measured, or reckoned from the longest one of fewer tokens that was. */
  #timeOf(T: number): number {
    const isMeasured = (T: number): boolean => (this.#passes[T]?.count ?? 0) >= MEASURED;
    if (!isMeasured(1)) return reckoned(T);
    let known = T;
    while (!isMeasured(known)) known--;
    return this.#passes[known]!.ms * reckoned(T) / reckoned(known);
  }
}

function reckoned(T: number): number {
  return 1 + ROW_TIME * (T - 1);
}

function lengthClass(match: number): number {
  return LENGTHS.findLastIndex((length) => length <= match);
}
