/**
 * Builds the example's pages and serves them on this machine, with an exported model under model/.
 *
 *     deno task browser [export/tactics-2026-01-31-12-00-00]
 *
 * The two Cross-Origin headers isolate the pages from other sites, which gives them memory shared between
 * threads: training needs it, suggestions do not. Any other web server will do as well.
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
  /** An exported folder, served as `model/`; null: none, which only the page that trains does without. */
  model: string | null;
  /** Whether to isolate the page from other sites. */
  isolated: boolean;
}

/** A request handler that serves the files that were there when it was made, and nothing else. */
export function pageHandler(
  { pages, model, isolated }: PageOptions,
): (request: Request) => Promise<Response> {
  const files = new Map<string, string>();
  const add = (folder: string, prefix: string): void => {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (isDirectory) add(join(folder, name), `${prefix}${name}/`);
      else files.set(`${prefix}${name}`, join(folder, name));
    }
  };
  add(pages, "/");
  if (model !== null) add(model, "/model/");
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
  const [model = null] = Deno.args;
  const pages = await Deno.makeTempDir();
  await buildPages(pages);
  Deno.serve(
    {
      hostname: "127.0.0.1",
      port: PORT,
      onListen: ({ hostname, port }) =>
        console.log(`http://${hostname}:${port}/${model === null ? "train.html" : ""}`),
    },
    pageHandler({ pages, model, isolated: true }),
  );
}
