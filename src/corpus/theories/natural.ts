/** Natural numbers: zero and successor, addition and multiplication by recursion, order and divisibility. */
export const NATURAL = `
theory Nat
carriers Nat
operations 0 -> Nat, 1 -> Nat, .suc Nat -> Nat, + Nat Nat -> Nat, * Nat Nat -> Nat
operations <= Nat Nat -> Bool, .divides Nat Nat -> Bool
shapes + NN 5, * NN 4, suc N 3
constants 0 N 1, 1 N 1
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
  case a = 0: 0 + 0 | 0
  case a.suc: 0 + a.suc | (0 + a).suc | a.suc
lemma add_suc_left(a: Nat, b: Nat) { a.suc + b = (a + b).suc }
  case b = 0: a.suc + 0 | a.suc | (a + 0).suc
  case b.suc: a.suc + b.suc | (a.suc + b).suc | (a + b).suc.suc | (a + b.suc).suc
lemma add_comm(a: Nat, b: Nat) { a + b = b + a }
  case b = 0: a + 0 | a | 0 + a
  case b.suc: a + b.suc | (a + b).suc | (b + a).suc | b.suc + a
lemma add_assoc(a: Nat, b: Nat, c: Nat) { a + (b + c) = a + b + c }
  case c = 0: a + (b + 0) | a + b | a + b + 0
  case c.suc: a + (b + c.suc) | a + (b + c).suc | (a + (b + c)).suc | (a + b + c).suc | a + b + c.suc
lemma add_one_right(a: Nat) { a + 1 = a.suc }
  by a + 1 | a + 0.suc | (a + 0).suc | a.suc
lemma add_cancel_right(a: Nat, b: Nat, c: Nat) { a + c = b + c implies a = b }
  case c = 0: a + 0 = a; b + 0 = b
  case c.suc: a + c.suc = (a + c).suc; b + c.suc = (b + c).suc;
    (a + c).suc = (b + c).suc implies a + c = b + c
lemma add_cancel_left(a: Nat, b: Nat, c: Nat) { c + a = c + b implies a = b }
  by c + a = a + c; c + b = b + c; a + c = b + c implies a = b
lemma mul_zero_left(a: Nat) { 0 * a = 0 }
  case a = 0: 0 * 0 | 0
  case a.suc: 0 * a.suc | 0 + 0 * a | 0 + 0 | 0
lemma mul_suc_left(a: Nat, b: Nat) { a.suc * b = b + a * b }
  case b = 0: a.suc * 0 | 0 | 0 + 0 | 0 + a * 0
  case b.suc: a.suc * b.suc | a.suc + a.suc * b | a.suc + (b + a * b) | (a + (b + a * b)).suc |
    (a + b + a * b).suc | (b + a + a * b).suc | (b + (a + a * b)).suc | (b + a * b.suc).suc |
    b.suc + a * b.suc
lemma mul_comm(a: Nat, b: Nat) { a * b = b * a }
  case b = 0: a * 0 | 0 | 0 * a
  case b.suc: a * b.suc | a + a * b | a + b * a | b.suc * a
lemma mul_one_right(a: Nat) { a * 1 = a }
  by a * 1 | a * 0.suc | a + a * 0 | a + 0 | a
lemma mul_one_left(a: Nat) { 1 * a = a }
  by 1 * a | a * 1 | a
lemma distrib_left(a: Nat, b: Nat, c: Nat) { a * (b + c) = a * b + a * c }
  case c = 0: a * (b + 0) | a * b | a * b + 0 | a * b + a * 0
  case c.suc: a * (b + c.suc) | a * (b + c).suc | a + a * (b + c) | a + (a * b + a * c) |
    a + a * b + a * c | a * b + a + a * c | a * b + (a + a * c) | a * b + a * c.suc
lemma distrib_right(a: Nat, b: Nat, c: Nat) { (a + b) * c = a * c + b * c }
  by (a + b) * c | c * (a + b) | c * a + c * b | a * c + c * b | a * c + b * c
lemma mul_assoc(a: Nat, b: Nat, c: Nat) { a * (b * c) = a * b * c }
  case c = 0: a * (b * 0) | a * 0 | 0 | a * b * 0
  case c.suc: a * (b * c.suc) | a * (b + b * c) | a * b + a * (b * c) | a * b + a * b * c | a * b * c.suc
lemma lte_refl(a: Nat) { a <= a }
  by a <= a + 0; a + 0 = a
lemma lte_suc(a: Nat) { a <= a.suc }
  by a <= a + 1; a + 1 = a.suc
lemma zero_lte(a: Nat) { 0 <= a }
  by 0 <= 0 + a; 0 + a = a
lemma lte_trans(a: Nat, b: Nat, c: Nat) { a <= b and b <= c implies a <= c }
  let m: a + m = b
  let n: b + n = c
  by a <= a + (m + n); a + (m + n) = a + m + n
lemma lte_add_right(a: Nat, b: Nat, c: Nat) { a <= b implies a + c <= b + c }
  let m: a + m = b
  by a + c <= a + c + m; a + (c + m) = a + c + m; c + m = m + c; a + (m + c) = a + m + c
lemma lte_mul_left(a: Nat, b: Nat, c: Nat) { a <= b implies c * a <= c * b }
  let m: a + m = b
  by c * (a + m) = c * a + c * m; c * a <= c * a + c * m
lemma divides_refl(a: Nat) { a.divides(a) }
  by a.divides(a * 1); a * 1 = a
lemma divides_zero(a: Nat) { a.divides(0) }
  by a.divides(a * 0); a * 0 = 0
lemma divides_trans(a: Nat, b: Nat, c: Nat) { a.divides(b) and b.divides(c) implies a.divides(c) }
  let m: a * m = b
  let n: b * n = c
  by a.divides(a * (m * n)); a * (m * n) = a * m * n
lemma divides_add(a: Nat, b: Nat, c: Nat) { a.divides(b) and a.divides(c) implies a.divides(b + c) }
  let m: a * m = b
  let n: a * n = c
  by a.divides(a * (m + n)); a * (m + n) = a * m + a * n
lemma divides_mul_right(a: Nat, b: Nat, c: Nat) { a.divides(b) implies a.divides(b * c) }
  let m: a * m = b
  by a * (m * c) = a * m * c; a.divides(a * (m * c))
`;
