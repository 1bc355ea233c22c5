// A scratch library: what the prover needs to check the text of one module of the user's library, and no
// more, in a folder of its own. The modules that it imports, without their proofs (what is imported is not
// proved again, and most of the prover's start is reading it: a tenth of the time is left); the module's own
// file, empty, as the prover appends the text on standard input to it; the module's certificates. So a text
// of any state is checked under the module's own name, and nothing of the user's is written.
import { dirname, join, relative } from "@std/path";
import { DataError } from "../../errors.ts";
import { readBounded } from "../../io/mod.ts";
import { type AcornLibrary, type LibraryModule, readLibrary } from "../library.ts";
import type { AcornModule } from "../source/goals.ts";
import type { Statement } from "../source/statement.ts";

/** A library in which one module's text is free. */
export interface ScratchLibrary extends AsyncDisposable {
  /** Its folder. */
  readonly path: string;
  /** The module's file, below the folder. */
  readonly module: string;
  /** The same with the proofs of what is imported, for the last word: as the user's prover has it. */
  whole(): Promise<{ readonly path: string; readonly module: string }>;
  /** Names that the interface of the module's package declares; null where it is of no package. */
  readonly declared: ReadonlySet<string> | null;
}

/** Of a module's certificates. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Read what a module's text needs: what it imports, by imports of imports, and all of the packages there,
 * since an interface stands for its whole package.
 * @param text the module's, where it is not what is saved
 * @throws {DataError} when the file is no module of the library
 */
export async function readModuleLibrary(
  lib: string,
  file: string,
  text?: string,
): Promise<{ readonly library: AcornLibrary; readonly module: LibraryModule }> {
  const hint = "name the library's folder with --lib PATH";
  const real = await Deno.realPath(file).catch((cause) => {
    throw new DataError(`Cannot read the module "${file}": ${cause.message}`, { cause, hint });
  });
  const all = await readLibrary(lib, { only: [] });
  const module = all.modules.find(({ path }) => path === real);
  if (module === undefined || module.isInterface) {
    const what = module === undefined ? "it is not in the folder src/" : "it is an interface, without proofs";
    throw new DataError(`"${file}" is no module of the library "${lib}" with proofs: ${what}`, { hint });
  }
  const only = new Set(["prelude", module.name]);
  for (;;) {
    const library = await readLibrary(lib, { only: [...only] });
    if (text !== undefined) {
      for (const name of addedImports(library.add(module.name, text))) only.add(name);
    }
    const before = only.size;
    const packages = library.modules.filter(({ name, isInterface }) =>
      isInterface && (library.source(name) !== undefined || module.name.startsWith(`${name}.`))
    );
    for (const { name } of library.modules) {
      const isNeeded = packages.some((face) => name === face.name || name.startsWith(`${face.name}.`));
      if (isNeeded && library.source(name) === undefined) only.add(name);
    }
    if (only.size === before) return { library, module };
  }
}

function addedImports({ statements }: AcornModule): string[] {
  return statements.flatMap(({ imports }) => imports === undefined ? [] : [imports.module]);
}

/** Write one. @param folder where it is made. Default: the system's for temporary files */
export async function makeScratchLibrary(
  library: AcornLibrary,
  module: LibraryModule,
  { folder }: { readonly folder?: string } = {},
): Promise<ScratchLibrary> {
  const path = await Deno.makeTempDir({
    prefix: "tactics_prove_",
    ...folder !== undefined && { dir: folder },
  });
  const place = { path: join(path, "light"), module: relative(library.root, module.path) };
  const whole = { ...place, path: join(path, "whole") };
  let isWhole = false;
  try {
    await writeLibrary(library, module, { path: place.path, proofs: false });
  } catch (cause) {
    await Deno.remove(path, { recursive: true }).catch(() => {});
    throw new DataError(`Cannot make a scratch library in "${path}": ${(cause as Error).message}`, { cause });
  }
  return {
    ...place,
    declared: declaredNames(library, module),
    async whole() {
      if (!isWhole) await writeLibrary(library, module, { path: whole.path, proofs: true });
      isWhole = true;
      return whole;
    },
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

async function writeLibrary(
  library: AcornLibrary,
  module: LibraryModule,
  { path, proofs }: { readonly path: string; readonly proofs: boolean },
): Promise<void> {
  const into = (source: string): string => join(path, relative(library.root, source));
  const toml = join(library.root, "acorn.toml");
  await write(into(toml), await readBounded(toml, { maxBytes: MOST_BYTES }));
  for (const { name, path: source, isInterface } of library.modules) {
    const read = library.source(name);
    if (read === undefined) continue;
    const lines = name === module.name ? [] : isInterface || proofs ? read.lines : withoutProofs(read);
    await write(into(source), new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
  }
  for (const certificates of module.certificates) {
    const bytes = await readBounded(certificates, { maxBytes: MOST_BYTES }).catch(() => null);
    if (bytes !== null) await write(into(certificates), bytes);
  }
}

/** A module's lines without its theorems' proofs; as many lines as before. */
export function withoutProofs(
  { lines, tokens, statements }: AcornModule,
  keep?: (theorem: Statement) => boolean,
): string[] {
  const left = [...lines];
  for (const statement of statements) {
    const { kind, claim, body, lastLine } = statement;
    if (kind !== "theorem" || body === undefined || keep?.(statement)) continue;
    const brace = tokens[claim!.end]!;
    left[brace.line] = left[brace.line]!.slice(0, brace.start + 1);
    for (let line = brace.line + 1; line <= lastLine; line++) left[line] = "";
  }
  return left;
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeFile(path, bytes);
}

function declaredNames(library: AcornLibrary, { name }: LibraryModule): Set<string> | null {
  const faces = library.modules.filter((face) => face.isInterface && name.startsWith(`${face.name}.`));
  if (faces.length === 0) return null;
  const statements = faces.flatMap((face) => library.source(face.name)?.statements ?? []);
  return new Set(statements.flatMap(({ name }) => name === undefined ? [] : [name]));
}
