// Answers requests with files of a few folders. Every file is known by name before the first request, so
// that no name, however it is written, leads elsewhere. Links, devices and pipes are no files here; one that
// took a file's place later is not followed.
import { extname, join } from "@std/path";
import type { PageHandler } from "./loopback_server.ts";

const MEDIA_TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** A handler for the files that are now in `{ "/": "pages", "/model/": "export/model" }`. */
export function fileHandler(folders: Readonly<Record<string, string>>): PageHandler {
  const files = new Map<string, string>();
  for (const [prefix, folder] of Object.entries(folders)) {
    for (const [name, path] of filesIn(Deno.realPathSync(folder), prefix)) files.set(name, path);
  }
  return async (request) => {
    const path = files.get(nameOf(request));
    const opened = path === undefined ? null : await open(path);
    if (opened === null) return new Response("There is no such file\n", { status: 404 });
    return new Response(opened.file.readable, {
      headers: {
        "content-type": MEDIA_TYPES[extname(path!)] ?? "application/octet-stream",
        "content-length": String(opened.size),
      },
    });
  };
}

function* filesIn(folder: string, prefix: string): Generator<[name: string, path: string]> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* filesIn(join(folder, name), `${prefix}${name}/`);
    else if (isFile) yield [prefix + name, join(folder, name)];
  }
}

/** The path that a request asks for; nothing that is not written as a browser writes it names a file. */
function nameOf({ url }: Request): string {
  const { pathname } = new URL(url);
  try {
    return pathname === "/" ? "/index.html" : decodeURIComponent(pathname);
  } catch {
    return ""; // half a character
  }
}

/** A file that is still where it was; null when it is gone, or a link stands in its way. */
async function open(path: string): Promise<{ file: Deno.FsFile; size: number } | null> {
  try {
    if (await Deno.realPath(path) !== path) return null;
    const file = await Deno.open(path);
    const { isFile, size } = await file.stat();
    if (isFile) return { file, size };
    file.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
  }
  return null;
}
