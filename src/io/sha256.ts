/** sha256 of bytes, as lower-case hexadecimal. */

/** Digest one or several pieces of bytes, one after the other. */
export async function sha256Hex(...pieces: Uint8Array[]): Promise<string> {
  const joined = pieces.length === 1 ? pieces[0]! : concatenate(pieces);
  const digest = await crypto.subtle.digest("SHA-256", joined as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let position = 0;
  for (const piece of pieces) {
    joined.set(piece, position);
    position += piece.length;
  }
  return joined;
}
