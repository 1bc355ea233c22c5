// What is known of a corpus' documents, as columns, in memory that threads can share.
/** Of a sha256. */
export const DIGEST_BYTES = 32;
/** Of the sha256 of a theorem's first line: equal ones beside each other are one theorem. 0: there is none. */
export const HEAD_BYTES = 8;

/** All that is known of a corpus' documents. */
export interface CorpusTable {
  /** Every document's tokens, the end token behind each. */
  readonly ids: Uint16Array | Uint32Array;
  /** Where each document's begin. */
  readonly starts: Uint32Array;
  /** How many they are. */
  readonly counts: Uint32Array;
  /** UTF-8 bytes of each text. */
  readonly sizes: Uint32Array;
  /** sha256 of each text. */
  readonly digests: Uint8Array;
  /** What tells each document's theorem from its neighbours'. */
  readonly heads: Uint8Array;
  /** File names. */
  readonly names: readonly string[];
  /** By index, the texts that their ids do not give back. */
  readonly texts: ReadonlyMap<number, string>;
  /** Bytes of the texts without a token of their own. */
  readonly unknownBytes: number;
}

/** The documents that are trained on, as threads share them. */
export interface SharedDocuments {
  /** The corpus. */
  readonly table: Pick<CorpusTable, "ids" | "starts" | "counts" | "texts">;
  /** Which of the corpus' documents they are, in their order. */
  readonly indices: Uint32Array;
}

/** Room for ids that threads can share. */
export function allocateIds(count: number, isNarrow: boolean): Uint16Array | Uint32Array {
  return isNarrow ? new Uint16Array(sharedBytes(2 * count)) : new Uint32Array(sharedBytes(4 * count));
}

/** Numbers that threads can share; zeros where there are none. */
export function sharedNumbers(numbers: ArrayLike<number>): Uint32Array {
  const shared = new Uint32Array(sharedBytes(4 * numbers.length));
  if (0 in numbers) shared.set(numbers);
  return shared;
}

/** A web page may not share memory. */
function sharedBytes(sizeBytes: number): ArrayBuffer | SharedArrayBuffer {
  const isPossible = typeof SharedArrayBuffer !== "undefined";
  return isPossible ? new SharedArrayBuffer(sizeBytes) : new ArrayBuffer(sizeBytes);
}
