/** Natural numbers: zero and successor, addition and multiplication by recursion, order and divisibility. */

import type { TheorySource } from "./theory.ts";

/** The theory of natural numbers; each lemma is proved from the laws and the lemmas above it. */
export const NATURAL: TheorySource = {
  typeclass: "Nat",
  parents: [],
  carriers: ["Nat"],
  laws: [
    "one_eq: 0.suc = 1",
    "suc_nonzero: a.suc != 0",
    "suc_injective: a.suc = b.suc implies a = b",
    "add_zero_right: a + 0 = a",
    "add_suc_right: a + b.suc = (a + b).suc",
    "mul_zero_right: a * 0 = 0",
    "mul_suc_right: a * b.suc = a + a * b",
    "lte_add: a <= a + b",
    "divides_mul: a.divides(a * b)",
  ],
  lemmas: [
    {
      statement: "add_zero_left: 0 + a = a",
      proof: {
        induct: "a",
        base: { chain: "0 + 0 | 0" },
        step: { chain: "0 + a.suc | (0 + a).suc | a.suc" },
      },
    },
    {
      statement: "add_suc_left: a.suc + b = (a + b).suc",
      proof: {
        induct: "b",
        base: { chain: "a.suc + 0 | a.suc | (a + 0).suc" },
        step: { chain: "a.suc + b.suc | (a.suc + b).suc | (a + b).suc.suc | (a + b.suc).suc" },
      },
    },
    {
      statement: "add_comm: a + b = b + a",
      proof: {
        induct: "b",
        base: { chain: "a + 0 | a | 0 + a" },
        step: { chain: "a + b.suc | (a + b).suc | (b + a).suc | b.suc + a" },
      },
    },
    {
      statement: "add_assoc: a + (b + c) = a + b + c",
      proof: {
        induct: "c",
        base: { chain: "a + (b + 0) | a + b | a + b + 0" },
        step: {
          chain: "a + (b + c.suc) | a + (b + c).suc | (a + (b + c)).suc | (a + b + c).suc | a + b + c.suc",
        },
      },
    },
    {
      statement: "add_one_right: a + 1 = a.suc",
      proof: { chain: "a + 1 | a + 0.suc | (a + 0).suc | a.suc" },
    },
    {
      statement: "add_cancel_right: a + c = b + c implies a = b",
      proof: {
        induct: "c",
        base: { lines: ["a + 0 = a", "b + 0 = b"] },
        step: {
          lines: [
            "a + c.suc = (a + c).suc",
            "b + c.suc = (b + c).suc",
            "(a + c).suc = (b + c).suc implies a + c = b + c",
          ],
        },
      },
    },
    {
      statement: "add_cancel_left: c + a = c + b implies a = b",
      proof: { lines: ["c + a = a + c", "c + b = b + c", "a + c = b + c implies a = b"] },
    },
    {
      statement: "mul_zero_left: 0 * a = 0",
      proof: {
        induct: "a",
        base: { chain: "0 * 0 | 0" },
        step: { chain: "0 * a.suc | 0 + 0 * a | 0 + 0 | 0" },
      },
    },
    {
      statement: "mul_suc_left: a.suc * b = b + a * b",
      proof: {
        induct: "b",
        base: { chain: "a.suc * 0 | 0 | 0 + 0 | 0 + a * 0" },
        step: {
          chain: "a.suc * b.suc | a.suc + a.suc * b | a.suc + (b + a * b) | (a + (b + a * b)).suc | " +
            "(a + b + a * b).suc | (b + a + a * b).suc | " +
            "(b + (a + a * b)).suc | (b + a * b.suc).suc | b.suc + a * b.suc",
        },
      },
    },
    {
      statement: "mul_comm: a * b = b * a",
      proof: {
        induct: "b",
        base: { chain: "a * 0 | 0 | 0 * a" },
        step: { chain: "a * b.suc | a + a * b | a + b * a | b.suc * a" },
      },
    },
    {
      statement: "mul_one_right: a * 1 = a",
      proof: { chain: "a * 1 | a * 0.suc | a + a * 0 | a + 0 | a" },
    },
    { statement: "mul_one_left: 1 * a = a", proof: { chain: "1 * a | a * 1 | a" } },
    {
      statement: "distrib_left: a * (b + c) = a * b + a * c",
      proof: {
        induct: "c",
        base: { chain: "a * (b + 0) | a * b | a * b + 0 | a * b + a * 0" },
        step: {
          chain: "a * (b + c.suc) | a * (b + c).suc | a + a * (b + c) | a + (a * b + a * c) | " +
            "a + a * b + a * c | a * b + a + a * c | a * b + (a + a * c) | a * b + a * c.suc",
        },
      },
    },
    {
      statement: "distrib_right: (a + b) * c = a * c + b * c",
      proof: { chain: "(a + b) * c | c * (a + b) | c * a + c * b | a * c + c * b | a * c + b * c" },
    },
    {
      statement: "mul_assoc: a * (b * c) = a * b * c",
      proof: {
        induct: "c",
        base: { chain: "a * (b * 0) | a * 0 | 0 | a * b * 0" },
        step: {
          chain:
            "a * (b * c.suc) | a * (b + b * c) | a * b + a * (b * c) | a * b + a * b * c | a * b * c.suc",
        },
      },
    },
    { statement: "lte_refl: a <= a", proof: { lines: ["a <= a + 0", "a + 0 = a"] } },
    {
      statement: "lte_suc: a <= a.suc",
      proof: { lines: ["a <= a + 1", "a + 1 = a.suc"] },
    },
    { statement: "zero_lte: 0 <= a", proof: { lines: ["0 <= 0 + a", "0 + a = a"] } },
    {
      statement: "lte_trans: a <= b and b <= c implies a <= c",
      proof: {
        witnesses: [{ letter: "m", satisfies: "a + m = b" }, { letter: "n", satisfies: "b + n = c" }],
        then: { lines: ["a <= a + (m + n)", "a + (m + n) = a + m + n"] },
      },
    },
    {
      statement: "lte_add_right: a <= b implies a + c <= b + c",
      proof: {
        witnesses: [{ letter: "m", satisfies: "a + m = b" }],
        then: {
          lines: [
            "a + c <= a + c + m",
            "a + (c + m) = a + c + m",
            "c + m = m + c",
            "a + (m + c) = a + m + c",
          ],
        },
      },
    },
    {
      statement: "lte_mul_left: a <= b implies c * a <= c * b",
      proof: {
        witnesses: [{ letter: "m", satisfies: "a + m = b" }],
        then: { lines: ["c * (a + m) = c * a + c * m", "c * a <= c * a + c * m"] },
      },
    },
    { statement: "divides_refl: a.divides(a)", proof: { lines: ["a.divides(a * 1)", "a * 1 = a"] } },
    { statement: "divides_zero: a.divides(0)", proof: { lines: ["a.divides(a * 0)", "a * 0 = 0"] } },
    {
      statement: "divides_trans: a.divides(b) and b.divides(c) implies a.divides(c)",
      proof: {
        witnesses: [{ letter: "m", satisfies: "a * m = b" }, { letter: "n", satisfies: "b * n = c" }],
        then: { lines: ["a.divides(a * (m * n))", "a * (m * n) = a * m * n"] },
      },
    },
    {
      statement: "divides_add: a.divides(b) and a.divides(c) implies a.divides(b + c)",
      proof: {
        witnesses: [{ letter: "m", satisfies: "a * m = b" }, { letter: "n", satisfies: "a * n = c" }],
        then: { lines: ["a.divides(a * (m + n))", "a * (m + n) = a * m + a * n"] },
      },
    },
    {
      statement: "divides_mul_right: a.divides(b) implies a.divides(b * c)",
      proof: {
        witnesses: [{ letter: "m", satisfies: "a * m = b" }],
        then: { lines: ["a * (m * c) = a * m * c", "a.divides(a * (m * c))"] },
      },
    },
  ],
  shapes: ["+ NN 5", "* NN 4", "suc N 3"],
  constants: ["0 N 1", "1 N 1"],
};
