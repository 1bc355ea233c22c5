/** Which parameters a worker updates, and with what. All workers' plans together cover every parameter once. */
import type { ModelConfig, OptimizerName } from "../../config.ts";
import { isHiddenMatrix, parameterTable } from "../../model/parameters.ts";
import { muonMatrices, type MuonMatrix, shareMatrices } from "../../optim/muon.ts";

/** Elements `begin` to `end` of the flat vector. */
export interface ParameterRange {
  readonly begin: number;
  readonly end: number;
}

/** One worker's share of the optimizer. */
export interface UpdatePlan {
  /** Parts of its slice. */
  readonly adamW: readonly ParameterRange[];
  /** Matrices from anywhere in the vector: they cannot be cut at slices' bounds. */
  readonly muon: readonly MuonMatrix[];
}

/**
 * The plan of one worker.
 *
 * @param slice the part of the flat vector whose gradient this worker reduces
 */
export function updatePlan(
  slice: ParameterRange,
  { worker, workers, model, optimizer }: {
    worker: number;
    workers: number;
    model: ModelConfig;
    optimizer: OptimizerName;
  },
): UpdatePlan {
  if (optimizer === "adamw") return { adamW: [slice], muon: [] };
  const others = parameterTable(model).specs.filter((spec) => !isHiddenMatrix(spec));
  const adamW = others.map(({ offset, size }) => ({
    begin: Math.max(slice.begin, offset),
    end: Math.min(slice.end, offset + size),
  }));
  return {
    adamW: adamW.filter(({ begin, end }) => begin < end),
    muon: shareMatrices(muonMatrices(model), workers)[worker]!,
  };
}
