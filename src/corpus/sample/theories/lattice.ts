/** Lattices as algebras with their order, and distributive lattices. */

import type { TheorySource } from "./theory.ts";

/** Lattices. */
export const LATTICE: TheorySource = {
  typeclass: "Lattice",
  parents: [],
  carriers: ["L", "P", "T"],
  laws: [
    "meet_comm: a.meet(b) = b.meet(a)",
    "join_comm: a.join(b) = b.join(a)",
    "meet_assoc: a.meet(b.meet(c)) = a.meet(b).meet(c)",
    "join_assoc: a.join(b.join(c)) = a.join(b).join(c)",
    "meet_absorb: a.meet(a.join(b)) = a",
    "join_absorb: a.join(a.meet(b)) = a",
    "lte_imp_meet: a <= b implies a.meet(b) = a",
    "meet_imp_lte: a.meet(b) = a implies a <= b",
  ],
  lemmas: [
    { statement: "meet_idem: a.meet(a) = a", proof: { chain: "a.meet(a) | a.meet(a.join(a.meet(a))) | a" } },
    { statement: "join_idem: a.join(a) = a", proof: { chain: "a.join(a) | a.join(a.meet(a.join(a))) | a" } },
    { statement: "lte_refl: a <= a", proof: { lines: ["a.meet(a) = a", "a.meet(a) = a implies a <= a"] } },
    {
      statement: "lte_antisym: a <= b and b <= a implies a = b",
      proof: {
        lines: ["a <= b implies a.meet(b) = a", "b <= a implies b.meet(a) = b", "a.meet(b) = b.meet(a)"],
      },
    },
    {
      statement: "lte_trans: a <= b and b <= c implies a <= c",
      proof: {
        lines: [
          "a <= b implies a.meet(b) = a",
          "b <= c implies b.meet(c) = b",
          "a.meet(b.meet(c)) = a.meet(b).meet(c)",
          "a.meet(c) = a implies a <= c",
        ],
      },
    },
    {
      statement: "meet_lte_left: a.meet(b) <= a",
      proof: {
        lines: [
          "a.meet(b).meet(a) = a.meet(a.meet(b))",
          "a.meet(a.meet(b)) = a.meet(a).meet(b)",
          "a.meet(a) = a",
          "a.meet(b).meet(a) = a.meet(b) implies a.meet(b) <= a",
        ],
      },
    },
    {
      statement: "meet_lte_right: a.meet(b) <= b",
      proof: { lines: ["a.meet(b) = b.meet(a)", "b.meet(a) <= b"] },
    },
    {
      statement: "lte_imp_join: a <= b implies a.join(b) = b",
      proof: {
        lines: [
          "a <= b implies a.meet(b) = a",
          "a.meet(b) = b.meet(a)",
          "b.join(b.meet(a)) = b",
          "a.join(b) = b.join(a)",
        ],
      },
    },
    {
      statement: "join_imp_lte: a.join(b) = b implies a <= b",
      proof: { lines: ["a.meet(a.join(b)) = a", "a.meet(b) = a implies a <= b"] },
    },
    {
      statement: "lte_join_left: a <= a.join(b)",
      proof: { lines: ["a.meet(a.join(b)) = a", "a.meet(a.join(b)) = a implies a <= a.join(b)"] },
    },
    {
      statement: "lte_join_right: b <= a.join(b)",
      proof: { lines: ["a.join(b) = b.join(a)", "b <= b.join(a)"] },
    },
    {
      statement: "lte_meet: a <= b and a <= c implies a <= b.meet(c)",
      proof: {
        lines: [
          "a <= b implies a.meet(b) = a",
          "a <= c implies a.meet(c) = a",
          "a.meet(b.meet(c)) = a.meet(b).meet(c)",
          "a.meet(b.meet(c)) = a implies a <= b.meet(c)",
        ],
      },
    },
    {
      statement: "join_lte: a <= c and b <= c implies a.join(b) <= c",
      proof: {
        lines: [
          "a <= c implies a.join(c) = c",
          "b <= c implies b.join(c) = c",
          "a.join(b.join(c)) = a.join(b).join(c)",
          "a.join(b).join(c) = c implies a.join(b) <= c",
        ],
      },
    },
    {
      statement: "meet_mono: a <= b implies a.meet(c) <= b.meet(c)",
      proof: {
        lines: [
          "a.meet(c) <= a",
          "a.meet(c) <= a and a <= b implies a.meet(c) <= b",
          "a.meet(c) <= c",
          "a.meet(c) <= b and a.meet(c) <= c implies a.meet(c) <= b.meet(c)",
        ],
      },
    },
    {
      statement: "join_mono: a <= b implies a.join(c) <= b.join(c)",
      proof: {
        lines: [
          "b <= b.join(c)",
          "a <= b and b <= b.join(c) implies a <= b.join(c)",
          "c <= b.join(c)",
          "a <= b.join(c) and c <= b.join(c) implies a.join(c) <= b.join(c)",
        ],
      },
    },
  ],
  shapes: ["meet SS 5", "join SS 5"],
  constants: [],
};

/** Distributive lattices. */
export const DISTRIBUTIVE_LATTICE: TheorySource = {
  typeclass: "DistribLattice",
  parents: ["Lattice"],
  carriers: ["L", "D", "B"],
  laws: ["meet_join: a.meet(b.join(c)) = a.meet(b).join(a.meet(c))"],
  lemmas: [
    {
      statement: "join_meet: a.join(b.meet(c)) = a.join(b).meet(a.join(c))",
      proof: {
        chain: "a.join(b).meet(a.join(c)) | a.join(b).meet(a).join(a.join(b).meet(c)) | " +
          "a.meet(a.join(b)).join(a.join(b).meet(c)) | " +
          "a.join(a.join(b).meet(c)) | a.join(c.meet(a.join(b))) | " +
          "a.join(c.meet(a).join(c.meet(b))) | " +
          "a.join(c.meet(a)).join(c.meet(b)) | a.join(a.meet(c)).join(c.meet(b)) | " +
          "a.join(c.meet(b)) | a.join(b.meet(c))",
      },
    },
  ],
  shapes: [],
  constants: [],
};
