/**
 * The short way to a model's suggestions: an exported folder, loaded with its tokenizer. Works in Deno and, since it needs nothing but fetch and
 * WebAssembly, in a web page. open_model.ts opens checkpoints too, which need our own kernels.
 */
import { DataError } from "../errors.ts";
import { goalPrompt, parseGoal, type PromptForm } from "../prompt/mod.ts";
import { StreamDecoder, Tokenizer } from "../tokenizer/mod.ts";
import type { Decoder } from "./decoder.ts";
import { exportedFile, readExportedFile } from "./exported_file.ts";
import { OnnxDecoder } from "./onnx_decoder.ts";
import { generateTokens, type SampleOptions } from "./sample.ts";
import { type Suggestion, suggestLines, type SuggestOptions } from "./suggest_lines.ts";

/** Options of {@linkcode LoadedModel.suggest}. */
export interface GoalOptions extends SuggestOptions {
  /** How the goal is put to the model. Default: `training`. */
  readonly form?: PromptForm;
}

/** Options of {@linkcode LoadedModel.generate}. */
export interface GenerateOptions extends SampleOptions {
  /** Most tokens to write. Default 200. */
  readonly maxTokens?: number;
}

/** A model and its tokenizer: text in, text out. Calls that overlap wait for each other. */
export class LoadedModel implements AsyncDisposable {
  /** The model. */
  readonly decoder: Decoder;
  /** Text to the model's tokens and back. */
  readonly tokenizer: Tokenizer;
  /** Settled when the last call is over. */
  #lastCall: Promise<void> = Promise.resolve();

  /** Any decoder with the tokenizer that its model was trained with; the decoder is disposed of with this object. */
  constructor(decoder: Decoder, tokenizer: Tokenizer) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
  }

  /**
   * Suggest the next line of a proof.
   *
   * @param goal sections @T, @G, @H, @C of a proof file; where there is @P, the lines after it stand before the one suggested
   * @returns distinct lines, best first; the same seed gives the same ones
   * @throws {DataError} when there is no goal in the text, or the vocabulary cannot spell the prefix
   * @throws {RangeError} when an option is out of range
   */
  async suggest(goal: string, { form = "training", ...options }: GoalOptions = {}): Promise<Suggestion[]> {
    const prompt = goalPrompt(this.tokenizer, parseGoal(goal), { form });
    using _turn = await this.#turn();
    return await suggestLines(this.decoder, this.tokenizer, prompt, options);
  }

  /**
   * Go on with a text until the model ends the proof.
   *
   * @param prompt its last contextLength tokens count
   * @returns pieces of text, as they are written; leaving the loop ends it
   */
  async *generate(prompt: string, options: GenerateOptions = {}): AsyncGenerator<string, void, void> {
    using _turn = await this.#turn();
    const { maxTokens = 200, ...sampling } = options;
    const tokens = this.tokenizer.encode(prompt).slice(-this.decoder.contextLength);
    const text = new StreamDecoder(this.tokenizer);
    let count = 0;
    for await (const token of generateTokens(this.decoder, tokens, sampling)) {
      const piece = text.push(token);
      if (piece !== "") yield piece;
      if (++count >= maxTokens) break;
    }
    const rest = text.end();
    if (rest !== "") yield rest;
  }

  /** Frees the model, once the calls before are over. */
  async [Symbol.asyncDispose](): Promise<void> {
    using _turn = await this.#turn();
    await this.decoder[Symbol.asyncDispose]();
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

/**
 * Load an exported folder.
 *
 * @param folder its path, or its http(s) address; in a web page an address, which may be relative to the page
 * @returns a model to dispose of
 * @throws {DataError} when the folder cannot be read, is no exported folder, or is damaged
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import * as tactics from "../../mod.ts";
 *
 * const parent = await Deno.makeTempDir();
 * const tokenizer = tactics.trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
 * const sizes = { vocabSize: 258, contextLength: 64, dModel: 16, nLayers: 1, nHeads: 2, dMlp: 32 };
 * const config = { ...tactics.DEFAULT_MODEL_CONFIG, ...sizes };
 * const { directory } = await tactics.exportModel({
 *   config,
 *   parameters: tactics.initialParameters(config, 42),
 *   tokenizerJson: tokenizer.toJson(),
 *   directory: `${parent}/model`,
 * });
 *
 * await using model = await tactics.loadModel(directory);
 * const suggestions = await model.suggest("@G\na * b = b * a\n@C\na * b != b * a\n", { samples: 4, maxTokens: 8 });
 * assert(suggestions.length > 0);
 * await Deno.remove(parent, { recursive: true });
 * ```
 */
export async function loadModel(folder: string | URL): Promise<LoadedModel> {
  const decoder = await OnnxDecoder.open(folder);
  try {
    const source = `"${exportedFile(folder, "tokenizer.json")}"`;
    const tokenizer = Tokenizer.fromBytes(await readExportedFile(folder, "tokenizer.json"), source);
    if (tokenizer.vocabularySize !== decoder.vocabSize) {
      throw new DataError(
        `The model in "${folder}" has ${decoder.vocabSize} tokens, its tokenizer ${tokenizer.vocabularySize}`,
        { hint: "tokenizer.json must be the one that the model was trained with: export the model again." },
      );
    }
    return new LoadedModel(decoder, tokenizer);
  } catch (error) {
    await decoder[Symbol.asyncDispose]();
    throw error;
  }
}
