/**
 * What the checker takes for granted: the operations and axioms of each theory, and the names of the lemmas
 * that a later proof may use. A lemma is nothing to take on trust: while the theorem of its own name is being
 * proved, it and all later ones are unknown, so a corpus that proves each of them rests on the axioms alone.
 *
 * A theory's first line has what stands after the colon in `[G: Group]` ("Nat" needs no type parameter), then
 * the theories whose operations, axioms and lemmas hold here too. An operation is its name, the sorts of its
 * arguments, and its result; S is the sort of the theory's elements. theory.ts reads all this.
 */

/** Every theory, each after its parents, with an empty line between two. */
export const THEORIES = `
theory Nat
operations 0 -> Nat, 1 -> Nat, .suc Nat -> Nat, + Nat Nat -> Nat, * Nat Nat -> Nat
operations <= Nat Nat -> Bool, .divides Nat Nat -> Bool
axiom one_eq { 0.suc = 1 }
axiom suc_nonzero(a: Nat) { a.suc != 0 }
axiom suc_injective(a: Nat, b: Nat) { a.suc = b.suc implies a = b }
axiom add_zero_right(a: Nat) { a + 0 = a }
axiom add_suc_right(a: Nat, b: Nat) { a + b.suc = (a + b).suc }
axiom mul_zero_right(a: Nat) { a * 0 = 0 }
axiom mul_suc_right(a: Nat, b: Nat) { a * b.suc = a + a * b }
axiom lte_add(a: Nat, b: Nat) { a <= a + b }
axiom lte_witness(a: Nat, b: Nat) { a <= b implies exists(c: Nat) { a + c = b } }
axiom divides_mul(a: Nat, b: Nat) { a.divides(a * b) }
axiom divides_witness(a: Nat, b: Nat) { a.divides(b) implies exists(c: Nat) { a * c = b } }
lemma add_zero_left(a: Nat) { 0 + a = a }
lemma add_suc_left(a: Nat, b: Nat) { a.suc + b = (a + b).suc }
lemma add_comm(a: Nat, b: Nat) { a + b = b + a }
lemma add_assoc(a: Nat, b: Nat, c: Nat) { a + (b + c) = a + b + c }
lemma add_one_right(a: Nat) { a + 1 = a.suc }
lemma add_cancel_right(a: Nat, b: Nat, c: Nat) { a + c = b + c implies a = b }
lemma add_cancel_left(a: Nat, b: Nat, c: Nat) { c + a = c + b implies a = b }
lemma mul_zero_left(a: Nat) { 0 * a = 0 }
lemma mul_suc_left(a: Nat, b: Nat) { a.suc * b = b + a * b }
lemma mul_comm(a: Nat, b: Nat) { a * b = b * a }
lemma mul_one_right(a: Nat) { a * 1 = a }
lemma mul_one_left(a: Nat) { 1 * a = a }
lemma distrib_left(a: Nat, b: Nat, c: Nat) { a * (b + c) = a * b + a * c }
lemma distrib_right(a: Nat, b: Nat, c: Nat) { (a + b) * c = a * c + b * c }
lemma mul_assoc(a: Nat, b: Nat, c: Nat) { a * (b * c) = a * b * c }
lemma lte_refl(a: Nat) { a <= a }
lemma lte_suc(a: Nat) { a <= a.suc }
lemma zero_lte(a: Nat) { 0 <= a }
lemma lte_trans(a: Nat, b: Nat, c: Nat) { a <= b and b <= c implies a <= c }
lemma lte_add_right(a: Nat, b: Nat, c: Nat) { a <= b implies a + c <= b + c }
lemma lte_mul_left(a: Nat, b: Nat, c: Nat) { a <= b implies c * a <= c * b }
lemma divides_refl(a: Nat) { a.divides(a) }
lemma divides_zero(a: Nat) { a.divides(0) }
lemma divides_trans(a: Nat, b: Nat, c: Nat) { a.divides(b) and b.divides(c) implies a.divides(c) }
lemma divides_add(a: Nat, b: Nat, c: Nat) { a.divides(b) and a.divides(c) implies a.divides(b + c) }
lemma divides_mul_right(a: Nat, b: Nat, c: Nat) { a.divides(b) implies a.divides(b * c) }

theory Monoid: Nat
operations * S S -> S, S.1 -> S, .pow S Nat -> S
axiom mul_assoc(a: S, b: S, c: S) { a * (b * c) = a * b * c }
axiom mul_one_right(a: S) { a * S.1 = a }
axiom mul_one_left(a: S) { S.1 * a = a }
axiom pow_zero(a: S) { a.pow(0) = S.1 }
axiom pow_suc(a: S, n: Nat) { a.pow(n.suc) = a * a.pow(n) }
lemma pow_one(a: S) { a.pow(1) = a }
lemma one_pow(n: Nat) { S.1.pow(n) = S.1 }
lemma pow_add(a: S, m: Nat, n: Nat) { a.pow(m) * a.pow(n) = a.pow(m + n) }
lemma pow_suc_right(a: S, n: Nat) { a.pow(n.suc) = a.pow(n) * a }
lemma pow_mul(a: S, m: Nat, n: Nat) { a.pow(m * n) = a.pow(m).pow(n) }

theory CommMonoid: Monoid
axiom mul_comm(a: S, b: S) { a * b = b * a }
lemma pow_distrib(a: S, b: S, n: Nat) { (a * b).pow(n) = a.pow(n) * b.pow(n) }

theory Group: Monoid
operations .inverse S -> S
axiom inverse_right(a: S) { a * a.inverse = S.1 }
axiom inverse_left(a: S) { a.inverse * a = S.1 }
lemma cancel_inverse_left(a: S, b: S) { a.inverse * (a * b) = b }
lemma cancel_left_inverse(a: S, b: S) { a * (a.inverse * b) = b }
lemma cancel_inverse_right(a: S, b: S) { a * b * b.inverse = a }
lemma mul_cancel_left(a: S, b: S, c: S) { a * b = a * c implies b = c }
lemma mul_cancel_right(a: S, b: S, c: S) { b * a = c * a implies b = c }
lemma inverse_unique(a: S, b: S) { a * b = S.1 implies b = a.inverse }
lemma inverse_inverse(a: S) { a.inverse.inverse = a }
lemma inverse_one { S.1.inverse = S.1 }
lemma inverse_mul(a: S, b: S) { (a * b).inverse = b.inverse * a.inverse }
lemma inverse_injective(a: S, b: S) { a.inverse = b.inverse implies a = b }
lemma idempotent_is_one(a: S) { a * a = a implies a = S.1 }

theory CommGroup: Group CommMonoid
lemma inverse_mul_comm(a: S, b: S) { (a * b).inverse = a.inverse * b.inverse }

theory Ring: Monoid
operations + S S -> S, - S S -> S, neg S -> S, S.0 -> S
axiom add_assoc(a: S, b: S, c: S) { a + (b + c) = a + b + c }
axiom add_comm(a: S, b: S) { a + b = b + a }
axiom add_zero_right(a: S) { a + S.0 = a }
axiom add_neg_right(a: S) { a + -a = S.0 }
axiom sub_eq_add_neg(a: S, b: S) { a - b = a + -b }
axiom distrib_left(a: S, b: S, c: S) { a * (b + c) = a * b + a * c }
axiom distrib_right(a: S, b: S, c: S) { (a + b) * c = a * c + b * c }
lemma add_zero_left(a: S) { S.0 + a = a }
lemma add_neg_left(a: S) { -a + a = S.0 }
lemma add_neg_cancel_right(a: S, b: S) { a + b + -b = a }
lemma add_neg_cancel_left(a: S, b: S) { -a + (a + b) = b }
lemma add_cancel_left(a: S, b: S, c: S) { a + b = a + c implies b = c }
lemma add_cancel_right(a: S, b: S, c: S) { b + a = c + a implies b = c }
lemma neg_unique(a: S, b: S) { a + b = S.0 implies b = -a }
lemma neg_neg(a: S) { --a = a }
lemma neg_zero { -S.0 = S.0 }
lemma neg_add(a: S, b: S) { -(a + b) = -a + -b }
lemma sub_self(a: S) { a - a = S.0 }
lemma sub_zero(a: S) { a - S.0 = a }
lemma sub_add_cancel(a: S, b: S) { a - b + b = a }
lemma neg_sub(a: S, b: S) { -(a - b) = b - a }
lemma sub_eq_zero(a: S, b: S) { a - b = S.0 implies a = b }
lemma mul_zero_right(a: S) { a * S.0 = S.0 }
lemma mul_zero_left(a: S) { S.0 * a = S.0 }
lemma mul_neg_right(a: S, b: S) { a * -b = -(a * b) }
lemma mul_neg_left(a: S, b: S) { -a * b = -(a * b) }
lemma neg_mul_neg(a: S, b: S) { -a * -b = a * b }

theory CommRing: Ring CommMonoid

theory Lattice
operations .meet S S -> S, .join S S -> S, <= S S -> Bool
axiom meet_comm(a: S, b: S) { a.meet(b) = b.meet(a) }
axiom join_comm(a: S, b: S) { a.join(b) = b.join(a) }
axiom meet_assoc(a: S, b: S, c: S) { a.meet(b.meet(c)) = a.meet(b).meet(c) }
axiom join_assoc(a: S, b: S, c: S) { a.join(b.join(c)) = a.join(b).join(c) }
axiom meet_absorb(a: S, b: S) { a.meet(a.join(b)) = a }
axiom join_absorb(a: S, b: S) { a.join(a.meet(b)) = a }
axiom lte_imp_meet(a: S, b: S) { a <= b implies a.meet(b) = a }
axiom meet_imp_lte(a: S, b: S) { a.meet(b) = a implies a <= b }
lemma meet_idem(a: S) { a.meet(a) = a }
lemma join_idem(a: S) { a.join(a) = a }
lemma lte_refl(a: S) { a <= a }
lemma lte_antisym(a: S, b: S) { a <= b and b <= a implies a = b }
lemma lte_trans(a: S, b: S, c: S) { a <= b and b <= c implies a <= c }
lemma meet_lte_left(a: S, b: S) { a.meet(b) <= a }
lemma meet_lte_right(a: S, b: S) { a.meet(b) <= b }
lemma lte_imp_join(a: S, b: S) { a <= b implies a.join(b) = b }
lemma join_imp_lte(a: S, b: S) { a.join(b) = b implies a <= b }
lemma lte_join_left(a: S, b: S) { a <= a.join(b) }
lemma lte_join_right(a: S, b: S) { b <= a.join(b) }
lemma lte_meet(a: S, b: S, c: S) { a <= b and a <= c implies a <= b.meet(c) }
lemma join_lte(a: S, b: S, c: S) { a <= c and b <= c implies a.join(b) <= c }
lemma meet_mono(a: S, b: S, c: S) { a <= b implies a.meet(c) <= b.meet(c) }
lemma join_mono(a: S, b: S, c: S) { a <= b implies a.join(c) <= b.join(c) }

theory DistribLattice: Lattice
axiom meet_join(a: S, b: S, c: S) { a.meet(b.join(c)) = a.meet(b).join(a.meet(c)) }
lemma join_meet(a: S, b: S, c: S) { a.join(b.meet(c)) = a.join(b).meet(a.join(c)) }
`;
