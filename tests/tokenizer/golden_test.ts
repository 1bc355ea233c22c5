/** The whole tokenizer against what HuggingFace's did (tools/golden/tokenizer.py). */
import { assertEquals } from "@std/assert";
import { characterClass } from "../../src/tokenizer/gpt2_scanner.ts";
import {
  StreamDecoder,
  Tokenizer,
  trainTokenizer,
  type TrainTokenizerOptions,
} from "../../src/tokenizer/mod.ts";

interface Case {
  name: string;
  train?: TrainTokenizerOptions & { texts: string[] };
  file: string;
  encode: string[];
  ids: number[][];
  literalIds: number[][];
  decode: number[][];
  decoded: string[];
  decodedAll: string[];
}

const FOLDER = new URL("../golden/tokenizer/", import.meta.url);

async function readCases(): Promise<Case[]> {
  const lines = (await Deno.readTextFile(new URL("cases.jsonl", FOLDER))).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

Deno.test("trainTokenizer() gives HuggingFace's tokenizer.json byte for byte", async () => {
  const trained = (await readCases()).filter((golden) => golden.train !== undefined);
  assertEquals(trained.length, 7);
  for (const { name, train, file } of trained) {
    assertEquals(trainTokenizer(train!.texts, train!).toJson(), file, name);
  }
});

Deno.test("encode() gives HuggingFace's ids, special tokens parsed or taken as text", async () => {
  for (const { name, file, encode, ids, literalIds } of await readCases()) {
    const tokenizer = Tokenizer.fromJson(file);
    for (const [i, text] of encode.entries()) {
      assertEquals([...tokenizer.encode(text)], ids[i], `${name}: ${JSON.stringify(text)}`);
      const literal = [...tokenizer.encode(text, { specialTokens: false })];
      assertEquals(literal, literalIds[i], `${name}, as text: ${JSON.stringify(text)}`);
    }
  }
});

Deno.test("decode() gives HuggingFace's text of any ids, in one go or streamed", async () => {
  for (const { name, file, decode, decoded, decodedAll } of await readCases()) {
    const tokenizer = Tokenizer.fromJson(file);
    for (const [i, ids] of decode.entries()) {
      assertEquals(tokenizer.decode(ids), decoded[i], `${name}: ${ids}`);
      assertEquals(
        tokenizer.decode(ids, { skipSpecialTokens: false }),
        decodedAll[i],
        `${name}, all: ${ids}`,
      );
      const stream = new StreamDecoder(tokenizer);
      const known = ids.filter((id) => id < tokenizer.vocabularySize);
      assertEquals(
        known.map((id) => stream.push(id)).join("") + stream.end(),
        decoded[i],
        `${name}, streamed: ${ids}`,
      );
    }
  }
});

Deno.test("characterClass() agrees with HuggingFace's regex engine on every code point", async () => {
  const golden = JSON.parse(await Deno.readTextFile(new URL("character_classes.json", FOLDER)));
  const classes = new Uint8Array(0x110000);
  for (let codePoint = 0; codePoint < classes.length; codePoint++) {
    const isSurrogate = codePoint >= 0xd800 && codePoint < 0xe000;
    if (!isSurrogate) classes[codePoint] = characterClass(codePoint);
  }
  const counts = { other: 0, space: 0, letter: 0, number: 0 };
  const names = ["other", "space", "letter", "number"] as const;
  for (const value of classes) counts[names[value]!]++;
  assertEquals(counts, golden.counts);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", classes));
  assertEquals(Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""), golden.sha256);
});
