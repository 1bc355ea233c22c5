/** What holds for every tokenizer. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DataError } from "../../src/errors.ts";
import { BpeEncoder } from "../../src/tokenizer/encoder.ts";
import { readTokenizerJson } from "../../src/tokenizer/tokenizer_json.ts";
import { StreamDecoder, Tokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";
import { hardText } from "./hard_text.ts";

const TEXTS = ["theorem add_comm(a: Nat, b: Nat) {\n    a + b = b + a\n}\n", "x ∈ s ∪ t\n", "aaaa 😀😀"];
const bytesTokenizer = trainTokenizer(TEXTS, { vocabularySize: 320, alphabet: "bytes" });
const corpusTokenizer = trainTokenizer(TEXTS, {
  vocabularySize: 60,
  alphabet: "corpus",
});

Deno.test("decode() undoes encode() for any text, with the alphabet of all bytes", () => {
  const tokenizer = bytesTokenizer;
  fc.assert(fc.property(hardText, (text) => {
    assertEquals(tokenizer.decode(tokenizer.encode(text), { skipSpecialTokens: false }), text);
    assertEquals(tokenizer.decode(tokenizer.encode(text, { specialTokens: false })), text);
  }));
});

Deno.test("encode() gives the same ids again, from the memory of words and in another order", () => {
  for (const tokenizer of [bytesTokenizer, corpusTokenizer]) {
    fc.assert(
      fc.property(fc.array(hardText, { maxLength: 8 }), (texts) => {
        const fresh = texts.map((text) => Tokenizer.fromJson(tokenizer.toJson()).encode(text));
        for (let i = texts.length - 1; i >= 0; i--) assertEquals(tokenizer.encode(texts[i]!), fresh[i]);
      }),
      { numRuns: 20 },
    );
  }
});

Deno.test("BpeEncoder gives the same ids when its memory of words is emptied all the time", () => {
  const model = readTokenizerJson(corpusTokenizer.toJson(), "test");
  const forgetful = new BpeEncoder(model, 60);
  fc.assert(fc.property(hardText, (text) => {
    const ids: number[] = [];
    forgetful.encode(text, ids);
    assertEquals(Int32Array.from(ids), corpusTokenizer.encode(text, { specialTokens: false }));
  }));
});

Deno.test("encode() takes a lone surrogate as U+FFFD", () => {
  const tokenizer = bytesTokenizer;
  assertEquals(tokenizer.encode("a\ud800b"), tokenizer.encode("a\ufffdb"));
});

Deno.test("encode() makes every byte without a token <UNK>, one by one", () => {
  assertEquals([...corpusTokenizer.encode("∉")].filter((id) => id === 0).length, 1);
  assertEquals([...corpusTokenizer.encode("QQ")], [0, 0]);
});

Deno.test("the special tokens are <UNK> 0 and <PAD> 1, found in text and skipped when decoding", () => {
  const tokenizer = bytesTokenizer;
  assertEquals([tokenizer.unknownId, tokenizer.tokenId("<PAD>")], [0, 1]);
  assertEquals([...tokenizer.encode("<PAD><UNK>")], [1, 0]);
  assertEquals(tokenizer.decode([1, 0]), "");
  assertEquals(tokenizer.decode([1, 0], { skipSpecialTokens: false }), "<PAD><UNK>");
  assert(tokenizer.isSpecial(1) && !tokenizer.isSpecial(2));
});

Deno.test("tokenBytes() of all ids of a text are its UTF-8 bytes", () => {
  const text = "x ∈ s ∪ 😀\n";
  const tokenizer = bytesTokenizer;
  const bytes = [...tokenizer.encode(text)].flatMap((id) => [...tokenizer.tokenBytes(id)]);
  assertEquals(bytes, [...new TextEncoder().encode(text)]);
});

Deno.test("tokenBytes() refuses ids that are not in the vocabulary", () => {
  for (const id of [-1, 0.5, NaN, corpusTokenizer.vocabularySize]) {
    assertThrows(() => corpusTokenizer.tokenBytes(id), RangeError, "No token has the id");
  }
});

Deno.test("StreamDecoder gives whole characters only, and all of decode() in the end", () => {
  const tokenizer = bytesTokenizer;
  fc.assert(fc.property(fc.array(fc.nat({ max: tokenizer.vocabularySize - 1 })), (ids) => {
    const decoder = new StreamDecoder(tokenizer);
    const text = ids.map((id) => decoder.push(id)).join("") + decoder.end();
    assertEquals(text, tokenizer.decode(ids));
  }));
  const decoder = new StreamDecoder(tokenizer);
  const pieces = [...tokenizer.encode("👩🏽")].map((id) => decoder.push(id));
  assertEquals(pieces.filter((piece) => piece.includes("\ufffd")), []);
  assertEquals(decoder.end(), "");
});

Deno.test("StreamDecoder and decode() keep a byte order mark", () => {
  const tokenizer = bytesTokenizer;
  const ids = tokenizer.encode("\ufeffa");
  const decoder = new StreamDecoder(tokenizer);
  assertEquals([...ids].map((id) => decoder.push(id)).join(""), "\ufeffa");
  assertEquals(tokenizer.decode(ids), "\ufeffa");
});

Deno.test("StreamDecoder.end() gives U+FFFD for half a character", () => {
  const tokenizer = bytesTokenizer;
  const decoder = new StreamDecoder(tokenizer);
  const first = tokenizer.tokenId("ð"); // byte 0xF0, the first of an emoji's four
  assertEquals(decoder.push(first!), "");
  assertEquals(decoder.end(), "\ufffd");
});

Deno.test("a tokenizer without <UNK> says so when it is asked for it", () => {
  const json = corpusTokenizer.toJson().replaceAll("<UNK>", "<ANY>");
  assertThrows(() => Tokenizer.fromJson(json).unknownId, DataError, 'no token "<UNK>"');
});

Deno.test("sha256() is that of the file's bytes", async () => {
  const tokenizer = bytesTokenizer;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(tokenizer.toJson()));
  assertEquals(tokenizer.sha256(), new Uint8Array(digest).toHex());
});

Deno.test("byteEnds() says where each token's bytes end, of unknown bytes, runs of them and special names", () => {
  const known = trainTokenizer(["@GPab c\n"], { vocabularySize: 20, alphabet: "corpus" });
  const fused = Tokenizer.fromJson(known.toJson().replace('"fuse_unk": false', '"fuse_unk": true'));
  const dropped = Tokenizer.fromJson(known.toJson().replace('"unk_token": "<UNK>"', '"unk_token": null'));
  const plain = new TextEncoder();
  for (const [name, tokenizer] of Object.entries({ known, fused, dropped })) {
    for (const text of ["ab", "∈a∈∈b", "@G\na∈\n@P\n<UNK>é<PAD>b", "é ∈\n∈∈ b"]) {
      const [ids, bytes] = [tokenizer.encode(text), plain.encode(text)];
      const ends = tokenizer.byteEnds(text, ids);
      for (const [i, id] of ids.entries()) {
        if (id === 0) continue;
        const own = tokenizer.tokenBytes(id);
        assertEquals(bytes.slice(ends[i]! - own.length, ends[i]), own, `${name}: ${text}, token ${i}`);
      }
      assertEquals(ends.at(-1), bytes.length, `${name}: ${text}`);
    }
  }
  assertEquals([...known.byteEnds("a∈", known.encode("a∈"))], [1, 2, 3, 4]);
  assertEquals([...fused.byteEnds("a∈b", fused.encode("a∈b"))], [1, 4, 5]);
});

Deno.test("unknownBytes() counts the bytes that have no token", () => {
  assertEquals(bytesTokenizer.unknownBytes("a ∈ \ud83d\ude00"), 0);
  const tokenizer = trainTokenizer(["ab\n"], { vocabularySize: 9, alphabet: "corpus" });
  assertEquals(tokenizer.unknownBytes("ab∈\nc"), 4);
});

Deno.test("fromJson() refuses a tokenizer whose id 1 does not end a proof, and says what is there", () => {
  const renamed = (content: string): string => bytesTokenizer.toJson().replaceAll("<PAD>", content);
  assertThrows(
    () => Tokenizer.fromJson(renamed("<s>")),
    DataError,
    'must be the special token "<PAD>", but it is "<s>"',
  );
  const file = JSON.parse(bytesTokenizer.toJson());
  file.added_tokens[1].special = false;
  assertThrows(() => Tokenizer.fromJson(JSON.stringify(file)), DataError, "it is not special");
  file.added_tokens.pop();
  assertThrows(() => Tokenizer.fromJson(JSON.stringify(file)), DataError, "it is not special");
  file.added_tokens = [];
  file.model.vocab = {};
  file.model.merges = [];
  file.model.unk_token = null;
  assertThrows(() => Tokenizer.fromJson(JSON.stringify(file)), DataError, "there is none");
});

Deno.test("fromBytes() refuses a tokenizer that has only special tokens", () => {
  const json = trainTokenizer([], { vocabularySize: 1, alphabet: "corpus" }).toJson();
  const error = assertThrows(
    () => Tokenizer.fromBytes(new TextEncoder().encode(json)),
    DataError,
    "no tokens beside",
  );
  assertEquals(error.hint?.includes("tactics tokenizer"), true);
});
