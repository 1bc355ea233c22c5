/**
 * Part of the gate: each folder of src/ imports only from the folders below it, so that the way of the data
 * can be read off the names, and no files import each other in a circle. The table is the plan; a new arrow
 * is added here, on purpose, or not at all.
 */
import { fromFileUrl, join, relative } from "@std/path";

const FOUNDATION = ["config", "errors", "heartbeat", "rng", "std", "text_format", "turns"];

/** Folder (or file) of src/ → what it may import, besides itself and the foundation. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  config: ["text_format"],
  errors: [],
  heartbeat: [],
  rng: [],
  std: [],
  text_format: [],
  turns: [],
  version: [],
  io: [],
  metrics: [],
  workers: [],
  mpi: [],
  onnx: [],
  corpus: ["io"],
  tokenizer: ["io"],
  prompt: ["corpus", "tokenizer"],
  acorn: ["corpus", "io", "prompt"],
  backend: [],
  model: ["backend"],
  optim: ["backend", "model"],
  checkpoint: ["io", "model", "tokenizer"],
  runs: ["checkpoint", "io", "metrics", "version"],
  evaluate: ["backend", "corpus", "infer", "model", "prompt", "tokenizer", "workers"],
  infer: ["backend", "corpus", "io", "model", "onnx", "prompt", "tokenizer", "checkpoint", "version"],
  train: [
    "backend",
    "model",
    "optim",
    "io",
    "corpus",
    "prompt",
    "tokenizer",
    "checkpoint",
    "evaluate",
    "infer",
    "metrics",
    "mpi",
    "runs",
    "version",
    "workers",
  ],
  export: [
    "backend",
    "checkpoint",
    "corpus",
    "evaluate",
    "infer",
    "io",
    "model",
    "onnx",
    "prompt",
    "tokenizer",
    "version",
  ],
  prove: ["acorn", "corpus", "infer", "prompt"],
  serve: ["acorn", "infer", "io", "prompt", "prove", "version"],
  // What computes in its page is the library's.
  dashboard: ["backend", "corpus", "infer", "io", "metrics", "runs", "serve", "tokenizer", "train"],
  cli: ["*"],
};

const root = fromFileUrl(new URL("..", import.meta.url));
const problems: string[] = [];
/** Each file of src/ → the files of src/ that it imports, types only or not. */
const imports = new Map<string, readonly string[]>();
for await (const path of typescriptFiles(join(root, "src"))) {
  const room = roomOf(path);
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) {
    problems.push(
      `${relative(root, path)}: the folder "${room}" is not in the table of tools/check_layers.ts`,
    );
    continue;
  }
  const specifiers = await importsOf(path);
  imports.set(path, specifiers.filter((name) => name.startsWith(".")).map((name) => join(path, "..", name)));
  for (const specifier of specifiers) {
    const target = targetRoom(path, specifier);
    if (target === null || target === room || allowed.includes("*")) continue;
    if (FOUNDATION.includes(target) && !FOUNDATION.includes(room)) continue;
    if (!allowed.includes(target)) {
      problems.push(`${relative(root, path)} imports ${specifier}: ${room} may not use ${target}`);
    }
  }
}
for (const specifier of await importsOf(join(root, "mod.ts"))) {
  if (/^\.\/src\/(cli|serve)\//.test(specifier)) {
    problems.push(`mod.ts imports ${specifier}: the library has no command line and does not listen`);
  }
}
for (const cycle of cyclesOf(imports)) {
  problems.push(`a circle of imports: ${cycle.map((path) => relative(root, path)).join(" → ")}`);
}
for (const problem of problems) console.error(problem);
console.log(
  `layers: ${problems.length === 0 ? "all imports point downwards" : `${problems.length} wrong imports`}`,
);
Deno.exit(problems.length === 0 ? 0 : 1);

async function* typescriptFiles(directory: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory && entry.name !== "generated") yield* typescriptFiles(path);
    else if (entry.isFile && entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts")) yield path;
  }
}

/** Specifiers of static and dynamic imports and re-exports. */
async function importsOf(path: string): Promise<string[]> {
  const text = (await Deno.readTextFile(path)).replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, "");
  const pattern = /(?:from|import|import\(|import\.meta\.resolve\(|new URL\()\s*"([^"]+)"/g;
  return [...text.matchAll(pattern)].map((match) => match[1]!);
}

/** One circle for each import that leads back to a file on the way to it. */
function cyclesOf(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path]);
    if (done.has(path) || way.includes(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return cycles;
}

function roomOf(path: string): string {
  return relative(join(root, "src"), path).split("/")[0]!.replace(/\.ts$/, "");
}

/** The room that a specifier leads to; null when it leaves src/ (a package). */
function targetRoom(path: string, specifier: string): string | null {
  if (specifier.startsWith("@std/")) return "std";
  if (!specifier.startsWith(".")) return null;
  const target = join(path, "..", specifier);
  if (!target.startsWith(join(root, "src"))) {
    problems.push(`${relative(root, path)} imports ${specifier}: src/ uses nothing outside itself`);
    return null;
  }
  return roomOf(target);
}
