/**
 * Builds the example's pages into a folder that any web server can serve: bundled scripts, ONNX Runtime's
 * wasm, our kernels' wasm.
 *
 *     deno task build:browser [FOLDER]     (dist/browser)
 */
import { fromFileUrl, join, toFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));
/** Where the pages go unless another folder is named. */
export const PAGES_FOLDER = join(ROOT, "dist", "browser");
const HERE = join(ROOT, "examples", "browser");
/** Each becomes a script of its own. */
const SCRIPTS = ["suggest.ts", "suggest_worker.ts", "train.ts", "train_worker.ts"];
const PAGES = ["index.html", "train.html"];
/** Files of the project that a page or a script asks for, and where it looks for them: beside itself. */
const FILES: Record<string, string> = {
  "src/dashboard/page/style.css": "style.css",
  "node_modules/uplot/dist/uPlot.min.css": "uplot.css",
  "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm": "ort-wasm-simd-threaded.wasm",
  "src/backend/wasm/generated/kernels_bg.wasm": "generated/kernels_bg.wasm",
};
/** The training's threads; the library starts them from here. */
const POOL_WORKER = "src/train/engine/worker.ts";

/**
 * Build the pages.
 *
 * @param folder where to; what is there is replaced file by file
 * @throws {Error} when the bundler fails, with what it says
 */
export async function buildPages(folder: string): Promise<void> {
  await Deno.mkdir(join(folder, "generated"), { recursive: true });
  const importMap = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(importMap, JSON.stringify(await pageImports()));
    const scripts = SCRIPTS.map((name) => join(HERE, name));
    await bundle(importMap, [`--outdir=${folder}`, ...scripts]);
    await bundle(importMap, [`--output=${join(folder, "worker.js")}`, join(ROOT, POOL_WORKER)]);
  } finally {
    await Deno.remove(importMap);
  }
  for (const name of PAGES) await Deno.copyFile(join(HERE, name), join(folder, name));
  for (const [from, to] of Object.entries(FILES)) await Deno.copyFile(join(ROOT, from), join(folder, to));
}

async function bundle(importMap: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--platform=browser", `--import-map=${importMap}`, ...args],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`deno bundle failed: ${new TextDecoder().decode(stderr)}`);
}

/** The project's import map, with the build of ONNX Runtime that has no GPU: half the size. */
async function pageImports(): Promise<{ imports: Record<string, string> }> {
  const { imports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  for (const [name, target] of Object.entries<string>(imports)) {
    if (target.startsWith("./")) imports[name] = toFileUrl(join(ROOT, target)).href;
  }
  imports["onnxruntime-web"] += "/wasm";
  return { imports };
}

if (import.meta.main) {
  const folder = Deno.args[0] ?? PAGES_FOLDER;
  await buildPages(folder);
  console.log(folder);
}
