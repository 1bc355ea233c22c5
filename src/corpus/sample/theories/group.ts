/** Groups and commutative groups. */

import type { TheorySource } from "./theory.ts";

/** Groups, written with `*`. */
export const GROUP: TheorySource = {
  typeclass: "Group",
  parents: ["Monoid"],
  carriers: ["G", "H", "K"],
  laws: ["inverse_right: a * a.inverse = S.1", "inverse_left: a.inverse * a = S.1"],
  lemmas: [
    {
      statement: "cancel_inverse_left: a.inverse * (a * b) = b",
      proof: { chain: "a.inverse * (a * b) | a.inverse * a * b | S.1 * b | b" },
    },
    {
      statement: "cancel_left_inverse: a * (a.inverse * b) = b",
      proof: { chain: "a * (a.inverse * b) | a * a.inverse * b | S.1 * b | b" },
    },
    {
      statement: "cancel_inverse_right: a * b * b.inverse = a",
      proof: { chain: "a * b * b.inverse | a * (b * b.inverse) | a * S.1 | a" },
    },
    {
      statement: "mul_cancel_left: a * b = a * c implies b = c",
      proof: { lines: ["a.inverse * (a * b) = b", "a.inverse * (a * c) = c"] },
    },
    {
      statement: "mul_cancel_right: b * a = c * a implies b = c",
      proof: { lines: ["b * a * a.inverse = b", "c * a * a.inverse = c"] },
    },
    {
      statement: "inverse_unique: a * b = S.1 implies b = a.inverse",
      proof: { lines: ["a.inverse * (a * b) = b", "a.inverse * S.1 = a.inverse"] },
    },
    {
      statement: "inverse_inverse: a.inverse.inverse = a",
      proof: { lines: ["a.inverse * a = S.1", "a.inverse * a = S.1 implies a = a.inverse.inverse"] },
    },
    {
      statement: "inverse_one: S.1.inverse = S.1",
      proof: { chain: "S.1.inverse | S.1 * S.1.inverse | S.1" },
    },
    {
      statement: "inverse_mul: (a * b).inverse = b.inverse * a.inverse",
      proof: {
        lines: [
          "a * b * (b.inverse * a.inverse) = S.1 implies b.inverse * a.inverse = (a * b).inverse",
          "a * b * (b.inverse * a.inverse) = a * b * b.inverse * a.inverse",
          "a * b * b.inverse = a",
          "a * a.inverse = S.1",
        ],
      },
    },
    {
      statement: "inverse_injective: a.inverse = b.inverse implies a = b",
      proof: { lines: ["a.inverse.inverse = a", "b.inverse.inverse = b"] },
    },
    {
      statement: "idempotent_is_one: a * a = a implies a = S.1",
      proof: { lines: ["a * S.1 = a", "a * a = a * S.1 implies a = S.1"] },
    },
  ],
  shapes: ["inverse S 4"],
  constants: [],
};

/** Commutative groups. */
export const COMMUTATIVE_GROUP: TheorySource = {
  typeclass: "CommGroup",
  parents: ["Group", "CommMonoid"],
  carriers: ["G", "A", "B"],
  laws: [],
  lemmas: [
    {
      statement: "inverse_mul_comm: (a * b).inverse = a.inverse * b.inverse",
      proof: { chain: "(a * b).inverse | b.inverse * a.inverse | a.inverse * b.inverse" },
    },
  ],
  shapes: [],
  constants: [],
};
