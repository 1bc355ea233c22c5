// `tactics tokenizer`: trains the byte-level BPE tokenizer on the proofs.
import { join } from "@std/path";
import { openProofs, readEach } from "../../corpus/mod.ts";
import { UsageError } from "../../errors.ts";
import { lockFolder, readTextBounded } from "../../io/mod.ts";
import { formatBytes, formatCount, tableLines } from "../../text_format.ts";
import { MAX_TOKENIZER_BYTES, saveTokenizer, type Tokenizer, WordCounts } from "../../tokenizer/mod.ts";
import { moveEarlierRun } from "../../train/earlier_runs.ts";
import type { Command, CommandContext } from "../command.ts";
import { OF_A_RUN, removeLeft, tellProblems } from "../run_setup.ts";
import { tellStage } from "../training_data.ts";

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
const SHOWN_CHARACTERS = 50;
const SHOWN_TOKENS = 8;
/** Proofs of which one is shown. */
const MOST_BEGINNINGS = 4096;

async function run(context: CommandContext): Promise<void> {
  const { vocabSize, alphabet, dataDir, outputDir } = context.settings;
  // Before the work, since it also finds out whether the folder can be written.
  using _lock = lockFolder(outputDir);
  await removeLeft(context, outputDir, { isOwn: (name) => OF_A_RUN.test(name) });
  const { words, shown, characters } = await readWords(context, dataDir);
  const begun = performance.now();
  const trained = words.train({ vocabularySize: vocabSize, alphabet });
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

  const tokens = words.tokens(trained);
  const charactersPerToken = characters / tokens;
  const trip = roundTrip(shown, trained);
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

/** What is left of proofs when they are read: nothing keeps them. */
interface ReadWords {
  /** Of all of them. */
  readonly words: WordCounts;
  /** The beginning of one in the middle, or of a large corpus' middle of the first ones. */
  readonly shown: string;
  /** Unicode code points. */
  readonly characters: number;
}

async function readWords(context: CommandContext, path: string): Promise<ReadWords> {
  const words = new WordCounts();
  const beginnings: string[] = [];
  let [count, characters] = [0, 0];
  const begun = performance.now();
  using source = await openProofs(path);
  const report = await readEach(source, ({ text }) => {
    words.add(text);
    characters += codePoints(text);
    if (count++ < MOST_BEGINNINGS) beginnings.push(beginningOf(text));
  }, { progress: (share) => tellStage(context, "counting words", share), signal: context.signal });
  tellProblems(context, path, report);
  const seconds = (performance.now() - begun) / 1000;
  const read = `${formatCount(count)} proofs, ${formatBytes(report.sizeBytes)}`;
  context.notice("info", `training on ${read}: all of them, read in ${seconds.toFixed(1)} s`);
  return { words, shown: beginnings[beginnings.length >> 1]!, characters };
}

function codePoints(text: string): number {
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
}

/** A text of its own: a slice would keep the whole. */
function beginningOf(text: string): string {
  return [...text.slice(0, 2 * SHOWN_CHARACTERS)].slice(0, SHOWN_CHARACTERS).join("");
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
function roundTrip(sample: string, trained: Tokenizer): { text: string; pieces: string[]; exact: boolean } {
  const ids = trained.encode(sample);
  const textOf = (id: number): string => trained.decode([id], { skipSpecialTokens: false });
  const pieces = Array.from(ids.subarray(0, SHOWN_TOKENS), textOf);
  return { text: sample, pieces, exact: trained.decode(ids) === sample };
}
