// The theories of the built-in corpus as text, which generator (../sample/) and checker (../checker/) each
// read on their own. Axioms are trusted: a new one needs a model in tests/corpus/sample_models_test.ts.
// A line is a keyword and the rest; one that begins with four spaces goes on with the line before it.
//
//     theory Ring: Monoid               what stands after the colon in `[R: Ring]` ("Nat" needs no type
//                                       parameter), and the theories of which everything holds here too
//     carriers R A                      spellings of the type parameter to choose from
//     operations - S S -> S, S.0 -> S   name, sorts of the arguments, result; S is the sort of the elements
//     shapes + SS 6, neg S 3            operators of random terms: sorts of the arguments (N: Nat), weight
//     constants zero S 1                constants of random terms: sort, weight
//     axiom add_comm(a: S, b: S) { a + b = b + a }
//     lemma lte_add(a: Nat, b: Nat, c: Nat) { a <= b implies a <= b + c }
//       let m: a + m = b                a letter that the premises say exists
//       by a + m | m + a                a chain of terms, each one law, premise or hypothesis from the next
//     lemma neg_neg(a: S) { --a = a }
//       by -a + a = S.0; …              or clauses that contradict the negated conclusion
//     lemma add_zero_left(a: Nat) { 0 + a = a }
//       case a = 0: …                   or induction: the base and the step, each with a chain or clauses
//       case a.suc: …
import { COMMUTATIVE_GROUP, GROUP } from "./group.ts";
import { DISTRIBUTIVE_LATTICE, LATTICE } from "./lattice.ts";
import { COMMUTATIVE_MONOID, MONOID } from "./monoid.ts";
import { NATURAL } from "./natural.ts";
import { COMMUTATIVE_RING, RING } from "./ring.ts";

/** Every theory, each after what it builds on. */
export const THEORIES: readonly string[] = [
  NATURAL,
  LATTICE,
  MONOID,
  DISTRIBUTIVE_LATTICE,
  COMMUTATIVE_MONOID,
  GROUP,
  RING,
  COMMUTATIVE_GROUP,
  COMMUTATIVE_RING,
];
