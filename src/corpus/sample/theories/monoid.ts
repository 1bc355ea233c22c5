/** Monoids, with powers by recursion, and commutative monoids. */

import type { TheorySource } from "./theory.ts";

/** Monoids. */
export const MONOID: TheorySource = {
  typeclass: "Monoid",
  parents: ["Nat"],
  carriers: ["M", "S", "T", "A"],
  laws: [
    "mul_assoc: a * (b * c) = a * b * c",
    "mul_one_right: a * S.1 = a",
    "mul_one_left: S.1 * a = a",
    "pow_zero: a.pow(0) = S.1",
    "pow_suc: a.pow(n.suc) = a * a.pow(n)",
  ],
  lemmas: [
    {
      statement: "pow_one: a.pow(1) = a",
      proof: { chain: "a.pow(1) | a.pow(0.suc) | a * a.pow(0) | a * S.1 | a" },
    },
    {
      statement: "one_pow: S.1.pow(n) = S.1",
      proof: {
        induct: "n",
        base: { chain: "S.1.pow(0) | S.1" },
        step: { chain: "S.1.pow(n.suc) | S.1 * S.1.pow(n) | S.1.pow(n) | S.1" },
      },
    },
    {
      statement: "pow_add: a.pow(m) * a.pow(n) = a.pow(m + n)",
      proof: {
        induct: "m",
        base: { chain: "a.pow(0) * a.pow(n) | S.1 * a.pow(n) | a.pow(n) | a.pow(0 + n)" },
        step: {
          chain: "a.pow(m.suc) * a.pow(n) | a * a.pow(m) * a.pow(n) | a * (a.pow(m) * a.pow(n)) | " +
            "a * a.pow(m + n) | a.pow((m + n).suc) | a.pow(m.suc + n)",
        },
      },
    },
    {
      statement: "pow_suc_right: a.pow(n.suc) = a.pow(n) * a",
      proof: { chain: "a.pow(n.suc) | a.pow(n + 1) | a.pow(n) * a.pow(1) | a.pow(n) * a" },
    },
    {
      statement: "pow_mul: a.pow(m * n) = a.pow(m).pow(n)",
      proof: {
        induct: "n",
        base: { chain: "a.pow(m * 0) | a.pow(0) | S.1 | a.pow(m).pow(0)" },
        step: {
          chain:
            "a.pow(m * n.suc) | a.pow(m + m * n) | a.pow(m) * a.pow(m * n) | a.pow(m) * a.pow(m).pow(n) | " +
            "a.pow(m).pow(n.suc)",
        },
      },
    },
  ],
  shapes: ["* SS 8", "pow SN 2"],
  constants: ["one S 1"],
};

/** Commutative monoids. */
export const COMMUTATIVE_MONOID: TheorySource = {
  typeclass: "CommMonoid",
  parents: ["Monoid"],
  carriers: ["M", "C", "K"],
  laws: ["mul_comm: a * b = b * a"],
  lemmas: [
    {
      statement: "pow_distrib: (a * b).pow(n) = a.pow(n) * b.pow(n)",
      proof: {
        induct: "n",
        base: { chain: "(a * b).pow(0) | S.1 | S.1 * S.1 | a.pow(0) * S.1 | a.pow(0) * b.pow(0)" },
        step: {
          chain: "(a * b).pow(n.suc) | a * b * (a * b).pow(n) | a * b * (a.pow(n) * b.pow(n)) | " +
            "a * (b * (a.pow(n) * b.pow(n))) | " +
            "a * (b * a.pow(n) * b.pow(n)) | a * (a.pow(n) * b * b.pow(n)) | " +
            "a * (a.pow(n) * (b * b.pow(n))) | " +
            "a * a.pow(n) * (b * b.pow(n)) | a.pow(n.suc) * (b * b.pow(n)) | " +
            "a.pow(n.suc) * b.pow(n.suc)",
        },
      },
    },
  ],
  shapes: [],
  constants: [],
};
