// A curve as a line of text: eight heights of a bar, one a column.

const BARS = [..."▁▂▃▄▅▆▇█"];
const LONGEST = 512;

/** Positive values of a run, however many: when there are too many, neighbours become their mean. */
export class History {
  #values: number[] = [];
  /** Values that make one of {@linkcode #values}, and those that do not yet. */
  #share = 1;
  #open: number[] = [];

  add(value: number): void {
    this.#open.push(value);
    if (this.#open.length < this.#share) return;
    this.#values.push(mean(this.#open));
    this.#open = [];
    if (this.#values.length < LONGEST) return;
    this.#values = Array.from({ length: LONGEST / 2 }, (_, i) => mean(this.#values.slice(2 * i, 2 * i + 2)));
    this.#share *= 2;
  }

  /** At most `width` columns, on a scale of logarithms from the least to the largest. */
  sparkline(width: number): string {
    const values = [...this.#values, ...this.#open.length > 0 ? [mean(this.#open)] : []];
    const columns = Math.min(width, values.length);
    const means = Array.from({ length: columns }, (_, i) => {
      const [from, end] = [i, i + 1].map((at) => Math.floor(at * values.length / columns)) as [
        number,
        number,
      ];
      return Math.log(mean(values.slice(from, end)));
    });
    const least = means.reduce((least, value) => Math.min(least, value), Infinity);
    const most = means.reduce((most, value) => Math.max(most, value), -Infinity);
    const heightOf = (value: number): number => most > least ? (value - least) / (most - least) : 0;
    return means.map((value) => BARS[Math.round(heightOf(value) * (BARS.length - 1))] ?? "?").join("");
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
