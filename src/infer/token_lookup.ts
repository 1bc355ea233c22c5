// Guesses of the next tokens, by looking up in the text so far what followed its last tokens where they stood
// before (prompt lookup decoding): proofs repeat their goal. A decoder that checks several guesses in one pass
// writes the same text in fewer passes. No part of the model: a wrong guess costs time only.

/** Tokens that must agree for what followed them to be a guess: the longest run of these lengths counts. */
const LONGEST_MATCH = 4;
/** Guesses that turned out right, of those checked, by the length of the match; before any were: of PRIOR. */
const [RIGHT, PRIOR] = [[0, 1, 2, 2.6, 3.2], 4];

/** Time of a pass over T tokens in that of one, about: rows are computed in pairs. */
function passTime(T: number): number {
  return 1 + 0.3 * (T - 1) - (T % 2 === 0 ? 0.15 : 0);
}

export class TokenLookup {
  readonly #tokens: number[];
  readonly #most: number;
  readonly #right = [...RIGHT];
  readonly #checked = RIGHT.map(() => PRIOR);
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

  /** That of the last guesses so many, from the first on, were right. */
  tell(right: number, guessed: number): void {
    for (let i = 0; i < Math.min(right + 1, guessed); i++) {
      const match = Math.min(this.#match + i, LONGEST_MATCH);
      this.#checked[match]!++;
      if (i < right) this.#right[match]!++;
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
    const count = this.#worthChecking(length, Math.min(this.#most, last - best));
    return Int32Array.from(tokens.slice(best + 1, best + 1 + count));
  }

  /** The number of guesses with the most tokens for their time, when each right one makes the match longer. */
  #worthChecking(match: number, most: number): number {
    let [best, bestRate, expected, chance] = [0, 1, 1, 1];
    for (let count = 1; count <= most; count++) {
      const length = Math.min(match + count - 1, LONGEST_MATCH);
      chance *= this.#right[length]! / this.#checked[length]!;
      expected += chance;
      const rate = expected / passTime(1 + count);
      if (rate > bestRate) [best, bestRate] = [count, rate];
    }
    return best;
  }
}
