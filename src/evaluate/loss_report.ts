// Bits a byte and perplexity of a model over held-out proofs, by section.
import { placeLosses, type ScoringWindow, scoringWindows } from "../infer/scoring_windows.ts";
import { type Estimate, estimateRatio } from "./bootstrap.ts";
import { type MeasureOptions, sharesOf } from "./progress.ts";
import type { AskedModel } from "./requests.ts";
import { type LossSums, type Part, PARTS, sumsOfSections } from "./section_sums.ts";
import type { HeldOutFile } from "./held_out.ts";

/** A section's figures over all files that have it. */
export interface PartLoss extends LossSums {
  /** nats / ln 2 / bytes, with its interval. */
  readonly bitsPerByte: Estimate;
  /** exp(nats / tokens); null where there are no tokens. */
  readonly perplexity: number | null;
}

/** By section, and of whole files. */
export type LossReport = Readonly<Record<Part, PartLoss>>;

/** That are scored at once: enough to fill the kernels, few enough for memory. */
const BATCH_ROWS = 1024;

/** Score files. @yields the share that is done, in [0, 1] @returns the sums of each file, by section */
export async function* scoreFiles(
  model: AskedModel,
  files: readonly HeldOutFile[],
  { tokenizer, contextLength, signal }: MeasureOptions,
): AsyncGenerator<number, Record<Part, LossSums>[], void> {
  const documents = files.map(({ file }) => tokenizer.encode(file.text));
  const losses = documents.map(({ length }) => new Float32Array(length));
  const batches = [...windowBatches(documents, contextLength)];
  const score = async (batch: DocumentWindow[]): Promise<void> => {
    const found = await model.losses(batch);
    for (const [i, window] of batch.entries()) placeLosses(losses[window.document]!, window, found[i]!);
  };
  yield* sharesOf(batches, score, signal);
  return files.map(({ file }, i) =>
    sumsOfSections(file, { tokens: documents[i]!, losses: losses[i]!, tokenizer })
  );
}

/** The figures of files' sums. */
export function lossReport(
  sums: readonly Readonly<Record<Part, LossSums>>[],
  files: readonly HeldOutFile[],
  seed: number,
): LossReport {
  const entries = PARTS.map((part): [Part, PartLoss] => {
    const total: LossSums = { nats: 0, tokens: 0, bytes: 0 };
    for (const { [part]: { nats, tokens, bytes } } of sums) {
      total.nats += nats;
      total.tokens += tokens;
      total.bytes += bytes;
    }
    const parts = sums.map(({ [part]: { nats, bytes } }, i) => {
      return { group: files[i]!.group, numerator: nats / Math.LN2, denominator: bytes };
    });
    const perplexity = total.tokens > 0 ? Math.exp(total.nats / total.tokens) : null;
    return [part, { ...total, bitsPerByte: estimateRatio(parts, seed), perplexity }];
  });
  return Object.fromEntries(entries) as Record<Part, PartLoss>;
}

type DocumentWindow = ScoringWindow & { readonly document: number };

function* windowBatches(
  documents: readonly Int32Array[],
  contextLength: number,
): Generator<DocumentWindow[]> {
  let [batch, rows]: [DocumentWindow[], number] = [[], 0];
  for (const [document, tokens] of documents.entries()) {
    for (const window of scoringWindows(tokens, contextLength)) {
      if (batch.length > 0 && rows + window.tokens.length > BATCH_ROWS) {
        yield batch;
        [batch, rows] = [[], 0];
      }
      batch.push({ document, ...window });
      rows += window.tokens.length;
    }
  }
  if (batch.length > 0) yield batch;
}
