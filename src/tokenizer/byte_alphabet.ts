// The byte-level alphabet of GPT-2: each byte is written as one printable character, so that a vocabulary of
// any bytes can be kept in JSON. Printable bytes (`!`..`~`, `¡`..`¬`, `®`..`ÿ`) stand for themselves; the
// other 68, in ascending order, become U+0100, U+0101, … (so the space is `Ġ`, the newline `Ċ`).

/** The character of each byte, by byte value. */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters();

const CHARACTER_BYTES: ReadonlyMap<string, number> = new Map(
  BYTE_CHARACTERS.map((character, byte) => [character, byte]),
);

/** All bytes in the order in which a vocabulary lists them: by their characters' code points. */
export function bytesByCharacter(): number[] {
  const codePoint = (byte: number) => BYTE_CHARACTERS[byte]!.codePointAt(0)!;
  return Array.from({ length: 256 }, (_, byte) => byte).sort((a, b) => codePoint(a) - codePoint(b));
}

/** The bytes that a string spells, or undefined when it has a character outside the alphabet. */
export function spelledBytes(token: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = CHARACTER_BYTES.get(token[i]!);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

/** What a token is decoded to: with a character outside the alphabet its own UTF-8, as HuggingFace has it. */
export function tokenToBytes(token: string): Uint8Array<ArrayBuffer> {
  return spelledBytes(token) ?? new TextEncoder().encode(token);
}

function byteCharacters(): string[] {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}
