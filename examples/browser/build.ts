/**
 * Builds the example's pages into a folder that any web server can serve: bundled scripts, ONNX Runtime's wasm, our kernels' wasm.
 *
 *     deno task build:browser [FOLDER]     (dist/browser)
 */
import { fromFileUrl, join, toFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));
const HERE = join(ROOT, "examples", "browser");
/** Each becomes a script of its own. */
const SCRIPTS = ["suggest.ts", "suggest_worker.ts"];
const PAGES = ["index.html", "style.css"];
/** Next to the scripts, where onnxruntime-web looks for it. */
const ORT_WASM = "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm";

/**
 * Build the pages.
 *
 * @param folder where to; what is there is replaced file by file
 * @throws {Error} when the bundler fails, with what it says
 */
export async function buildPages(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const importMap = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(importMap, JSON.stringify(await pageImports()));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "--platform=browser",
        `--import-map=${importMap}`,
        `--outdir=${folder}`,
        ...SCRIPTS.map((name) => join(HERE, name)),
      ],
      cwd: ROOT,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`deno bundle failed: ${new TextDecoder().decode(stderr)}`);
  } finally {
    await Deno.remove(importMap);
  }
  for (const name of PAGES) await Deno.copyFile(join(HERE, name), join(folder, name));
  await Deno.copyFile(join(ROOT, ORT_WASM), join(folder, "ort-wasm-simd-threaded.wasm"));
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
  const folder = Deno.args[0] ?? "dist/browser";
  await buildPages(folder);
  console.log(folder);
}
