// The process's streams as the command line needs them, so that tests can put their own in their place.
import { MAX_PROOF_BYTES } from "../corpus/proof_file.ts";
import { DamagedError } from "../errors.ts";
import { decodeUtf8, readStream } from "../io/mod.ts";
import { programName } from "./program_name.ts";

/** Where output goes and what the surroundings are. */
export interface Terminal {
  /** Write to standard output. @param mayDrop rather than wait for a reader that takes nothing */
  writeOut(text: string, mayDrop?: boolean): void;
  /** Write to standard error; never waits. */
  writeError(text: string): void;
  /** Whether nobody is left to read standard output. Default: never. */
  isUnread?(): boolean;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Whether standard error is a terminal that shows progress in place. Default: no. */
  readonly showsProgress?: boolean;
  /** Width of the terminal, or 80. */
  columns(): number;
  /** What the user types for the program. Default: tactics. */
  readonly program?: string;
  /** A text with calls as the user types them. Default: as it is */
  readonly typed?: (text: string) => string;
  env(name: string): string | undefined;
  readInput(): Promise<string>;
  /** Standard input as it comes. Default: an empty one. */
  inputStream?(): ReadableStream<Uint8Array>;
}

/** The real one, but for how its text gets to the streams (see output.ts). */
export function processTerminal(write: Pick<Terminal, "writeOut" | "writeError" | "isUnread">): Terminal {
  return {
    ...write,
    isTerminal: Deno.stdout.isTerminal(),
    showsProgress: Deno.stderr.isTerminal(),
    program: programName(),
    columns: consoleColumns,
    env: (name) => Deno.env.get(name),
    readInput: () => {
      if (Deno.stdin.isTerminal()) write.writeError("reading from the terminal, up to Ctrl-D\n");
      return readInput(Deno.stdin.readable);
    },
    inputStream: () => Deno.stdin.readable,
  };
}

/** The text of standard input. @throws {DamagedError} when it is longer than any proof, or not UTF-8 */
export async function readInput(stream: ReadableStream<Uint8Array>): Promise<string> {
  const refuse = (reason: string): Error => new DamagedError(`Cannot read standard input: ${reason}`);
  const bytes = await readStream(stream, MAX_PROOF_BYTES).catch((error) => {
    throw refuse((error as Error).message);
  });
  return decodeUtf8(bytes, refuse);
}

function consoleColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80; // Neither stream is a terminal.
  }
}
