/**
 * The three classes of characters that the GPT-2 pattern tells apart: `\p{L}` (letters), `\p{N}` (numbers)
 * and `\s`, by which HuggingFace's regex engine means Unicode's White_Space. JavaScript's own `\s` is another
 * set: it lacks U+0085 and has U+FEFF. A golden test pins the classes to those of HuggingFace.
 */

const OTHER = 0;
export const SPACE = 1;
const LETTER = 2;
const NUMBER = 3;
const UNSEEN = 255;
const PATTERNS = [[LETTER, /^\p{L}$/u], [NUMBER, /^\p{N}$/u], [SPACE, /^\p{White_Space}$/u]] as const;

/** Classes by code point, found out one by one; a regex test takes a hundred times as long as the look-up. */
let known: Uint8Array | undefined;

export function characterClass(codePoint: number): number {
  known ??= new Uint8Array(0x110000).fill(UNSEEN);
  const found = known[codePoint]!;
  if (found !== UNSEEN) return found;
  const character = String.fromCodePoint(codePoint);
  return known[codePoint] = PATTERNS.find(([, pattern]) => pattern.test(character))?.[0] ?? OTHER;
}
