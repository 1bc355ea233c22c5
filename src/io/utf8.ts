// Bytes as text, strictly: where they are not UTF-8, the place is told, and nothing is replaced.

/** The text of UTF-8 bytes, a byte order mark included; `refuse` makes the error of a reason. */
export function decodeUtf8(bytes: Uint8Array, refuse: (reason: string) => Error): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const { offset, line } = findInvalidUtf8(bytes)!;
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const mark = isUtf16 ? " (it begins as UTF-16 does: save it as UTF-8)" : "";
    throw refuse(`it is not UTF-8: byte ${hex(bytes[offset]!)} at offset ${offset}, in line ${line}${mark}`);
  }
}

/** A byte as `0xff`. */
export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

/** The first byte that breaks well-formed UTF-8 (RFC 3629), or begins a sequence cut short; null if none. */
export function findInvalidUtf8(bytes: Uint8Array): { offset: number; line: number } | null {
  const decodes = (end: number, stream: boolean): boolean => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end), { stream });
      return true;
    } catch {
      return false;
    }
  };
  if (decodes(bytes.length, false)) return null;
  // Halving finds the longest beginning that further bytes could complete.
  let [offset, wrong] = [0, bytes.length + 1];
  while (wrong - offset > 1) {
    const middle = (offset + wrong) >> 1;
    if (decodes(middle, true)) offset = middle;
    else wrong = middle;
  }
  // A sequence that ends too early is named by its first byte: in Latin-1 that is the letter.
  for (let length = 1; length < 4; length++) {
    const lead = bytes[offset - length] ?? 0;
    if (lead < 0x80) break;
    if (lead < 0xc0) continue;
    if (length < (lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)) offset -= length;
    break;
  }
  return { offset, line: 1 + bytes.subarray(0, offset).filter((byte) => byte === 0x0a).length };
}
