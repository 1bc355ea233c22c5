// `tactics data …`: proofs from the Acorn prover, the built-in ones, and figures of a folder of them.
import { join } from "@std/path";
import { runAcorn } from "../../corpus/acorn.ts";
import { writeSampleCorpus } from "../../corpus/sample/write.ts";
import { type CorpusStats, corpusStats, type Distribution } from "../../corpus/stats.ts";
import { UsageError } from "../../errors.ts";
import { formatBytes, formatCount, tableLines } from "../../text_format.ts";
import { loadTokenizer, type Tokenizer } from "../../tokenizer/mod.ts";
import type { Command } from "../command.ts";
import { readCorpus, removeLeft } from "../run_setup.ts";

export const dataAcorn: Command = {
  name: "data acorn",
  summary: "Have an older Acorn prover write the proofs of a library",
  usage: "--lib PATH",
  description: [
    "Runs `acorn --lib PATH training DIR`. Files of the same names are written over. Works with acorn of " +
    "November 2025 to 0.1.37 (22 January 2026); later ones have no such command: use data acornlib.",
  ],
  examples: [["tactics data acorn --lib ../acornlib", "With the acorn in PATH, into data/proofs"]],
  next: [["tactics tokenizer", "Learn a vocabulary from the proofs"]],
  options: ["lib", "acorn", "dataDir"],
  runsProgram: true,
  writesIn: ({ settings }) => [settings.dataDir],
  run: async (context) => {
    const { lib, acorn, dataDir } = context.settings;
    if (lib === undefined) {
      const hint = "for example: tactics data acorn --lib ../acornlib";
      throw new UsageError("tactics data acorn needs --lib: the folder of the Acorn library", { hint });
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
  },
};

export const dataSample: Command = {
  name: "data sample",
  summary: "Write the built-in proofs",
  description: [
    "Proofs about naturals, lattices, monoids, groups and rings in Acorn-like syntax: the same seed gives " +
    "the same bytes. A folder that holds other proofs is refused.",
  ],
  examples: [
    ["tactics data sample", "The whole corpus into data/proofs"],
    [
      "tactics data sample --files 500 --seed 7 --data-dir data/small",
      "500 other proofs into another folder",
    ],
  ],
  next: [["tactics tokenizer", "Learn a vocabulary from the proofs"]],
  options: ["files", "seed", "dataDir"],
  writesIn: ({ settings }) => [settings.dataDir],
  run: async (context) => {
    const { files, seed, dataDir } = context.settings;
    await removeLeft(context, dataDir, { isOwn: (name) => /^proof_\d+\.txt$/.test(name) });
    const summary = await writeSampleCorpus(dataDir, { files, seed });
    context.emit(
      { kind: "data", directory: dataDir, ...summary },
      `${summary.files} proof files, ${formatBytes(summary.sizeBytes)}, in ${dataDir}` +
        (summary.kept > 0 ? ` (${summary.kept} stood there already)` : ""),
    );
  },
};

export const dataStats: Command = {
  name: "data stats",
  summary: "Figures of the proofs, and what is wrong with them",
  description: ["With a tokenizer.json in the checkpoints' folder also in tokens."],
  examples: [
    ["tactics data stats", "Of data/proofs"],
    ["tactics data stats --data-dir data/new --json", "Of another folder, as JSON"],
  ],
  next: [["tactics train --minutes 10", "Train a model on the proofs"]],
  options: ["dataDir", "checkpointDir", "contextLength"],
  run: async (context) => {
    const { dataDir, checkpointDir, contextLength } = context.settings;
    const corpus = await readCorpus(context, dataDir, Infinity);
    const path = join(checkpointDir, "tokenizer.json");
    const tokenizer = await tokenizerAt(path);
    const stats = corpusStats(corpus, { contextLength, ...tokenizer !== null && { tokenizer } });
    const rows = tokenizer === null ? [["tokens", `not counted: there is no ${path}`]] : tokenRows(stats);
    context.emit(
      { kind: "stats", directory: dataDir, ...stats },
      tableLines([...statsRows(stats), ...rows], 2),
    );
  },
};

/** The tokenizer, or null when there is none; one that is there but broken is an error. */
async function tokenizerAt(path: string): Promise<Tokenizer | null> {
  const info = await Deno.stat(path).catch(() => null);
  return info === null ? null : await loadTokenizer(path);
}

function statsRows(stats: CorpusStats): string[][] {
  const count = formatCount;
  const sections = Object.entries(stats.sections).map(([tag, files]) => `@${tag} ${count(files)}`);
  const patterns = stats.patterns.slice(0, 5).map(({ pattern, files }) => `${pattern}: ${count(files)}`);
  const skipped = stats.skippedFiles > 0 ? ` (${count(stats.skippedFiles)} more were skipped)` : "";
  const { duplicates, distinctContexts } = stats;
  return [
    ["files", `${count(stats.files)}${skipped}`],
    ["problems", count(stats.problems)],
    ["size", `${formatBytes(stats.sizeBytes)} (${count(stats.sizeBytes)} bytes)`],
    ["sections", sections.join(", ")],
    ["patterns", patterns.join(", ")],
    ["theorems", count(stats.theorems)],
    ["empty proofs", count(stats.emptyProofs)],
    ["copies", `${count(duplicates)} files repeat another; ${count(distinctContexts)} distinct goals`],
    ["bytes a file", distributionText(stats.bytesPerFile)],
    ["proof lines", distributionText(stats.proofLinesPerFile)],
  ];
}

function tokenRows({ tokens: stats, files }: CorpusStats): string[][] {
  const { tokens, charactersPerToken, tokensPerFile, filesInContext, contextLength } = stats!;
  const fit = `${formatCount(filesInContext)} of ${
    formatCount(files)
  } files fit into ${contextLength} tokens`;
  return [
    ["tokens", `${formatCount(tokens)}, ${charactersPerToken.toFixed(2)} characters each`],
    ["tokens a file", distributionText(tokensPerFile)],
    ["in context", fit],
  ];
}

function distributionText({ median, mean, p90, p95, p99, max }: Distribution): string {
  const short = (value: number): string =>
    value < 100 ? String(Math.round(value * 10) / 10) : formatCount(value);
  const figures = Object.entries({ median, mean, p90, p95, p99, max });
  return figures.map(([name, value]) => `${name} ${short(value)}`).join(", ");
}
