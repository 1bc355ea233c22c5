/** Monoids, with powers by recursion, and commutative monoids, in the notation of mod.ts. */
export const MONOID = `
theory Monoid: Nat
carriers M S T A
operations * S S -> S, S.1 -> S, .pow S Nat -> S
shapes * SS 8, pow SN 2
constants one S 1
axiom mul_assoc(a: S, b: S, c: S) { a * (b * c) = a * b * c }
axiom mul_one_right(a: S) { a * S.1 = a }
axiom mul_one_left(a: S) { S.1 * a = a }
axiom pow_zero(a: S) { a.pow(0) = S.1 }
axiom pow_suc(a: S, n: Nat) { a.pow(n.suc) = a * a.pow(n) }
lemma pow_one(a: S) { a.pow(1) = a }
  by a.pow(1) | a.pow(0.suc) | a * a.pow(0) | a * S.1 | a
lemma one_pow(n: Nat) { S.1.pow(n) = S.1 }
  case n = 0: S.1.pow(0) | S.1
  case n.suc: S.1.pow(n.suc) | S.1 * S.1.pow(n) | S.1.pow(n) | S.1
lemma pow_add(a: S, m: Nat, n: Nat) { a.pow(m) * a.pow(n) = a.pow(m + n) }
  case m = 0: a.pow(0) * a.pow(n) | S.1 * a.pow(n) | a.pow(n) | a.pow(0 + n)
  case m.suc: a.pow(m.suc) * a.pow(n) | a * a.pow(m) * a.pow(n) | a * (a.pow(m) * a.pow(n)) |
    a * a.pow(m + n) | a.pow((m + n).suc) | a.pow(m.suc + n)
lemma pow_suc_right(a: S, n: Nat) { a.pow(n.suc) = a.pow(n) * a }
  by a.pow(n.suc) | a.pow(n + 1) | a.pow(n) * a.pow(1) | a.pow(n) * a
lemma pow_mul(a: S, m: Nat, n: Nat) { a.pow(m * n) = a.pow(m).pow(n) }
  case n = 0: a.pow(m * 0) | a.pow(0) | S.1 | a.pow(m).pow(0)
  case n.suc: a.pow(m * n.suc) | a.pow(m + m * n) | a.pow(m) * a.pow(m * n) | a.pow(m) * a.pow(m).pow(n) |
    a.pow(m).pow(n.suc)
`;

export const COMMUTATIVE_MONOID = `
theory CommMonoid: Monoid
carriers M C K
axiom mul_comm(a: S, b: S) { a * b = b * a }
lemma pow_distrib(a: S, b: S, n: Nat) { (a * b).pow(n) = a.pow(n) * b.pow(n) }
  case n = 0: (a * b).pow(0) | S.1 | S.1 * S.1 | a.pow(0) * S.1 | a.pow(0) * b.pow(0)
  case n.suc: (a * b).pow(n.suc) | a * b * (a * b).pow(n) | a * b * (a.pow(n) * b.pow(n)) |
    a * (b * (a.pow(n) * b.pow(n))) | a * (b * a.pow(n) * b.pow(n)) | a * (a.pow(n) * b * b.pow(n)) |
    a * (a.pow(n) * (b * b.pow(n))) | a * a.pow(n) * (b * b.pow(n)) | a.pow(n.suc) * (b * b.pow(n)) |
    a.pow(n.suc) * b.pow(n.suc)
`;
