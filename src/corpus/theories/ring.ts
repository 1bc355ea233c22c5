/** Rings with one, and commutative rings, in the notation of mod.ts. */
export const RING = `
theory Ring: Monoid
carriers R A E
operations + S S -> S, - S S -> S, neg S -> S, S.0 -> S
shapes + SS 6, - SS 2, neg S 3
constants zero S 1
axiom add_assoc(a: S, b: S, c: S) { a + (b + c) = a + b + c }
axiom add_comm(a: S, b: S) { a + b = b + a }
axiom add_zero_right(a: S) { a + S.0 = a }
axiom add_neg_right(a: S) { a + -a = S.0 }
axiom sub_eq_add_neg(a: S, b: S) { a - b = a + -b }
axiom distrib_left(a: S, b: S, c: S) { a * (b + c) = a * b + a * c }
axiom distrib_right(a: S, b: S, c: S) { (a + b) * c = a * c + b * c }
lemma add_zero_left(a: S) { S.0 + a = a }
  by S.0 + a | a + S.0 | a
lemma add_neg_left(a: S) { -a + a = S.0 }
  by -a + a | a + -a | S.0
lemma add_neg_cancel_right(a: S, b: S) { a + b + -b = a }
  by a + b + -b | a + (b + -b) | a + S.0 | a
lemma add_neg_cancel_left(a: S, b: S) { -a + (a + b) = b }
  by -a + (a + b) | -a + a + b | S.0 + b | b
lemma add_cancel_left(a: S, b: S, c: S) { a + b = a + c implies b = c }
  by -a + (a + b) = b; -a + (a + c) = c
lemma add_cancel_right(a: S, b: S, c: S) { b + a = c + a implies b = c }
  by b + a + -a = b; c + a + -a = c
lemma neg_unique(a: S, b: S) { a + b = S.0 implies b = -a }
  by a + -a = S.0; a + b = a + -a implies b = -a
lemma neg_neg(a: S) { --a = a }
  by -a + a = S.0; -a + a = S.0 implies a = --a
lemma neg_zero { -S.0 = S.0 }
  by -S.0 | S.0 + -S.0 | S.0
lemma neg_add(a: S, b: S) { -(a + b) = -a + -b }
  by a + b + (-a + -b) = S.0 implies -a + -b = -(a + b); -a + -b = -b + -a;
    a + b + (-b + -a) = a + b + -b + -a; a + b + -b = a; a + -a = S.0
lemma sub_self(a: S) { a - a = S.0 }
  by a - a | a + -a | S.0
lemma sub_zero(a: S) { a - S.0 = a }
  by a - S.0 | a + -S.0 | a + S.0 | a
lemma sub_add_cancel(a: S, b: S) { a - b + b = a }
  by a - b + b | a + -b + b | a + (-b + b) | a + S.0 | a
lemma neg_sub(a: S, b: S) { -(a - b) = b - a }
  by -(a - b) | -(a + -b) | -a + --b | -a + b | b + -a | b - a
lemma sub_eq_zero(a: S, b: S) { a - b = S.0 implies a = b }
  by a - b + b = a; S.0 + b = b
lemma mul_zero_right(a: S) { a * S.0 = S.0 }
  by S.0 + S.0 = S.0; a * (S.0 + S.0) = a * S.0 + a * S.0; a * S.0 + S.0 = a * S.0;
    a * S.0 + a * S.0 = a * S.0 + S.0 implies a * S.0 = S.0
lemma mul_zero_left(a: S) { S.0 * a = S.0 }
  by S.0 + S.0 = S.0; (S.0 + S.0) * a = S.0 * a + S.0 * a; S.0 * a + S.0 = S.0 * a;
    S.0 * a + S.0 * a = S.0 * a + S.0 implies S.0 * a = S.0
lemma mul_neg_right(a: S, b: S) { a * -b = -(a * b) }
  by a * (b + -b) = a * b + a * -b; b + -b = S.0; a * S.0 = S.0;
    a * b + a * -b = S.0 implies a * -b = -(a * b)
lemma mul_neg_left(a: S, b: S) { -a * b = -(a * b) }
  by (a + -a) * b = a * b + -a * b; a + -a = S.0; S.0 * b = S.0;
    a * b + -a * b = S.0 implies -a * b = -(a * b)
lemma neg_mul_neg(a: S, b: S) { -a * -b = a * b }
  by -a * -b | -(a * -b) | --(a * b) | a * b
`;

export const COMMUTATIVE_RING = `
theory CommRing: Ring CommMonoid
carriers R K P
`;
