// From training documents to the endless stream of sequences of at most the context's length. Forms, names,
// cuts and the order are functions of seed, epoch and document. Every token is predicted once an epoch, but
// for what the prover's form cuts off.
import type { TrainConfig } from "../config.ts";
import type { Sequence } from "../model/batch.ts";
import { promptRoom } from "../prompt/mod.ts";
import { Rng } from "../rng.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { rename, Renaming } from "./renaming.ts";
import { TokenSubstitution } from "./substitution.ts";
import type { EncodedDocument, TrainingDocument } from "./training_document.ts";
import { bodylessForm, proverForm, trainingDocument, wholeForm } from "./training_document.ts";

/** Share of a later window's proof that repeats lines of the window before it, at most. */
const REPEATED_SHARE = 0.25;

/** Pieces without overlap. @param shift in [0, 1): of the room left over, what goes before the first cut */
export function cutDocument(
  { tokens, proofStart }: EncodedDocument,
  contextLength: number,
  shift: number,
): Sequence[] {
  const inputs = tokens.length - 1;
  const room = Math.ceil(inputs / contextLength) * contextLength - inputs;
  const first = contextLength - Math.floor(shift * (room + 1));
  const sequences: Sequence[] = [];
  for (let start = 0, end = Math.min(first, inputs); start < inputs;) {
    const targets = tokens.subarray(start + 1, end + 1);
    const proofFrom = Math.max(0, proofStart - 1 - start);
    sequences.push({ tokens: tokens.subarray(start, end), targets, proofFrom });
    [start, end] = [end, Math.min(end + contextLength, inputs)];
  }
  return sequences;
}

// A document in the prover's form is cut as the prover cuts it: of what stands before the proof, the last
// contextLength - 100 tokens stay. Where the proof is too long for the rest, further windows begin with the
// same tokens, then some lines of the window before them, whole ones (from `newline` on) where there is room;
// neither is predicted again.
export function cutProverDocument(
  { tokens, proofStart }: EncodedDocument,
  contextLength: number,
  newline: number,
): Sequence[] {
  const before = proofStart - 1; // the newline token is already fed for the proof's sake
  const head = tokens.subarray(Math.max(0, before - promptRoom(contextLength)), before);
  const proof = tokens.subarray(before);
  const window = (repeated: number, next: number): Sequence => {
    const body = proof.subarray(repeated, Math.min(proof.length, repeated + contextLength - head.length + 1));
    const all = new Int32Array(head.length + body.length);
    all.set(head);
    all.set(body, head.length);
    const targets = all.slice(1);
    const known = head.length + next - repeated - 1; // targets that another window predicts
    if (next > 0) targets.fill(-1, 0, known);
    return { tokens: all.subarray(0, -1), targets, proofFrom: next > 0 ? known : head.length };
  };
  const repeatable = Math.floor(REPEATED_SHARE * (contextLength - head.length));
  const windows = [window(0, 0)];
  for (let next = contextLength - head.length + 1; next < proof.length;) {
    const line = proof.subarray(0, next).indexOf(newline, Math.max(0, next - repeatable));
    const repeated = line < 0 ? next - 1 : line;
    windows.push(window(repeated, next));
    next = repeated + contextLength - head.length + 1;
  }
  return windows;
}

type StreamOptions =
  & Pick<TrainConfig, "seed" | "proverForm" | "renaming" | "substitution">
  & { readonly contextLength: number; readonly tokenizer: Tokenizer };

/** The endless, seeded stream of training sequences: each epoch has an order, forms and cuts of its own. */
export class SequenceStream {
  readonly #documents: readonly TrainingDocument[];
  readonly #options: StreamOptions;
  readonly #newline: number;
  readonly #renaming: Renaming | null;
  readonly #substitution: TokenSubstitution | null;
  /** Encodings under their own names, made when they are first asked for. */
  readonly #whole: (EncodedDocument | undefined)[] = [];
  readonly #prover: (EncodedDocument | undefined)[] = [];
  readonly #bodyless: (EncodedDocument | undefined)[] = [];
  /** Index of each epoch's first sequence, as far as the stream was read, and of the next one's. */
  readonly #starts = [0];
  #epoch = -1;
  #sequences: readonly Sequence[] = [];
  /** Sequences in the first epoch; all epochs have as many, but for different forms. */
  readonly sequencesPerEpoch: number;
  /** Predicted tokens in the first epoch, end tokens included. */
  readonly targetsPerEpoch: number;

  /** @param documents two tokens long at least */
  constructor(documents: readonly TrainingDocument[], options: StreamOptions) {
    const { renaming, substitution, tokenizer } = options;
    this.#documents = documents;
    this.#options = options;
    this.#renaming = renaming > 0 ? new Renaming(documents.map(({ text }) => text)) : null;
    const encoded = documents.map(({ tokens }) => tokens);
    this.#substitution = substitution > 0 ? new TokenSubstitution(encoded, tokenizer) : null;
    this.#newline = tokenizer.encode("\n")[0] ?? -1;
    this.#open(0);
    this.sequencesPerEpoch = this.#sequences.length;
    this.targetsPerEpoch = this.#sequences.reduce((sum, { targets }) => sum + countTargets(targets), 0);
  }

  take(start: number, count: number): Sequence[] {
    return Array.from({ length: count }, (_, i) => this.#at(start + i));
  }

  #at(index: number): Sequence {
    while (index >= this.#starts.at(-1)!) this.#open(this.#starts.length - 1);
    const epoch = this.#starts.findLastIndex((start) => start <= index);
    if (epoch !== this.#epoch) this.#open(epoch);
    return this.#sequences[index - this.#starts[epoch]!]!;
  }

  #open(epoch: number): void {
    const { seed } = this.#options;
    const [cuts, forms] = [new Rng(seed, "cuts", epoch), new Rng(seed, "forms", epoch)];
    const sequences = this.#documents.flatMap((document, index) => {
      const [shift, form] = [cuts.uniform(), forms.uniform()];
      return this.#sequencesOf(document, index, { epoch, shift, form });
    });
    this.#sequences = new Rng(seed, "order", epoch).shuffle(sequences);
    this.#epoch = epoch;
    this.#starts[epoch + 1] ??= this.#starts[epoch]! + sequences.length;
  }

  #sequencesOf(
    original: TrainingDocument,
    index: number,
    { epoch, shift, form }: { epoch: number; shift: number; form: number },
  ): Sequence[] {
    const { contextLength, seed, renaming, substitution, tokenizer } = this.#options;
    const names = new Rng(seed, "names", epoch, index);
    const isRenamed = this.#renaming !== null && names.uniform() < renaming;
    const document = isRenamed
      ? trainingDocument(rename(original.text, this.#renaming!.namesFor(original.text, names)), tokenizer)
      : original;
    const isProver = form < this.#options.proverForm && document.proof !== null;
    // Half of what is shown as a prover asks is as January's asks.
    const isBodyless = isProver && form < this.#options.proverForm / 2;
    const [encode, known] = isBodyless
      ? [bodylessForm, this.#bodyless]
      : isProver
      ? [proverForm, this.#prover]
      : [wholeForm, this.#whole];
    let encoded = isRenamed ? encode(document, tokenizer) : known[index] ??= encode(document, tokenizer);
    const others = new Rng(seed, "substitution", epoch, index);
    if (this.#substitution !== null && others.uniform() < substitution) {
      encoded = { ...encoded, tokens: this.#substitution.apply(encoded.tokens, others) };
    }
    if (isProver) return cutProverDocument(encoded, contextLength, this.#newline);
    return cutDocument(encoded, contextLength, shift);
  }
}

export function countTargets(targets: Int32Array): number {
  let count = 0;
  for (const target of targets) if (target >= 0) count++;
  return count;
}
