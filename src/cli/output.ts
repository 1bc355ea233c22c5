// What the program prints, on its way to the streams: written in the background, one text after the other, so
// that a reader that is slow, stuck or gone, and a disk that is full, hold up nothing else. A full pipe is
// tried again until it takes the rest; what nobody reads any more is dropped; what a stream refuses is left
// out, and that is said once, on the other stream.

/** A stream as Deno has it. */
export interface OutputStream {
  write(bytes: Uint8Array): Promise<number>;
}

export type StreamName = "out" | "error";

/** Milliseconds between two tries of a pipe that is full. */
const RETRY_MS = 20;

export class Output {
  readonly #streams: Readonly<Record<StreamName, OutputStream>>;
  readonly #written: (characters: number) => void;
  readonly #queue: { readonly name: StreamName; readonly text: string }[] = [];
  /** Streams with nobody at the other end. */
  readonly #closed = new Set<StreamName>();
  /** Why a stream has refused a text; its lines may be cut there. */
  readonly #refused = new Map<StreamName, string>();
  /** Whether a stream stands within a line of which the rest was refused. */
  readonly #torn = new Set<StreamName>();
  #writing: Promise<void> | null = null;

  /** @param written is told of texts that have left, or were dropped: their length in characters */
  constructor(
    streams: Readonly<Record<StreamName, OutputStream>>,
    written: (characters: number) => void = () => {},
  ) {
    this.#streams = streams;
    this.#written = written;
  }

  /** Have a text written, after all before it. */
  write(name: StreamName, text: string): void {
    this.#queue.push({ name, text });
    // Begun later: it may have nothing to wait for, and ends with null here.
    this.#writing ??= Promise.resolve().then(() => this.#writeAll());
  }

  /** Wait until everything has left. */
  async drained(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  /** Whether standard output has refused something: not only that nobody reads it. */
  get isIncomplete(): boolean {
    return this.#refused.has("out");
  }

  /** Whether nobody is left to read standard output. */
  get isUnread(): boolean {
    return this.#closed.has("out");
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (!this.#closed.has(next.name)) await this.#write(next.name, next.text);
      this.#written(next.text.length);
    }
    this.#writing = null;
  }

  async #write(name: StreamName, text: string): Promise<void> {
    const bytes = new TextEncoder().encode(this.#torn.delete(name) ? `\n${text}` : text);
    for (let done = 0; done < bytes.length;) {
      try {
        done += await this.#streams[name].write(bytes.subarray(done));
      } catch (error) {
        if (error instanceof Deno.errors.WouldBlock) {
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        } else if (error instanceof Deno.errors.BrokenPipe) {
          this.#closed.add(name);
          return;
        } else if (!(error instanceof Deno.errors.Interrupted)) {
          if (done > 0) this.#torn.add(name);
          return this.#refuse(name, error as Error);
        }
      }
    }
  }

  /** Tell once that a stream takes nothing; later texts are tried all the same. */
  #refuse(name: StreamName, { message }: Error): void {
    const isFirst = !this.#refused.has(name);
    this.#refused.set(name, message);
    const [what, other] = name === "out" ? ["output", "error"] as const : ["error", "out"] as const;
    if (!isFirst || this.#refused.has(other)) return;
    this.write(
      other,
      `warning: standard ${what} cannot be written (${message}): what it is to get is left out\n`,
    );
  }
}
