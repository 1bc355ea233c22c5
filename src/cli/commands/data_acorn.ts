/** `tactics data acorn`: has the Acorn prover write its proofs. */

import { runAcorn } from "../../corpus/acorn.ts";
import { UsageError } from "../../errors.ts";
import type { Command, CommandContext } from "../command.ts";

/** See the top of this file. */
export const dataAcorn: Command = {
  name: "data acorn",
  summary: "Have the Acorn prover write the proofs of a library",
  usage: "--lib PATH",
  description: [
    "Runs `acorn --lib PATH training DIR`, DIR being the proofs' folder. Files of the same names are " +
    "written over.",
  ],
  examples: [
    ["tactics data acorn --lib ../acornlib", "With the acorn in PATH, into data/proofs"],
    [
      "tactics data acorn --lib ../acornlib --acorn ~/acorn/target/release/acorn --data-dir data/new",
      "With this binary, into another folder",
    ],
  ],
  options: ["lib", "acorn", "dataDir"],
  runsProgram: true,
  writesIn: ({ settings }) => [settings.dataDir],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { lib, acorn, dataDir } = context.settings;
  if (lib === undefined) {
    throw new UsageError("tactics data acorn needs --lib: the folder of the Acorn library", {
      hint: "for example: tactics data acorn --lib ../acornlib",
    });
  }
  const { proofs, proofsBefore, acorn: used } = await runAcorn({
    lib,
    acorn,
    output: dataDir,
    searchPath: context.env("PATH"),
    signal: context.signal,
    onLine: (line) => context.notice("info", line),
  });
  context.emit(
    { kind: "data", directory: dataDir, files: proofs, filesBefore: proofsBefore, acorn: used },
    `${proofs} proof files in ${dataDir}${proofsBefore > 0 ? ` (${proofsBefore} were there before)` : ""}`,
  );
}
