// One proof file: UTF-8 text, one goal and its proof, cut into sections by lines that are a mark alone: @T
// (optional: the theorem before the goal), @G (the goal), @H (optional: hypothesis), @C (the negated goal),
// @P (the proof, a step a line, to the end). What holds no text is skipped; anything else that looks wrong is
// reported and used byte for byte as it is: the model must see what the prover wrote.
import { findInvalidUtf8, hex } from "../io/mod.ts";
import type { ProofModule } from "./proof_modules.ts";

/** The five section letters in the order in which they stand in a file. */
export const SECTION_TAGS = ["T", "G", "H", "C", "P"] as const;
/** A section's letter. */
export type SectionTag = typeof SECTION_TAGS[number];
/** Largest file that is read, in bytes; real proofs have some hundred. */
export const MAX_PROOF_BYTES = 16 * 1024 * 1024;
/** Most problems that are reported for one file. */
export const MAX_PROBLEMS_A_FILE = 20;

/** One section of a proof file. */
export interface Section {
  /** Which section it is. */
  tag: SectionTag;
  /** Line of the marker, counted from 1. */
  line: number;
  /** Where the marker begins in the text, in UTF-16 units. */
  start: number;
  /** Everything between the marker's line and the next marker, line ends included. */
  text: string;
}

/** Something wrong with a file. */
export interface ProofProblem {
  /** The file's name, as it was given. */
  file: string;
  /** Line, counted from 1. */
  line: number;
  /** What is wrong, and what was done about it. */
  message: string;
}

/** A readable proof file. */
export interface ProofFile {
  /** The file's name in its folder. */
  name: string;
  /** The whole text, byte-exact. */
  text: string;
  /** Size in UTF-8 bytes. */
  sizeBytes: number;
  /** The sections in file order. */
  sections: Section[];
  /** The module that it is from, where the folder says so. */
  module?: ProofModule;
}

/** What {@linkcode parseProofFile} found. */
export interface ParsedProof {
  /** The file, or null when it has to be skipped; `problems` then says why. */
  file: ProofFile | null;
  /** In line order. */
  problems: ProofProblem[];
}

/** What was read at once of many proofs. */
export interface ReadPiece {
  /** In their order. */
  readonly proofs: readonly ParsedProof[];
  /** What is wrong, but with none of them. */
  readonly problems?: readonly ProofProblem[];
  /** How much of everything has been read, in (0, 1]. */
  readonly share: number;
}

/** Check and cut one proof file; `name` is for reports. Never throws, whatever the bytes. */
export function parseProofFile(name: string, bytes: Uint8Array): ParsedProof {
  const large = tooLarge(name, bytes.length);
  if (large !== null) return large;
  const bad = findInvalidUtf8(bytes);
  if (bad !== null) {
    return skippedProof(name, `not UTF-8: byte ${hex(bytes[bad.offset]!)} at offset ${bad.offset}`, bad.line);
  }
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return parseProofText(name, text, bytes.length);
}

/** The same of a text that is decoded already. @param sizeBytes in UTF-8 */
export function parseProofText(name: string, text: string, sizeBytes: number): ParsedProof {
  const large = tooLarge(name, sizeBytes);
  if (large !== null) return large;
  if (!text.isWellFormed()) return skippedProof(name, "not Unicode: it has half of a surrogate pair");
  if (text.trim() === "") return skippedProof(name, text === "" ? "empty file" : "file of white space only");
  const sections = cutSections(text);
  const problems = findProblems(name, text, sections);
  const more = problems.splice(MAX_PROBLEMS_A_FILE).length;
  if (more > 0) problems.at(-1)!.message += ` (and ${more} more problems)`;
  return { file: { name, text, sizeBytes, sections }, problems };
}

export function skippedProof(file: string, why: string, line = 1): ParsedProof {
  return { file: null, problems: [{ file, line, message: `${why}; the file is skipped` }] };
}

/** The report of a file that is larger than any proof; null for others. */
export function tooLarge(file: string, sizeBytes: number): ParsedProof | null {
  if (sizeBytes <= MAX_PROOF_BYTES) return null;
  const allowed = `${MAX_PROOF_BYTES} of the largest proof allowed`;
  return skippedProof(file, `the file has ${sizeBytes} bytes, more than the ${allowed}`);
}

/** The text of a section, of the first where it is repeated; null when the file has none. */
export function sectionText(file: ProofFile, tag: SectionTag): string | null {
  return file.sections.find((section) => section.tag === tag)?.text ?? null;
}

/** Lines that begin with "@": `tag` is null for an unknown marker, `next` the offset after the line's end. */
function markerLines(text: string) {
  const lines: { marker: string; tag: SectionTag | null; line: number; start: number; next: number }[] = [];
  let line = 1;
  let start = text.startsWith("\ufeff") ? 1 : 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const next = newline < 0 ? end : newline + 1;
    if (text[start] === "@") {
      const marker = text.slice(start, end).replace(/\r$/, "");
      const tag = SECTION_TAGS.find((tag) => marker === `@${tag}`) ?? null;
      lines.push({ marker, tag, line, start, next });
    }
    start = next;
    line++;
  }
  return lines;
}

/** The sections of a text, in its order; there may be none, and some twice. */
export function cutSections(text: string): Section[] {
  const known = markerLines(text).filter(({ tag }) => tag !== null);
  return known.map(({ tag, line, start, next }, i) => {
    return { tag: tag!, line, start, text: text.slice(next, known[i + 1]?.start ?? text.length) };
  });
}

function findProblems(file: string, text: string, sections: Section[]): ProofProblem[] {
  const problems: ProofProblem[] = [];
  const report = (line: number, message: string): void => void problems.push({ file, line, message });
  const mark = "begins with a byte order mark (U+FEFF), which becomes part of the text";
  if (text.startsWith("\ufeff")) report(1, mark);
  const [before, crlf] = text.split("\r\n", 2) as [string, string?];
  const returns = "lines end in CRLF; carriage returns become part of the text";
  if (crlf !== undefined) report(before.split("\n").length, returns);

  for (const { marker, tag, line } of markerLines(text)) {
    if (tag === null) report(line, `unknown section ${quoteShort(marker)}, kept as text`);
  }
  if (sections[0] === undefined || sections[0].line > 1) report(1, "text before the first section");
  let last = -1;
  for (const { tag, line } of sections) {
    const place = SECTION_TAGS.indexOf(tag);
    if (place === last) report(line, `section @${tag} is repeated`);
    else if (place < last) report(line, `section @${tag} stands after @${SECTION_TAGS[last]}`);
    last = Math.max(last, place);
  }
  for (const tag of ["G", "C", "P"] as const) {
    if (!sections.some((section) => section.tag === tag)) report(1, `section @${tag} is missing`);
  }
  return problems.sort((a, b) => a.line - b.line);
}

/** A piece of the file in quotes, cut to a length that fits in a message. */
function quoteShort(piece: string): string {
  const points = [...piece.slice(0, 80)];
  return JSON.stringify(points.length > 40 ? `${points.slice(0, 40).join("")}…` : points.join(""));
}
