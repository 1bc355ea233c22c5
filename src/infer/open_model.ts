/** A trained model to generate with, from whatever the user names: a checkpoint file, a folder of checkpoints, or an exported folder. */
import { join } from "@std/path";
import { type BackendChoice, openBackend } from "../backend/choose.ts";
import { DataError } from "../errors.ts";
import { packSequences, type Sequence } from "../model/batch.ts";
import { Gpt } from "../model/gpt.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import { openCheckpoint } from "../checkpoint/mod.ts";
import type { Decoder } from "./decoder.ts";
import { GptDecoder } from "./gpt_decoder.ts";
import { OnnxDecoder } from "./onnx_decoder.ts";
import { OnnxSession } from "./onnx_session.ts";

/** A model, ready to generate. */
export interface OpenModel extends AsyncDisposable {
  /** Feeds tokens, gives logits. */
  readonly decoder: Decoder;
  /**
   * How badly the model predicts: sequences of at most contextLength tokens, with the token that follows each.
   *
   * @returns for each sequence the losses of its targets, in nats; 0 where there is no target
   */
  losses(sequences: readonly Sequence[]): Promise<Float32Array[]>;
  /** The tokenizer beside the model. */
  readonly tokenizer: Tokenizer;
  /** The checkpoint file, or the exported folder, that was opened. */
  readonly path: string;
}

/**
 * Open a model.
 *
 * @param path a .safetensors file, a folder of checkpoints (its best one is taken), or an exported folder
 * @param backend computes for a checkpoint; an exported folder runs in ONNX Runtime
 * @returns decoder and tokenizer, to dispose of
 * @throws {DataError} when there is no model or no tokenizer, or an exported model and its tokenizer do not fit
 * @throws {CheckpointError} when checkpoint and tokenizer do not fit
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as tactics from "../../mod.ts";
 *
 * const folder = await Deno.makeTempDir();
 * const tokenizer = tactics.trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
 * const sizes = { vocabSize: 258, contextLength: 32, dModel: 16, nLayers: 1, nHeads: 2, dMlp: 32 };
 * const config = { ...tactics.DEFAULT_MODEL_CONFIG, ...sizes };
 * const { directory } = await tactics.exportModel({
 *   config,
 *   parameters: tactics.initialParameters(config, 42),
 *   tokenizerJson: tokenizer.toJson(),
 *   directory: `${folder}/model`,
 * });
 * {
 *   await using model = await tactics.openModel(directory, { kind: "reference" });
 *   const logits = await model.decoder.feed(model.tokenizer.encode("@G\n"));
 *   assertEquals(logits.length, 258);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function openModel(path: string, backend: BackendChoice): Promise<OpenModel> {
  if (await isFile(join(path, "model.onnx")) || await isFile(join(path, "config.json"))) {
    const tokenizer = await loadTokenizer(join(path, "tokenizer.json"));
    const session = await OnnxSession.open(path);
    const { vocabSize } = session.config;
    if (tokenizer.vocabularySize !== vocabSize) {
      await session[Symbol.asyncDispose]();
      throw new DataError(
        `The model in "${path}" has ${vocabSize} tokens, its tokenizer ${tokenizer.vocabularySize}`,
        { hint: "tokenizer.json must be the one that the model was trained with: export the model again." },
      );
    }
    const decoder = new OnnxDecoder(session);
    return {
      decoder,
      tokenizer,
      path,
      losses: (sequences) => onnxLosses(session, sequences),
      [Symbol.asyncDispose]: () => decoder[Symbol.asyncDispose](),
    };
  }
  const { checkpoint, tokenizer, path: file } = await openCheckpoint(path);
  const opened = await openBackend(backend);
  const gpt = new Gpt(opened, checkpoint.model);
  gpt.load(checkpoint.parameters);
  const decoder = new GptDecoder(gpt);
  return {
    decoder,
    tokenizer,
    path: file,
    losses: (sequences) => gptLosses(gpt, sequences),
    async [Symbol.asyncDispose](): Promise<void> {
      await decoder[Symbol.asyncDispose]();
      opened[Symbol.dispose]();
    },
  };
}

async function gptLosses(gpt: Gpt, sequences: readonly Sequence[]): Promise<Float32Array[]> {
  const batch = packSequences(sequences);
  const losses = await gpt.losses(batch);
  return sequences.map((_, i) => losses.subarray(batch.bounds[i], batch.bounds[i + 1]));
}

async function onnxLosses(session: OnnxSession, sequences: readonly Sequence[]): Promise<Float32Array[]> {
  const losses: Float32Array[] = [];
  for (const { tokens, targets } of sequences) {
    const { logits } = await session.run(tokens, session.zeroCache(1, 0));
    losses.push(lossesOf(logits, targets, session.config.vocabSize));
  }
  return losses;
}

/** -log p(target) of each row of logits (T, V); 0 where the target is -1. */
function lossesOf(logits: Float32Array, targets: Int32Array, vocabSize: number): Float32Array {
  return Float32Array.from(targets, (target, row) => {
    if (target < 0) return 0;
    const values = logits.subarray(row * vocabSize, (row + 1) * vocabSize);
    const largest = values.reduce((a, b) => Math.max(a, b));
    const total = values.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    return Math.log(total) + largest - values[target]!;
  });
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path))?.isFile ?? false;
}

async function stat(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw new DataError(`Cannot open "${path}": ${(error as Error).message}`, { cause: error });
  }
}
