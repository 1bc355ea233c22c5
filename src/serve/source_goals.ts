// From a place in somebody's buffer to what the model is asked: the goal's lines from the text as it is, its
// code from the library's modules that the text imports. Modules are read once and kept; where there is no
// library, or the goal's own lines do not parse, the question has no code, and is asked all the same.
import { dirname, fromFileUrl, join, relative, resolve } from "@std/path";
import { type AcornLibrary, type AcornModule, goalAtLine, goalDocument, parseModule } from "../acorn/mod.ts";
import { libraryAbove, readLibrary, type SourceGoal } from "../acorn/mod.ts";
import { DataError } from "../errors.ts";
import { type Goal, parseGoal } from "../prompt/mod.ts";
import type { Place } from "./assistant.ts";

/** A goal, with the module that it is of. */
export interface PlacedGoal {
  readonly goal: SourceGoal;
  readonly module: AcornModule;
  /** The library's folder, and the module's file in it; null where they are not known. */
  readonly lib: string | null;
  readonly file: string | null;
}

/** Libraries that are kept, each with the imports of one text. */
const KEPT = 4;

export class SourceGoals {
  readonly #lib: string | undefined;
  /** The text that was read last: most questions are about the same. */
  #last: { readonly text: string; readonly module: AcornModule } = { text: "", module: parseModule("") };
  readonly #libraries = new Map<string, Promise<AcornLibrary>>();

  /** @param lib the library's folder; else the one that a module's file is in */
  constructor(lib?: string) {
    this.#lib = lib;
  }

  /** The goal at a place; undefined where there is none. */
  goalAt({ text, line }: Place): SourceGoal | undefined {
    return goalAtLine(this.#read(text), line);
  }

  /** The same with its module. @throws {DataError} where there is none */
  async find(place: Place): Promise<PlacedGoal> {
    const module = this.#read(place.text);
    const goal = goalAtLine(module, place.line);
    if (goal === undefined) throw new DataError(`Line ${place.line + 1} belongs to no goal`);
    const path = pathOf(place.uri);
    const lib = this.#lib ?? (path === null ? null : await libraryAbove(dirname(path)) ?? null);
    const named = place.module === undefined || lib === null
      ? null
      : join(resolve(lib), "src", `${place.module.replaceAll(".", "/")}.ac`);
    return { goal, module, lib, file: named ?? path };
  }

  /** What the model is asked. @throws {DataError} where there is no goal */
  async question(place: Place): Promise<Goal> {
    const { goal, module, lib, file } = await this.find(place);
    const name = file === null || lib === null ? "unsaved" : moduleName(resolve(lib), file);
    const library = lib === null ? null : await this.#library(lib, importsOf(module));
    const code = library?.code.goalCode(goal, module, name) ?? null;
    const context = goal.context === "" ? "" : `@T\n${goal.context}`;
    return parseGoal(code === null ? `${context}@G\n${goal.text}` : goalDocument(goal, code));
  }

  #read(text: string): AcornModule {
    if (this.#last.text !== text) this.#last = { text, module: parseModule(text) };
    return this.#last.module;
  }

  /** A library with what these modules mean; what could not be read is tried again. */
  #library(root: string, only: readonly string[]): Promise<AcornLibrary> {
    const key = JSON.stringify([root, ...only]);
    const kept = this.#libraries.get(key);
    if (kept !== undefined) return kept;
    const library = readLibrary(root, { only });
    this.#libraries.set(key, library);
    library.catch(() => this.#libraries.delete(key));
    for (const old of this.#libraries.keys()) {
      if (this.#libraries.size > KEPT) this.#libraries.delete(old);
    }
    return library;
  }
}

/** The modules that a text's top level imports. */
function importsOf({ statements }: AcornModule): string[] {
  const names = statements.flatMap(({ imports }) => imports === undefined ? [] : [imports.module]);
  return [...new Set(["prelude", ...names])].sort();
}

/** The path of a file's address; null for other addresses. */
function pathOf(uri: string | undefined): string | null {
  try {
    return uri?.startsWith("file:") ? fromFileUrl(uri) : null;
  } catch {
    return null; // another machine's, or half a character
  }
}

function moduleName(lib: string, file: string): string {
  return relative(join(lib, "src"), file).replace(/\.ac$/, "").replaceAll(/[/\\]/g, ".");
}
