/**
 * The `line` pre-tokenizer: the pattern `\n[ ]*|[^\n]+` over UTF-8 bytes. A pre-token is a newline with the indentation
 * after it, or the rest of a line: merges may cross spaces, never a line's end.
 */

const NEWLINE = 0x0a;
const BLANK = 0x20;

/** The end of the pre-token that begins at `start` (start < end). */
export function nextLine(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  if (bytes[start] === NEWLINE) {
    while (at < end && bytes[at] === BLANK) at++;
  } else {
    while (at < end && bytes[at] !== NEWLINE) at++;
  }
  return at;
}
