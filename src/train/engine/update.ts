// The update of a step, as every engine does it: which parameters are AdamW's (Muon's are in
// src/optim/muon.ts), and what both take from the run's options.
import type { AdamWOptions, MuonOptions, Tensor } from "../../backend/mod.ts";
import type { ModelConfig, TrainConfig } from "../../config.ts";
import { isHiddenMatrix, parameterTable } from "../../model/parameters.ts";
import { MUON_BETA, MUON_PERIOD, type MuonMatrix } from "../../optim/mod.ts";
import type { StepOptions } from "./engine.ts";

/** AdamW's denominator offset; PyTorch's default. */
const ADAM_EPS = 1e-8;

/** Elements `begin` to `end` of the flat vector. */
export interface ParameterRange {
  readonly begin: number;
  readonly end: number;
}

/** What AdamW updates in a slice of the flat vector: with Muon, all but the blocks' matrices. */
export function adamWRanges(slice: ParameterRange, model: ModelConfig, train: TrainConfig): ParameterRange[] {
  if (train.optimizer === "adamw") return [slice];
  const others = parameterTable(model).specs.filter((spec) => !isHiddenMatrix(spec));
  const ranges = others.map(({ offset, size }) => ({
    begin: Math.max(slice.begin, offset),
    end: Math.min(slice.end, offset + size),
  }));
  return ranges.filter(({ begin, end }) => begin < end);
}

/** @param gradientScale of the clipping */
export function adamWOptions(
  { beta1, beta2, weightDecay }: TrainConfig,
  { learningRate, step }: StepOptions,
  gradientScale: number | Tensor,
): AdamWOptions {
  return { learningRate, beta1, beta2, eps: ADAM_EPS, weightDecay, step, gradientScale };
}

/** Muon's options for matrices of this shape. Its rate follows AdamW's, which is the step's. */
export function muonOptions(
  { learningRate, muonLearningRate, weightDecay }: TrainConfig,
  step: StepOptions,
  { shape, gradientScale }: { shape: Omit<MuonMatrix, "offset">; gradientScale: number | Tensor },
): MuonOptions {
  const isTurn = step.step % MUON_PERIOD === shape.turn;
  // A matrix goes as far at its turn as it would have gone in all of the steps since the last.
  const rate = isTurn ? MUON_PERIOD * step.learningRate * (muonLearningRate / learningRate) : 0;
  // Tall matrices, whose rows come out short, get an update of the same size a row as square ones, as in
  // Jordan's own implementation.
  const stepSize = rate * Math.sqrt(Math.max(1, shape.rows / shape.columns));
  return { stepSize, beta: MUON_BETA, decay: rate * weightDecay, gradientScale };
}
