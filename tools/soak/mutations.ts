/** Damaged inputs from good ones: what bits, editors, cut transfers and ill will do to a file. */
import type { Rng } from "../../src/rng.ts";

/** Texts that parsers trip over, put in anywhere. */
const PIECES = [
  ..."{}[],:\"'\\@\n\r\t \0-+.eE0",
  "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
  '{"":{"":{"":{"":{"":{"":',
  "1e999",
  "-1",
  "9007199254740993",
  "4294967295",
  "null",
  "true",
  "NaN",
  "Infinity",
  '"__proto__"',
  '"constructor"',
  '"toString"',
  "\\ud800",
  "\ufeff",
  "\u202e",
  "\u001b[2J",
  "\r\n",
  "@P\n",
  "@G\n",
].map((text) => new TextEncoder().encode(text));

const NUMBERS = [
  "0",
  "-0",
  "1",
  "-1",
  "1e308",
  "1e999",
  "65536",
  "2147483648",
  "1.5",
  "1e-400",
  "null",
  '"1"',
];

/** Most bytes of an input. */
const MAX_BYTES = 1 << 16;

/** A copy of one of the good inputs with one to four changes. */
export function mutated(good: readonly Uint8Array[], rng: Rng): Uint8Array<ArrayBuffer> {
  let bytes = Uint8Array.from(good[rng.below(good.length)]!);
  for (let left = 1 + rng.below(1 + rng.below(4)); left > 0; left--) {
    bytes = change(bytes, { rng, other: good[rng.below(good.length)]! }).slice(0, MAX_BYTES);
  }
  return bytes;
}

function change(
  bytes: Uint8Array<ArrayBuffer>,
  { rng, other }: { rng: Rng; other: Uint8Array },
): Uint8Array<ArrayBuffer> {
  const at = rng.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + rng.below(rng.below(4) === 0 ? 200 : 8));
  const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (rng.below(10)) {
    case 0:
      if (at < bytes.length) bytes[at]! ^= 1 << rng.below(8);
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = [0, 1, 0x7f, 0x80, 0xff, rng.below(256)][rng.below(6)]!;
      return bytes;
    case 2: // cut out
      return joined(before, after);
    case 3: // cut off
      return before.slice();
    case 4: // twice, or a thousand times
      return joined(before, ...new Array<Uint8Array>(rng.below(8) === 0 ? 1000 : 2).fill(part), after);
    case 5:
      return joined(before, PIECES[rng.below(PIECES.length)]!, bytes.subarray(at));
    case 6:
      return joined(before, PIECES[rng.below(PIECES.length)]!, after);
    case 7: { // the end of another
      const from = rng.below(other.length + 1);
      return joined(before, other.subarray(from));
    }
    case 8: // random bytes
      return joined(before, Uint8Array.from({ length: 1 + rng.below(16) }, () => rng.below(256)), after);
    default:
      return otherNumber(bytes, rng);
  }
}

/** Another number in the place of one that is written out. */
function otherNumber(bytes: Uint8Array<ArrayBuffer>, rng: Rng): Uint8Array<ArrayBuffer> {
  const isDigit = (at: number): boolean => bytes[at]! >= 0x30 && bytes[at]! <= 0x39;
  const from = rng.below(bytes.length + 1);
  let start = from;
  while (start < bytes.length && !isDigit(start)) start++;
  let end = start;
  while (end < bytes.length && isDigit(end)) end++;
  const number = new TextEncoder().encode(NUMBERS[rng.below(NUMBERS.length)]!);
  return joined(bytes.subarray(0, start), number, bytes.subarray(end));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
