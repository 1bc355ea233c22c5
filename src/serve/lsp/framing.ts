// The base layer of the Language Server Protocol 3.17: header lines, of which Content-Length counts, an empty
// line, and so many bytes of JSON in UTF-8. A header that is none, a body that is none and one that is too
// long are told as such, and what follows is read on. Not what messages mean: json_rpc.ts.
import { decodeUtf8, parseJson } from "../../io/mod.ts";

/** Most bytes of a message: far more than an editor's largest buffer. Longer ones are passed over. */
export const MAX_MESSAGE_BYTES = 1 << 24;
const MAX_HEADER_BYTES = 4096;

/** What the other side has sent. */
export type Incoming =
  | { readonly kind: "message"; readonly value: unknown }
  | { readonly kind: "unreadable"; readonly reason: string };

/** A message's bytes, as text. */
export function frame(message: object): string {
  const body = JSON.stringify(message);
  return `Content-Length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}`;
}

/** The messages of a stream; one whose headers never end is given up. */
export async function* readMessages(stream: ReadableStream<Uint8Array>): AsyncGenerator<Incoming, void> {
  await using bytes = new ByteReader(stream);
  for (;;) {
    const headers = await readHeaders(bytes);
    if (headers === null) return;
    const { length, problem } = headers;
    if (length === undefined) {
      yield unreadable(problem ?? "a message's headers have no Content-Length");
      if (problem === TOO_LONG) return;
    } else if (problem !== undefined || length > MAX_MESSAGE_BYTES) {
      if (!await bytes.skip(length)) return;
      yield unreadable(problem ?? `a message has ${length} bytes, at most ${MAX_MESSAGE_BYTES} are read`);
    } else {
      const body = await bytes.take(length);
      if (body === null) return;
      yield messageOf(body);
    }
  }
}

const TOO_LONG = `a message's headers have more than ${MAX_HEADER_BYTES} bytes`;

interface Headers {
  readonly length?: number;
  readonly problem?: string;
}

/** Headers up to the empty line; null where the stream ends. */
async function readHeaders(bytes: ByteReader): Promise<Headers | null> {
  let length: number | undefined;
  let problem: string | undefined;
  for (let room = MAX_HEADER_BYTES;;) {
    const line = await bytes.line(room);
    if (line === null) return null;
    if (line === "too long") return { problem: TOO_LONG };
    if (line === "") {
      return { ...length !== undefined && { length }, ...problem !== undefined && { problem } };
    }
    room -= line.length;
    // Not at the line's start only: a body whose own headers were wrong stands before the next message's.
    const [, digits] = /content-length: *(\d{1,12})$/i.exec(line) ?? [];
    if (digits !== undefined) {
      if (length !== undefined && length !== Number(digits)) problem = "a message has two lengths";
      length = Number(digits);
    } else if (/^content-type:/i.test(line)) {
      const [, charset = "utf-8"] = /charset="?([\w-]+)/i.exec(line) ?? [];
      if (!/^utf-?8$/i.test(charset)) problem = `a message is in ${charset}; only UTF-8 is read`;
    }
  }
}

function messageOf(body: Uint8Array): Incoming {
  try {
    return { kind: "message", value: parseJson(decodeUtf8(body, (reason) => new SyntaxError(reason))) };
  } catch (error) {
    return unreadable(`a message cannot be read: ${(error as Error).message}`);
  }
}

function unreadable(reason: string): Incoming {
  return { kind: "unreadable", reason };
}

/** Takes a stream's bytes line by line, or so many at a time. */
class ByteReader implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What has come and is not taken. */
  #rest: Uint8Array = new Uint8Array(0);

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The next line without its end; null where the stream ends first. */
  async line(maxBytes: number): Promise<string | "too long" | null> {
    const taken: number[] = [];
    for (;;) {
      if (this.#rest.length === 0 && !await this.#more()) return null;
      const end = this.#rest.indexOf(0x0a);
      const piece = this.#rest.subarray(0, end < 0 ? this.#rest.length : end);
      if (taken.length + piece.length > maxBytes) return "too long";
      for (const byte of piece) taken.push(byte);
      this.#rest = this.#rest.subarray(piece.length + (end < 0 ? 0 : 1));
      if (end >= 0) return new TextDecoder("latin1").decode(Uint8Array.from(taken)).replace(/\r$/, "");
    }
  }

  /** The next bytes; null where the stream ends first. */
  async take(length: number): Promise<Uint8Array | null> {
    const pieces: Uint8Array[] = []; // nothing is allocated for what was only announced
    if (!await this.#pass(length, (piece) => pieces.push(piece))) return null;
    const all = new Uint8Array(length);
    let filled = 0;
    for (const piece of pieces) {
      all.set(piece, filled);
      filled += piece.length;
    }
    return all;
  }

  /** Pass over bytes. @returns whether there were so many */
  async skip(length: number): Promise<boolean> {
    return await this.#pass(length, () => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }

  async #pass(length: number, give: (piece: Uint8Array) => void): Promise<boolean> {
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
    if (!done) this.#rest = value;
    return !done;
  }
}
