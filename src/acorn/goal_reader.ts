// Goals as a model is asked about them, from modules' texts as they are in editors: neither saved nor whole.
// What a text imports is read from its library, once, and kept; without a library, names that are imported
// mean nothing, and stay as they are. A goal whose own lines do not parse is given without its code.
import { join, relative, resolve } from "@std/path";
import { CodeLibrary } from "./code/goal_code.ts";
import { type AcornLibrary, readLibrary } from "./library.ts";
import { type AcornModule, goalDocument, type SourceGoal } from "./source/goals.ts";

/** Where a module's text belongs. */
export interface ModulePlace {
  /** The library's folder; null where none is known. */
  readonly lib: string | null;
  /** The module's file in it; null for a text without one. */
  readonly file: string | null;
}

/** Libraries that are kept, each with the imports of one text. */
const KEPT = 4;

/** Reads goals; keeps what it has read of libraries. */
export class GoalReader {
  readonly #libraries = new Map<string, Promise<AcornLibrary>>();

  /** A goal's sections, up to @C. @throws {DataError} when the library is none */
  async document(goal: SourceGoal, module: AcornModule, place: ModulePlace): Promise<string> {
    const library = place.lib === null ? null : await this.library(place.lib, module);
    const known = library?.code ?? new CodeLibrary(() => null);
    const code = known.goalCode(goal, module, moduleName(place));
    if (code !== null) return goalDocument(goal, code);
    return `${goal.context === "" ? "" : `@T\n${goal.context}`}@G\n${goal.text}`;
  }

  /** Every word that a line at a goal may use: of the text down to it, and of the modules that it imports. */
  async words(goal: SourceGoal, module: AcornModule, { lib }: ModulePlace): Promise<string[]> {
    const own = module.lines.slice(0, goal.lastLine + 1);
    return lib === null ? own : [...own, ...namesIn(await this.library(lib, module))];
  }

  /** A library, with the modules that a text imports read. @throws {DataError} when it is none */
  library(root: string, { statements }: AcornModule): Promise<AcornLibrary> {
    const names = statements.flatMap(({ imports }) => imports === undefined ? [] : [imports.module]);
    const only = [...new Set(["prelude", ...names])].sort();
    const key = JSON.stringify([root, ...only]);
    const kept = this.#libraries.get(key);
    if (kept !== undefined) return kept;
    const library = readLibrary(root, { only });
    this.#libraries.set(key, library);
    library.catch(() => this.#libraries.delete(key)); // it may be there the next time
    const [oldest] = this.#libraries.keys();
    if (this.#libraries.size > KEPT) this.#libraries.delete(oldest!);
    return library;
  }
}

/** A module's name in its library; `unsaved` for a text without a file. */
export function moduleName({ lib, file }: ModulePlace): string {
  if (lib === null || file === null) return "unsaved";
  const path = relative(join(resolve(lib), "src"), resolve(file));
  return path.replace(/([/\\](default|interface))?\.ac$/, "").replaceAll(/[/\\]/g, ".");
}

const namesOf = new WeakMap<AcornLibrary, ReadonlySet<string>>();

/** The names in all modules of a library that were read. */
function namesIn(library: AcornLibrary): ReadonlySet<string> {
  const known = namesOf.get(library);
  if (known !== undefined) return known;
  const names = new Set<string>();
  for (const { name } of library.modules) {
    for (const { kind, text } of library.source(name)?.tokens ?? []) {
      if (kind === "name") names.add(text);
    }
  }
  namesOf.set(library, names);
  return names;
}
