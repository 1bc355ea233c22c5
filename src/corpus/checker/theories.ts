/**
 * What the checker takes for granted: the operations and axioms of each theory, written as statements and
 * read by the checker's own
 * parser, and the names of the lemmas that a later proof may use. A lemma is nothing to take on trust: while
 * the theorem of its own
 * name is being proved, it and all later ones are unknown, so a corpus that proves each of them rests on the
 * axioms alone.
 */

/** One theory as text. The sort of its elements is written S. */
export interface TheoryText {
  /** What stands after the colon in `[G: Group]`; "Nat" for the naturals, which need no type parameter. */
  readonly typeclass: string;
  /** Theories whose operations, axioms and lemmas hold here too. */
  readonly parents: readonly string[];
  /** Operation, argument sorts, result: `* S S -> S`. */
  readonly operations: readonly string[];
  readonly axioms: readonly string[];
  readonly lemmas: readonly string[];
}

const NATURALS: TheoryText = {
  typeclass: "Nat",
  parents: [],
  operations: [
    "0 -> Nat",
    "1 -> Nat",
    ".suc Nat -> Nat",
    "+ Nat Nat -> Nat",
    "* Nat Nat -> Nat",
    "<= Nat Nat -> Bool",
    ".divides Nat Nat -> Bool",
  ],
  axioms: [
    "one_eq { 0.suc = 1 }",
    "suc_nonzero(a: Nat) { a.suc != 0 }",
    "suc_injective(a: Nat, b: Nat) { a.suc = b.suc implies a = b }",
    "add_zero_right(a: Nat) { a + 0 = a }",
    "add_suc_right(a: Nat, b: Nat) { a + b.suc = (a + b).suc }",
    "mul_zero_right(a: Nat) { a * 0 = 0 }",
    "mul_suc_right(a: Nat, b: Nat) { a * b.suc = a + a * b }",
    "lte_add(a: Nat, b: Nat) { a <= a + b }",
    "lte_witness(a: Nat, b: Nat) { a <= b implies exists(c: Nat) { a + c = b } }",
    "divides_mul(a: Nat, b: Nat) { a.divides(a * b) }",
    "divides_witness(a: Nat, b: Nat) { a.divides(b) implies exists(c: Nat) { a * c = b } }",
  ],
  lemmas: [
    "add_zero_left(a: Nat) { 0 + a = a }",
    "add_suc_left(a: Nat, b: Nat) { a.suc + b = (a + b).suc }",
    "add_comm(a: Nat, b: Nat) { a + b = b + a }",
    "add_assoc(a: Nat, b: Nat, c: Nat) { a + (b + c) = a + b + c }",
    "add_one_right(a: Nat) { a + 1 = a.suc }",
    "add_cancel_right(a: Nat, b: Nat, c: Nat) { a + c = b + c implies a = b }",
    "add_cancel_left(a: Nat, b: Nat, c: Nat) { c + a = c + b implies a = b }",
    "mul_zero_left(a: Nat) { 0 * a = 0 }",
    "mul_suc_left(a: Nat, b: Nat) { a.suc * b = b + a * b }",
    "mul_comm(a: Nat, b: Nat) { a * b = b * a }",
    "mul_one_right(a: Nat) { a * 1 = a }",
    "mul_one_left(a: Nat) { 1 * a = a }",
    "distrib_left(a: Nat, b: Nat, c: Nat) { a * (b + c) = a * b + a * c }",
    "distrib_right(a: Nat, b: Nat, c: Nat) { (a + b) * c = a * c + b * c }",
    "mul_assoc(a: Nat, b: Nat, c: Nat) { a * (b * c) = a * b * c }",
    "lte_refl(a: Nat) { a <= a }",
    "lte_suc(a: Nat) { a <= a.suc }",
    "zero_lte(a: Nat) { 0 <= a }",
    "lte_trans(a: Nat, b: Nat, c: Nat) { a <= b and b <= c implies a <= c }",
    "lte_add_right(a: Nat, b: Nat, c: Nat) { a <= b implies a + c <= b + c }",
    "lte_mul_left(a: Nat, b: Nat, c: Nat) { a <= b implies c * a <= c * b }",
    "divides_refl(a: Nat) { a.divides(a) }",
    "divides_zero(a: Nat) { a.divides(0) }",
    "divides_trans(a: Nat, b: Nat, c: Nat) { a.divides(b) and b.divides(c) implies a.divides(c) }",
    "divides_add(a: Nat, b: Nat, c: Nat) { a.divides(b) and a.divides(c) implies a.divides(b + c) }",
    "divides_mul_right(a: Nat, b: Nat, c: Nat) { a.divides(b) implies a.divides(b * c) }",
  ],
};

const MONOID: TheoryText = {
  typeclass: "Monoid",
  parents: ["Nat"],
  operations: ["* S S -> S", "S.1 -> S", ".pow S Nat -> S"],
  axioms: [
    "mul_assoc(a: S, b: S, c: S) { a * (b * c) = a * b * c }",
    "mul_one_right(a: S) { a * S.1 = a }",
    "mul_one_left(a: S) { S.1 * a = a }",
    "pow_zero(a: S) { a.pow(0) = S.1 }",
    "pow_suc(a: S, n: Nat) { a.pow(n.suc) = a * a.pow(n) }",
  ],
  lemmas: [
    "pow_one(a: S) { a.pow(1) = a }",
    "one_pow(n: Nat) { S.1.pow(n) = S.1 }",
    "pow_add(a: S, m: Nat, n: Nat) { a.pow(m) * a.pow(n) = a.pow(m + n) }",
    "pow_suc_right(a: S, n: Nat) { a.pow(n.suc) = a.pow(n) * a }",
    "pow_mul(a: S, m: Nat, n: Nat) { a.pow(m * n) = a.pow(m).pow(n) }",
  ],
};

const COMM_MONOID: TheoryText = {
  typeclass: "CommMonoid",
  parents: ["Monoid"],
  operations: [],
  axioms: ["mul_comm(a: S, b: S) { a * b = b * a }"],
  lemmas: ["pow_distrib(a: S, b: S, n: Nat) { (a * b).pow(n) = a.pow(n) * b.pow(n) }"],
};

const GROUP: TheoryText = {
  typeclass: "Group",
  parents: ["Monoid"],
  operations: [".inverse S -> S"],
  axioms: [
    "inverse_right(a: S) { a * a.inverse = S.1 }",
    "inverse_left(a: S) { a.inverse * a = S.1 }",
  ],
  lemmas: [
    "cancel_inverse_left(a: S, b: S) { a.inverse * (a * b) = b }",
    "cancel_left_inverse(a: S, b: S) { a * (a.inverse * b) = b }",
    "cancel_inverse_right(a: S, b: S) { a * b * b.inverse = a }",
    "mul_cancel_left(a: S, b: S, c: S) { a * b = a * c implies b = c }",
    "mul_cancel_right(a: S, b: S, c: S) { b * a = c * a implies b = c }",
    "inverse_unique(a: S, b: S) { a * b = S.1 implies b = a.inverse }",
    "inverse_inverse(a: S) { a.inverse.inverse = a }",
    "inverse_one { S.1.inverse = S.1 }",
    "inverse_mul(a: S, b: S) { (a * b).inverse = b.inverse * a.inverse }",
    "inverse_injective(a: S, b: S) { a.inverse = b.inverse implies a = b }",
    "idempotent_is_one(a: S) { a * a = a implies a = S.1 }",
  ],
};

const COMM_GROUP: TheoryText = {
  typeclass: "CommGroup",
  parents: ["Group", "CommMonoid"],
  operations: [],
  axioms: [],
  lemmas: ["inverse_mul_comm(a: S, b: S) { (a * b).inverse = a.inverse * b.inverse }"],
};

const RING: TheoryText = {
  typeclass: "Ring",
  parents: ["Monoid"],
  operations: ["+ S S -> S", "- S S -> S", "neg S -> S", "S.0 -> S"],
  axioms: [
    "add_assoc(a: S, b: S, c: S) { a + (b + c) = a + b + c }",
    "add_comm(a: S, b: S) { a + b = b + a }",
    "add_zero_right(a: S) { a + S.0 = a }",
    "add_neg_right(a: S) { a + -a = S.0 }",
    "sub_eq_add_neg(a: S, b: S) { a - b = a + -b }",
    "distrib_left(a: S, b: S, c: S) { a * (b + c) = a * b + a * c }",
    "distrib_right(a: S, b: S, c: S) { (a + b) * c = a * c + b * c }",
  ],
  lemmas: [
    "add_zero_left(a: S) { S.0 + a = a }",
    "add_neg_left(a: S) { -a + a = S.0 }",
    "add_neg_cancel_right(a: S, b: S) { a + b + -b = a }",
    "add_neg_cancel_left(a: S, b: S) { -a + (a + b) = b }",
    "add_cancel_left(a: S, b: S, c: S) { a + b = a + c implies b = c }",
    "add_cancel_right(a: S, b: S, c: S) { b + a = c + a implies b = c }",
    "neg_unique(a: S, b: S) { a + b = S.0 implies b = -a }",
    "neg_neg(a: S) { --a = a }",
    "neg_zero { -S.0 = S.0 }",
    "neg_add(a: S, b: S) { -(a + b) = -a + -b }",
    "sub_self(a: S) { a - a = S.0 }",
    "sub_zero(a: S) { a - S.0 = a }",
    "sub_add_cancel(a: S, b: S) { a - b + b = a }",
    "neg_sub(a: S, b: S) { -(a - b) = b - a }",
    "sub_eq_zero(a: S, b: S) { a - b = S.0 implies a = b }",
    "mul_zero_right(a: S) { a * S.0 = S.0 }",
    "mul_zero_left(a: S) { S.0 * a = S.0 }",
    "mul_neg_right(a: S, b: S) { a * -b = -(a * b) }",
    "mul_neg_left(a: S, b: S) { -a * b = -(a * b) }",
    "neg_mul_neg(a: S, b: S) { -a * -b = a * b }",
  ],
};

const COMM_RING: TheoryText = {
  typeclass: "CommRing",
  parents: ["Ring", "CommMonoid"],
  operations: [],
  axioms: [],
  lemmas: [],
};

const LATTICE: TheoryText = {
  typeclass: "Lattice",
  parents: [],
  operations: [".meet S S -> S", ".join S S -> S", "<= S S -> Bool"],
  axioms: [
    "meet_comm(a: S, b: S) { a.meet(b) = b.meet(a) }",
    "join_comm(a: S, b: S) { a.join(b) = b.join(a) }",
    "meet_assoc(a: S, b: S, c: S) { a.meet(b.meet(c)) = a.meet(b).meet(c) }",
    "join_assoc(a: S, b: S, c: S) { a.join(b.join(c)) = a.join(b).join(c) }",
    "meet_absorb(a: S, b: S) { a.meet(a.join(b)) = a }",
    "join_absorb(a: S, b: S) { a.join(a.meet(b)) = a }",
    "lte_imp_meet(a: S, b: S) { a <= b implies a.meet(b) = a }",
    "meet_imp_lte(a: S, b: S) { a.meet(b) = a implies a <= b }",
  ],
  lemmas: [
    "meet_idem(a: S) { a.meet(a) = a }",
    "join_idem(a: S) { a.join(a) = a }",
    "lte_refl(a: S) { a <= a }",
    "lte_antisym(a: S, b: S) { a <= b and b <= a implies a = b }",
    "lte_trans(a: S, b: S, c: S) { a <= b and b <= c implies a <= c }",
    "meet_lte_left(a: S, b: S) { a.meet(b) <= a }",
    "meet_lte_right(a: S, b: S) { a.meet(b) <= b }",
    "lte_imp_join(a: S, b: S) { a <= b implies a.join(b) = b }",
    "join_imp_lte(a: S, b: S) { a.join(b) = b implies a <= b }",
    "lte_join_left(a: S, b: S) { a <= a.join(b) }",
    "lte_join_right(a: S, b: S) { b <= a.join(b) }",
    "lte_meet(a: S, b: S, c: S) { a <= b and a <= c implies a <= b.meet(c) }",
    "join_lte(a: S, b: S, c: S) { a <= c and b <= c implies a.join(b) <= c }",
    "meet_mono(a: S, b: S, c: S) { a <= b implies a.meet(c) <= b.meet(c) }",
    "join_mono(a: S, b: S, c: S) { a <= b implies a.join(c) <= b.join(c) }",
  ],
};

const DISTRIB_LATTICE: TheoryText = {
  typeclass: "DistribLattice",
  parents: ["Lattice"],
  operations: [],
  axioms: ["meet_join(a: S, b: S, c: S) { a.meet(b.join(c)) = a.meet(b).join(a.meet(c)) }"],
  lemmas: ["join_meet(a: S, b: S, c: S) { a.join(b.meet(c)) = a.join(b).meet(a.join(c)) }"],
};

/** Every theory, each after its parents. */
export const THEORIES: readonly TheoryText[] = [
  NATURALS,
  MONOID,
  COMM_MONOID,
  GROUP,
  COMM_GROUP,
  RING,
  COMM_RING,
  LATTICE,
  DISTRIB_LATTICE,
];
