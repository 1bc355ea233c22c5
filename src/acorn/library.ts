// A library on disk: the modules in `src/`, read with what they import. It only reads. A module is the file
// `src/a/b.ac`, named `a.b`; a folder's `default.ac` (2025) or `interface.ac` (a package's public face, 2026:
// declarations, nothing to prove) has the folder's name. Links are followed to files inside of the library
// only; what was left out is told.
import { join } from "@std/path";
import { DataError } from "../errors.ts";
import { readTextBounded } from "../io/mod.ts";
import { CodeLibrary } from "./code/goal_code.ts";
import { type AcornModule, type GoalOptions, parseModule } from "./source/goals.ts";

/** A module's files. */
export interface LibraryModule {
  /** `nat.gcd`. */
  readonly name: string;
  /** Its source, as a path. */
  readonly path: string;
  /** Where its certificates would be: 2026's place and 2025's. */
  readonly certificates: readonly string[];
  /** Whether it only declares what others prove. */
  readonly isInterface: boolean;
}

/** Something that was left out, and where. */
export interface LibraryProblem {
  /** The file, from the library's folder on. */
  readonly file: string;
  /** The line, from 1; 0 for the whole file. */
  readonly line: number;
  /** What is wrong. */
  readonly message: string;
}

/** Largest source that is read; the largest real ones have 400 kB. */
const MAX_SOURCE_BYTES = 16 * 1024 * 1024;
/** Folders in folders that are read. */
const MAX_FOLDER_DEPTH = 32;
/** Most modules of a library. */
const MAX_MODULES = 100_000;

/** A library's modules, those that were read among them; see {@linkcode readLibrary}. */
export class AcornLibrary {
  /** What was left out. */
  readonly problems: LibraryProblem[] = [];
  /** The code of goals, from what was read. */
  readonly code: CodeLibrary = new CodeLibrary((name) => this.#sources.get(name) ?? null);
  readonly #sources = new Map<string, AcornModule>();

  /** Looks at nothing; {@linkcode readLibrary} makes it. */
  constructor(
    /** The library's folder, without links in its path. */
    readonly root: string,
    /** All modules of the folder, by name, as the prover builds them. */
    readonly modules: readonly LibraryModule[],
    /** Whether its certificates lie where the prover of 2025 has them, and its rules hold. */
    readonly as2025: boolean,
  ) {}

  /** Read a module. What cannot be read is a problem, and an empty module. */
  async read({ name, path }: LibraryModule): Promise<AcornModule> {
    const options = { what: "the module", maxBytes: MAX_SOURCE_BYTES };
    const text = await readTextBounded(path, options).catch((error: Error) => {
      this.problems.push({ file: this.relative(path), line: 0, message: error.message });
      return "";
    });
    return this.add(name, text);
  }

  /** Take a text for a module's: what an editor has of it. */
  add(name: string, text: string): AcornModule {
    const source = parseModule(text);
    this.#sources.set(name, source);
    return source;
  }

  /** Lines of all modules that were read: more than they have goals. */
  get lines(): number {
    return [...this.#sources.values()].reduce((sum, { lines }) => sum + lines.length, 0);
  }

  /** A module that was read. */
  source(name: string): AcornModule | undefined {
    return this.#sources.get(name);
  }

  /** The modules that a module imports, as they are named there. */
  importsOf(module: string): readonly string[] {
    const statements = [...this.#sources.get(module)?.statements ?? []]; // grows while it is gone through
    const imports = new Set<string>();
    for (const { imports: found, body, otherwise, cases = [] } of statements) {
      if (found !== undefined) imports.add(found.module);
      for (const inner of [body, otherwise, ...cases.map(({ body }) => body)]) {
        for (const statement of inner?.statements ?? []) statements.push(statement); // a proof may import, too
      }
    }
    return [...imports];
  }

  /** How the goals of a module are found. */
  goalOptions(module: string): GoalOptions {
    return { ...this.code.goalOptions(module), as2025: this.as2025 };
  }

  /** A path as people read it: from the library's folder on. */
  relative(path: string): string {
    return path.slice(this.root.length + 1);
  }

  /** Whether a path is a file of the library itself: neither a link out of it nor missing. */
  async isInside(path: string): Promise<boolean> {
    const target = await Deno.realPath(path).catch(() => "");
    return target.startsWith(join(this.root, "x").slice(0, -1)) && (await Deno.stat(target)).isFile;
  }
}

/** Options of {@linkcode readLibrary}. */
export interface ReadLibraryOptions {
  /** Names of the modules to begin with. Default: all */
  readonly only?: readonly string[];
  /** Is called after each module: how many were read, how many the library has. */
  readonly onModule?: (done: number, all: number) => void;
}

/**
 * Read a library's modules: all of them, or some with what they import, by imports of imports.
 * @param root the folder with `src/` in it
 * @throws {DataError} when it is no library's folder
 */
export async function readLibrary(
  root: string,
  { only, onModule = () => {} }: ReadLibraryOptions = {},
): Promise<AcornLibrary> {
  const library = await openLibrary(root);
  const byName = new Map(library.modules.map((module) => [module.name, module]));
  const wanted = new Set(only ?? byName.keys()); // grows while it is gone through
  let done = 0;
  for (const name of wanted) {
    const module = byName.get(name);
    if (module === undefined) continue;
    await library.read(module);
    for (const imported of library.importsOf(name)) wanted.add(imported);
    onModule(++done, byName.size);
  }
  return library;
}

async function openLibrary(root: string): Promise<AcornLibrary> {
  const hint = "name the folder of acornlib, with its src/ in it, with --lib PATH";
  const real = await Deno.realPath(root).catch((cause) => {
    const why = cause instanceof Deno.errors.NotFound ? "it does not exist" : cause.message;
    throw new DataError(`Cannot read the Acorn library "${root}": ${why}`, { cause, hint });
  });
  const info = await Deno.lstat(join(real, "src")).catch(() => null);
  if (!info?.isDirectory) {
    const what = info === null ? "has no folder src/" : "has a src that is no folder of its own";
    throw new DataError(`"${root}" is no Acorn library: it ${what}`, { hint });
  }
  const build = await Deno.lstat(join(real, "build")).catch(() => null);
  const modules: LibraryModule[] = [];
  const library = new AcornLibrary(real, modules, build?.isDirectory ?? false);
  await findModules(library, "src", modules);
  modules.sort((a, b) => compareParts(a.name, b.name));
  return library;
}

/** By their parts, as the prover sorts names: `a.b` before `a_b`. */
function compareParts(a: string, b: string): number {
  const [left, right] = [a.split("."), b.split(".")];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i]! !== right[i]!) return left[i]! < right[i]! ? -1 : 1;
  }
  return left.length - right.length;
}

async function findModules(library: AcornLibrary, folder: string, modules: LibraryModule[]): Promise<void> {
  const { root } = library;
  const leave = (file: string, message: string): void =>
    void library.problems.push({ file, line: 0, message });
  if (folder.split("/").length > MAX_FOLDER_DEPTH) {
    return leave(folder, `deeper than ${MAX_FOLDER_DEPTH} folders: left out`);
  }
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(join(root, folder))) {
    const file = `${folder}/${name}`;
    if (isSymlink && !await library.isInside(join(root, file)).catch(() => false)) {
      leave(file, "a link to a folder, out of the library or to nothing: not followed");
    } else if (isDirectory && name !== "certs") {
      await findModules(library, file, modules);
    } else if (name.endsWith(".ac") && !isDirectory) {
      if (modules.length >= MAX_MODULES) {
        throw new DataError(`The library has more than ${MAX_MODULES} modules`);
      }
      const [, parent, own] = /^src(.*)\/(.*)\.ac$/.exec(file)!;
      const isFace = parent !== "" && (own === "default" || own === "interface");
      const path = isFace ? parent! : `${parent}/${own}`;
      modules.push({
        name: path.slice(1).replaceAll("/", "."),
        path: join(root, file),
        certificates: [`src${parent}/certs/${own}.jsonl`, `build${path}.jsonl`].map((file) =>
          join(root, file)
        ),
        isInterface: isFace && own === "interface",
      });
    }
  }
}
