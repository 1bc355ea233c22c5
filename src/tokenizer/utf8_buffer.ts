/**
 * Text as UTF-8 bytes in a buffer that is used again and again. Lone surrogates, which no UTF-8 text can
 * hold, become U+FFFD, as everywhere in JavaScript where a string leaves it.
 */

const ENCODER = new TextEncoder();

/** A reusable buffer for one text at a time. */
export class Utf8Buffer {
  /** The bytes; those before `length` are the text's. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1 << 12);
  /** The size of the text in bytes. */
  length = 0;

  /** Puts a text into the buffer. */
  set(text: string): void {
    if (this.bytes.length < text.length * 3) this.bytes = new Uint8Array(text.length * 3);
    this.length = ENCODER.encodeInto(text, this.bytes).written;
  }
}
