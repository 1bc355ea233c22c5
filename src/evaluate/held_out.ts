// What is measured on and what baselines learn from: proofs held out, with their theorems, or trained on.
import { splitCorpus, type SplitOptions } from "../corpus/split.ts";
import { groupByTheorem } from "../corpus/groups.ts";
import type { ProofFile } from "../corpus/proof_file.ts";

/** A held-out proof. */
export interface HeldOutFile {
  /** The proof. */
  readonly file: ProofFile;
  /** Number of its theorem; the proofs of one theorem succeed and fail together. */
  readonly group: number;
}

/** The two parts of a corpus. */
export interface HeldOutCorpus {
  /** What a training run validates on. */
  readonly heldOut: readonly HeldOutFile[];
  /** What it trains on. */
  readonly training: readonly ProofFile[];
  /** sha256 that names the split. */
  readonly splitHash: string;
}

/** Split a corpus as a training run with these options does. @throws {DataError} when it cannot be split */
export function splitHeldOut(files: readonly ProofFile[], options: SplitOptions): HeldOutCorpus {
  const { train, validation, hash } = splitCorpus(files, options);
  const all = allHeldOut(files);
  return { heldOut: validation.map((i) => all[i]!), training: train.map((i) => files[i]!), splitHash: hash };
}

/** Every file of a corpus that was not trained on. */
export function allHeldOut(files: readonly ProofFile[]): HeldOutFile[] {
  return groupByTheorem(files).flatMap(({ first, end }, group) =>
    files.slice(first, end).map((file) => ({ file, group }))
  );
}
