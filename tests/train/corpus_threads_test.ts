/** A large corpus is the same whatever number of threads reads it, names its names and counts its epochs. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DEFAULT_TRAIN_CONFIG } from "../../src/config.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";
import { splitTokenized } from "../../src/train/data.ts";
import { readTokenizedCorpus } from "../../src/train/read_corpus.ts";
import { SequenceStream } from "../../src/train/sequence_stream.ts";
import { withFolder } from "../temporary_folder.ts";

/** More than threads are started for, in documents and in bytes. */
const DOCUMENTS = 24_000;
const UNKNOWN = "é";

/** Proofs of a few names each, some of them with bytes that have no token, of some hundred bytes. */
async function writeLarge(path: string): Promise<void> {
  const lines = Array.from({ length: DOCUMENTS }, (_, i) => {
    const [a, b] = [`alpha_${i % 700}`, `beta_${i % 31}`];
    const steps = `${a} + ${b} = ${b} + ${a}\n`.repeat(1 + i % 5);
    const text = `@T\ntheorem t_${i >> 1}(${a}: Nat, ${b}: Nat) {\n@G\n    ${a} * ${b} = ${b} * ${a}\n` +
      `@C\nnot (${a} * ${b} = ${b} * ${a})\n@P\n${steps}${i % 1000 === 7 ? UNKNOWN : ""}`;
    return JSON.stringify({ name: `proof_${String(i).padStart(6, "0")}.txt`, text });
  });
  await Deno.writeTextFile(path, lines.join("\n"));
}

Deno.test("one thread or two give the same corpus, the same names and the same epochs", () =>
  withFolder(async (folder) => {
    const path = join(folder, "proofs.jsonl");
    await writeLarge(path);
    const text = "@T\n@G\n@H\n@C\n@P\ntheorem alpha_0123456789 beta(: Nat, ) {} = + * not";
    const tokenizer = trainTokenizer([text], { vocabularySize: 60, alphabet: "corpus" });
    const options = { tokenizer, cacheFolder: `${path}.cache`, writes: false };
    const config = { ...DEFAULT_TRAIN_CONFIG, proverForm: 0.5, renaming: 0.5, substitution: 0.5 };
    const found: unknown[] = [];
    const stages = new Set<string>();
    for (const workers of [1, 2]) {
      const { corpus, report } = await readTokenizedCorpus(path, { ...options, workers });
      const { modules: _modules, ...columns } = corpus as unknown as Record<string, unknown>;
      const data = splitTokenized(corpus, config);
      const progress = (stage: string, share: number): void => {
        assert(share >= 0 && share <= 1);
        stages.add(stage);
      };
      const counting = { ...config, contextLength: 64, tokenizer, workers, progress };
      const stream = await SequenceStream.open(data, counting);
      const { sequencesPerEpoch, targetsPerEpoch } = stream;
      const taken = [await stream.take(0, 20), await stream.take(sequencesPerEpoch - 5, 20)];
      assertEquals(corpus.table.texts.size, DOCUMENTS / 1000);
      found.push({ columns, report, splitHash: data.splitHash, sequencesPerEpoch, targetsPerEpoch, taken });
    }
    assertEquals(found[0], found[1]);
    assertEquals([...stages].sort(), ["epoch", "names"]);
    const { corpus } = await readTokenizedCorpus(path, { ...options, workers: 1 });
    const signal = AbortSignal.abort(new Error("enough"));
    const stopped = { ...config, contextLength: 64, tokenizer, workers: 2, signal };
    await assertRejects(() => SequenceStream.open(splitTokenized(corpus, config), stopped), Error, "enough");
  }));
