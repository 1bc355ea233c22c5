// An exported folder as one file to share: a zip archive with the folder in it. Only files that an export
// writes go in, and the archive appears whole or not at all.
import { basename, join, resolve } from "@std/path";
import { DataError } from "../errors.ts";
import { readBounded, writeFileAtomic } from "../io/mod.ts";
import { zipFiles } from "../io/zip.ts";
import { EXPORTED_FILES } from "./flavors.ts";

/** @throws {DataError} when something has this name */
export async function checkNoFile(path: string): Promise<void> {
  if (await Deno.lstat(path).then(() => true, () => false)) {
    throw new DataError(`Cannot write "${path}": it is there already`, {
      hint: "Name another folder, or remove this file.",
    });
  }
}

/** Write an exported folder as an archive, with the folder's name in it. @returns its size */
export async function zipFolder(directory: string, archive: string): Promise<number> {
  const names = EXPORTED_FILES.filter((name) => isFile(join(directory, name)));
  const files = await Promise.all(names.map(async (name) => {
    return { name, bytes: await readBounded(join(directory, name), { maxBytes: 2 ** 31 - 1 }) };
  }));
  const bytes = zipFiles(basename(resolve(directory)), files);
  await writeFileAtomic(archive, bytes);
  return bytes.length;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
