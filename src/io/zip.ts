// Zip archives, by fflate: its one door. What is written has no dates: the same files give the same bytes.
import { unzipSync, type Zippable, zipSync } from "fflate";
import type { FolderFile } from "./atomic_folder.ts";

export { unzipSync };

/** The earliest time that an archive can name. */
const MTIME = new Date(1980, 0, 1);

/** An archive of files, below a folder of this name. */
export function zipFiles(folder: string, files: readonly FolderFile[]): Uint8Array<ArrayBuffer> {
  const entries: Zippable = {};
  for (const { name, bytes } of files) entries[`${folder}/${name}`] = [bytes, { mtime: MTIME }];
  return zipSync(entries) as Uint8Array<ArrayBuffer>;
}
