// Temporary files and folders, `.NAME.UUID.tmp` and `.NAME.UUID.partial`: their names cannot be guessed, and
// they are made, never opened, so nobody can put a link in their place. Their maker holds the system's lock on
// them, which ends with the process, however that ends: what nobody holds was left by one that was killed, and
// may be removed. Where the file system has no locks nothing is ever removed, nor on Windows.
import { basename, dirname, join } from "@std/path";
import { isAt } from "./run_lock.ts";

/** The calls that writing makes; tests put failing ones in their place. */
export type FileSystem = Pick<typeof Deno, "open" | "rename" | "remove" | "mkdir">;

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const LEFTOVER = new RegExp(`^\\.(?<of>.+)\\.${UUID}\\.(?<ending>tmp|partial)$`, "s");

/** A name beside `path` that nobody has. */
export function temporaryName(path: string, ending: "tmp" | "partial"): string {
  return join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.${ending}`);
}

/** Make a temporary file, which is held until it is closed. */
export async function makeTemporary(
  path: string,
  files: Pick<FileSystem, "open">,
): Promise<{ temporary: string; file: Deno.FsFile }> {
  for (;;) {
    const temporary = temporaryName(path, "tmp");
    const file = await files.open(temporary, { write: true, createNew: true });
    if (isHeld(temporary, file)) return { temporary, file };
    file.close(); // somebody removed it before it was held
  }
}

/** Make a temporary folder, which is held until what is returned is closed. */
export async function makeTemporaryFolder(path: string, files: FileSystem): Promise<Disposable> {
  for (;;) {
    await files.mkdir(path);
    if (Deno.build.os === "windows") return { [Symbol.dispose](): void {} }; // folders cannot be opened
    const folder = await files.open(path, { read: true }).catch(async (error) => {
      await files.remove(path).catch(() => {}); // the first error is the one to tell
      throw error;
    });
    if (isHeld(path, folder)) return folder;
    folder.close();
  }
}

/** What may be removed. */
export interface LeftoverOptions {
  /** Whether temporary files of this name are the program's. */
  readonly isOwn: (name: string) => boolean;
  /** Folders instead, of which all files have these names. */
  readonly contents?: readonly string[];
}

/** What was removed. */
export interface Leftovers {
  readonly names: readonly string[];
  readonly sizeBytes: number;
}

/** Remove what killed processes left in a folder, if it is there; whatever cannot be removed stays. */
export async function removeLeftovers(folder: string, options: LeftoverOptions): Promise<Leftovers> {
  const { isOwn, contents } = options;
  const names: string[] = [];
  let sizeBytes = 0;
  if (Deno.build.os === "windows") return { names, sizeBytes };
  for (const { name, isFile, isDirectory } of await entriesIn(folder)) {
    const { of, ending } = LEFTOVER.exec(name)?.groups ?? {};
    if (of === undefined || !isOwn(of)) continue;
    if (contents === undefined ? !isFile || ending !== "tmp" : !isDirectory || ending !== "partial") continue;
    const path = join(folder, name);
    try {
      using left = Deno.openSync(path);
      if (!left.tryLockSync(true) || !isAt(path, left)) continue; // a process still writes
      const size = contents === undefined ? left.statSync().size : removeContents(path, contents);
      Deno.removeSync(path);
      sizeBytes += size;
      names.push(name);
    } catch {
      // Somebody else's, on a file system without locks, or with something in it that we did not put there.
    }
  }
  return { names, sizeBytes };
}

/** Empty a folder. @returns bytes @throws {TypeError}, before, where something in it is not of these names */
function removeContents(folder: string, contents: readonly string[]): number {
  const found: { path: string; isDirectory: boolean }[] = [];
  const look = (inside: string): void => {
    for (const { name, isFile, isDirectory } of Deno.readDirSync(join(folder, inside))) {
      const own = inside + name;
      if (isDirectory && contents.some((file) => file.startsWith(`${own}/`))) look(`${own}/`);
      else if (!isFile || !contents.includes(own)) throw new TypeError(`"${own}" was not put there by us`);
      found.push({ path: join(folder, own), isDirectory });
    }
  };
  look("");
  return found.reduce((sizeBytes, { path, isDirectory }) => {
    if (!isDirectory) sizeBytes += Deno.lstatSync(path).size;
    Deno.removeSync(path);
    return sizeBytes;
  }, 0);
}

/** None where it cannot be read: to tidy up is no reason to fail. */
function entriesIn(folder: string): Promise<Deno.DirEntry[]> {
  return Array.fromAsync(Deno.readDir(folder)).catch(() => []);
}

/** Hold what was just made. @returns false when it is no longer there, or about to be removed */
function isHeld(path: string, made: Deno.FsFile): boolean {
  if (Deno.build.os === "windows") return true;
  try {
    return made.tryLockSync(true) && isAt(path, made);
  } catch {
    return true; // no locks here: nobody can hold it to remove it
  }
}
