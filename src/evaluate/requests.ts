// What a model is asked in an evaluation, whether it is in workers (model_pool.ts) or at hand.
import type { BackendChoice } from "../backend/choose.ts";
import type { LanguageModel } from "../infer/language_model.ts";
import { suggestLines } from "../infer/suggest_lines.ts";
import type { Sequence } from "../model/batch.ts";
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

/** A question as data: its method and arguments. */
type ModelRequest = {
  readonly [K in keyof AskedModel]: { readonly kind: K; readonly args: Parameters<AskedModel[K]> };
}[keyof AskedModel];

/** The answer to each kind of question. */
export type ModelAnswers = { [K in keyof AskedModel]: Awaited<ReturnType<AskedModel[K]>> };

/** What is said to a worker: first which model, then questions. */
export type PoolRequest =
  | { readonly kind: "open"; readonly path: string; readonly backend: BackendChoice }
  | ModelRequest;

/** One that `openModel()` opened, or counts of token runs. */
type ModelAtHand = Pick<LanguageModel, "decoder" | "tokenizer">;

export async function answerRequest(
  model: ModelAtHand,
  { kind, args }: ModelRequest,
): Promise<ModelAnswers[keyof ModelAnswers]> {
  if (kind === "losses") return await model.decoder.losses(...args);
  if (kind === "draw") return await drawContinuations(model, ...args);
  const [{ tokens, maxTokens }, beam] = args;
  const found = await suggestLines(model.decoder, model.tokenizer, tokens, { samples: 0, beam, maxTokens });
  return found.filter(({ end }) => end !== "proof").map(({ line }) => line);
}

/** A model each of whose questions `ask` answers. */
export function askedBy(
  ask: <R extends ModelRequest>(request: R) => Promise<ModelAnswers[R["kind"]]>,
): AskedModel {
  return {
    losses: (...args) => ask({ kind: "losses", args }),
    draw: (...args) => ask({ kind: "draw", args }),
    beam: (...args) => ask({ kind: "beam", args }),
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
