/** Groups and commutative groups, in the notation of mod.ts. */
export const GROUP = `
theory Group: Monoid
carriers G H K
operations .inverse S -> S
shapes inverse S 4
axiom inverse_right(a: S) { a * a.inverse = S.1 }
axiom inverse_left(a: S) { a.inverse * a = S.1 }
lemma cancel_inverse_left(a: S, b: S) { a.inverse * (a * b) = b }
  by a.inverse * (a * b) | a.inverse * a * b | S.1 * b | b
lemma cancel_left_inverse(a: S, b: S) { a * (a.inverse * b) = b }
  by a * (a.inverse * b) | a * a.inverse * b | S.1 * b | b
lemma cancel_inverse_right(a: S, b: S) { a * b * b.inverse = a }
  by a * b * b.inverse | a * (b * b.inverse) | a * S.1 | a
lemma mul_cancel_left(a: S, b: S, c: S) { a * b = a * c implies b = c }
  by a.inverse * (a * b) = b; a.inverse * (a * c) = c
lemma mul_cancel_right(a: S, b: S, c: S) { b * a = c * a implies b = c }
  by b * a * a.inverse = b; c * a * a.inverse = c
lemma inverse_unique(a: S, b: S) { a * b = S.1 implies b = a.inverse }
  by a.inverse * (a * b) = b; a.inverse * S.1 = a.inverse
lemma inverse_inverse(a: S) { a.inverse.inverse = a }
  by a.inverse * a = S.1; a.inverse * a = S.1 implies a = a.inverse.inverse
lemma inverse_one { S.1.inverse = S.1 }
  by S.1.inverse | S.1 * S.1.inverse | S.1
lemma inverse_mul(a: S, b: S) { (a * b).inverse = b.inverse * a.inverse }
  by a * b * (b.inverse * a.inverse) = S.1 implies b.inverse * a.inverse = (a * b).inverse;
    a * b * (b.inverse * a.inverse) = a * b * b.inverse * a.inverse; a * b * b.inverse = a;
    a * a.inverse = S.1
lemma inverse_injective(a: S, b: S) { a.inverse = b.inverse implies a = b }
  by a.inverse.inverse = a; b.inverse.inverse = b
lemma idempotent_is_one(a: S) { a * a = a implies a = S.1 }
  by a * S.1 = a; a * a = a * S.1 implies a = S.1
`;

export const COMMUTATIVE_GROUP = `
theory CommGroup: Group CommMonoid
carriers G A B
lemma inverse_mul_comm(a: S, b: S) { (a * b).inverse = a.inverse * b.inverse }
  by (a * b).inverse | b.inverse * a.inverse | a.inverse * b.inverse
`;
