// A model with its tokenizer: text in, text out. open_model.ts opens one.
import { type Goal, goalPrompt, parseGoal, type PromptForm, saidLines } from "../prompt/mod.ts";
import { StreamDecoder, type Tokenizer } from "../tokenizer/mod.ts";
import type { ScoringDecoder } from "./decoder.ts";
import { LineMask, type LineRules, type LineScope, ProofGuide } from "./lines/mod.ts";
import { generateTokens, type SampleOptions } from "./sample.ts";
import { placeLosses, scoringWindows } from "./scoring_windows.ts";
import { takeTurns } from "../turns.ts";
import type { Suggestion } from "./merged_lines.ts";
import { suggestLines, type SuggestOptions } from "./suggest_lines.ts";

/** Options of {@linkcode LanguageModel.suggest}. */
export interface GoalOptions extends Omit<SuggestOptions, "lines"> {
  /** How the goal is put to the model. Default: `training`. */
  readonly form?: PromptForm;
  /** Suggest only lines that are statements of this language and say something new. Default: `acorn`. */
  readonly syntax?: LineSyntax;
  /** The names that lines may use, with `acorn`. Default: any. */
  readonly scope?: LineScope | undefined;
}

/** Of what language lines are; `any`: of whichever. */
export type LineSyntax = "acorn" | "any";

/** Options of {@linkcode LanguageModel.generate}. */
export interface GenerateOptions extends SampleOptions {
  /** Most tokens to write. Default 200. */
  readonly maxTokens?: number;
  /** Write statements only, a line each, by these rules; the prompt ends where a line begins. Default: any text. */
  readonly lines?: LineRules | undefined;
  /** Ends the text after the current token. */
  readonly signal?: AbortSignal;
}

/** What {@linkcode LanguageModel.generate} returns at its end. */
export interface GenerationEnd {
  /** Tokens written. */
  readonly tokens: number;
  /** Whether the model ended the proof, `maxTokens` were written, or the signal came. */
  readonly end: "proof" | "length" | "interrupted";
}

/** A model and its tokenizer. Calls that overlap wait for each other. */
export class LanguageModel implements AsyncDisposable {
  /** Feeds tokens, gives logits. Not to be used while a call of this object runs. */
  readonly decoder: ScoringDecoder;
  /** Text to the model's tokens and back. */
  readonly tokenizer: Tokenizer;
  /** The checkpoint file, or the exported folder, that was opened. */
  readonly source: string;
  readonly #backend: Disposable | undefined;
  /** Settled when the last call is over. */
  #lastCall: Promise<void> = Promise.resolve();

  /** Any decoder and backend, disposed of with this object, and the tokenizer of the decoder's model. */
  constructor(
    decoder: ScoringDecoder,
    tokenizer: Tokenizer,
    { source = "", backend }: { source?: string; backend?: Disposable } = {},
  ) {
    [this.decoder, this.tokenizer, this.source, this.#backend] = [decoder, tokenizer, source, backend];
  }

  /**
   * Suggest a proof's next line after a goal, or the text of one, with the proof's lines so far after @P:
   * distinct lines, best first; the same seed gives the same ones.
   *
   * @throws {DataError} when there is no goal in the text, or the vocabulary cannot spell the prefix
   * @throws {RangeError} when an option is out of range
   */
  async suggest(goal: string | Goal, options: GoalOptions = {}): Promise<Suggestion[]> {
    const asked = typeof goal === "string" ? parseGoal(goal) : goal;
    const prompt = goalPrompt(this.tokenizer, asked, { form: options.form ?? "training" });
    const { syntax = "acorn", scope } = options;
    const lines = syntax === "any" ? undefined : { scope, known: saidLines(asked) };
    using _turn = await this.#turn();
    return await suggestLines(this.decoder, this.tokenizer, prompt, { ...options, lines });
  }

  /** Go on with a text or tokens, of which the last contextLength count. @yields text, as it is written */
  async *generate(
    prompt: string | Int32Array,
    { maxTokens = 200, signal, lines, ...sampling }: GenerateOptions = {},
  ): AsyncGenerator<string, GenerationEnd, void> {
    using _turn = await this.#turn();
    const given = typeof prompt === "string" ? this.tokenizer.encode(prompt) : prompt;
    const guide = lines === undefined ? undefined : new ProofGuide(new LineMask(this.tokenizer, lines));
    const asked = given.slice(-this.decoder.contextLength);
    const tokens = generateTokens(this.decoder, asked, { ...sampling, guide });
    const text = new StreamDecoder(this.tokenizer);
    let [written, end]: [number, GenerationEnd["end"]] = [0, "proof"];
    for await (const token of tokens) {
      const piece = text.push(token);
      if (piece !== "") yield piece;
      if (++written >= maxTokens) end = "length";
      if (signal?.aborted) end = "interrupted";
      if (end !== "proof") break;
    }
    const rest = text.end();
    if (rest !== "") yield rest;
    return { tokens: written, end };
  }

  /** -ln p of each token of a text, in nats, 0 for the first; beyond the context in overlapping windows. */
  async losses(text: string): Promise<Float32Array> {
    using _turn = await this.#turn();
    const tokens = this.tokenizer.encode(text);
    const losses = new Float32Array(tokens.length);
    for (const window of scoringWindows(tokens, this.decoder.contextLength)) {
      await takeTurns();
      const [found] = await this.decoder.losses([window]);
      placeLosses(losses, window, found!);
    }
    return losses;
  }

  /** Frees the model, once the calls before are over. */
  async [Symbol.asyncDispose](): Promise<void> {
    using _turn = await this.#turn();
    await this.decoder[Symbol.asyncDispose]();
    this.#backend?.[Symbol.dispose]();
  }

  /** Wait for the calls before; disposing what comes back lets the next one begin. */
  async #turn(): Promise<Disposable> {
    const before = this.#lastCall;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#lastCall = promise;
    await before;
    return { [Symbol.dispose]: resolve };
  }
}
