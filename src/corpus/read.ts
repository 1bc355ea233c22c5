/**
 * Reading a folder of proof files. Only the folder's own *.txt files count: no subfolders, no hidden files. They are taken in the order of
 * their names' UTF-16 code units (for ASCII names Python's `sorted`), which is the prover's build order.
 */

import { join } from "@std/path";
import { DataError } from "../errors.ts";
import { MAX_PROOF_BYTES, parseProofFile, type ProofFile, type ProofProblem } from "./proof_file.ts";

/** The usable proof files of a folder, and what was wrong with it. */
export interface Corpus {
  /** The folder, as it was given. */
  directory: string;
  /** Usable files, in name order. */
  files: ProofFile[];
  /** Sum of the usable files' sizes in bytes. */
  sizeBytes: number;
  /** Number of files that were skipped; each has a problem that says why. */
  skippedFiles: number;
  /** Everything worth telling the user, in name order. */
  problems: ProofProblem[];
}

const HOW_TO_GET_PROOFS =
  'run "tactics data sample" for the built-in proofs, "tactics data acorn --lib PATH" for those of an ' +
  "Acorn library, or name another folder with --data-dir";

/** Files that are open at the same time: enough to hide the latency, below every system's limit. */
const OPEN_FILES = 32;

/**
 * Read and check every proof of a folder. Bad files are skipped and reported in `problems`, see {@linkcode parseProofFile}.
 *
 * @param directory the folder with the *.txt files
 * @returns the usable files in name order, and what was wrong
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
export async function readProofs(directory: string): Promise<Corpus> {
  const names = await listProofNames(directory);
  if (names.length === 0) {
    throw new DataError(`No proofs in "${directory}": the folder has no .txt files`, {
      hint: HOW_TO_GET_PROOFS,
    });
  }
  const corpus: Corpus = { directory, files: [], sizeBytes: 0, skippedFiles: 0, problems: [] };
  for (let i = 0; i < names.length; i += OPEN_FILES) {
    const parsed = await Promise.all(
      names.slice(i, i + OPEN_FILES).map((name) => readProof(directory, name)),
    );
    for (const { file, problems } of parsed) {
      corpus.problems.push(...problems);
      if (file === null) {
        corpus.skippedFiles++;
      } else {
        corpus.files.push(file);
        corpus.sizeBytes += file.sizeBytes;
      }
    }
  }
  if (corpus.files.length === 0) {
    const { file, line, message } = corpus.problems[0]!;
    throw new DataError(
      `No usable proofs in "${directory}": all ${names.length} .txt files were skipped, the first for ${file}:${line}: ${message}`,
      { hint: HOW_TO_GET_PROOFS },
    );
  }
  return corpus;
}

/**
 * The names of a folder's proof files.
 *
 * @param directory the folder with the *.txt files
 * @returns sorted, without the folder
 * @throws {DataError} when the folder is missing or unreadable
 */
export async function listProofNames(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) {
      if (!entry.isDirectory && entry.name.endsWith(".txt") && !entry.name.startsWith(".")) {
        names.push(entry.name);
      }
    }
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new DataError(`No proofs: the folder "${directory}" does not exist`, {
        cause,
        hint: HOW_TO_GET_PROOFS,
      });
    }
    if (cause instanceof Deno.errors.NotADirectory) {
      throw new DataError(`Cannot read proofs: "${directory}" is not a folder`, {
        cause,
        hint: "name the folder that holds the .txt files",
      });
    }
    throw new DataError(`Cannot read the proofs' folder "${directory}": ${(cause as Error).message}`, {
      cause,
      hint: "check the folder's permissions, or name another with --data-dir",
    });
  }
  return names.sort();
}

async function readProof(directory: string, name: string): Promise<ReturnType<typeof parseProofFile>> {
  const path = join(directory, name);
  const skipped = (message: string): ReturnType<typeof parseProofFile> => ({
    file: null,
    problems: [{ file: name, line: 1, message: `${message}; the file is skipped` }],
  });
  try {
    // A pipe or device would block or never end, and reading allocates what the system says the size is: look first.
    const info = await Deno.stat(path);
    if (!info.isFile) return skipped("not a regular file");
    if (info.size > MAX_PROOF_BYTES) {
      return skipped(
        `the file has ${info.size} bytes, more than the ${MAX_PROOF_BYTES} of the largest proof allowed`,
      );
    }
    return parseProofFile(name, await Deno.readFile(path));
  } catch (cause) {
    return skipped(`cannot be read: ${(cause as Error).message}`);
  }
}
