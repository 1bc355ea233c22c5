// A checkpoint as a verified folder: exported, held against the trainer's own forward before the folder
// appears, and then checked as anybody's would be.
import type { Backend } from "../backend/mod.ts";
import type { Checkpoint } from "../checkpoint/mod.ts";
import type { ProofFile } from "../corpus/proof_file.ts";
import { splitCorpus } from "../corpus/split.ts";
import { DataError } from "../errors.ts";
import { evaluationSubset, type ScoredDocument, scoredDocuments } from "../evaluate/bits_per_byte.ts";
import { Gpt } from "../model/gpt.ts";
import { Rng } from "../rng.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { exportModel, type ExportResult } from "./export_folder.ts";
import { type GraphForm, graphForm } from "./graph/gpt_graph.ts";
import { type CardFacts, modelCard } from "./model_card.ts";
import { type FolderCheck, verifyFolder } from "./verify.ts";

/** How {@linkcode exportCheckpoint} exports, and where to. */
export interface ExportCheckpointOptions extends Partial<GraphForm> {
  /** The folder to make; it must not exist, or be empty. */
  directory: string;
  /** Computes the trainer's own logits. */
  backend: Backend;
  /** The corpus that the run split: on its held-out proofs the loss of an int8 export is measured. */
  proofs?: readonly ProofFile[];
  /** Makes README.md, the model card, of the checkpoint and these. Default: there is none. */
  card?: CardFacts;
  /** Stops between two files or checks. */
  signal?: AbortSignal;
}

/** The folder is there; or one check of it is done. */
export type ExportEvent =
  | { readonly kind: "export" } & ExportResult
  | { readonly kind: "check" } & FolderCheck;

/** Longest document on which the exported model is compared with the trainer's. */
const COMPARED_TOKENS = 64;
/** Tokens of held-out proofs on which the loss of quantization is measured, at most. */
const MEASURED_TOKENS = 4096;

/**
 * Export a checkpoint and verify what came out; mod.ts of the library begins with an example.
 * @returns `export` when the folder is there, then a `check` each
 * @throws {DataError} when the folder cannot be made, the exported model differs from the trainer's or loses
 * too much (then there is no folder), or, at the end, when checks failed
 */
export async function* exportCheckpoint(
  opened: { readonly checkpoint: Checkpoint; readonly tokenizer: Tokenizer },
  { backend, proofs, card, ...options }: ExportCheckpointOptions,
): AsyncGenerator<ExportEvent, void, void> {
  const { checkpoint: { model, parameters, train }, tokenizer } = opened;
  const gpt = new Gpt(backend, model);
  gpt.load(parameters);
  const rng = new Rng(train.seed, "export");
  const length = Math.min(COMPARED_TOKENS, model.contextLength);
  const tokens = Int32Array.from({ length }, () => rng.below(model.vocabSize));
  const isMeasured = options.quantization === "int8" && proofs !== undefined;
  const result = await exportModel({
    ...options,
    config: model,
    parameters,
    tokenizerJson: tokenizer.toJson(),
    comparison: { tokens, logitsOf: (document) => gpt.logits(document) },
    ...card !== undefined && { card: modelCard(opened.checkpoint, graphForm(options), card) },
    ...isMeasured && { measured: heldOutDocuments(proofs, opened) },
  });
  yield { kind: "export", ...result };
  let failed = 0;
  for await (const check of verifyFolder(result.directory, options)) {
    if (!check.ok) failed++;
    yield { kind: "check", ...check };
  }
  if (failed > 0) throw new DataError(`The exported folder fails ${failed} checks`);
}

/** Some of the proofs that the run held out, as tokens. */
function heldOutDocuments(
  proofs: readonly ProofFile[],
  { checkpoint: { train }, tokenizer }: { checkpoint: Checkpoint; tokenizer: Tokenizer },
): ScoredDocument[] {
  const { split: kind, trainSplit, seed } = train;
  const { validation } = splitCorpus(proofs, { kind, trainSplit, seed });
  return evaluationSubset(scoredDocuments(validation.map((i) => proofs[i]!), tokenizer), MEASURED_TOKENS);
}
