/**
 * Serves the example's pages on this machine, with an exported model under model/.
 *
 *     deno task browser [export/tactics-2026-01-31-12-00-00]     (builds them first)
 *
 * The pages are isolated from other sites, which gives them memory shared between threads: training needs it,
 * suggestions do not. Any other web server will do as well.
 */
import { fileHandler, type PageHandler, serveOnLoopback } from "../../src/serve/mod.ts";
import { PAGES_FOLDER } from "./build.ts";

const PORT = 8000;
/** A model may be on another site: the page has a field for its address. */
export const FETCH_FROM: readonly string[] = ["https:", "http:"];

/**
 * A request handler that serves the files that were there when it was made, and nothing else.
 *
 * @param pages what `buildPages()` made
 * @param model an exported folder, served as `model/`; null: none, which only the page that trains does
 * without
 */
export function pageHandler(pages: string, model: string | null): PageHandler {
  return fileHandler({ "/": pages, ...model !== null && { "/model/": model } });
}

if (import.meta.main) {
  const [model = null] = Deno.args;
  const { address } = serveOnLoopback(pageHandler(PAGES_FOLDER, model), {
    port: PORT,
    fetchFrom: FETCH_FROM,
  });
  console.log(`${address}/${model === null ? "train.html" : ""}`);
}
