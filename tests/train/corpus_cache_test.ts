/** Tokens kept beside the proofs: used when they are right, made again when they are not. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";
import { CorpusCache, FEWEST_CACHED_TOKENS } from "../../src/train/corpus_cache.ts";
import { type OpenedCorpus, readTokenizedCorpus } from "../../src/train/read_corpus.ts";
import type { TokenizedCorpus } from "../../src/train/tokenized_corpus.ts";
import { withFolder } from "../temporary_folder.ts";

/** Of bytes alone: quick to encode. */
const TOKENIZER = trainTokenizer(["a"], { vocabularySize: 258, alphabet: "bytes" });
const UNKNOWING = trainTokenizer(["@GCP\nabc"], { vocabularySize: 20, alphabet: "corpus" });

/** A line a proof, enough of them to be kept. */
async function writeLarge(path: string, word = "goal"): Promise<void> {
  const body = `${word} `.repeat(1000);
  const lines = Array.from({ length: Math.ceil(FEWEST_CACHED_TOKENS / body.length) + 1 }, (_, i) => {
    const text = `@T\ntheorem t${Math.floor(i / 3)}\n@G\n${body}\n@C\n${i} ∈ ℕ\n@P\n`;
    return JSON.stringify({ name: `proof_${String(i).padStart(6, "0")}.txt`, text });
  });
  await Deno.writeTextFile(path, `not a proof\n${lines.join("\n")}`);
}

function read(path: string, tokenizer = TOKENIZER, cacheFolder = `${path}.cache`): Promise<OpenedCorpus> {
  return readTokenizedCorpus(path, { tokenizer, cacheFolder, writes: true, workers: 1 });
}

function assertSame(one: TokenizedCorpus, other: TokenizedCorpus): void {
  assertEquals(one.length, other.length);
  for (const i of [0, 1, 2, 100, one.length - 1]) {
    assertEquals(one.textOf(i), other.textOf(i));
    assertEquals([...one.tokensOf(i)], [...other.tokensOf(i)]);
    assertEquals([one.nameOf(i), one.digestOf(i), one.headOf(i)], [
      other.nameOf(i),
      other.digestOf(i),
      other.headOf(i),
    ]);
    assertEquals(one.sizeBytesOf(i), other.sizeBytesOf(i));
  }
  assertEquals(one.table.unknownBytes, other.table.unknownBytes);
}

Deno.test("a corpus is kept, used again, and made again when what is kept is damaged or of other proofs", () =>
  withFolder(async (folder) => {
    const path = join(folder, "proofs.jsonl");
    await writeLarge(path);
    for (const tokenizer of [TOKENIZER, UNKNOWING]) {
      const first = await read(path, tokenizer);
      assertEquals([first.isMadeAgain, first.notKept, first.derived === null], [false, null, false]);
      assertEquals([first.report.problemCount, first.report.problems[0]?.line], [1, 1]);
      assert(first.corpus.table.ids.buffer instanceof SharedArrayBuffer);
      const names = [...Deno.readDirSync(`${path}.cache`)].map(({ name }) => name);
      const name = names.find((name) => name.includes(tokenizer.sha256().slice(0, 16)))!;
      const kept = await Deno.readFile(join(`${path}.cache`, name));
      const second = await read(path, tokenizer);
      assertEquals(second.report, first.report);
      assertSame(second.corpus, first.corpus);
      assert(second.corpus.table.ids.buffer instanceof SharedArrayBuffer);
      for (const at of [0, 70, 2000, kept.length - 5]) {
        kept[at]! ^= 1;
        await Deno.writeFile(join(`${path}.cache`, name), kept);
        kept[at]! ^= 1;
        const again = await read(path, tokenizer);
        assertEquals(again.isMadeAgain, true);
        assertSame(again.corpus, first.corpus);
        assertEquals(await Deno.readFile(join(`${path}.cache`, name)), kept);
      }
    }
    await writeLarge(path, "other");
    const other = await read(path);
    assertEquals(other.isMadeAgain, true);
    assert(other.corpus.textOf(0).includes("other"));
    assertEquals((await read(path)).isMadeAgain, false);
  }));

Deno.test("where nothing can be kept it is said, and the proofs are read all the same", () =>
  withFolder(async (folder) => {
    const path = join(folder, "proofs.jsonl");
    await writeLarge(path);
    const opened = await read(path, TOKENIZER, join(path, "cache"));
    assert(opened.notKept!.includes("Cannot make"), opened.notKept!);
    assertEquals(opened.derived, null);
    assert(opened.corpus.length > 100);
  }));

Deno.test("several that keep the same corpus at the same time leave one whole file", () =>
  withFolder(async (folder) => {
    const path = join(folder, "proofs.jsonl");
    await writeLarge(path);
    const opened = await Promise.all([1, 2, 3].map(() => read(path)));
    for (const { corpus, notKept } of opened) {
      assertEquals(notKept, null);
      assertSame(corpus, opened[0]!.corpus);
    }
    assertEquals([...Deno.readDirSync(`${path}.cache`)].length, 1);
    assertEquals((await read(path)).isMadeAgain, false);
  }));

Deno.test("only the newest files are kept", () =>
  withFolder(async (folder) => {
    const path = join(folder, "proofs.jsonl");
    await writeLarge(path);
    const opened = await read(path);
    for (let i = 0; i < 60; i++) await opened.derived!.save(`key ${i}`, [Uint8Array.of(i)]);
    assertEquals(await opened.derived!.load("key 0"), null);
    assertEquals([...(await opened.derived!.load("key 59"))!], [59]);
    for (let i = 0; i < 5; i++) {
      const other = trainTokenizer(["ab ".repeat(i + 1), "cd"], {
        vocabularySize: 259 + i,
        alphabet: "bytes",
      });
      await new CorpusCache(`${path}.cache`, "identity", other).saveCorpus(opened);
    }
    const names = [...Deno.readDirSync(`${path}.cache`)].map(({ name }) => name);
    assertEquals(names.filter((name) => name.startsWith("tokens-")).length, 3);
    assertEquals(names.filter((name) => name.startsWith("derived-")).length, 48);
  }));

Deno.test("of a folder it is seen when a file is another one, also one that was just written", () =>
  withFolder(async (folder) => {
    const path = join(folder, "proofs");
    await Deno.mkdir(path);
    const write = (name: string, word: string): Promise<void> =>
      Deno.writeTextFile(join(path, name), `@G\n${word.repeat(2000)}\n@C\na\n@P\n`);
    for (let i = 100; i < 400; i++) await write(`${i}.txt`, "x y ");
    const first = await read(path);
    assertEquals([first.derived === null, first.isMadeAgain], [false, false]);
    assertSame((await read(path)).corpus, first.corpus);
    await write("101.txt", "x z ");
    const second = await read(path);
    assertEquals([second.isMadeAgain, second.corpus.textOf(1).includes("x z")], [true, true]);
    assertEquals((await read(path)).isMadeAgain, false);
  }));

Deno.test("a small corpus leaves nothing beside it", () =>
  withFolder(async (folder) => {
    const path = join(folder, "proofs.jsonl");
    await Deno.writeTextFile(path, JSON.stringify({ text: "@G\na\n@C\nb\n@P\n" }));
    const opened = await read(path);
    assertEquals([opened.derived, opened.notKept, opened.corpus.length], [null, null, 1]);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  }));
