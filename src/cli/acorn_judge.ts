// The user's acorn as a judge: which binary it is, and the folder in which it sees a module's text.
import { type AcornLibrary, findAcorn, makeScratchLibrary, readModuleLibrary } from "../acorn/mod.ts";
import { type Judge, openJudge } from "../prove/mod.ts";
import type { CommandContext } from "./command.ts";

/** A module's text, and where the module is. */
export interface JudgeRequest {
  readonly lib: string;
  readonly file: string;
  readonly text: string;
  readonly signal: AbortSignal;
}

/** Who verifies texts of a module, what the module is, and what runs where. */
export interface AcornJudge {
  readonly judge: Judge;
  readonly library: AcornLibrary;
  readonly name: string;
  readonly acorn: string;
  readonly folder: string;
}

/** Where scratch copies are made. */
export function temporaryFolder(): string {
  return Deno.env.get("TMPDIR") ?? Deno.env.get("TEMP") ?? "/tmp";
}

/** Open the acorn of --acorn, of the variable ACORN or of PATH. @throws {DataError} when there is none */
export async function openAcorn(
  { settings, env }: CommandContext,
  { lib, file, text, signal }: JudgeRequest,
): Promise<AcornJudge> {
  const acorn = await findAcorn({ acorn: settings.acorn, variable: env("ACORN"), searchPath: env("PATH") });
  const { library, module } = await readModuleLibrary(lib, file, text);
  const scratch = await makeScratchLibrary(library, module, { folder: temporaryFolder() });
  const judge = await openJudge({ acorn, scratch, signal });
  return { judge, library, name: module.name, acorn, folder: scratch.path };
}
