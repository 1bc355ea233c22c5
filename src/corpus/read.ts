// Reading all proofs of a folder or file into memory, for what looks at texts. Training reads them in pieces
// (proof_source.ts, src/train).
import { DamagedError, DataError } from "../errors.ts";
import type { ProofFile, ProofProblem } from "./proof_file.ts";
import { HOW_TO_GET_PROOFS } from "./proof_folder.ts";
import { type IndexedModule, modulesOfFiles, PROOF_MODULES_FILE, type ProofModule } from "./proof_modules.ts";
import { openProofs, type ProofSource } from "./proof_source.ts";
import { isTurnDue, takeTurns } from "../turns.ts";

/** The usable proof files of a folder, and what was wrong with it. */
export interface Corpus {
  /** The folder or file, as it was given. */
  directory: string;
  /** Usable files, in name order. */
  files: ProofFile[];
  /** Sum of the usable files' sizes in bytes. */
  sizeBytes: number;
  /** Number of files that were skipped; each has a problem that says why. */
  skippedFiles: number;
  /** Everything worth telling the user, in name order; at most 100,000. */
  problems: ProofProblem[];
}

/** What reading proofs came to. */
export interface ReadReport {
  /** The first problems, in the proofs' order. */
  readonly problems: readonly ProofProblem[];
  /** How many there are. */
  readonly problemCount: number;
  /** Files or lines that were skipped. */
  readonly skippedFiles: number;
  /** Sum of the usable files' sizes in bytes. */
  readonly sizeBytes: number;
  /** The library's modules, where there is an index of them. */
  readonly index: readonly IndexedModule[] | null;
}

/** Options of {@linkcode readEach}. */
export interface ReadEachOptions {
  /** Problems that are kept. Default: 100 */
  readonly mostProblems?: number;
  /** Told now and then how much is read, in [0, 1]. */
  readonly progress?: ((share: number) => void) | undefined;
  /** Ends it with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Most problems that a corpus in memory has: a file of lines that are no proofs has one for each. */
const MOST_PROBLEMS = 100_000;

/**
 * Read and check proofs one after the other; nothing of them is kept.
 * @throws {DataError} when there are none that can be used
 */
export async function readEach(
  source: ProofSource,
  each: (file: ProofFile) => void | Promise<void>,
  { mostProblems = 100, progress, signal }: ReadEachOptions = {},
): Promise<ReadReport> {
  const problems: ProofProblem[] = [];
  let [found, problemCount, skippedFiles, sizeBytes] = [0, 0, 0, 0];
  const tell = (more: readonly ProofProblem[]): void => {
    problemCount += more.length;
    for (const problem of more) if (problems.length < mostProblems) problems.push(problem);
  };
  const reading = source.read();
  let piece = await reading.next();
  for (; !piece.done; piece = await reading.next()) {
    for (const { file, problems } of piece.value.proofs) {
      tell(problems);
      if (file === null) skippedFiles++;
      else {
        const work = each(file);
        if (work !== undefined) await work;
        found++;
        sizeBytes += file.sizeBytes;
      }
      if (!isTurnDue()) continue;
      progress?.(piece.value.share);
      await takeTurns(signal);
    }
    tell(piece.value.problems ?? []);
  }
  requireProofs(source, { found, skippedFiles, problems });
  return { problems, problemCount, skippedFiles, sizeBytes, index: piece.value };
}

/**
 * Reads and checks every proof of a folder, a file of JSON lines or a tar archive; bad ones are skipped and
 * reported in `problems`.
 * @throws {DataError} when the folder is missing or unreadable, has no *.txt file, or none that can be used
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readProofs } from "./mod.ts";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/one.txt`, "@G\na = a\n@C\nnot (a = a)\n@P\nfalse\n");
 * const { files, problems } = await readProofs(folder);
 * assertEquals(files[0]?.sections.map(({ tag }) => tag), ["G", "C", "P"]);
 * assertEquals(problems, []);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function readProofs(path: string): Promise<Corpus> {
  using source = await openProofs(path);
  const files: ProofFile[] = [];
  const { problems: found, sizeBytes, skippedFiles, index } = await readEach(
    source,
    (file) => void files.push(file),
    { mostProblems: MOST_PROBLEMS },
  );
  if (source.kind === "archive") files.sort((a, b) => a.name < b.name ? -1 : 1);
  const { modules, problem } = modulesOf(files.map(({ name }) => name), index);
  const problems = problem === null ? [...found] : [...found, problem];
  for (const [i, file] of files.entries()) if (modules[i] !== undefined) file.module = modules[i];
  return { directory: path, files, sizeBytes, skippedFiles, problems };
}

/** Refuse a place without usable proofs. @throws {DataError} */
function requireProofs(
  { path, kind }: Pick<ProofSource, "path" | "kind">,
  { found, skippedFiles, problems }: {
    readonly found: number;
    readonly skippedFiles: number;
    readonly problems: readonly ProofProblem[];
  },
): void {
  if (found > 0) return;
  const hint = HOW_TO_GET_PROOFS;
  const [first] = problems;
  if (first === undefined) {
    const what = kind === "folder" ? "the folder has no .txt files" : "the file has none";
    throw new DataError(`No proofs in "${path}": ${what}`, { hint });
  }
  const { file, line, message } = first;
  const what = kind === "folder" ? ".txt files" : "proofs";
  const place = file === "" ? `line ${line}` : `${file}:${line}`;
  const why = `all ${skippedFiles} ${what} were skipped, the first for ${place}: ${message}`;
  throw new DamagedError(`No usable proofs in "${path}": ${why}`, { hint });
}

/** The modules of proofs, by an index where there is one; a problem where the index does not fit. */
export function modulesOf(
  names: readonly string[],
  index: readonly IndexedModule[] | null,
): { modules: readonly (ProofModule | undefined)[]; problem: ProofProblem | null } {
  if (index === null || index.every(({ files }) => files === 0)) return { modules: [], problem: null };
  const isOrdered = names.every((name, i) => i === 0 || names[i - 1]! < name);
  if (isOrdered) return { modules: modulesOfFiles(names, index), problem: null };
  const message = "the proofs are not in the order of their names; they are read without their modules";
  return { modules: [], problem: { file: PROOF_MODULES_FILE, line: 1, message } };
}
