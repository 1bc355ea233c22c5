// From a place in somebody's buffer to the goal there, and to what the model is asked about it.
import { dirname, fromFileUrl, join, resolve } from "@std/path";
import { type AcornModule, goalAtLine, GoalReader, libraryAbove, parseModule } from "../acorn/mod.ts";
import type { ModulePlace, SourceGoal } from "../acorn/mod.ts";
import { DataError } from "../errors.ts";
import { LineScope } from "../infer/mod.ts";
import { type Goal, parseGoal } from "../prompt/mod.ts";
import type { Place } from "./assistant.ts";

/** A goal, with the module that it is of. */
export interface PlacedGoal extends ModulePlace {
  readonly goal: SourceGoal;
  readonly module: AcornModule;
}

export class SourceGoals {
  readonly reader = new GoalReader();
  readonly #lib: string | undefined;
  /** The text that was read last: most questions are about the same. */
  #last: { readonly text: string; readonly module: AcornModule } = { text: "", module: parseModule("") };

  /** @param lib the library's folder; else the one that a module's file is in */
  constructor(lib?: string) {
    this.#lib = lib;
  }

  /** The goal at a place; undefined where there is none. */
  goalAt({ text, line }: Place): SourceGoal | undefined {
    return goalAtLine(this.read(text), line);
  }

  /** The same with its module. @throws {DataError} where there is none */
  async find(place: Place): Promise<PlacedGoal> {
    const module = this.read(place.text);
    const goal = goalAtLine(module, place.line);
    if (goal === undefined) throw new DataError(`Line ${place.line + 1} belongs to no goal`);
    const path = pathOf(place.uri);
    const lib = this.#lib ?? (path === null ? null : await libraryAbove(dirname(path)) ?? null);
    const file = place.module === undefined || lib === null
      ? path
      : join(resolve(lib), "src", `${place.module.replaceAll(".", "/")}.ac`);
    return { goal, module, lib, file };
  }

  /** What the model is asked, and what it may name. @throws {DataError} where there is no goal */
  async question(place: Place): Promise<{ readonly goal: Goal; readonly scope: LineScope }> {
    const { goal, module, ...where } = await this.find(place);
    return {
      goal: parseGoal(await this.reader.document(goal, module, where)),
      scope: new LineScope(await this.reader.words(goal, module, where)),
    };
  }

  /** A module's text, read; the last one is kept. */
  read(text: string): AcornModule {
    if (this.#last.text !== text) this.#last = { text, module: parseModule(text) };
    return this.#last.module;
  }
}

/** The path of a file's address; null for other addresses. */
function pathOf(uri: string | undefined): string | null {
  try {
    return uri?.startsWith("file:") ? fromFileUrl(uri) : null;
  } catch {
    return null; // another machine's, or half a character
  }
}
