/** What a model is asked in an evaluation, whether it is in workers (model_pool.ts) or at hand. */
import type { BackendChoice } from "../backend/choose.ts";
import type { ScoringDecoder } from "../infer/decoder.ts";
import { suggestLines } from "../infer/suggest_lines.ts";
import type { Sequence } from "../model/batch.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { type Continuation, drawContinuations, type DrawOptions, type Prompt } from "./continuations.ts";

/** Answers questions, also many at a time. */
export interface AskedModel {
  /** For each sequence the losses of its targets, in nats; 0 where there is no target. */
  losses(sequences: readonly Sequence[]): Promise<Float32Array[]>;
  /** See {@linkcode drawContinuations}. */
  draw(prompt: Prompt, options: DrawOptions): Promise<Continuation[]>;
  /** The likeliest lines by beam search, the likeliest first. */
  beam(prompt: Prompt, width: number): Promise<string[]>;
}

/** A model at hand: one that `openModel()` opened, or counts of token runs. */
export interface ModelAtHand {
  readonly decoder: ScoringDecoder;
  readonly tokenizer: Tokenizer;
}

/** A question as data. */
export type ModelRequest =
  | { readonly kind: "losses"; readonly sequences: readonly Sequence[] }
  | { readonly kind: "draw"; readonly prompt: Prompt; readonly options: DrawOptions }
  | { readonly kind: "beam"; readonly prompt: Prompt; readonly width: number };

/** What is said to a worker: first which model, then questions. */
export type PoolRequest =
  | { readonly kind: "open"; readonly path: string; readonly backend: BackendChoice }
  | ModelRequest;

/** The answer to each kind. */
export interface ModelAnswers {
  losses: Float32Array[];
  draw: Continuation[];
  beam: string[];
}

/** The answer to one of them. */
export type ModelAnswer = ModelAnswers[keyof ModelAnswers];

/** Answer a question. */
export async function answerRequest(model: ModelAtHand, request: ModelRequest): Promise<ModelAnswer> {
  const { decoder, tokenizer } = model;
  switch (request.kind) {
    case "losses":
      return await decoder.losses(request.sequences);
    case "draw":
      return await drawContinuations(model, request.prompt, request.options);
    case "beam": {
      const { prompt: { tokens, maxTokens }, width } = request;
      const found = await suggestLines(decoder, tokenizer, tokens, { samples: 0, beam: width, maxTokens });
      return found.filter(({ end }) => end !== "proof").map(({ line }) => line);
    }
    default:
      throw new Error(`internal: unknown request ${JSON.stringify(request satisfies never)}`);
  }
}

/** A model that is asked by requests. @param ask answers one */
export function askedBy(
  ask: <R extends ModelRequest>(request: R) => Promise<ModelAnswers[R["kind"]]>,
): AskedModel {
  return {
    losses: (sequences) => ask({ kind: "losses", sequences }),
    draw: (prompt, options) => ask({ kind: "draw", prompt, options }),
    beam: (prompt, width) => ask({ kind: "beam", prompt, width }),
  };
}

/** A model in this thread, asked one question after the other: a decoder can think of one thing only. */
export function askedHere(model: ModelAtHand): AskedModel {
  let last: Promise<unknown> = Promise.resolve();
  return askedBy(<R extends ModelRequest>(request: R) => {
    const answer = last.then(() => answerRequest(model, request));
    last = answer.catch(() => {});
    return answer as Promise<ModelAnswers[R["kind"]]>;
  });
}
