/**
 * The model: its parameters, and the GPT forward and backward, written once over a backend. Not here: what a
 * batch is made of (src/train), updates (src/optim), writing text (src/infer). Read gpt.ts first, then
 * stack.ts and block.ts, whose passes train and decode; head.ts has the losses. What the two architectures do
 * differently: architecture.ts.
 */
export * from "./batch.ts";
export type { DropoutSource } from "./block.ts";
export { Gpt } from "./gpt.ts";
export * from "./parameters.ts";
