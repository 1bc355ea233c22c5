// `tactics tokenizer`: trains the byte-level BPE tokenizer on the proofs.
import { join } from "@std/path";
import { corpusStats } from "../../corpus/stats.ts";
import { UsageError } from "../../errors.ts";
import { lockFolder, readTextBounded } from "../../io/mod.ts";
import { formatBytes, formatCount, tableLines } from "../../text_format.ts";
import { MAX_TOKENIZER_BYTES, saveTokenizer, type Tokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import { moveEarlierRun } from "../../train/earlier_runs.ts";
import type { Command, CommandContext } from "../command.ts";
import { OF_A_RUN, readCorpus, removeLeft } from "../run_setup.ts";

export const tokenizer: Command = {
  name: "tokenizer",
  summary: "Train the tokenizer on the proofs",
  description: [
    "Writes tokenizer.json, byte for byte what HuggingFace's tokenizers make of the same proofs: all of " +
    "them, also those that training holds out.",
  ],
  examples: [
    ["tactics tokenizer", "From data/proofs into checkpoints/tokenizer.json"],
    ["tactics tokenizer --alphabet corpus", "Only the corpus' bytes have tokens: others become <UNK>"],
  ],
  next: [["tactics train --minutes 10", "Train a model"]],
  options: ["vocabSize", "alphabet", "dataDir", "outputDir"],
  writesIn: ({ settings }) => [settings.outputDir],
  run,
};

/** Longest piece of a proof that the round trip shows. */
const SHOWN_CHARACTERS = 160;
const SHOWN_TOKENS = 12;

async function run(context: CommandContext): Promise<void> {
  const { vocabSize, alphabet, dataDir, outputDir } = context.settings;
  const corpus = await readCorpus(context, dataDir);
  // Before the work, since it also finds out whether the folder can be written.
  using _lock = lockFolder(outputDir);
  await removeLeft(context, outputDir, { isOwn: (name) => OF_A_RUN.test(name) });
  const texts = corpus.files.map((file) => file.text);
  context.notice("info", `training on ${formatCount(texts.length)} proofs, ${formatBytes(corpus.sizeBytes)}`);
  const begun = performance.now();
  const trained = trainTokenizer(texts, { vocabularySize: vocabSize, alphabet });
  const seconds = (performance.now() - begun) / 1000;
  const { vocabularySize, mergeCount: merges } = trained;
  if (vocabularySize > vocabSize) {
    const hint = `use at least ${vocabularySize}${alphabet === "bytes" ? ", or --alphabet corpus" : ""}`;
    const alone = `the special tokens and the alphabet alone are ${vocabularySize} tokens`;
    throw new UsageError(`--vocab-size ${vocabSize} is too small: ${alone}`, { hint });
  }
  context.signal.throwIfAborted();
  await moveAside(context, outputDir, trained);
  const path = join(outputDir, "tokenizer.json");
  await saveTokenizer(path, trained);

  const { tokens, charactersPerToken } = corpusStats(corpus, { tokenizer: trained }).tokens!;
  const trip = roundTrip(texts[texts.length >> 1]!, trained);
  const rest = vocabularySize < vocabSize ? ", with nothing left to merge" : "";
  const sizes = `${formatCount(vocabularySize)} tokens, ${formatCount(merges)} merges`;
  context.emit(
    { kind: "tokenizer", path, vocabularySize, merges, tokens, charactersPerToken, seconds, roundTrip: trip },
    tableLines([
      ["vocabulary", `${sizes}, in ${seconds.toFixed(2)} s${rest}`],
      ["compression", `${charactersPerToken.toFixed(2)} characters a token (${formatCount(tokens)} tokens)`],
      [
        "round trip",
        trip.exact ? "exact" : "NOT exact: the text names a special token, which stands there now",
      ],
      ["  text", JSON.stringify(trip.text)],
      ["  tokens", `${trip.pieces.map((piece) => JSON.stringify(piece)).join(" ")} …`],
      ["tokenizer", path],
    ], 2),
  );
}

/** Checkpoints know their tokenizer and refuse another one: they are moved aside together with it. */
async function moveAside(context: CommandContext, folder: string, trained: Tokenizer): Promise<void> {
  const old = await readTextBounded(join(folder, "tokenizer.json"), { maxBytes: MAX_TOKENIZER_BYTES })
    .catch(({ cause }) => cause instanceof Deno.errors.NotFound ? null : ""); // unreadable: another one
  if (old === null || old === trained.toJson()) return;
  const earlier = await moveEarlierRun(folder, new Date());
  if (earlier !== null) {
    context.notice("info", `the checkpoints of the tokenizer that was here are now, with it, in ${earlier}`);
  }
}

/** A sample there and back: its text, the first tokens' texts, and whether it came back as it was. */
function roundTrip(text: string, trained: Tokenizer): { text: string; pieces: string[]; exact: boolean } {
  const sample = [...text.slice(0, 2 * SHOWN_CHARACTERS)].slice(0, SHOWN_CHARACTERS).join("");
  const ids = trained.encode(sample);
  const textOf = (id: number): string => trained.decode([id], { skipSpecialTokens: false });
  const pieces = Array.from(ids.subarray(0, SHOWN_TOKENS), textOf);
  return { text: sample, pieces, exact: trained.decode(ids) === sample };
}
