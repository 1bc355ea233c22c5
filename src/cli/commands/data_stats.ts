/** `tactics data stats`: figures of a folder of proofs, in tokens too when there is a tokenizer. */

import { join } from "@std/path";
import { readProofs } from "../../corpus/read.ts";
import { type CorpusStats, corpusStats, type Distribution, type TokenStats } from "../../corpus/stats.ts";
import { loadTokenizer, type Tokenizer } from "../../tokenizer/mod.ts";
import type { Command, CommandContext } from "../command.ts";
import { formatBytes, formatCount } from "../../text_format.ts";

/** See the top of this file. */
export const dataStats: Command = {
  name: "data stats",
  summary: "Figures of the proofs, and what is wrong with them",
  description: [
    "Files, bytes, sections, theorems (groups of neighbouring files that share one), copies; with a " +
    "tokenizer.json in the checkpoints' folder also tokens.",
  ],
  examples: [
    ["tactics data stats", "Of data/proofs"],
    ["tactics data stats --data-dir data/new --json", "Of another folder, as JSON"],
  ],
  options: ["dataDir", "checkpointDir", "contextLength"],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { dataDir, checkpointDir, contextLength } = context.settings;
  const corpus = await readProofs(dataDir);
  const tokenizerPath = join(checkpointDir, "tokenizer.json");
  const tokenizer = await tokenizerAt(tokenizerPath);
  for (const { file, line, message } of corpus.problems) {
    context.notice("warning", `${join(dataDir, file)}:${line}: ${message}`);
  }
  const stats = corpusStats(corpus, { contextLength, ...tokenizer !== null && { tokenizer } });
  const lines = statsLines(stats);
  if (tokenizer === null) lines.push(`tokens         not counted: there is no ${tokenizerPath}`);
  context.emit({ kind: "stats", directory: dataDir, ...stats }, lines);
}

/** The tokenizer, or null when there is none; one that is there but broken is an error. */
async function tokenizerAt(path: string): Promise<Tokenizer | null> {
  const info = await Deno.stat(path).catch(() => null);
  return info === null ? null : await loadTokenizer(path);
}

function statsLines(stats: CorpusStats): string[] {
  const count = formatCount;
  const sections = Object.entries(stats.sections).map(([tag, files]) => `@${tag} ${count(files)}`).join(", ");
  return [
    `files          ${count(stats.files)}${
      stats.skippedFiles > 0 ? ` (${count(stats.skippedFiles)} more were skipped)` : ""
    }`,
    `problems       ${count(stats.problems)}`,
    `size           ${formatBytes(stats.sizeBytes)} (${count(stats.sizeBytes)} bytes)`,
    `sections       ${sections}`,
    `patterns       ${
      stats.patterns.slice(0, 5).map(({ pattern, files }) => `${pattern}: ${count(files)}`).join(", ")
    }`,
    `theorems       ${count(stats.theorems)}`,
    `empty proofs   ${count(stats.emptyProofs)}`,
    `copies         ${count(stats.duplicates)} files repeat another; ${
      count(stats.distinctContexts)
    } distinct goals`,
    `bytes a file   ${distributionText(stats.bytesPerFile)}`,
    `proof lines    ${distributionText(stats.proofLinesPerFile)}`,
    ...(stats.tokens === null ? [] : tokenLines(stats.tokens, stats.files)),
  ];
}

function tokenLines(tokens: TokenStats, files: number): string[] {
  return [
    `tokens         ${formatCount(tokens.tokens)}, ${tokens.charactersPerToken.toFixed(2)} characters each`,
    `tokens a file  ${distributionText(tokens.tokensPerFile)}`,
    `in context     ${formatCount(tokens.filesInContext)} of ${
      formatCount(files)
    } files fit into ${tokens.contextLength} tokens`,
  ];
}

function distributionText({ mean, median, p90, p95, p99, max }: Distribution): string {
  const short = (value: number): string =>
    value < 100 ? String(Math.round(value * 10) / 10) : formatCount(value);
  return `median ${short(median)}, mean ${short(mean)}, p90 ${short(p90)}, p95 ${short(p95)}, p99 ${
    short(p99)
  }, max ${short(max)}`;
}
