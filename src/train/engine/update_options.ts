/** The options of a step's updates, as every engine takes them from the run's configuration. */
import type { AdamWOptions, MuonOptions, Tensor } from "../../backend/mod.ts";
import type { TrainConfig } from "../../config.ts";
import { MUON_BETA, type MuonMatrix, muonStepSize } from "../../optim/muon.ts";
import type { StepOptions } from "./engine.ts";

/** AdamW's denominator offset; PyTorch's default. */
const ADAM_EPS = 1e-8;

/** AdamW's. @param gradientScale of the clipping */
export function adamWOptions(
  { beta1, beta2, weightDecay }: Pick<TrainConfig, "beta1" | "beta2" | "weightDecay">,
  { learningRate, step }: Pick<StepOptions, "learningRate" | "step">,
  gradientScale: number | Tensor,
): AdamWOptions {
  return { learningRate, beta1, beta2, eps: ADAM_EPS, weightDecay, step, gradientScale };
}

/** Muon's, for matrices of this shape. */
export function muonOptions(
  train: Pick<TrainConfig, "learningRate" | "muonLearningRate" | "weightDecay">,
  { learningRate, shape }: { learningRate: number; shape: Pick<MuonMatrix, "rows" | "columns"> },
  gradientScale: number | Tensor,
): MuonOptions {
  const muonRate = learningRate * (train.muonLearningRate / train.learningRate);
  return {
    stepSize: muonStepSize(muonRate, shape),
    beta: MUON_BETA,
    decay: muonRate * train.weightDecay,
    gradientScale,
  };
}
