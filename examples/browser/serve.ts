/**
 * Builds the example's pages and serves them on this machine, with an exported model under model/.
 *
 *     deno task browser export/tactics-2026-01-31-12-00-00
 *
 * The two Cross-Origin headers isolate the page, which gives it shared memory; suggestions need none, so any other web server will do.
 */
import { extname, join } from "@std/path";
import { buildPages } from "./build.ts";

const PORT = 8000;
const MEDIA_TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Options of {@linkcode pageHandler}. */
export interface PageOptions {
  /** What {@linkcode buildPages} made. */
  pages: string;
  /** An exported folder, served as `model/`. */
  model: string;
  /** Whether to isolate the page from other sites. */
  isolated: boolean;
}

/** A request handler that serves the files that were there when it was made, and nothing else. */
export function pageHandler(
  { pages, model, isolated }: PageOptions,
): (request: Request) => Promise<Response> {
  const files = new Map<string, string>();
  const folders = { "/": pages, "/generated/": join(pages, "generated"), "/model/": model };
  for (const [prefix, folder] of Object.entries(folders)) {
    for (const { name, isFile } of Deno.readDirSync(folder)) {
      if (isFile) files.set(`${prefix}${name}`, join(folder, name));
    }
  }
  return async (request) => {
    const { pathname } = new URL(request.url);
    const path = files.get(pathname === "/" ? "/index.html" : pathname);
    if (path === undefined) return new Response("There is no such file", { status: 404 });
    const headers = new Headers({ "content-type": MEDIA_TYPES[extname(path)] ?? "application/octet-stream" });
    if (isolated) {
      headers.set("cross-origin-opener-policy", "same-origin");
      headers.set("cross-origin-embedder-policy", "require-corp");
    }
    return new Response((await Deno.open(path)).readable, { headers });
  };
}

if (import.meta.main) {
  const [model] = Deno.args;
  if (model === undefined) {
    console.error("usage: deno task browser EXPORTED_FOLDER");
    Deno.exit(2);
  }
  const pages = await Deno.makeTempDir();
  await buildPages(pages);
  Deno.serve(
    {
      hostname: "127.0.0.1",
      port: PORT,
      onListen: ({ hostname, port }) => console.log(`http://${hostname}:${port}/`),
    },
    pageHandler({ pages, model, isolated: true }),
  );
}
