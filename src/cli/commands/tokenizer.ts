/** `tactics tokenizer`: trains the byte-level BPE tokenizer on the proofs. */

import { join } from "@std/path";
import { DEFAULT_MODEL_CONFIG } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { lockFolder } from "../../io/mod.ts";
import { saveTokenizer, type Tokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import { moveEarlierCheckpoints } from "../../train/earlier_runs.ts";
import type { Command, CommandContext } from "../command.ts";
import { formatBytes, formatCount, printable } from "../../text_format.ts";
import { readCorpus } from "../run_setup.ts";

/** See the top of this file. */
export const tokenizer: Command = {
  name: "tokenizer",
  summary: "Train the tokenizer on the proofs",
  description: [
    "Writes tokenizer.json, byte for byte what HuggingFace's tokenizers make of the same proofs and " +
    "options. All proofs are used, also those that training holds out.",
  ],
  examples: [
    [
      "tactics tokenizer",
      `${DEFAULT_MODEL_CONFIG.vocabSize} tokens from data/proofs into checkpoints/tokenizer.json`,
    ],
    ["tactics tokenizer --alphabet corpus", "Only the corpus' bytes have tokens: others become <UNK>"],
  ],
  options: ["vocabSize", "alphabet", "dataDir", "checkpointDir"],
  run,
};

/** Longest piece of a proof that the round trip shows. */
const SHOWN_CHARACTERS = 160;
const SHOWN_TOKENS = 12;

async function run(context: CommandContext): Promise<void> {
  const { vocabSize, alphabet, dataDir, checkpointDir } = context.settings;
  const { files, sizeBytes } = await readCorpus(context, dataDir);
  // Before the work, since it also finds out whether the folder can be written.
  using _lock = lockFolder(checkpointDir);
  const texts = files.map((file) => file.text);
  context.notice("info", `training on ${formatCount(files.length)} proofs, ${formatBytes(sizeBytes)}`);
  const begun = performance.now();
  const trained = trainTokenizer(texts, { vocabularySize: vocabSize, alphabet });
  const seconds = (performance.now() - begun) / 1000;
  if (trained.vocabularySize > vocabSize) {
    throw new UsageError(
      `--vocab-size ${vocabSize} is too small: the special tokens and the alphabet alone are ` +
        `${trained.vocabularySize} tokens`,
      { hint: `use at least ${trained.vocabularySize}, or --alphabet corpus` },
    );
  }
  context.signal.throwIfAborted();
  await moveAside(context, checkpointDir, trained);
  const path = join(checkpointDir, "tokenizer.json");
  await saveTokenizer(path, trained);

  const { tokens, characters } = countTokens(texts, trained);
  const charactersPerToken = characters / tokens;
  const trip = roundTrip(texts[texts.length >> 1]!, trained);
  context.emit(
    {
      kind: "tokenizer",
      path,
      vocabularySize: trained.vocabularySize,
      merges: trained.mergeCount,
      tokens,
      charactersPerToken,
      seconds,
      roundTrip: trip,
    },
    [
      `vocabulary   ${formatCount(trained.vocabularySize)} tokens, ${
        formatCount(trained.mergeCount)
      } merges, in ${seconds.toFixed(2)} s` +
      (trained.vocabularySize < vocabSize
        ? ` (fewer than ${formatCount(vocabSize)}: there is nothing left to merge)`
        : ""),
      `compression  ${charactersPerToken.toFixed(2)} characters a token (${formatCount(tokens)} tokens)`,
      `round trip   ${trip.exact ? "exact" : "NOT exact: bytes outside the alphabet are lost"}`,
      `  text       ${JSON.stringify(printable(trip.text))}`,
      `  tokens     ${trip.pieces.map((piece) => JSON.stringify(printable(piece))).join(" ")} …`,
      `tokenizer    ${path}`,
    ].join("\n"),
  );
}

/** Checkpoints know their tokenizer and refuse another one: they are moved aside together with it. */
async function moveAside(context: CommandContext, checkpointDir: string, trained: Tokenizer): Promise<void> {
  const old = await Deno.readTextFile(join(checkpointDir, "tokenizer.json")).catch(() => null);
  if (old === null || old === trained.toJson()) return;
  const earlier = await moveEarlierCheckpoints(checkpointDir, new Date());
  if (earlier !== null) {
    context.notice("info", `the checkpoints of the tokenizer that was here are now, with it, in ${earlier}`);
  }
}

function countTokens(texts: readonly string[], trained: Tokenizer): { tokens: number; characters: number } {
  let tokens = 0;
  let characters = 0;
  for (const text of texts) {
    tokens += trained.encode(text).length;
    for (const _ of text) characters++;
  }
  return { tokens, characters };
}

/** A sample there and back. */
interface RoundTrip {
  text: string;
  /** The first tokens' texts. */
  pieces: string[];
  exact: boolean;
}

function roundTrip(text: string, trained: Tokenizer): RoundTrip {
  const sample = [...text].slice(0, SHOWN_CHARACTERS).join("");
  const ids = trained.encode(sample);
  const pieces = Array.from(
    ids.subarray(0, SHOWN_TOKENS),
    (id) => trained.decode([id], { skipSpecialTokens: false }),
  );
  return { text: sample, pieces, exact: trained.decode(ids) === sample };
}
