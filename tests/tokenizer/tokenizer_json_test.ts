/** Attacks on the reader of tokenizer.json. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DataError } from "../../src/errors.ts";
import { Tokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const TEXTS = ["a + b = b + a\n"];
const JSON_TEXT = trainTokenizer(TEXTS, { vocabularySize: 12, alphabet: "corpus" })
  .toJson();

function changed(change: (file: Json) => void): string {
  const file = JSON.parse(JSON_TEXT);
  change(file);
  return JSON.stringify(file);
}

/** What must be refused, and a part of the message. */
const ATTACKS: Record<string, [text: string, message: string]> = {
  "an empty file": ["", "not JSON"],
  "a byte order mark": ["\ufeff" + JSON_TEXT, "not JSON"],
  "a number": ["1", "the file is 1, expected an object"],
  "an array": ["[]", "expected an object"],
  "null": ["null", "expected an object"],
  "deep nesting": ["[".repeat(200_000), "not JSON"],
  "another version": [changed((file) => file.version = "2.0"), 'version is "2.0"'],
  "no version": [changed((file) => delete file.version), "version is missing"],
  "truncation": [changed((file) => file.truncation = { max_length: 3 }), "truncation is {"],
  "a normalizer": [changed((file) => file.normalizer = { type: "Lowercase" }), "normalizer is {"],
  "another decoder": [changed((file) => file.decoder.type = "WordPiece"), 'decoder.type is "WordPiece"'],
  "no decoder": [changed((file) => file.decoder = null), "decoder is null"],
  "a template": [
    changed((file) => file.post_processor = { type: "TemplateProcessing" }),
    "post_processor.type",
  ],
  "another pre-tokenizer": [changed((file) => file.pre_tokenizer = { type: "Whitespace" }), '"Whitespace"'],
  "no pre-tokenizer": [changed((file) => file.pre_tokenizer = null), "pre_tokenizer is null"],
  "a sequence of pre-tokenizers": [
    changed((file) => file.pre_tokenizer = { type: "Sequence", pretokenizers: [file.pre_tokenizer] }),
    'pre_tokenizer.type is "Sequence", expected "ByteLevel"',
  ],
  "a prefix space": [
    changed((file) => file.pre_tokenizer.add_prefix_space = true),
    "add_prefix_space is true",
  ],
  "no regex": [changed((file) => file.pre_tokenizer.use_regex = false), "use_regex is false"],
  "another model": [changed((file) => file.model.type = "Unigram"), 'model.type is "Unigram"'],
  "dropout": [changed((file) => file.model.dropout = 0.1), "model.dropout is 0.1"],
  "a subword prefix": [
    changed((file) => file.model.continuing_subword_prefix = "##"),
    "continuing_subword_prefix",
  ],
  "byte fallback": [changed((file) => file.model.byte_fallback = true), "byte_fallback is true"],
  "a flag that is none": [changed((file) => file.model.fuse_unk = 1), "model.fuse_unk is 1"],
  "no vocabulary": [changed((file) => delete file.model.vocab), "model.vocab is missing"],
  "a hole": [changed((file) => delete file.model.vocab["<PAD>"]), "model.vocab gives"],
  "an id twice": [changed((file) => file.model.vocab["<PAD>"] = 0), "the same id 0"],
  "a huge id": [changed((file) => file.model.vocab["<PAD>"] = 4e9), "the id 4000000000"],
  "a negative id": [changed((file) => file.model.vocab["<PAD>"] = -1), "the id -1"],
  "a fractional id": [changed((file) => file.model.vocab["<PAD>"] = 0.5), "the id 0.5"],
  "an id as a string": [changed((file) => file.model.vocab["<PAD>"] = "1"), 'the id "1"'],
  "a lone surrogate": [JSON_TEXT.replaceAll("<PAD>", "\\ud800"), "lone surrogate"],
  "no merges": [changed((file) => delete file.model.merges), "model.merges is missing"],
  "an unknown merge": [changed((file) => file.model.merges.push(["a", "?"])), '"?" is not in the vocabulary'],
  "a merge without result": [
    changed((file) => file.model.merges.push(["a", "a"])),
    '"aa" is not in the vocabulary',
  ],
  "a merge of three": [changed((file) => file.model.merges.push("a b c")), 'is "a b c", expected a pair'],
  "a merge of one": [changed((file) => file.model.merges.push(["a"])), 'is ["a"], expected a pair'],
  "a merge of numbers": [changed((file) => file.model.merges.push([1, 2])), "is [1,2], expected a pair"],
  "an unknown <UNK>": [
    changed((file) => file.model.unk_token = "?"),
    'unk_token "?" is not in the vocabulary',
  ],
  "a special token's wrong id": [
    changed((file) => file.added_tokens[0].id = 5),
    "added_tokens[0].id is 5, expected 0",
  ],
  "a special token twice": [changed((file) => file.added_tokens[1] = file.added_tokens[0]), "is there twice"],
  "an empty special token": [changed((file) => file.added_tokens[0].content = ""), 'content is ""'],
  "a stripping token": [changed((file) => file.added_tokens[0].lstrip = true), "lstrip is true"],
};

for (const [name, [text, message]] of Object.entries(ATTACKS)) {
  Deno.test(`fromJson() refuses ${name}`, () => {
    const error = assertThrows(() => Tokenizer.fromJson(text, '"x.json"'), DataError);
    assertStringIncludes(error.message, 'Cannot read tokenizer "x.json": ');
    assertStringIncludes(error.message, message);
    assert(error.hint !== undefined);
  });
}

Deno.test("fromJson() keeps what it read", () => {
  assertEquals(Tokenizer.fromJson(JSON_TEXT).toJson(), JSON_TEXT);
});

Deno.test("fromJson() knows names that JavaScript's objects have", () => {
  const file = changed((file) => file.model.vocab.constructor = 12);
  const text = file.replace('"constructor":12', '"__proto__":12').replace("{", "{ ");
  assertEquals(Tokenizer.fromJson(text).tokenId("__proto__"), 12);
  assertEquals(Tokenizer.fromJson(text).tokenId("toString"), undefined);
});

Deno.test("fromJson() refuses every prefix of a file", () => {
  for (let length = 0; length < JSON_TEXT.length; length++) {
    assertThrows(() => Tokenizer.fromJson(JSON_TEXT.slice(0, length)), DataError, "not JSON");
  }
});

Deno.test("fromJson() reads or refuses a file with any byte flipped, but never fails otherwise", () => {
  const bytes = new TextEncoder().encode(JSON_TEXT);
  let refused = 0;
  for (let i = 0; i < bytes.length; i++) {
    bytes[i]! ^= 1 << i % 7;
    try {
      Tokenizer.fromJson(new TextDecoder().decode(bytes)).encode("a + b");
    } catch (error) {
      assert(error instanceof DataError, `byte ${i}: ${error}`);
      refused++;
    }
    bytes[i]! ^= 1 << i % 7;
  }
  assert(refused > bytes.length / 4, `only ${refused} of ${bytes.length} refused`);
});
