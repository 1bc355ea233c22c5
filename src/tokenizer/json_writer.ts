/** Writes a tokenizer.json, byte for byte what HuggingFace `tokenizers` 0.23 saves. */
import type { TokenizerModel } from "./model.ts";

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
