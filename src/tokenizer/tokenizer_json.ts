// Writes and reads a tokenizer.json as HuggingFace has it for BPE over the byte-level alphabet, inside
// GPT-2's words, and says what is wrong with others. Merges may be pairs or strings "a b" (older versions).
import { DamagedError } from "../errors.ts";
import { parseJson } from "../io/mod.ts";
import { quoted } from "../text_format.ts";
import type { AddedToken, TokenizerModel } from "./model.ts";

/** Byte for byte what HuggingFace `tokenizers` 0.23 saves. */
export function writeTokenizerJson(model: TokenizerModel): string {
  const { tokens, merges, modelSize } = model;
  const body = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: model.addedTokens.map(({ id, content, special, normalized }) => (
      { id, content, single_word: false, lstrip: false, rstrip: false, normalized, special }
    )),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: model.unknownId === undefined ? null : tokens[model.unknownId],
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: model.fuseUnknown,
      byte_fallback: false,
      ignore_merges: model.ignoreMerges,
    },
  };
  // The vocabulary is written by hand: an object would move keys like "7" to its front.
  const vocabulary = tokens.slice(0, modelSize).map((token, id) => `      ${JSON.stringify(token)}: ${id}`);
  const pairs: string[] = [];
  for (let i = 0; i < merges.length; i += 3) {
    const [left, right] = [tokens[merges[i]!], tokens[merges[i + 1]!]];
    pairs.push(`      [\n        ${JSON.stringify(left)},\n        ${JSON.stringify(right)}\n      ]`);
  }
  const head = JSON.stringify(body, null, 2).slice(0, -"\n  }\n}".length);
  return `${head},\n    "vocab": ${block("{", vocabulary, "}")},\n    "merges": ${
    block("[", pairs, "]")
  }\n  }\n}`;
}

function block(open: string, lines: string[], close: string): string {
  return lines.length === 0 ? open + close : `${open}\n${lines.join(",\n")}\n    ${close}`;
}

/** @throws {DataError} when the text is no tokenizer.json, or one of another family; it calls it `source` */
export function readTokenizerJson(text: string, source: string): TokenizerModel {
  try {
    return modelOf(object(parse(text), "the file"));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const what = "give a HuggingFace byte-level BPE tokenizer.json";
    const hint = `Train a tokenizer with \`tactics tokenizer\`, or ${what}.`;
    throw new DamagedError(`Cannot read tokenizer ${source}: ${cause.message}`, { cause, hint });
  }
}

type JsonObject = { [key: string]: unknown };

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new SyntaxError(`it is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function modelOf(root: JsonObject): TokenizerModel {
  expect(root.version, "version", "1.0");
  for (const key of ["truncation", "padding", "normalizer"]) expect(root[key], key, null, undefined);
  expect(object(root.decoder, "decoder").type, "decoder.type", "ByteLevel");
  if (root.post_processor != null) {
    expect(object(root.post_processor, "post_processor").type, "post_processor.type", "ByteLevel");
  }
  const words = object(root.pre_tokenizer, "pre_tokenizer"); // GPT-2's, without a space before the text
  expect(words.type, "pre_tokenizer.type", "ByteLevel");
  expect(words.add_prefix_space, "pre_tokenizer.add_prefix_space", false);
  expect(words.use_regex, "pre_tokenizer.use_regex", true, undefined);
  const bpe = object(root.model, "model");
  expect(bpe.type, "model.type", "BPE");
  expect(bpe.dropout, "model.dropout", null, undefined, 0);
  for (const key of ["continuing_subword_prefix", "end_of_word_suffix"]) {
    expect(bpe[key], `model.${key}`, null, undefined, "");
  }
  expect(bpe.byte_fallback, "model.byte_fallback", false, null, undefined);
  const tokens = vocabularyOf(bpe.vocab);
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  return {
    modelSize: tokens.length,
    tokens,
    merges: mergesOf(bpe.merges, idOf),
    unknownId: bpe.unk_token == null ? undefined : idOfToken(bpe.unk_token, idOf, "model.unk_token"),
    fuseUnknown: flag(bpe.fuse_unk, "model.fuse_unk"),
    ignoreMerges: flag(bpe.ignore_merges, "model.ignore_merges"),
    addedTokens: root.added_tokens == null ? [] : addedTokensOf(root.added_tokens, idOf, tokens),
  };
}

/** Tokens by id: the ids must be 0, 1, 2, … without a hole. */
function vocabularyOf(value: unknown): string[] {
  const entries = Object.entries(object(value, "model.vocab"));
  const tokens = new Array<string | undefined>(entries.length).fill(undefined);
  for (const [token, id] of entries) {
    checkWellFormed(token, "model.vocab");
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= entries.length) {
      fail(`model.vocab gives ${quoted(token)} the id ${quoted(id)}, expected 0 to ${entries.length - 1}`);
    }
    const other = tokens[id];
    if (other !== undefined) {
      fail(`model.vocab gives ${quoted(other)} and ${quoted(token)} the same id ${id}`);
    }
    tokens[id] = token;
  }
  return tokens as string[];
}

function mergesOf(value: unknown, idOf: ReadonlyMap<string, number>): Int32Array<ArrayBuffer> {
  const ids: number[] = [];
  for (const [index, merge] of array(value, "model.merges").entries()) {
    if (typeof merge === "string" && merge.startsWith("#version")) continue;
    const parts = typeof merge === "string" ? merge.split(" ") : merge;
    const path = `model.merges[${index}]`;
    if (!isStringPair(parts)) fail(`${path} is ${quoted(merge)}, expected a pair of tokens`);
    for (const token of [...parts, parts[0] + parts[1]]) ids.push(idOfToken(token, idOf, `${path}:`));
  }
  return Int32Array.from(ids);
}

/** Added tokens; those that are not in the vocabulary come after it, and are appended to `tokens`. */
function addedTokensOf(value: unknown, idOf: ReadonlyMap<string, number>, tokens: string[]): AddedToken[] {
  const added: AddedToken[] = [];
  const seen = new Set<string>();
  for (const [index, item] of array(value, "added_tokens").entries()) {
    const path = `added_tokens[${index}]`;
    const entry = object(item, path);
    const { content } = entry;
    if (typeof content !== "string" || content === "") fail(`${path}.content is ${quoted(content)}`);
    checkWellFormed(content, path);
    if (seen.has(content)) fail(`${path}: ${quoted(content)} is there twice`);
    seen.add(content);
    for (const key of ["single_word", "lstrip", "rstrip"]) {
      expect(entry[key], `${path}.${key}`, false, null, undefined);
    }
    const id = idOf.get(content) ?? tokens.length;
    expect(entry.id, `${path}.id`, id);
    if (id === tokens.length) tokens.push(content);
    const special = flag(entry.special, `${path}.special`);
    added.push({ id, content, special, normalized: flag(entry.normalized, `${path}.normalized`) });
  }
  return added.sort((a, b) => a.id - b.id);
}

function idOfToken(token: unknown, idOf: ReadonlyMap<string, number>, path: string): number {
  const id = typeof token === "string" ? idOf.get(token) : undefined;
  return id ?? fail(`${path} ${quoted(token)} is not in the vocabulary`);
}

function object(value: unknown, path: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail(`${path} is ${quoted(value)}, expected an object`);
  }
  return value as JsonObject;
}

function array(value: unknown, path: string): unknown[] {
  return Array.isArray(value) ? value : fail(`${path} is ${quoted(value)}, expected an array`);
}

function flag(value: unknown, path: string): boolean {
  if (value == null) return false;
  return typeof value === "boolean" ? value : fail(`${path} is ${quoted(value)}, expected true or false`);
}

/** One of these values has to be there; the message names the first. */
function expect(value: unknown, path: string, ...accepted: unknown[]): void {
  if (!accepted.includes(value)) fail(`${path} is ${quoted(value)}, expected ${quoted(accepted[0])}`);
}

function checkWellFormed(text: string, path: string): void {
  if (!text.isWellFormed()) fail(`${path} has a token with a lone surrogate: ${quoted(text)}`);
}

function fail(problem: string): never {
  throw new SyntaxError(problem);
}

function isStringPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string");
}
