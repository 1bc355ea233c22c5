// Which acorn binary runs: the one that the user names, else $ACORN, else `acorn` in the folders of PATH. A
// name is a regular file; whether it is a prover is known when it has told its version (acorn.ts).
import { join, resolve } from "@std/path";
import { DataError } from "../../errors.ts";

/** Where a binary may be named. */
export interface AcornPlaces {
  /** By the user, for this call. */
  readonly acorn?: string | undefined;
  /** By the variable ACORN. */
  readonly variable?: string | undefined;
  /** Folders to look in, as the PATH variable has them. */
  readonly searchPath?: string | undefined;
}

/** The path of the binary. @throws {DataError} when there is none */
export async function findAcorn({ acorn, variable = "", searchPath = "" }: AcornPlaces): Promise<string> {
  const named = acorn ?? (variable === "" ? undefined : variable);
  if (named !== undefined) {
    if (await isFile(named)) return resolve(named);
    const by = acorn === undefined ? " that $ACORN names" : "";
    throw new DataError(`The acorn binary "${named}"${by} does not exist, or is no file`, {
      hint: "name the binary with --acorn FILE",
    });
  }
  const [name, delimiter] = Deno.build.os === "windows" ? ["acorn.exe", ";"] : ["acorn", ":"];
  const folders = searchPath.split(delimiter).filter((folder) => folder !== "");
  for (const folder of folders) {
    const path = join(folder, name);
    if (await isFile(path)) return resolve(path);
  }
  throw new DataError(`The Acorn prover was not found: no "${name}" in PATH`, {
    hint: "name the binary with --acorn FILE, or in the variable ACORN",
  });
}

async function isFile(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => null))?.isFile ?? false;
}
