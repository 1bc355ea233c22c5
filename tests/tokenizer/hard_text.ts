/** Texts that are hard on a tokenizer, for property tests. */
import fc from "fast-check";

const PIECES = [
  ..."ab'sStTmMdD01²Ⅷ_-{}()",
  ..." \t\n\r\v\f\u001c\u0085\u00a0\u1680\u2003\u2028\u202f\u3000\ufeff\u200b\u180e",
  ..."é∈→中文😀👩🏽\u0301\u094d\ufffd\uffff\u{10ffff}\u{e0001}",
  "'s",
  "'ll",
  "'re",
  "  ",
  "\n    ",
  "<UNK>",
  "<PAD>",
  "<UNK",
  "PAD>",
];

/** Any well-formed text, with a taste for white space, contractions, special tokens and odd characters. */
export const hardText: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join("")),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
);
