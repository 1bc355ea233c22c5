// Guesses of the next tokens, by looking up in the text so far what followed its last tokens where they stood
// before (prompt lookup decoding): proofs repeat their goal. A decoder that checks several guesses in one pass
// writes the same text in fewer passes. No part of the model: a wrong guess costs time only.

/** Tokens that must agree for what followed them to be a guess: the longest run of these lengths counts. */
const LONGEST_MATCH = 4;

export class TokenLookup {
  readonly #tokens: number[];
  readonly #most: number;
  /** How many guesses are worth checking: follows how many of the last ones were right. */
  #limit: number;

  /** @param most guesses at a time, at most */
  constructor(text: Int32Array, most: number) {
    this.#tokens = Array.from(text);
    this.#most = most;
    this.#limit = Math.min(3, most);
  }

  push(token: number): void {
    this.#tokens.push(token);
  }

  /** That of the last guesses so many were right. */
  tell(right: number, guessed: number): void {
    if (guessed === 0) return;
    this.#limit = right === guessed ? Math.min(this.#most, 2 * this.#limit) : Math.max(1, right + 1);
  }

  /** What followed the last place where the text's end stood before; empty when it never did. */
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
    return length === 0 ? new Int32Array() : Int32Array.from(tokens.slice(best + 1, best + 1 + this.#limit));
  }
}
