/**
 * What a theory file says: laws, lemmas with proofs in outline, and the shapes that random terms are made of.
 * Everything is text in the
 * notation of ../notation.ts.
 */

/**
 * How a lemma is proved.
 * - `chain`: the terms of an equational chain, each next to its neighbours by one law, premise or induction
 * hypothesis;
 * - `lines`: clauses that, together with the premises, contradict the negated conclusion;
 * - `induct`: by induction on a letter, with a proof of the base and of the step; the step's hypothesis is
 * known;
 * - `witnesses`: letters that the premises' laws say exist, then a proof that uses them.
 */
export type Script =
  | { readonly chain: string }
  | { readonly lines: readonly string[] }
  | { readonly induct: string; readonly base: Script; readonly step: Script }
  | { readonly witnesses: readonly Witness[]; readonly then: Script };

/** A letter, what it satisfies, and the premise from which it follows. */
export interface Witness {
  readonly letter: string;
  readonly satisfies: string;
}

/** A named lemma, `name: statement`, and its proof. */
export interface Lemma {
  readonly statement: string;
  readonly proof: Script;
}

/** A theory's own part; what it inherits is in its parents. */
export interface TheorySource {
  /** The name after the colon of a type parameter; "Nat" has none. */
  readonly typeclass: string;
  readonly parents: readonly string[];
  /** Spellings of the type parameter to choose from. */
  readonly carriers: readonly string[];
  readonly laws: readonly string[];
  readonly lemmas: readonly Lemma[];
  /** Operators of random terms with weights, inherited ones not included: `* SS 6` takes two elements. */
  readonly shapes: readonly string[];
  /** Constants of random terms with weights: `one S 1`. */
  readonly constants: readonly string[];
}
