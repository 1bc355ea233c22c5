// The library's own modules for what computes in the page: those that its workers reach, with their types taken
// out by Deno as they are asked for. Nothing is built or bundled; a browser runs what stands in src/, which a
// compiled binary has inside (tools/compile.ts puts in what only pages need). Modules are known by name before
// any is answered, so that no path of a request is a path of a file.
import { stripTypeScriptTypes } from "node:module";
import { basename, fromFileUrl } from "@std/path";
import { readBounded, readTextBounded } from "../io/mod.ts";
import { HttpError, type PageHandler } from "../serve/mod.ts";

/** Below it a module has the path that it has in src/, or behind npm/ in its package. */
export const MODULES_PATH = "/modules/";

/** src/, as an address. */
const SOURCES = import.meta.url.replace(/dashboard\/[^/]*$/, "");
/** What the page starts as workers, and what these start themselves. */
const ENTRIES = [
  "dashboard/page/train_worker.ts",
  "dashboard/page/suggest_worker.ts",
  "train/engine/worker.ts",
];
/** Packages that have another build for browsers; the one of ONNX Runtime has no GPU: half the size. */
const FOR_BROWSERS: Readonly<Record<string, string>> = {
  "fflate": "fflate/browser",
  "onnxruntime-web": "onnxruntime-web/wasm",
  "protobufjs/minimal": "protobufjs/dist/minimal/protobuf.min.js",
};
/** What is no module there, but leaves a global name. */
const AS_MODULE: Readonly<Record<string, string>> = {
  "protobuf.min.js": "\nexport default globalThis.protobuf;\n",
};
/** What ONNX Runtime loads from beside itself. */
const RUNTIME = "ort-wasm-simd-threaded.wasm";
/** Far more than a source file, and than that runtime's 14 MB. */
const [MAX_SOURCE_BYTES, MAX_BYTES] = [1 << 22, 1 << 26];
const SPECIFIER = /((?:\bfrom|\bimport|import\(|new URL\()\s*")([@\w.][\w@./-]*)(")/g;

interface PageModule {
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** A handler of the paths below {@linkcode MODULES_PATH}; the modules are read with the first request. */
export function pageModules(): PageHandler {
  let reading: Promise<ReadonlyMap<string, PageModule>> | null = null;
  return async (request) => {
    reading ??= readModules();
    const modules = await reading.catch((error) => {
      reading = null;
      throw error;
    });
    const module = modules.get(new URL(request.url).pathname);
    if (module === undefined) throw new HttpError(404, "There is no such module");
    return new Response(module.body, { headers: { "content-type": module.type } });
  };
}

/** Every module that can be reached, by the path under which a page asks for it. */
async function readModules(): Promise<Map<string, PageModule>> {
  if (!SOURCES.startsWith("file:")) {
    const hint = "start it from npm's package, as a binary, or in a checkout";
    throw new HttpError(501, `This dashboard has no files to compute with in a page: ${hint}`);
  }
  const modules = new Map<string, PageModule>();
  const found = [
    ...ENTRIES.map((name) => new URL(name, SOURCES)),
    new URL(RUNTIME, import.meta.resolve(FOR_BROWSERS["onnxruntime-web"]!)),
  ];
  for (let url = found.pop(); url !== undefined; url = found.pop()) {
    const path = pathOf(url);
    if (modules.has(path)) continue;
    const { module, imports } = await readModule(url);
    modules.set(path, module);
    for (const each of imports) found.push(each);
  }
  return modules;
}

async function readModule(url: URL): Promise<{ module: PageModule; imports: readonly URL[] }> {
  const path = fromFileUrl(url);
  if (path.endsWith(".wasm")) {
    const body = await readBounded(path, { maxBytes: MAX_BYTES });
    return { module: { type: "application/wasm", body }, imports: [] };
  }
  const source = await readTextBounded(path, { maxBytes: MAX_SOURCE_BYTES }) +
    (AS_MODULE[basename(path)] ?? "");
  const text = path.endsWith(".ts") ? stripTypeScriptTypes(source, { mode: "transform" }) : source;
  const targets = new Map<string, URL>();
  const code = text.replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, ""); // examples in comments import, too
  for (const [, , specifier] of isWhole(path) ? [] : code.matchAll(SPECIFIER)) {
    const target = targetOf(specifier!, url);
    if (target !== null) targets.set(specifier!, target);
  }
  const body = text.replaceAll(SPECIFIER, (whole, before: string, specifier: string, after: string) => {
    const target = specifier.startsWith(".") ? undefined : targets.get(specifier);
    return target === undefined ? whole : before + pathOf(target) + after;
  });
  return { module: { type: "text/javascript; charset=utf-8", body }, imports: [...targets.values()] };
}

/** Whether a module imports nothing: a package's, all of it in one file. */
function isWhole(path: string): boolean {
  return /\.min\.m?js$/.test(path) || path.endsWith("browser.js");
}

/** The file that a specifier means in a page; null where it is a text and no specifier. */
function targetOf(specifier: string, base: URL): URL | null {
  if (specifier.startsWith(".")) return new URL(specifier, base);
  try {
    return new URL(import.meta.resolve(FOR_BROWSERS[specifier] ?? specifier));
  } catch {
    return null;
  }
}

/**
 * Under which path a page asks for a file: as it lies in src/, or in its package, so that what the package
 * imports by relative names is found. Packages lie in node_modules/NAME/, or in Deno's cache, in
 * npm/REGISTRY/NAME/VERSION/.
 */
export function pathOf({ href }: URL): string {
  if (href.startsWith(SOURCES)) return MODULES_PATH + href.slice(SOURCES.length);
  const [, inPackage] = /.*(?:\/node_modules\/|\/npm\/[^/]+\/)(.+)$/.exec(href) ?? [];
  if (inPackage === undefined) throw new Error(`internal: ${href} is in no package`);
  return `${MODULES_PATH}npm/${inPackage}`;
}
