// Running the Acorn prover, `acorn --lib LIBRARY training OUTPUT`: it replays the library's proofs and writes
// a file per goal. Provers of November 2025 to January 2026 (0.1.37) have that command, later ones have not.
// This file does not look into the proofs.
import { join } from "@std/path";
import { DataError } from "../errors.ts";
import { listProofNames } from "./proof_folder.ts";

/** Options of {@linkcode runAcorn}. */
export interface AcornOptions {
  /** Folder of the Acorn library (acornlib). */
  lib: string;
  /** Folder for the proofs; created when it is missing. */
  output: string;
  /** The acorn binary; without it `acorn` is looked for in the folders of `searchPath`. */
  acorn?: string | undefined;
  /** Folders to look in, as the PATH variable has them. */
  searchPath?: string | undefined;
  /** Stops the prover. */
  signal?: AbortSignal | undefined;
  /** Is called with each line the prover prints. */
  onLine?: (line: string) => void;
}

/** What the prover left. */
export interface AcornResult {
  /** The binary that ran. */
  acorn: string;
  /** Number of proof files in the output folder afterwards. */
  proofs: number;
  /** Number of proof files that were there before; the prover writes over those with the same names. */
  proofsBefore: number;
}

/**
 * Runs the prover on a library and lets it write its proofs.
 * @throws {DataError} when library or binary are missing, the prover fails or writes nothing; when aborted
 */
export async function runAcorn(options: AcornOptions): Promise<AcornResult> {
  const { lib, output, signal, onLine = () => {} } = options;
  const info = await Deno.stat(lib).catch(() => null);
  if (!info?.isDirectory) {
    const what = info === null ? "missing" : "not a folder";
    const hint = "name the folder of acornlib with --lib PATH";
    throw new DataError(`Cannot read the Acorn library: "${lib}" is ${what}`, { hint });
  }
  const acorn = await findAcorn(options);
  await Deno.mkdir(output, { recursive: true }).catch((cause) => {
    const hint = "name another folder with --data-dir";
    throw new DataError(`Cannot write proofs into "${output}": ${cause.message}`, { cause, hint });
  });
  const proofsBefore = listProofNames(output).length;
  signal?.throwIfAborted();
  const lastLines: string[] = [];
  const takeLine = (line: string): void => {
    onLine(line);
    lastLines.push(line);
    if (lastLines.length > 10) lastLines.shift();
  };
  const command = { args: ["--lib", lib, "training", output], ...(signal === undefined ? {} : { signal }) };
  const { code, signal: killedBy } = await runProgram(acorn, command, takeLine);
  signal?.throwIfAborted();
  if (code !== 0) {
    const said = lastLines.length === 0
      ? "it printed nothing"
      : `its last lines were:\n${lastLines.map((line) => `  ${line}`).join("\n")}`;
    const how = killedBy === null ? `ended with code ${code}` : `was ended by ${killedBy}`;
    const hint = lastLines.some((line) => /unrecognized subcommand|invalid subcommand/.test(line))
      ? 'acorn has had no command "training" since 26 January 2026; "tactics data acornlib --lib PATH" makes ' +
        "the same files from the library itself, without a prover"
      : `check that "${lib}" is an Acorn library that this version of acorn can read`;
    throw new DataError(`"${acorn} --lib ${lib} training ${output}" ${how}; ${said}`, { hint });
  }
  const proofs = listProofNames(output).length;
  if (proofs === 0) {
    const hint = `check that "${lib}" is an Acorn library with proofs in its cache`;
    const what = `ended without an error but wrote no .txt files into "${output}"`;
    throw new DataError(`"${acorn}" ${what}`, { hint });
  }
  return { acorn, proofs, proofsBefore };
}

async function findAcorn({ acorn, searchPath = "" }: AcornOptions): Promise<string> {
  if (acorn !== undefined) {
    if (await isFile(acorn)) return acorn;
    const hint = "name the binary with --acorn FILE";
    throw new DataError(`The acorn binary "${acorn}" does not exist`, { hint });
  }
  const [name, delimiter] = Deno.build.os === "windows" ? ["acorn.exe", ";"] : ["acorn", ":"];
  const folders = searchPath.split(delimiter).filter((folder) => folder !== "");
  for (const folder of folders) {
    if (await isFile(join(folder, name))) return join(folder, name);
  }
  const hint = 'name the binary with --acorn FILE, or use the built-in proofs: "tactics data sample"';
  throw new DataError(`The Acorn prover was not found: no "${name}" in PATH`, { hint });
}

async function isFile(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => null))?.isFile ?? false;
}

async function runProgram(program: string, options: Deno.CommandOptions, takeLine: (line: string) => void) {
  let child: Deno.ChildProcess;
  try {
    const pipes = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
    child = new Deno.Command(program, { ...options, ...pipes }).spawn();
  } catch (cause) {
    const hint = cause instanceof Deno.errors.NotCapable
      ? "`deno task data` may run the acorn of PATH only: put its folder first in PATH, or start with " +
        `deno run -P=data --allow-run="${program}" main.ts data acorn …`
      : "is it an executable file for this machine?";
    throw new DataError(`Cannot start "${program}": ${(cause as Error).message}`, { cause, hint });
  }
  await Promise.all([readLines(child.stdout, takeLine), readLines(child.stderr, takeLine)]);
  return await child.status;
}

async function readLines(stream: ReadableStream<BufferSource>, takeLine: (line: string) => void) {
  let rest = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    // Progress bars end their lines with a carriage return only.
    const lines = (rest + piece).split(/\r\n|\n|\r/);
    rest = lines.pop()!;
    lines.filter((line) => line.trim() !== "").forEach(takeLine);
  }
  if (rest.trim() !== "") takeLine(rest);
}
