// The exported folders that a page may load and run by itself: those that lie in one folder, where `tactics
// export` puts them. Their names come from the folder, never from a request; links are no folders here.
import { join } from "@std/path";
import { fileHandler, HttpError, type PageHandler } from "../serve/mod.ts";

/** Below it a folder's files have their names. */
export const EXPORTED_PATH = "/exported/";

/** Folders that are told. */
const MOST = 20;
const NAME = /^[\w.-]{1,100}$/;

/** Names of the exported folders in a folder, the newest first; none where there is no such folder. */
export async function exportedModels(folder: string): Promise<string[]> {
  const found: { readonly name: string; readonly time: number }[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (!isDirectory || name.startsWith(".") || !NAME.test(name)) continue;
      const info = await Deno.lstat(join(folder, name, "config.json")).catch(() => null);
      if (info?.isFile) found.push({ name, time: info.mtime?.getTime() ?? 0 });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
  }
  found.sort((a, b) => b.time - a.time || (a.name < b.name ? 1 : -1));
  return found.slice(0, MOST).map(({ name }) => name);
}

/** A handler of the paths below {@linkcode EXPORTED_PATH}. */
export function exportedFiles(folder: string): PageHandler {
  return async (request) => {
    const [name = ""] = new URL(request.url).pathname.slice(EXPORTED_PATH.length).split("/");
    if (!(await exportedModels(folder)).includes(name)) throw new HttpError(404, "There is no such model");
    return await fileHandler({ [`${EXPORTED_PATH}${name}/`]: join(folder, name) })(request);
  };
}
