/** sha256 of bytes, as lower-case hexadecimal. */
import { createHash } from "node:crypto";

/** Digest one or several pieces of bytes, one after the other, without laying them together. */
export function sha256Hex(...pieces: Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}
