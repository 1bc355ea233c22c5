// The base layer of the Language Server Protocol 3.17: header lines, of which Content-Length counts, an empty
// line, and so many bytes of JSON in UTF-8. A header that is none, a body that is none and one that is too
// long are told as such, and what follows is read on. Not what messages mean: json_rpc.ts.
import { decodeUtf8, parseJson } from "../../io/mod.ts";

/** Most bytes of a message: far more than an editor's largest buffer. Longer ones are passed over. */
export const MAX_MESSAGE_BYTES = 1 << 24;
const MAX_HEADER_BYTES = 4096;
const HEADERS_TOO_LONG = `a message's headers have more than ${MAX_HEADER_BYTES} bytes`;

/** What the other side has sent. */
export type Incoming =
  | { readonly kind: "message"; readonly value: unknown }
  | { readonly kind: "unreadable"; readonly reason: string };

/** A message's bytes, as text. */
export function frame(message: object): string {
  const body = JSON.stringify(message);
  return `Content-Length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}`;
}

/** The messages of a stream, to its end; where headers never end, it is given up. */
export async function* readMessages(stream: ReadableStream<Uint8Array>): AsyncGenerator<Incoming, void> {
  const bytes = new ByteReader(stream);
  for (;;) {
    const length = await readLength(bytes);
    if (length === null) return;
    if (typeof length === "string") {
      yield { kind: "unreadable", reason: length };
      if (length === HEADERS_TOO_LONG) return;
      continue;
    }
    const pieces: Uint8Array[] = []; // nothing is allocated for what was only announced
    const isKept = length <= MAX_MESSAGE_BYTES;
    if (!await bytes.pass(length, (piece) => isKept && pieces.push(piece))) return;
    yield isKept ? messageOf(pieces) : {
      kind: "unreadable",
      reason: `a message has ${length} bytes, at most ${MAX_MESSAGE_BYTES} are read`,
    };
  }
}

/** Read headers: the length, or what is wrong; null where the stream ends. */
async function readLength(bytes: ByteReader): Promise<number | string | null> {
  let length: number | string = "a message's headers have no Content-Length";
  for (let room = MAX_HEADER_BYTES;;) {
    const line = await bytes.line(room);
    if (line === null) return null;
    if (line === "") return length;
    room -= line.length;
    if (room < 0) return HEADERS_TOO_LONG;
    // Not at the line's start only: a body whose own headers were wrong stands before the next message's.
    const [, digits] = /content-length: *(\d{1,12})\r?$/i.exec(line) ?? [];
    if (digits !== undefined) length = Number(digits);
  }
}

function messageOf(pieces: readonly Uint8Array[]): Incoming {
  const body = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const piece of pieces) {
    body.set(piece, filled);
    filled += piece.length;
  }
  try {
    return { kind: "message", value: parseJson(decodeUtf8(body, (reason) => new SyntaxError(reason))) };
  } catch (error) {
    return { kind: "unreadable", reason: `a message cannot be read: ${(error as Error).message}` };
  }
}

/** Takes a stream's bytes line by line, or so many at a time. */
class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What has come and is not taken. */
  #rest = new Uint8Array(0);

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The next line without its end, cut when it is longer; null where the stream ends first. */
  async line(maxBytes: number): Promise<string | null> {
    for (let line = "";;) {
      if (this.#rest.length === 0 && !await this.#more()) return null;
      const end = this.#rest.indexOf(0x0a);
      const piece = this.#rest.subarray(0, end < 0 ? this.#rest.length : end);
      line += new TextDecoder("latin1").decode(piece.subarray(0, maxBytes + 1));
      this.#rest = this.#rest.subarray(piece.length + (end < 0 ? 0 : 1));
      if (end >= 0 || line.length > maxBytes) return line === "\r" ? "" : line;
    }
  }

  /** Pass over bytes, giving them. @returns whether there were so many */
  async pass(length: number, give: (piece: Uint8Array) => void): Promise<boolean> {
    for (let missing = length; missing > 0;) {
      if (this.#rest.length === 0 && !await this.#more()) return false;
      const piece = this.#rest.subarray(0, missing);
      give(piece);
      missing -= piece.length;
      this.#rest = this.#rest.subarray(piece.length);
    }
    return true;
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#reader.read();
    if (!done) this.#rest = value as Uint8Array<ArrayBuffer>;
    return !done;
  }
}
