// Which rows a row of a pass sees: what a block is given, so that the same block trains and decodes.
import type { AttentionOptions, Backend, Documents, Dropout, Tensor } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { attentionScale } from "./architecture.ts";

/** Attention of one pass. T rows, C = dModel, H heads. */
export interface Attention {
  /** out (T, C) of the qkv (T, 3C) of block `layer`; overwrites. @returns (H, T), to go back, or null */
  forward(layer: number, out: Tensor, qkv: Tensor, dropout: Dropout | null): Tensor | null;
}

/** Attention inside the documents of a ragged batch. (Over a cache: src/infer/gpt_decoder.ts.) */
export class BatchAttention implements Attention {
  constructor(readonly backend: Backend, readonly config: ModelConfig, readonly documents: Documents) {}

  forward(_layer: number, out: Tensor, qkv: Tensor, dropout: Dropout | null): Tensor {
    const logSumExp = this.backend.allocateUninitialized([this.config.nHeads, out.shape[0]!]);
    this.backend.attentionForward(out, logSumExp, qkv, this.documents, this.#options(dropout));
    return logSumExp;
  }

  /** dQkv (T, 3C) of dOut (T, C), given the forward pass's tensors and dropout; overwrites. */
  backward(
    dQkv: Tensor,
    dOut: Tensor,
    { out, logSumExp, qkv }: { readonly out: Tensor; readonly logSumExp: Tensor; readonly qkv: Tensor },
    dropout: Dropout | null,
  ): void {
    const options = this.#options(dropout);
    this.backend.attentionBackward(dQkv, dOut, out, logSumExp, qkv, this.documents, options);
  }

  #options(dropout: Dropout | null): AttentionOptions {
    const { nHeads: heads, contextLength: dropoutStride } = this.config;
    return { heads, scale: attentionScale(this.config), dropout, dropoutStride };
  }
}
