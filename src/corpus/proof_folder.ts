// A folder of proof files. Only its own *.txt files count: no subfolders, no hidden files, no links that leave
// it. Their order is that of their names' UTF-16 code units (for ASCII names Python's `sorted`), the prover's
// build order.
import { join } from "@std/path";
import { DataError } from "../errors.ts";
import { beat } from "../heartbeat.ts";
import { openRegularFile, sha256Hex } from "../io/mod.ts";
import { type ParsedProof, parseProofFile, type ReadPiece, skippedProof, tooLarge } from "./proof_file.ts";
import { damagedModules, type IndexedModule, PROOF_MODULES_FILE, readProofModules } from "./proof_modules.ts";

/** What to do when there are no proofs. */
export const HOW_TO_GET_PROOFS =
  'run "tactics data sample" for the built-in proofs, "tactics data acornlib --lib PATH" for those of an ' +
  "Acorn library, or name another folder with --data-dir";

/** Files that are open at the same time: enough to hide the latency, below every system's limit. */
const OPEN_FILES = 32;
/** Fewer bytes are read and tokenized in a second. */
const SMALL_BYTES = 1 << 21;
/** A file that changed so shortly before could change again without its time telling, in milliseconds. */
const RECENT_MS = 2000;

/** All proofs of a folder, in the order of their names. @throws {DataError} when it cannot be listed */
export async function* readFolder(
  directory: string,
): AsyncGenerator<ReadPiece, readonly IndexedModule[] | null, void> {
  const names = listProofNames(directory);
  const root = names.length === 0 ? directory : await Deno.realPath(directory);
  for (let i = 0; i < names.length; i += OPEN_FILES) {
    const some = names.slice(i, i + OPEN_FILES);
    const proofs = await Promise.all(some.map((name) => readProof(root, name)));
    yield { proofs, share: Math.min(1, (i + OPEN_FILES) / names.length) };
  }
  try {
    return await readProofModules(directory);
  } catch (error) {
    yield { proofs: [], problems: [damagedModules(error as Error)], share: 1 };
    return null;
  }
}

/**
 * What changes when a file does: names, sizes and times; null: one changed a moment ago, or the folder is so
 * small that it is read as soon.
 */
export async function folderIdentity(directory: string): Promise<string | null> {
  const first = lookAt(directory);
  if (first.sizeBytes < SMALL_BYTES) return null;
  if (!first.isRecent) return first.identity;
  await new Promise((resolve) => setTimeout(resolve, RECENT_MS)); // files that were just written are old then
  const second = lookAt(directory);
  return second.isRecent ? null : second.identity;
}

function lookAt(directory: string): { identity: string; sizeBytes: number; isRecent: boolean } {
  const names = [...listProofNames(directory), PROOF_MODULES_FILE];
  const utf8 = new TextEncoder();
  const pieces: Uint8Array[] = [];
  const now = Date.now();
  let [lines, sizeBytes, isRecent] = ["", 0, false];
  for (const [i, name] of names.entries()) {
    const { size = 0, mtime, ctime, ino, dev } = statOf(`${directory}/${name}`);
    const [modified, changed] = [mtime?.getTime() ?? 0, ctime?.getTime() ?? 0];
    isRecent ||= now - Math.max(modified, changed) < RECENT_MS;
    sizeBytes += size;
    lines += `${name}/${size} ${modified} ${changed} ${ino} ${dev}\n`; // no name has a slash
    if (lines.length < 1 << 16 && i + 1 < names.length) continue;
    beat();
    pieces.push(utf8.encode(lines));
    lines = "";
  }
  return { identity: `folder ${sha256Hex(...pieces)}`, sizeBytes, isRecent };
}

function statOf(path: string): Partial<Deno.FileInfo> {
  try {
    return Deno.statSync(path);
  } catch {
    return {}; // there is none, or a link that leads nowhere
  }
}

/** The sorted names of a folder's proof files. @throws {DataError} when it is missing or unreadable */
export function listProofNames(directory: string): string[] {
  const names: string[] = [];
  try {
    for (const entry of Deno.readDirSync(directory)) { // of 40,000 in half the time of readDir
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
