/** The softmax of attention and of the cross-entropy. */

/** Softmax of scores, and the logarithm of the sum of their exponentials. */
export function softmax(scores: number[]): { probabilities: number[]; logSum: number } {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = scores.map((score) => Math.exp(score - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return { probabilities: exponentials.map((value) => value / sum), logSum: largest + Math.log(sum) };
}
