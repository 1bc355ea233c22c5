/** A run's evaluations: the loss on validation proofs, the best so far, how long ago that was, and a proof written by the model for people to look at. */
import type { BestEvaluation } from "../checkpoint/mod.ts";
import type { TrainConfig } from "../config.ts";
import { evaluationSubset, type ScoredDocument, scoreDocuments } from "../evaluate/bits_per_byte.ts";
import type { EvaluationEvent, SampleEvent } from "../metrics/mod.ts";
import { cutProof } from "../prompt/mod.ts";
import type { Engine } from "./engine/engine.ts";
import { divergence, type RunParts } from "./progress.ts";
import type { TrainOptions } from "./train_options.ts";

/** Tokens that a sample has at most. */
const SAMPLE_TOKENS = 96;

/** See the top of this file. */
export class Evaluations {
  readonly #parts: RunParts;
  /** The same proofs each time. */
  readonly #scored: readonly ScoredDocument[];
  /** The run's best evaluation; null before the first one. */
  best: BestEvaluation | null;
  /** Evaluations since then. */
  withoutGain: number;

  /** Go on from the resumed checkpoint's. */
  constructor(parts: RunParts, evalTokens: number | null) {
    const { data, resume } = parts.options;
    this.#parts = parts;
    this.#scored = evaluationSubset(data.validation, evalTokens);
    this.best = resume?.best ?? null;
    this.withoutGain = resume?.evaluationsWithoutGain ?? 0;
  }

  /** Evaluate the model after so many steps. @throws {DivergenceError} when its loss is not finite */
  async evaluate(step: number, train: TrainConfig): Promise<EvaluationEvent> {
    const { options: { data, model }, engine, elapsed } = this.#parts;
    const { loss, bitsPerByte } = await scoreDocuments(engine, this.#scored, model.contextLength);
    if (!Number.isFinite(loss)) {
      throw divergence(`in the evaluation after step ${step}: loss ${loss}`, train);
    }
    const best = this.best === null || bitsPerByte < this.best.bitsPerByte;
    if (best) this.best = { step, loss, bitsPerByte };
    this.withoutGain = best ? 0 : this.withoutGain + 1;
    return {
      kind: "evaluation",
      step,
      loss,
      bitsPerByte,
      best,
      documents: this.#scored.length,
      validationDocuments: data.validation.length,
      elapsedSeconds: elapsed(),
    };
  }
}

/** What the model writes, after so many steps, as the proof of one of the validation documents. */
export async function sampleProof(
  engine: Engine,
  { tokenizer, data, model }: TrainOptions,
  step: number,
): Promise<SampleEvent> {
  const text = data.validationTexts[step % data.validationTexts.length]!;
  const cut = cutProof(text);
  const prompt = cut === null ? text.slice(0, Math.ceil(text.length / 2)) : cut.before + cut.marker;
  const room = Math.max(1, model.contextLength - SAMPLE_TOKENS);
  const tokens = await engine.generate(tokenizer.encode(prompt).slice(-room), {
    temperature: 0.8,
    topP: 0.9,
    seed: step,
    maxTokens: SAMPLE_TOKENS,
  });
  return { kind: "sample", step, prompt, text: tokenizer.decode(tokens) };
}
