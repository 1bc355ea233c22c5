// A ragged batch: the tokens of several sequences without padding. Row t predicts targets[t] from the rows of
// its sequence up to t; every sequence starts at position 0.

/** The rows of a batch, as the model takes them. All arrays but bounds have length T. */
export interface RaggedBatch {
  /** Token ids. */
  readonly tokens: Int32Array;
  /** The next token of each row, or -1 where there is none to predict. */
  readonly targets: Int32Array;
  /** Each row's place in its sequence, from 0. */
  readonly positions: Int32Array;
  /** First row of each sequence, and T at the end. */
  readonly bounds: Int32Array;
  /** The rows whose targets belong to a proof, in order; absent where the sequences don't say. */
  readonly proofRows?: Int32Array;
}

/** One sequence of a batch. */
export interface Sequence {
  /** Input tokens, at least one. */
  readonly tokens: Int32Array;
  /** As many targets; -1: none. */
  readonly targets: Int32Array;
  /** Index of the first target of the proof, to which all that follow belong; beyond all: none does. */
  readonly proofFrom?: number;
}

/** Lay sequences with T tokens together one after the other. */
export function packSequences(sequences: readonly Sequence[]): RaggedBatch {
  const rows = sequences.reduce((sum, sequence) => sum + sequence.tokens.length, 0);
  const tokens = new Int32Array(rows);
  const targets = new Int32Array(rows);
  const positions = new Int32Array(rows);
  const bounds = new Int32Array(sequences.length + 1);
  const proofRows: number[] = [];
  let row = 0;
  for (const [index, sequence] of sequences.entries()) {
    tokens.set(sequence.tokens, row);
    targets.set(sequence.targets, row);
    for (let i = 0; i < sequence.tokens.length; i++) positions[row + i] = i;
    for (let i = sequence.proofFrom ?? Infinity; i < sequence.tokens.length; i++) proofRows.push(row + i);
    row += sequence.tokens.length;
    bounds[index + 1] = row;
  }
  const marksProofs = sequences.some(({ proofFrom }) => proofFrom !== undefined);
  return {
    ...{ tokens, targets, positions, bounds },
    ...(marksProofs ? { proofRows: Int32Array.from(proofRows) } : {}),
  };
}
