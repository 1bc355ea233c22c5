// The endless, seeded stream of training sequences: each epoch has an order, forms and cuts of its own, which
// are functions of seed, epoch and document. Every token is predicted once an epoch, but for what the
// prover's form cuts off. Before an epoch begins it is counted what each document gives in it, which takes a
// while where there are many; sequences are made when they are taken.
import type { Sequence } from "../model/batch.ts";
import type { TrainingData } from "./data.ts";
import { DocumentForms, type FormOptions } from "./document_forms.ts";
import { Epoch, EpochDraws } from "./epoch.ts";
import { NameCounts, Renaming } from "./renaming.ts";
import { isTurnDue, takeTurns } from "../turns.ts";

/** What is done before an epoch begins: all names are read, and what each document gives is counted. */
export type StreamStage = "names" | "epoch";

/** Options of {@linkcode SequenceStream.open}. */
export interface StreamOptions extends FormOptions {
  /** Told what is done, and how much of it is, in [0, 1]. */
  readonly progress?: ((stage: StreamStage, share: number) => void) | undefined;
  /** Ends it with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What a stream is of. */
export type StreamData = Pick<TrainingData, "documents" | "splitHash" | "derived">;

export class SequenceStream {
  readonly #data: StreamData;
  readonly #forms: DocumentForms;
  readonly #options: StreamOptions;
  /** Index of each epoch's first sequence, as far as the stream was read, and of the next one's. */
  readonly #starts = [0];
  #current: Epoch | null = null;
  /** Sequences in the first epoch; all epochs have as many, but for different forms. */
  sequencesPerEpoch = 0;
  /** Predicted tokens in the first epoch, end tokens included. */
  targetsPerEpoch = 0;

  /** Open the first epoch. @throws the signal's reason */
  static async open(data: StreamData, options: StreamOptions): Promise<SequenceStream> {
    const renaming = options.renaming > 0 ? new Renaming(await namesOf(data, options)) : null;
    const stream = new SequenceStream(data, options, new DocumentForms(data.documents, options, renaming));
    stream.targetsPerEpoch = await stream.#open(0);
    stream.sequencesPerEpoch = stream.#current!.length;
    return stream;
  }

  private constructor(data: StreamData, options: StreamOptions, forms: DocumentForms) {
    this.#data = data;
    this.#forms = forms;
    this.#options = options;
  }

  async take(start: number, count: number): Promise<Sequence[]> {
    const taken: Sequence[] = [];
    for (let index = start; index < start + count; index++) {
      while (index >= this.#starts.at(-1)!) await this.#open(this.#starts.length - 1);
      const epoch = this.#starts.findLastIndex((start) => start <= index);
      if (epoch !== this.#current!.draws.epoch) await this.#open(epoch);
      const { document, piece } = this.#current!.at(index - this.#starts[epoch]!);
      const sequence = this.#forms.sequencesOf(document, this.#current!.draws.of(document))[piece];
      if (sequence === undefined) throw new Error(`internal: document ${document} has no piece ${piece}`);
      taken.push(sequence);
    }
    return taken;
  }

  /** @returns the targets of all its sequences */
  async #open(epoch: number): Promise<number> {
    const { documents, derived, splitHash } = this.#data;
    const { seed, contextLength, proverForm, renaming } = this.#options;
    const draws = new EpochDraws(epoch, seed, documents.length);
    const key = JSON.stringify({ splitHash, epoch, seed, contextLength, proverForm, renaming });
    const known = await derived?.load(key) ?? null;
    let { counts, targets } = known?.length === 4 * documents.length + 8
      ? numbersOf(known)
      : { counts: null, targets: 0 };
    if (counts === null) {
      ({ counts, targets } = await this.#count(draws));
      const sum = new Uint8Array(Float64Array.of(targets).buffer);
      await derived?.save(key, [sum, new Uint8Array(counts.buffer)]);
    }
    this.#current = new Epoch(draws, counts, seed);
    this.#starts[epoch + 1] ??= this.#starts[epoch]! + this.#current.length;
    return targets;
  }

  /** How many sequences each document gives, and the targets of all of them. */
  async #count(draws: EpochDraws): Promise<{ counts: Uint32Array<ArrayBuffer>; targets: number }> {
    const { progress, signal } = this.#options;
    const counts = new Uint32Array(this.#data.documents.length);
    let targets = 0;
    for (let i = 0; i < counts.length; i++) {
      const size = this.#forms.sizeOf(i, draws.of(i));
      counts[i] = size.sequences;
      targets += size.targets;
      if (!isTurnDue()) continue;
      progress?.("epoch", i / counts.length);
      await takeTurns(signal);
    }
    return { counts, targets };
  }
}

function numbersOf(bytes: Uint8Array): { counts: Uint32Array; targets: number } {
  const { buffer } = bytes.slice();
  return { counts: new Uint32Array(buffer, 8), targets: new Float64Array(buffer, 0, 1)[0]! };
}

/** In how many documents each name is. */
async function namesOf(
  { documents, derived, splitHash }: StreamData,
  { progress, signal }: StreamOptions,
): Promise<NameCounts> {
  const names = new NameCounts();
  const key = `names ${splitHash}`;
  const known = await derived?.load(key) ?? null;
  if (known !== null) {
    for (const [name, count] of JSON.parse(new TextDecoder().decode(known.slice()))) {
      names.counts.set(name, count);
    }
    names.documents = documents.length;
    return names;
  }
  for (let i = 0; i < documents.length; i++) {
    names.add(documents.at(i).text);
    if (!isTurnDue()) continue;
    progress?.("names", i / documents.length);
    await takeTurns(signal);
  }
  await derived?.save(key, [new TextEncoder().encode(JSON.stringify([...names.counts]))]);
  return names;
}
