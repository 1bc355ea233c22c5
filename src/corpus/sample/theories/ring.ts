/** Rings with one, and commutative rings, in the notation of theory.ts. */

/** Rings. */
export const RING = `
theory Ring: Monoid
carriers R A E
shapes + SS 6, - SS 2, neg S 3
constants zero S 1
law add_assoc: a + (b + c) = a + b + c
law add_comm: a + b = b + a
law add_zero_right: a + S.0 = a
law add_neg_right: a + -a = S.0
law sub_eq_add_neg: a - b = a + -b
law distrib_left: a * (b + c) = a * b + a * c
law distrib_right: (a + b) * c = a * c + b * c
lemma add_zero_left: S.0 + a = a
  by S.0 + a | a + S.0 | a
lemma add_neg_left: -a + a = S.0
  by -a + a | a + -a | S.0
lemma add_neg_cancel_right: a + b + -b = a
  by a + b + -b | a + (b + -b) | a + S.0 | a
lemma add_neg_cancel_left: -a + (a + b) = b
  by -a + (a + b) | -a + a + b | S.0 + b | b
lemma add_cancel_left: a + b = a + c implies b = c
  by -a + (a + b) = b; -a + (a + c) = c
lemma add_cancel_right: b + a = c + a implies b = c
  by b + a + -a = b; c + a + -a = c
lemma neg_unique: a + b = S.0 implies b = -a
  by a + -a = S.0; a + b = a + -a implies b = -a
lemma neg_neg: --a = a
  by -a + a = S.0; -a + a = S.0 implies a = --a
lemma neg_zero: -S.0 = S.0
  by -S.0 | S.0 + -S.0 | S.0
lemma neg_add: -(a + b) = -a + -b
  by a + b + (-a + -b) = S.0 implies -a + -b = -(a + b); -a + -b = -b + -a;
    a + b + (-b + -a) = a + b + -b + -a; a + b + -b = a; a + -a = S.0
lemma sub_self: a - a = S.0
  by a - a | a + -a | S.0
lemma sub_zero: a - S.0 = a
  by a - S.0 | a + -S.0 | a + S.0 | a
lemma sub_add_cancel: a - b + b = a
  by a - b + b | a + -b + b | a + (-b + b) | a + S.0 | a
lemma neg_sub: -(a - b) = b - a
  by -(a - b) | -(a + -b) | -a + --b | -a + b | b + -a | b - a
lemma sub_eq_zero: a - b = S.0 implies a = b
  by a - b + b = a; S.0 + b = b
lemma mul_zero_right: a * S.0 = S.0
  by S.0 + S.0 = S.0; a * (S.0 + S.0) = a * S.0 + a * S.0; a * S.0 + S.0 = a * S.0;
    a * S.0 + a * S.0 = a * S.0 + S.0 implies a * S.0 = S.0
lemma mul_zero_left: S.0 * a = S.0
  by S.0 + S.0 = S.0; (S.0 + S.0) * a = S.0 * a + S.0 * a; S.0 * a + S.0 = S.0 * a;
    S.0 * a + S.0 * a = S.0 * a + S.0 implies S.0 * a = S.0
lemma mul_neg_right: a * -b = -(a * b)
  by a * (b + -b) = a * b + a * -b; b + -b = S.0; a * S.0 = S.0;
    a * b + a * -b = S.0 implies a * -b = -(a * b)
lemma mul_neg_left: -a * b = -(a * b)
  by (a + -a) * b = a * b + -a * b; a + -a = S.0; S.0 * b = S.0;
    a * b + -a * b = S.0 implies -a * b = -(a * b)
lemma neg_mul_neg: -a * -b = a * b
  by -a * -b | -(a * -b) | --(a * b) | a * b
`;

/** Commutative rings. */
export const COMMUTATIVE_RING = `
theory CommRing: Ring CommMonoid
carriers R K P
`;
