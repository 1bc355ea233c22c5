/**
 * tokenizer.json, the reading: accepts what HuggingFace writes for the family of tokenizers that this program has (BPE
 * over the byte-level alphabet, inside GPT-2's words) and says clearly what is wrong with anything else.
 * Merges may be pairs or, as older versions write them, strings "a b".
 */
import { DataError } from "../errors.ts";
import type { AddedToken, TokenizerModel } from "./model.ts";

const HINT =
  "Train a tokenizer with `tactics tokenizer`, or give a HuggingFace byte-level BPE tokenizer.json.";

/**
 * The model in the text of a tokenizer.json.
 *
 * @param source what errors call the file
 * @throws {DataError} when the text is no tokenizer.json, or one of another family
 */
export function readTokenizerJson(text: string, source: string): TokenizerModel {
  return new Reader(source).read(text);
}

type JsonObject = { [key: string]: unknown };

class Reader {
  #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  read(text: string): TokenizerModel {
    const root = this.#object(this.#parse(text), "the file");
    const version = root.version;
    if (version !== "1.0") this.#fail(`version is ${show(version)}, expected "1.0"`);
    for (const key of ["truncation", "padding", "normalizer"]) this.#expectNothing(root, key);
    this.#checkByteLevel(root.decoder, "decoder");
    if (root.post_processor != null) this.#checkByteLevel(root.post_processor, "post_processor");
    this.#checkPreTokenizer(root.pre_tokenizer);

    const bpe = this.#object(root.model, "model");
    if (bpe.type !== "BPE") this.#fail(`model.type is ${show(bpe.type)}, expected "BPE"`);
    if (bpe.dropout != null && bpe.dropout !== 0) {
      this.#fail(`model.dropout is ${show(bpe.dropout)}, expected null`);
    }
    for (const key of ["continuing_subword_prefix", "end_of_word_suffix"]) {
      if (bpe[key] !== "") this.#expectNothing(bpe, key, "model.");
    }
    if (this.#flag(bpe, "byte_fallback", "model.")) this.#fail("model.byte_fallback is true, expected false");

    const tokens = this.#vocabulary(bpe.vocab);
    const idOf = new Map(tokens.map((token, id) => [token, id]));
    const modelSize = tokens.length;
    return {
      tokens,
      modelSize,
      merges: this.#merges(bpe.merges, idOf),
      unknownId: this.#unknownId(bpe.unk_token, idOf),
      fuseUnknown: this.#flag(bpe, "fuse_unk", "model."),
      ignoreMerges: this.#flag(bpe, "ignore_merges", "model."),
      addedTokens: this.#addedTokens(root.added_tokens, idOf, tokens),
    };
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DataError(`Cannot read tokenizer ${this.#source}: it is not JSON: ${reason}`, {
        cause,
        hint: HINT,
      });
    }
  }

  #checkByteLevel(value: unknown, path: string): void {
    const type = this.#object(value, path).type;
    if (type !== "ByteLevel") this.#fail(`${path}.type is ${show(type)}, expected "ByteLevel"`);
  }

  /** The one that cuts text into GPT-2's words and adds no space before it. */
  #checkPreTokenizer(value: unknown): void {
    const path = "pre_tokenizer";
    this.#checkByteLevel(value, path);
    const { add_prefix_space, use_regex = true } = this.#object(value, path);
    if (add_prefix_space !== false) {
      this.#fail(`${path}.add_prefix_space is ${show(add_prefix_space)}, expected false`);
    }
    if (use_regex !== true) this.#fail(`${path}.use_regex is ${show(use_regex)}, expected true`);
  }

  /** Tokens by id: the ids must be 0, 1, 2, … without a hole. */
  #vocabulary(value: unknown): string[] {
    const entries = Object.entries(this.#object(value, "model.vocab"));
    const tokens = new Array<string | undefined>(entries.length).fill(undefined);
    for (const [token, id] of entries) {
      this.#checkWellFormed(token, "model.vocab");
      if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= entries.length) {
        this.#fail(
          `model.vocab gives ${show(token)} the id ${show(id)}, expected 0 to ${entries.length - 1}`,
        );
      }
      const other = tokens[id];
      if (other !== undefined) {
        this.#fail(`model.vocab gives ${show(other)} and ${show(token)} the same id ${id}`);
      }
      tokens[id] = token;
    }
    return tokens as string[];
  }

  #merges(value: unknown, idOf: ReadonlyMap<string, number>): Int32Array<ArrayBuffer> {
    const ids: number[] = [];
    for (const [index, merge] of this.#array(value, "model.merges").entries()) {
      if (typeof merge === "string" && merge.startsWith("#version")) continue;
      const parts = typeof merge === "string" ? merge.split(" ") : merge;
      if (!isStringPair(parts)) {
        this.#fail(`model.merges[${index}] is ${show(merge)}, expected a pair of tokens`);
      }
      for (const token of [...parts, parts[0] + parts[1]]) {
        const id = idOf.get(token);
        if (id === undefined) this.#fail(`model.merges[${index}]: ${show(token)} is not in the vocabulary`);
        ids.push(id);
      }
    }
    return Int32Array.from(ids);
  }

  #unknownId(token: unknown, idOf: ReadonlyMap<string, number>): number | undefined {
    if (token == null) return undefined;
    const id = typeof token === "string" ? idOf.get(token) : undefined;
    if (id === undefined) this.#fail(`model.unk_token ${show(token)} is not in the vocabulary`);
    return id;
  }

  /** Added tokens; those that are not in the vocabulary come after it, and are appended to `tokens`. */
  #addedTokens(value: unknown, idOf: ReadonlyMap<string, number>, tokens: string[]): AddedToken[] {
    const added: AddedToken[] = [];
    if (value == null) return added;
    const seen = new Set<string>();
    for (const [index, item] of this.#array(value, "added_tokens").entries()) {
      const path = `added_tokens[${index}]`;
      const object = this.#object(item, path);
      const { id, content } = object;
      if (typeof content !== "string" || content === "") this.#fail(`${path}.content is ${show(content)}`);
      this.#checkWellFormed(content, path);
      if (seen.has(content)) this.#fail(`${path}: ${show(content)} is there twice`);
      seen.add(content);
      for (const key of ["single_word", "lstrip", "rstrip"]) {
        if (this.#flag(object, key, `${path}.`)) this.#fail(`${path}.${key} is true, which is not supported`);
      }
      const expected = idOf.get(content) ?? tokens.length;
      if (id !== expected) this.#fail(`${path}.id is ${show(id)}, expected ${expected}`);
      if (expected === tokens.length) tokens.push(content);
      const special = this.#flag(object, "special", `${path}.`);
      added.push({
        id: expected,
        content,
        special,
        normalized: this.#flag(object, "normalized", `${path}.`),
      });
    }
    return added.sort((a, b) => a.id - b.id);
  }

  #object(value: unknown, path: string): JsonObject {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.#fail(`${path} is ${show(value)}, expected an object`);
    }
    return value as JsonObject;
  }

  #array(value: unknown, path: string): unknown[] {
    if (!Array.isArray(value)) this.#fail(`${path} is ${show(value)}, expected an array`);
    return value;
  }

  #flag(object: JsonObject, key: string, path: string): boolean {
    const value = object[key] ?? false;
    if (typeof value !== "boolean") this.#fail(`${path}${key} is ${show(value)}, expected true or false`);
    return value;
  }

  #expectNothing(object: JsonObject, key: string, path = ""): void {
    if (object[key] != null) this.#fail(`${path}${key} is ${show(object[key])}, expected null`);
  }

  #checkWellFormed(text: string, path: string): void {
    if (!text.isWellFormed()) this.#fail(`${path} has a token with a lone surrogate: ${show(text)}`);
  }

  #fail(problem: string): never {
    throw new DataError(`Cannot read tokenizer ${this.#source}: ${problem}`, { hint: HINT });
  }
}

function isStringPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string");
}

/** A JSON value, shortened, for a message. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
