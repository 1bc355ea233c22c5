/**
 * The `phrase` pre-tokenizer: the pattern `\n[ ]*|[(){}\[\],]|[^\n(){}\[\],]+` over UTF-8 bytes. A pre-token is a newline with the indentation after
 * it, a bracket, a comma, or what stands between those: merges may cross spaces, never a bracket, a comma or a line's end.
 */

const NEWLINE = 0x0a;
const BLANK = 0x20;

/** 1 for the bytes at which a phrase ends: no byte of a longer character is one of them. */
const ENDS = new Uint8Array(256);
for (const character of "\n(){}[],") ENDS[character.charCodeAt(0)] = 1;

/** The end of the pre-token that begins at `start` (start < end). */
export function nextPhrase(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  if (bytes[start] === NEWLINE) {
    while (at < end && bytes[at] === BLANK) at++;
  } else if (ENDS[bytes[start]!] === 0) {
    while (at < end && ENDS[bytes[at]!] === 0) at++;
  }
  return at;
}
