/**
 * The three classes of characters that the GPT-2 pattern tells apart: `\p{L}` (letters), `\p{N}` (numbers) and `\s`, by
 * which HuggingFace's regex engine means Unicode's White_Space. JavaScript's own `\s` is another set: it lacks U+0085 and
 * has U+FEFF. Classes come from the engine's Unicode tables (a golden test pins them to those of HuggingFace).
 */

/** Neither letter, number nor white space. */
export const OTHER = 0;
/** Unicode White_Space. */
export const SPACE = 1;
/** General category L. */
export const LETTER = 2;
/** General category N. */
export const NUMBER = 3;

/** What `characterClass` says. */
export type CharacterClass = typeof OTHER | typeof SPACE | typeof LETTER | typeof NUMBER;

const UNSEEN = 255;
const SPACE_PATTERN = /^\p{White_Space}$/u;
const LETTER_PATTERN = /^\p{L}$/u;
const NUMBER_PATTERN = /^\p{N}$/u;

/** Classes by code point, found out one by one; a regex test takes a hundred times as long as the look-up. */
let known: Uint8Array | undefined;

/** The class of a code point (0 to 0x10FFFF). */
export function characterClass(codePoint: number): CharacterClass {
  known ??= new Uint8Array(0x110000).fill(UNSEEN);
  const found = known[codePoint]!;
  if (found !== UNSEEN) return found as CharacterClass;
  const character = String.fromCodePoint(codePoint);
  const fresh = LETTER_PATTERN.test(character)
    ? LETTER
    : NUMBER_PATTERN.test(character)
    ? NUMBER
    : SPACE_PATTERN.test(character)
    ? SPACE
    : OTHER;
  known[codePoint] = fresh;
  return fresh;
}
