/** `tactics data sample`: writes the built-in corpus. */

import { writeSampleCorpus } from "../../corpus/sample/write.ts";
import type { Command, CommandContext } from "../command.ts";
import { formatBytes } from "../../text_format.ts";

/** See the top of this file. */
export const dataSample: Command = {
  name: "data sample",
  summary: "Write the built-in proofs",
  description: [
    "Proofs about naturals, lattices, monoids, groups and rings in Acorn-like syntax, made from the seed " +
    "alone: the same seed gives the same bytes. A folder that holds other proofs is refused.",
  ],
  examples: [
    ["tactics data sample", "The whole corpus into data/proofs"],
    [
      "tactics data sample --files 500 --seed 7 --data-dir data/small",
      "500 other proofs into another folder",
    ],
  ],
  options: ["files", "seed", "dataDir"],
  writesIn: ({ settings }) => [settings.dataDir],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { files, seed, dataDir } = context.settings;
  const summary = await writeSampleCorpus(dataDir, { files, seed });
  context.emit(
    { kind: "data", directory: dataDir, ...summary },
    `${summary.files} proof files, ${formatBytes(summary.sizeBytes)}, in ${dataDir}` +
      (summary.kept > 0 ? ` (${summary.kept} stood there already)` : ""),
  );
}
