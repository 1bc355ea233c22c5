// The endless, seeded stream of training sequences: each epoch has an order, forms and cuts of its own, which
// are functions of seed, epoch and document. Every token is predicted once an epoch, but for what the
// prover's form cuts off. Before an epoch begins it is counted what each document gives in it, which takes a
// while where there are many; sequences are made when they are taken.
import type { Sequence } from "../model/batch.ts";
import type { TrainingData } from "./data.ts";
import { DocumentForms } from "./document_forms.ts";
import { Epoch, EpochDraws } from "./epoch.ts";
import { type CountingOptions, EpochCounter } from "./epoch_counts.ts";
import { NameCounts, Renaming } from "./renaming.ts";

/** What a stream is of. */
export type StreamData = Pick<TrainingData, "documents" | "splitHash" | "derived">;

export class SequenceStream {
  readonly #data: StreamData;
  readonly #forms: DocumentForms;
  readonly #options: CountingOptions;
  readonly #counter: EpochCounter;
  readonly #names: NameCounts | null;
  /** Index of each epoch's first sequence, as far as the stream was read, and of the next one's. */
  readonly #starts = [0];
  #current: Epoch | null = null;
  /** Sequences in the first epoch; all epochs have as many, but for different forms. */
  sequencesPerEpoch = 0;
  /** Predicted tokens in the first epoch, end tokens included. */
  targetsPerEpoch = 0;

  /** Open the first epoch. @throws the signal's reason */
  static async open(
    data: StreamData,
    options: CountingOptions & { readonly signal?: AbortSignal | undefined },
  ): Promise<SequenceStream> {
    const counter = new EpochCounter(data.documents, options);
    try {
      const names = options.renaming > 0 ? await namesOf(data, counter, options.signal) : null;
      const stream = new SequenceStream(data, options, { counter, names });
      stream.targetsPerEpoch = await stream.#open(0, options.signal);
      stream.sequencesPerEpoch = stream.#current!.length;
      return stream;
    } finally {
      counter.rest();
    }
  }

  private constructor(
    data: StreamData,
    options: CountingOptions,
    { counter, names }: { counter: EpochCounter; names: NameCounts | null },
  ) {
    this.#data = data;
    this.#options = options;
    this.#counter = counter;
    this.#names = names;
    this.#forms = new DocumentForms(data.documents, options, names && new Renaming(names));
  }

  /** Sequences, opening their epochs. @throws the signal's reason, while an epoch is counted */
  async take(start: number, count: number, signal?: AbortSignal): Promise<Sequence[]> {
    const taken: Sequence[] = [];
    for (let index = start; index < start + count; index++) {
      while (index >= this.#starts.at(-1)!) await this.#open(this.#starts.length - 1, signal);
      const epoch = this.#starts.findLastIndex((start) => start <= index);
      if (epoch !== this.#current!.draws.epoch) await this.#open(epoch, signal);
      const { document, piece } = this.#current!.at(index - this.#starts[epoch]!);
      const sequence = this.#forms.sequencesOf(document, this.#current!.draws.of(document))[piece];
      if (sequence === undefined) throw new Error(`internal: document ${document} has no piece ${piece}`);
      taken.push(sequence);
    }
    return taken;
  }

  /** @returns the targets of all its sequences */
  async #open(epoch: number, signal?: AbortSignal): Promise<number> {
    const { documents, derived, splitHash } = this.#data;
    const { seed, contextLength, proverForm, renaming } = this.#options;
    const draws = new EpochDraws(epoch, seed, documents.length);
    const key = JSON.stringify({ splitHash, epoch, seed, contextLength, proverForm, renaming });
    const known = await derived?.load(key) ?? null;
    let { counts, targets } = known?.length === 4 * documents.length + 8
      ? numbersOf(known)
      : { counts: null, targets: 0 };
    if (counts === null) {
      const parts = { draws, names: this.#names, forms: this.#forms };
      ({ counts, targets } = await this.#counter.count(parts, signal).finally(() => this.#counter.rest()));
      const { buffer, byteOffset, byteLength } = counts;
      const sum = new Uint8Array(Float64Array.of(targets).buffer);
      await derived?.save(key, [sum, new Uint8Array(buffer, byteOffset, byteLength)]);
    }
    this.#current = new Epoch(draws, counts, seed);
    this.#starts[epoch + 1] ??= this.#starts[epoch]! + this.#current.length;
    return targets;
  }
}

function numbersOf(bytes: Uint8Array): { counts: Uint32Array; targets: number } {
  const { buffer } = bytes.slice();
  return { counts: new Uint32Array(buffer, 8), targets: new Float64Array(buffer, 0, 1)[0]! };
}

/** In how many documents each name is. */
async function namesOf(
  { derived, splitHash, documents }: StreamData,
  counter: EpochCounter,
  signal?: AbortSignal,
): Promise<NameCounts> {
  const key = `names ${splitHash}`;
  const known = await derived?.load(key) ?? null;
  if (known !== null) {
    return NameCounts.of(JSON.parse(new TextDecoder().decode(known.slice())), documents.length);
  }
  const names = await counter.names(signal);
  await derived?.save(key, [new TextEncoder().encode(JSON.stringify([...names.counts]))]);
  return names;
}
