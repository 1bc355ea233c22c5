// Proofs as JSON lines, one a line: {"text": "@T\n…"}, with a "name" where it has one, in build order. A line
// {"version": 1, "modules": […]} is what modules.json is beside files (proof_modules.ts). Other fields are not
// looked at, empty lines neither; what is wrong with a line is told, and the line is skipped.
import { decodeUtf8, isRecord, parseJson } from "../io/mod.ts";
import type { ForwardBytes } from "./forward_bytes.ts";
import { MAX_PROOF_BYTES, type ParsedProof, parseProofText, type ReadPiece } from "./proof_file.ts";
import { skippedProof } from "./proof_file.ts";
import { type IndexedModule, parseProofModules } from "./proof_modules.ts";

/** Bytes that are read at once. */
const PIECE_BYTES = 1 << 20;
/** A longer line is no proof: JSON may spell a byte of the largest with six. */
const MAX_LINE_BYTES = 6 * MAX_PROOF_BYTES + 4096;
/** Characters of a name that are kept. */
const NAME_CHARACTERS = 1024;
const NEWLINE = 0x0a;

/** Read a file of JSON lines. @returns the index of modules where a line has it; of several the last */
export async function* readLines(
  source: ForwardBytes,
): AsyncGenerator<ReadPiece, readonly IndexedModule[] | null, void> {
  let index: readonly IndexedModule[] | null = null;
  let line = 0;
  for await (const { lines, share } of linesOf(source)) {
    const proofs: ParsedProof[] = [];
    for (const bytes of lines) {
      const read = readLine(bytes, ++line);
      if (Array.isArray(read)) index = read;
      else if (read !== null) proofs.push(read as ParsedProof);
    }
    yield { proofs, share };
  }
  return index;
}

/** A proof, an index of modules, or null for an empty line. */
function readLine(bytes: Uint8Array | null, line: number): ParsedProof | readonly IndexedModule[] | null {
  const skip = (why: string): ParsedProof => skippedProof("", why, line);
  if (bytes === null) return skip(`the line has more than ${MAX_LINE_BYTES} bytes, more than any proof`);
  try {
    const source = decodeUtf8(bytes, (reason) => new SyntaxError(reason));
    if (source.trim() === "") return null;
    const value = parseJson(source);
    if (!isRecord(value)) return skip("the line is not a JSON object");
    if (value.modules !== undefined) return parseProofModules(source);
    const { text, name = `line ${line}` } = value;
    if (typeof text !== "string") return skip('the line has no "text"');
    if (typeof name !== "string") return skip('the line has a "name" that is no text');
    const sizeBytes = new TextEncoder().encode(text).length;
    return parseProofText(name.slice(0, NAME_CHARACTERS), text, sizeBytes);
  } catch (error) {
    return skip((error as Error).message);
  }
}

/** The lines of a file, piece by piece; null for one that is too long. */
async function* linesOf(
  source: ForwardBytes,
): AsyncGenerator<{ lines: (Uint8Array | null)[]; share: number }, void, void> {
  /** What came before of a line that goes on. */
  let [begun, begunBytes]: [Uint8Array[], number] = [[], 0];
  const endLine = (last: Uint8Array): Uint8Array | null => {
    const isTooLong = begunBytes + last.length > MAX_LINE_BYTES;
    const line = isTooLong ? null : begunBytes === 0 ? last : joined(begun, last);
    [begun, begunBytes] = [[], 0];
    return line;
  };
  const room = new Uint8Array(PIECE_BYTES); // lines are looked at before more is asked for
  for (let isLast = false; !isLast;) {
    const piece = await source.next(room);
    isLast = piece.length < PIECE_BYTES;
    const lines: (Uint8Array | null)[] = [];
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      lines.push(endLine(piece.subarray(start, end)));
      start = end + 1;
    }
    const rest = piece.subarray(start);
    begunBytes += rest.length;
    if (begunBytes <= MAX_LINE_BYTES) begun.push(rest.slice());
    else begun = [];
    if (isLast && begunBytes > 0) lines.push(endLine(new Uint8Array()));
    yield { lines, share: source.share };
  }
}

function joined(begun: readonly Uint8Array[], last: Uint8Array): Uint8Array {
  const line = new Uint8Array(begun.reduce((sum, { length }) => sum + length, last.length));
  let at = 0;
  for (const piece of [...begun, last]) {
    line.set(piece, at);
    at += piece.length;
  }
  return line;
}
