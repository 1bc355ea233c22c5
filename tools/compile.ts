/**
 * `deno task compile [FILE]`: the program as one binary, `tactics`, with the permissions of its task. A
 * binary's V8 flags are the same for all of its commands, and one that opens somebody's model.onnx must check
 * WebAssembly's bounds, so `tactics` has none; `deno task compile --training [FILE]` makes
 * `tactics-training`, which trains twice as fast and refuses to open such models (v8.env is inside, where it
 * looks for the flags). Workers and kernels are named to `deno compile`, since nothing imports them; of
 * onnxruntime-web's builds only those that Deno and the dashboard's page load go in, and nothing of what only
 * tests use. The dashboard's page and uPlot are modules of the graph.
 */
import { fromFileUrl, join, relative } from "@std/path";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const ORT = "node_modules/.deno/onnxruntime-web@1.30.0/node_modules/onnxruntime-web/dist";
const FONTS = "node_modules/.deno/dejavu-fonts-ttf@2.37.3/node_modules/dejavu-fonts-ttf/ttf";
const ORT_USED = /^(ort\.node\.min\.mjs|ort\.wasm\.bundle\.min\.mjs|ort-wasm-simd-threaded\.(mjs|wasm))$/;
/** Packages that only tests and types come from; `deno compile` takes all of node_modules. */
const NOT_RUN =
  /^(@types\+node|@xterm\+headless|axe-core|fast-check|playwright-core|pure-rand|undici-types|vscode-jsonrpc)@/;
/** The tasks' flags (deno.json), which have their home in v8.env. */
const [, V8_FLAGS] = /^DENO_V8_FLAGS=(.*)$/m.exec(await Deno.readTextFile(join(ROOT, "v8.env")))!;

if (import.meta.main) Deno.exit(await compile(Deno.args));

/** @returns the exit code */
async function compile(args: readonly string[]): Promise<number> {
  const names = (folder: string): string[] =>
    [...Deno.readDirSync(join(ROOT, folder))].map(({ name }) => name);
  const unused = [
    ...names(ORT).filter((name) => !ORT_USED.test(name)).map((name) => `${ORT}/${name}`),
    ...names("node_modules/.deno").filter((name) => NOT_RUN.test(name)).map(packageFolder),
    ...names(FONTS).filter((name) => name !== "DejaVuSans.ttf").map((name) => `${FONTS}/${name}`),
  ].map((path) => `--exclude=${path}`);
  const forTraining = args[0] === "--training";
  const output = args[forTraining ? 1 : 0] ?? join(ROOT, forTraining ? "tactics-training" : "tactics");
  const { permissions } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const allowed = Object.entries<true | string[]>(permissions.tactics).map(([kind, list]) =>
    list === true ? `--allow-${kind}` : `--allow-${kind}=${list.join(",")}`
  );
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "compile",
      ...forTraining ? [`--v8-flags=${V8_FLAGS}`, "--env-file=v8.env"] : [],
      ...allowed,
      "--include=src/cli/command_worker.ts",
      "--include=src/dashboard/page/suggest_worker.ts",
      "--include=src/dashboard/page/train_worker.ts",
      "--include=src/train/corpus_worker.ts",
      "--include=src/train/engine/worker.ts",
      "--include=src/train/ranks/link_worker.ts",
      "--include=src/backend/wasm/generated/kernels_bg.wasm",
      ...unused,
      `--output=${output}`,
      "main.ts",
    ],
    cwd: ROOT,
    stdout: "inherit",
    stderr: "piped",
  }).output();
  const said = new TextDecoder().decode(stderr);
  if (code === 0) {
    const { size } = await Deno.stat(output);
    console.log(`${relative(Deno.cwd(), output)}  ${(size / 1e6).toFixed(0)} MB`);
  } else console.error(missingRuntime(said) ?? said);
  return code;
}

/** What `deno compile` needs when it could not download it; null when it failed for another reason. */
export function missingRuntime(said: string): string | null {
  const [, runtime] = /denort-([\w-]+)\.zip/.exec(said) ?? [];
  if (runtime === undefined || !/error sending request|dns error|404|download/i.test(said)) return null;
  return `error: deno compile needs the network once, for denort ${Deno.version.deno} (${runtime}), Deno's runtime ` +
    "without its tools; DENORT_BIN=FILE names one that you have, of the same version and system";
}

/** Where the package of an entry of node_modules/.deno, such as "@types+node@1.2.3", really lies. */
function packageFolder(entry: string): string {
  const name = entry.slice(0, entry.lastIndexOf("@")).replace("+", "/");
  return `node_modules/.deno/${entry}/node_modules/${name}`;
}
