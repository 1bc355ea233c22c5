// Certificates: what the prover keeps of its proofs, a JSON object a line. November 2025: `{"goal": …, "proof":
// [line, …]}`, in `build/`. Since 2026 `{"goal": …, "p": [{"c": claim, "r": rule, …}, …]}`, beside the sources
// in `certs/`; a step without a rule is a claim, and functions in it are applied (applied.ts). `goal` is a theorem's name, or the goal's text in normalised
// code. A line that cannot be used is a problem with its number; the others are still read.
import { applied } from "./applied.ts";
import { isRecord, openRegularFile, parseJson } from "../io/mod.ts";

/**
 * What step rules are called, the most frequent first; a step that names no rule is a `claim`. Steps about all
 * types, of whatever rule, are `generic` here: they say a theorem of the library again, with `function[T] { … }`.
 */
export const STEP_RULES = [
  "claim",
  "br",
  "generic",
  "er",
  "inst",
  "wit",
  "eq",
  "fact",
  "contra",
  "ext",
  "inj",
  "ef",
  "br_intro",
] as const;

/** One step of a proof. */
export interface CertificateStep {
  readonly rule: string;
  readonly line: string;
}

/** A proved goal. */
export interface Certificate {
  readonly goal: string;
  /** Null where the file only keeps the goal's place. */
  readonly steps: readonly CertificateStep[] | null;
}

/** Why a line was left out. */
export interface CertificateProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** Largest line that is read; the longest real ones have 2 MB. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** Largest file; the largest real ones have 20 MB. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
/** Problems of one file that are told one by one. */
const MAX_PROBLEMS = 20;

/**
 * Read a file of certificates. @throws the system's error, when it cannot be opened or read
 * @returns the certificates in the file's order, and what could not be used of it
 */
export async function readCertificates(path: string): Promise<{
  certificates: Certificate[];
  problems: CertificateProblem[];
}> {
  const certificates: Certificate[] = [];
  const problems: CertificateProblem[] = [];
  let number = 0;
  for await (const bytes of linesOf(path)) {
    number++;
    const read = bytes === null ? `it has more than ${MAX_LINE_BYTES} bytes` : parseLine(bytes);
    if (read === null) continue;
    if (typeof read !== "string") certificates.push(read);
    else if (problems.length < MAX_PROBLEMS) problems.push({ line: number, message: `${read}; left out` });
  }
  return { certificates, problems };
}

/** A certificate; null for an empty line; what is wrong with it. */
function parseLine(bytes: Uint8Array<ArrayBuffer>): Certificate | null | string {
  let value: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).trim();
    if (text === "") return null;
    value = parseJson(text);
  } catch (error) {
    return `no certificate: ${error instanceof TypeError ? "it is not UTF-8" : (error as Error).message}`;
  }
  if (!isRecord(value) || typeof value.goal !== "string") return 'no certificate: it has no "goal"';
  const { goal, proof, p } = value;
  if (p === undefined && (proof === undefined || proof === null)) return { goal, steps: null };
  const list = p ?? proof;
  if (!Array.isArray(list)) return "no certificate: its proof is no list";
  const steps = list.map(stepOf);
  if (steps.some((step) => step === null)) return "no certificate: a step of its proof is none";
  return { goal, steps: steps as CertificateStep[] };
}

function stepOf(step: unknown): CertificateStep | null {
  const { c: line, r: rule = "claim", g = false } = isRecord(step) ? step : { c: step };
  // A line of a proof is one line: what stands behind a newline would pass for a section of its own.
  if (typeof line !== "string" || typeof rule !== "string" || /[\r\n]/.test(line)) return null;
  if (!isRecord(step)) return { rule, line };
  const said = applied(line);
  return { rule: g === true || said.startsWith("function[") ? "generic" : rule, line: said };
}

/** The lines of a file, as bytes; null for one that is too long. */
async function* linesOf(path: string): AsyncGenerator<Uint8Array<ArrayBuffer> | null> {
  using file = await openRegularFile(path);
  if (file.sizeBytes > MAX_FILE_BYTES) throw new RangeError(`it has more than ${MAX_FILE_BYTES} bytes`);
  const chunk = new Uint8Array(CHUNK_BYTES);
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let sizeBytes = 0;
  const keep = (piece: Uint8Array<ArrayBuffer>): void => {
    sizeBytes += piece.length;
    if (sizeBytes <= MAX_LINE_BYTES) pieces.push(piece.slice());
    else pieces = [];
  };
  const line = (): Uint8Array<ArrayBuffer> | null => {
    const bytes = sizeBytes > MAX_LINE_BYTES ? null : joined(pieces, sizeBytes);
    [pieces, sizeBytes] = [[], 0];
    return bytes;
  };
  for (let offset = 0;;) {
    const bytes = await file.read(offset, chunk);
    if (bytes.length === 0) break;
    offset += bytes.length;
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      keep(bytes.subarray(from, end));
      yield line();
      from = end + 1;
    }
    keep(bytes.subarray(from));
  }
  if (sizeBytes > 0) yield line();
}

function joined(pieces: readonly Uint8Array<ArrayBuffer>[], sizeBytes: number): Uint8Array<ArrayBuffer> {
  if (pieces.length === 1) return pieces[0]!;
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
