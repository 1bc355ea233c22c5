// Reading a folder of proof files. Only the folder's own *.txt files count: no subfolders, no hidden files,
// no links that leave the folder. Their order is that of their names' UTF-16 code units (for ASCII names
// Python's `sorted`), the prover's build order.
import { join } from "@std/path";
import { DamagedError, DataError } from "../errors.ts";
import { openRegularFile } from "../io/mod.ts";
import { parseProofFile, skippedProof, tooLarge } from "./proof_file.ts";
import type { ParsedProof, ProofFile, ProofProblem } from "./proof_file.ts";
import { modulesOfFiles, PROOF_MODULES_FILE, readProofModules } from "./proof_modules.ts";

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
  'run "tactics data sample" for the built-in proofs, "tactics data acornlib --lib PATH" for those of an ' +
  "Acorn library, or name another folder with --data-dir";

/** Files that are open at the same time: enough to hide the latency, below every system's limit. */
const OPEN_FILES = 32;

/**
 * Reads and checks every proof of a folder; bad files are skipped and reported in `problems`.
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
  const hint = HOW_TO_GET_PROOFS;
  if (names.length === 0) {
    throw new DataError(`No proofs in "${directory}": the folder has no .txt files`, { hint });
  }
  const root = await Deno.realPath(directory);
  const corpus: Corpus = { directory, files: [], sizeBytes: 0, skippedFiles: 0, problems: [] };
  for (let i = 0; i < names.length; i += OPEN_FILES) {
    const some = names.slice(i, i + OPEN_FILES);
    for (const { file, problems } of await Promise.all(some.map((name) => readProof(root, name)))) {
      for (const problem of problems) corpus.problems.push(problem);
      if (file === null) corpus.skippedFiles++;
      else {
        corpus.files.push(file);
        corpus.sizeBytes += file.sizeBytes;
      }
    }
  }
  if (corpus.files.length === 0) {
    const { file, line, message } = corpus.problems[0]!;
    const why = `all ${names.length} .txt files were skipped, the first for ${file}:${line}: ${message}`;
    throw new DamagedError(`No usable proofs in "${directory}": ${why}`, { hint });
  }
  await addModules(corpus, names);
  return corpus;
}

/** Tell each file's module, where the folder has an index of them. */
async function addModules(corpus: Corpus, names: readonly string[]): Promise<void> {
  try {
    const index = await readProofModules(corpus.directory);
    if (index === null || index.every(({ files }) => files === 0)) return;
    const ofNames = modulesOfFiles(names, index);
    const modules = new Map(names.map((name, i) => [name, ofNames[i]!]));
    for (const file of corpus.files) file.module = modules.get(file.name)!;
  } catch (error) {
    const message = `${(error as Error).message}; files are read without their modules`;
    corpus.problems.push({ file: PROOF_MODULES_FILE, line: 1, message });
  }
}

/** The sorted names of a folder's proof files. @throws {DataError} when it is missing or unreadable */
export async function listProofNames(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) {
      if (!entry.isDirectory && /^[^.].*\.txt$/s.test(entry.name)) names.push(entry.name);
    }
  } catch (cause) {
    const [message, hint] = cause instanceof Deno.errors.NotFound
      ? [`No proofs: the folder "${directory}" does not exist`, HOW_TO_GET_PROOFS]
      : cause instanceof Deno.errors.NotADirectory
      ? [`Cannot read proofs: "${directory}" is not a folder`, "name the folder that holds the .txt files"]
      : [
        `Cannot read the proofs' folder "${directory}": ${(cause as Error).message}`,
        "check the folder's permissions, or name another with --data-dir",
      ];
    throw new DataError(message, { cause, hint });
  }
  return names.sort();
}

/** @param root the folder, without links in its path */
async function readProof(root: string, name: string): Promise<ParsedProof> {
  try {
    const path = await Deno.realPath(join(root, name));
    // A folder from somebody else must not pass off files of this machine as proofs.
    if (!path.startsWith(join(root, "x").slice(0, -1))) {
      return skippedProof(name, `a link to "${path}", outside of the folder`);
    }
    using file = await openRegularFile(path);
    return tooLarge(name, file.sizeBytes) ??
      parseProofFile(name, await file.read(0, new Uint8Array(file.sizeBytes)));
  } catch (cause) {
    return skippedProof(name, `cannot be read: ${(cause as Error).message}`);
  }
}
