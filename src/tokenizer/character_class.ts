/**
 * The three classes of characters that the GPT-2 pattern tells apart: `\p{L}` (letters), `\p{N}` (numbers)
 * and `\s`, by which HuggingFace's regex engine means Unicode's White_Space. JavaScript's own `\s` is another
 * set: it lacks U+0085 and has U+FEFF. A golden test pins the classes to those of HuggingFace.
 */

/** Neither letter, number nor white space. */
export const OTHER = 0;
/** Unicode White_Space. */
export const SPACE = 1;
/** General category L. */
export const LETTER = 2;
/** General category N. */
export const NUMBER = 3;

const UNSEEN = 255;
const PATTERNS = [[LETTER, /^\p{L}$/u], [NUMBER, /^\p{N}$/u], [SPACE, /^\p{White_Space}$/u]] as const;

/** Classes by code point, found out one by one; a regex test takes a hundred times as long as the look-up. */
let known: Uint8Array | undefined;

/** The class of a code point (0 to 0x10FFFF). */
export function characterClass(codePoint: number): number {
  known ??= new Uint8Array(0x110000).fill(UNSEEN);
  const found = known[codePoint]!;
  if (found !== UNSEEN) return found;
  const character = String.fromCodePoint(codePoint);
  return known[codePoint] = PATTERNS.find(([, pattern]) => pattern.test(character))?.[0] ?? OTHER;
}
