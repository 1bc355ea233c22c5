/** Events of an imagined run, for the renderers' tests. */

import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG } from "../../../src/config.ts";
import type { StepEvent, TrainEvent } from "../../../src/metrics/events.ts";

/** A step of a run of 200 steps. */
export function stepEvent(step: number, changes: Partial<StepEvent> = {}): StepEvent {
  return {
    kind: "step",
    step,
    steps: 200,
    loss: 3.14159,
    learningRate: 3e-4,
    tokens: 6000,
    tokensPerSecond: 2345.6,
    stepMs: 2557.9,
    gradientNorm: 0.98765,
    elapsedSeconds: step,
    remainingSeconds: 200 - step,
    log: step % 100 === 0,
    ...changes,
  };
}

/** A short run. */
export const EVENTS: TrainEvent[] = [
  {
    kind: "start",
    step: 0,
    steps: 200,
    parameters: 4787456,
    architecture: "pointer",
    options: { ...DEFAULT_MODEL_CONFIG, ...DEFAULT_TRAIN_CONFIG, dropout: 0.1, warmupSteps: 20 },
    trainDocuments: 4497,
    validationDocuments: 492,
    trainTokens: 1411111,
    stepsPerEpoch: 141,
    workers: 2,
    backend: "wasm 6x16",
    flopsPerToken: 28_724_736,
    peakGigaflops: 190,
    splitHash: "bc122bbdc6bf5d57133d",
  },
  stepEvent(1),
  stepEvent(100),
  {
    kind: "evaluation",
    step: 100,
    loss: 2.5,
    bitsPerByte: 1.43219,
    sections: { G: 1.6, P: 1.25 },
    best: true,
    documents: 100,
    validationDocuments: 492,
    elapsedSeconds: 60,
  },
  {
    kind: "sample",
    step: 100,
    prompt: "@G\na = b\n@P\n",
    text: "b = a\n\x1b[31mred\n",
    tokens: ["b =", " a\n", "\x1b[31mred\n"],
    probabilities: [0.5, 0.25, 0.01],
  },
  { kind: "checkpoint", step: 100, path: "checkpoints/best.safetensors", reason: "best" },
  { kind: "notice", level: "warning", message: "slow", hint: "use the flags" },
  stepEvent(200),
  {
    kind: "evaluation",
    step: 200,
    loss: 2.6,
    bitsPerByte: 1.5,
    sections: { G: 1.7, P: 1.3 },
    best: false,
    documents: 492,
    validationDocuments: 492,
    elapsedSeconds: 60,
  },
  {
    kind: "done",
    step: 200,
    steps: 200,
    reason: "finished",
    bestStep: 100,
    bestBitsPerByte: 1.43219,
    path: "checkpoints/best.safetensors",
    elapsedSeconds: 245,
  },
];
