/** Rings with one, and commutative rings. */

import type { TheorySource } from "./theory.ts";

/** Rings. */
export const RING: TheorySource = {
  typeclass: "Ring",
  parents: ["Monoid"],
  carriers: ["R", "A", "E"],
  laws: [
    "add_assoc: a + (b + c) = a + b + c",
    "add_comm: a + b = b + a",
    "add_zero_right: a + S.0 = a",
    "add_neg_right: a + -a = S.0",
    "sub_eq_add_neg: a - b = a + -b",
    "distrib_left: a * (b + c) = a * b + a * c",
    "distrib_right: (a + b) * c = a * c + b * c",
  ],
  lemmas: [
    { statement: "add_zero_left: S.0 + a = a", proof: { chain: "S.0 + a | a + S.0 | a" } },
    { statement: "add_neg_left: -a + a = S.0", proof: { chain: "-a + a | a + -a | S.0" } },
    {
      statement: "add_neg_cancel_right: a + b + -b = a",
      proof: { chain: "a + b + -b | a + (b + -b) | a + S.0 | a" },
    },
    {
      statement: "add_neg_cancel_left: -a + (a + b) = b",
      proof: { chain: "-a + (a + b) | -a + a + b | S.0 + b | b" },
    },
    {
      statement: "add_cancel_left: a + b = a + c implies b = c",
      proof: { lines: ["-a + (a + b) = b", "-a + (a + c) = c"] },
    },
    {
      statement: "add_cancel_right: b + a = c + a implies b = c",
      proof: { lines: ["b + a + -a = b", "c + a + -a = c"] },
    },
    {
      statement: "neg_unique: a + b = S.0 implies b = -a",
      proof: { lines: ["a + -a = S.0", "a + b = a + -a implies b = -a"] },
    },
    {
      statement: "neg_neg: --a = a",
      proof: { lines: ["-a + a = S.0", "-a + a = S.0 implies a = --a"] },
    },
    { statement: "neg_zero: -S.0 = S.0", proof: { chain: "-S.0 | S.0 + -S.0 | S.0" } },
    {
      statement: "neg_add: -(a + b) = -a + -b",
      proof: {
        lines: [
          "a + b + (-a + -b) = S.0 implies -a + -b = -(a + b)",
          "-a + -b = -b + -a",
          "a + b + (-b + -a) = a + b + -b + -a",
          "a + b + -b = a",
          "a + -a = S.0",
        ],
      },
    },
    { statement: "sub_self: a - a = S.0", proof: { chain: "a - a | a + -a | S.0" } },
    { statement: "sub_zero: a - S.0 = a", proof: { chain: "a - S.0 | a + -S.0 | a + S.0 | a" } },
    {
      statement: "sub_add_cancel: a - b + b = a",
      proof: { chain: "a - b + b | a + -b + b | a + (-b + b) | a + S.0 | a" },
    },
    {
      statement: "neg_sub: -(a - b) = b - a",
      proof: { chain: "-(a - b) | -(a + -b) | -a + --b | -a + b | b + -a | b - a" },
    },
    {
      statement: "sub_eq_zero: a - b = S.0 implies a = b",
      proof: { lines: ["a - b + b = a", "S.0 + b = b"] },
    },
    {
      statement: "mul_zero_right: a * S.0 = S.0",
      proof: {
        lines: [
          "S.0 + S.0 = S.0",
          "a * (S.0 + S.0) = a * S.0 + a * S.0",
          "a * S.0 + S.0 = a * S.0",
          "a * S.0 + a * S.0 = a * S.0 + S.0 implies a * S.0 = S.0",
        ],
      },
    },
    {
      statement: "mul_zero_left: S.0 * a = S.0",
      proof: {
        lines: [
          "S.0 + S.0 = S.0",
          "(S.0 + S.0) * a = S.0 * a + S.0 * a",
          "S.0 * a + S.0 = S.0 * a",
          "S.0 * a + S.0 * a = S.0 * a + S.0 implies S.0 * a = S.0",
        ],
      },
    },
    {
      statement: "mul_neg_right: a * -b = -(a * b)",
      proof: {
        lines: [
          "a * (b + -b) = a * b + a * -b",
          "b + -b = S.0",
          "a * S.0 = S.0",
          "a * b + a * -b = S.0 implies a * -b = -(a * b)",
        ],
      },
    },
    {
      statement: "mul_neg_left: -a * b = -(a * b)",
      proof: {
        lines: [
          "(a + -a) * b = a * b + -a * b",
          "a + -a = S.0",
          "S.0 * b = S.0",
          "a * b + -a * b = S.0 implies -a * b = -(a * b)",
        ],
      },
    },
    {
      statement: "neg_mul_neg: -a * -b = a * b",
      proof: { chain: "-a * -b | -(a * -b) | --(a * b) | a * b" },
    },
  ],
  shapes: ["+ SS 6", "- SS 2", "neg S 3"],
  constants: ["zero S 1"],
};

/** Commutative rings. */
export const COMMUTATIVE_RING: TheorySource = {
  typeclass: "CommRing",
  parents: ["Ring", "CommMonoid"],
  carriers: ["R", "K", "P"],
  laws: [],
  lemmas: [],
  shapes: [],
  constants: [],
};
