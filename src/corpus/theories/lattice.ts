/** Lattices as algebras with their order, and distributive lattices, in the notation of mod.ts. */
export const LATTICE = `
theory Lattice
carriers L P T
operations .meet S S -> S, .join S S -> S, <= S S -> Bool
shapes meet SS 5, join SS 5
axiom meet_comm(a: S, b: S) { a.meet(b) = b.meet(a) }
axiom join_comm(a: S, b: S) { a.join(b) = b.join(a) }
axiom meet_assoc(a: S, b: S, c: S) { a.meet(b.meet(c)) = a.meet(b).meet(c) }
axiom join_assoc(a: S, b: S, c: S) { a.join(b.join(c)) = a.join(b).join(c) }
axiom meet_absorb(a: S, b: S) { a.meet(a.join(b)) = a }
axiom join_absorb(a: S, b: S) { a.join(a.meet(b)) = a }
axiom lte_imp_meet(a: S, b: S) { a <= b implies a.meet(b) = a }
axiom meet_imp_lte(a: S, b: S) { a.meet(b) = a implies a <= b }
lemma meet_idem(a: S) { a.meet(a) = a }
  by a.meet(a) | a.meet(a.join(a.meet(a))) | a
lemma join_idem(a: S) { a.join(a) = a }
  by a.join(a) | a.join(a.meet(a.join(a))) | a
lemma lte_refl(a: S) { a <= a }
  by a.meet(a) = a; a.meet(a) = a implies a <= a
lemma lte_antisym(a: S, b: S) { a <= b and b <= a implies a = b }
  by a <= b implies a.meet(b) = a; b <= a implies b.meet(a) = b; a.meet(b) = b.meet(a)
lemma lte_trans(a: S, b: S, c: S) { a <= b and b <= c implies a <= c }
  by a <= b implies a.meet(b) = a; b <= c implies b.meet(c) = b; a.meet(b.meet(c)) = a.meet(b).meet(c);
    a.meet(c) = a implies a <= c
lemma meet_lte_left(a: S, b: S) { a.meet(b) <= a }
  by a.meet(b).meet(a) = a.meet(a.meet(b)); a.meet(a.meet(b)) = a.meet(a).meet(b); a.meet(a) = a;
    a.meet(b).meet(a) = a.meet(b) implies a.meet(b) <= a
lemma meet_lte_right(a: S, b: S) { a.meet(b) <= b }
  by a.meet(b) = b.meet(a); b.meet(a) <= b
lemma lte_imp_join(a: S, b: S) { a <= b implies a.join(b) = b }
  by a <= b implies a.meet(b) = a; a.meet(b) = b.meet(a); b.join(b.meet(a)) = b; a.join(b) = b.join(a)
lemma join_imp_lte(a: S, b: S) { a.join(b) = b implies a <= b }
  by a.meet(a.join(b)) = a; a.meet(b) = a implies a <= b
lemma lte_join_left(a: S, b: S) { a <= a.join(b) }
  by a.meet(a.join(b)) = a; a.meet(a.join(b)) = a implies a <= a.join(b)
lemma lte_join_right(a: S, b: S) { b <= a.join(b) }
  by a.join(b) = b.join(a); b <= b.join(a)
lemma lte_meet(a: S, b: S, c: S) { a <= b and a <= c implies a <= b.meet(c) }
  by a <= b implies a.meet(b) = a; a <= c implies a.meet(c) = a; a.meet(b.meet(c)) = a.meet(b).meet(c);
    a.meet(b.meet(c)) = a implies a <= b.meet(c)
lemma join_lte(a: S, b: S, c: S) { a <= c and b <= c implies a.join(b) <= c }
  by a <= c implies a.join(c) = c; b <= c implies b.join(c) = c; a.join(b.join(c)) = a.join(b).join(c);
    a.join(b).join(c) = c implies a.join(b) <= c
lemma meet_mono(a: S, b: S, c: S) { a <= b implies a.meet(c) <= b.meet(c) }
  by a.meet(c) <= a; a.meet(c) <= a and a <= b implies a.meet(c) <= b; a.meet(c) <= c;
    a.meet(c) <= b and a.meet(c) <= c implies a.meet(c) <= b.meet(c)
lemma join_mono(a: S, b: S, c: S) { a <= b implies a.join(c) <= b.join(c) }
  by b <= b.join(c); a <= b and b <= b.join(c) implies a <= b.join(c); c <= b.join(c);
    a <= b.join(c) and c <= b.join(c) implies a.join(c) <= b.join(c)
`;

export const DISTRIBUTIVE_LATTICE = `
theory DistribLattice: Lattice
carriers L D B
axiom meet_join(a: S, b: S, c: S) { a.meet(b.join(c)) = a.meet(b).join(a.meet(c)) }
lemma join_meet(a: S, b: S, c: S) { a.join(b.meet(c)) = a.join(b).meet(a.join(c)) }
  by a.join(b).meet(a.join(c)) | a.join(b).meet(a).join(a.join(b).meet(c)) |
    a.meet(a.join(b)).join(a.join(b).meet(c)) | a.join(a.join(b).meet(c)) | a.join(c.meet(a.join(b))) |
    a.join(c.meet(a).join(c.meet(b))) | a.join(c.meet(a)).join(c.meet(b)) |
    a.join(a.meet(c)).join(c.meet(b)) | a.join(c.meet(b)) | a.join(b.meet(c))
`;
