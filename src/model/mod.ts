// The model: its parameters, and the GPT forward and backward, written once over a backend. Read gpt.ts
// first, then stack.ts and block.ts, whose passes train and decode; head.ts has the losses, architecture.ts
// what the two architectures do differently. Not here: batches (src/train), updates (src/optim).
export * from "./batch.ts";
export type { DropoutSource } from "./block.ts";
export { Gpt, type GradientOptions } from "./gpt.ts";
export * from "./parameters.ts";
