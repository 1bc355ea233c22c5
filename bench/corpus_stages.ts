/**
 * Seconds and memory of each stage between proofs and the first step, cold and with the tokens kept. Linux:
 * peaks are those of the process, reset before each stage (as root; else they never fall).
 *
 *     deno run -A bench/corpus_stages.ts PROOFS TOKENIZER [WORKERS]
 */
import { DEFAULT_TRAIN_CONFIG, RECIPES } from "../src/config.ts";
import { openProofs, readEach } from "../src/corpus/mod.ts";
import { formatBytes, formatCount, tableLines } from "../src/text_format.ts";
import { loadTokenizer, WordCounts } from "../src/tokenizer/mod.ts";
import { splitTokenized } from "../src/train/data.ts";
import { readTokenizedCorpus } from "../src/train/read_corpus.ts";
import { SequenceStream } from "../src/train/sequence_stream.ts";

const [path, tokenizerPath, threads = "2"] = Deno.args;
if (path === undefined || tokenizerPath === undefined) throw new Error("give proofs and a tokenizer");
const tokenizer = await loadTokenizer(tokenizerPath);
const workers = Number(threads);
const train = { ...DEFAULT_TRAIN_CONFIG, ...RECIPES.fast.train };
const cacheFolder = await Deno.makeTempDir();
const rows: string[][] = [["stage", "seconds", "CPU", "peak"]];

const counted = await stage("tokenizer", async () => {
  const words = new WordCounts();
  using source = await openProofs(path);
  const { sizeBytes } = await readEach(source, ({ text }) => words.add(text));
  words.train({ vocabularySize: 4096, alphabet: "bytes" });
  return sizeBytes;
});
for (const times of ["", " again"]) {
  const { corpus, derived } = await stage(
    `read and encode${times}`,
    () => readTokenizedCorpus(path, { tokenizer, cacheFolder, writes: true, workers }),
  );
  const data = await stage(`split${times}`, () => Promise.resolve(splitTokenized(corpus, train)));
  const kept = derived === null ? data : { ...data, derived };
  const stream = await stage(
    `names and epoch${times}`,
    () => SequenceStream.open(kept, { ...train, contextLength: 256, tokenizer, workers }),
  );
  await stage(`a batch${times}`, () => stream.take(0, train.batchSize));
  if (times !== "") continue;
  const tokens = corpus.table.ids.length;
  console.log(`${formatCount(corpus.length)} proofs, ${formatBytes(counted)}, ${formatCount(tokens)} tokens`);
}
console.log(tableLines(rows, 2).join("\n"));
await Deno.remove(cacheFolder, { recursive: true });

async function stage<T>(name: string, work: () => Promise<T>): Promise<T> {
  await Deno.writeTextFile("/proc/self/clear_refs", "5").catch(() => {});
  const [begun, cpu] = [performance.now(), cpuSeconds()];
  const result = await work();
  const seconds = (performance.now() - begun) / 1000;
  const [, peak] = /VmHWM:\s+(\d+)/.exec(await Deno.readTextFile("/proc/self/status")) ?? [];
  rows.push([name, seconds.toFixed(2), (cpuSeconds() - cpu).toFixed(2), formatBytes(1024 * Number(peak))]);
  return result;
}

function cpuSeconds(): number {
  const fields = Deno.readTextFileSync("/proc/self/stat").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
