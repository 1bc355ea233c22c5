// Which neighbouring files belong to one theorem. The prover writes a file per goal, the theorem's own last.
// Each begins, in @T or else @G, with the theorem's head ("theorem NAME(…) {"); but goals of inner blocks
// begin with the block's indented head ("    } else {") and belong to the next file that has a theorem's.
import { type ProofFile, sectionText } from "./proof_file.ts";

/** Neighbouring files that share a theorem. */
export interface TheoremGroup {
  /** Index of the first file in the corpus. */
  first: number;
  /** Index after the last file. */
  end: number;
  /** The theorem's first line; null for goals of inner blocks after which no head follows. */
  head: string | null;
}

/** Cut a corpus, in build order, into theorems: groups that cover every file exactly once. */
export function groupByTheorem(files: readonly ProofFile[]): TheoremGroup[] {
  return cutTheorems(files.length, (i) => theoremHead(files[i]!));
}

/** The same of so many files whose theorems' first lines are known, or something that stands for them. */
export function cutTheorems(fileCount: number, headOf: (index: number) => string | null): TheoremGroup[] {
  const groups: TheoremGroup[] = [];
  let pending = 0;
  for (let i = 0; i < fileCount; i++) {
    const head = headOf(i);
    if (head === null) continue;
    const last = groups.at(-1);
    if (last !== undefined && last.head === head) last.end = i + 1;
    else groups.push({ first: pending, end: i + 1, head });
    pending = i + 1;
  }
  if (pending < fileCount) groups.push({ first: pending, end: fileCount, head: null });
  return groups;
}

/** The first line of the enclosing theorem, its end trimmed; null when the goal stands in an inner block. */
export function theoremHead(file: ProofFile): string | null {
  const source = sectionText(file, "T") ?? sectionText(file, "G") ?? file.text;
  const line = source.split("\n", 64).find((line) => line.trim() !== "");
  return line === undefined || /^[\s}]/.test(line) ? null : line.trimEnd();
}
