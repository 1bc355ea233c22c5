// What Muon (Jordan et al. 2024) updates, and how far; the update itself is Backend.muon. It replaces a
// matrix's gradient by the nearest one whose singular values are about 1, so it matters what counts as one
// matrix: here each head's queries, keys and values (D, C), which are maps of their own, and whole proj, fc1
// and fc2. Embeddings and norms stay with AdamW. Matrices take turns: a momentum hardly changes from one step
// to the next, so each goes three steps' way in every third step.
import type { MatrixPlaces } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { isHiddenMatrix, parameterTable } from "../model/parameters.ts";

/** Decay of the momentum. */
export const MUON_BETA = 0.95;

/** Steps from one update of a matrix to the next; its momentum is kept in each. */
export const MUON_PERIOD = 3;

/** One matrix, a run of rows of the flat vector of parameters from `offset` on. */
export interface MuonMatrix {
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
  /** It is updated in the steps that leave this rest when divided by {@linkcode MUON_PERIOD}. */
  readonly turn: number;
}

/** In the order of the flat vector. */
export function muonMatrices(config: ModelConfig): MuonMatrix[] {
  const headSize = config.dModel / config.nHeads;
  const matrices = parameterTable(config).specs.filter(isHiddenMatrix).flatMap(({ name, shape, offset }) => {
    const [rows, columns] = shape as [number, number];
    const height = name.endsWith(".attn.qkv.weight") ? headSize : rows;
    return Array.from({ length: rows / height }, (_, i) => {
      return { offset: offset + i * height * columns, rows: height, columns };
    });
  });
  // Each step has as many of a shape as any other, or one more.
  const counts = new Map<string, number>();
  return matrices.map((matrix) => {
    const shape = shapeOf(matrix);
    const before = counts.get(shape) ?? 0;
    counts.set(shape, before + 1);
    return { ...matrix, turn: before % MUON_PERIOD };
  });
}

/** Those of one shape together. */
export function muonPlaces(config: ModelConfig): (MatrixPlaces & Pick<MuonMatrix, "turn">)[] {
  const groups = Map.groupBy(muonMatrices(config), (matrix) => `${shapeOf(matrix)} ${matrix.turn}`);
  return [...groups.values()].map((matrices) => {
    const { rows, columns, turn } = matrices[0]!;
    return { rows, columns, turn, offsets: Int32Array.from(matrices, ({ offset }) => offset) };
  });
}

/** Matrices by worker: the costliest first, each to the (first) worker with the least to do so far. */
export function shareMatrices(matrices: readonly MuonMatrix[], workers: number): MuonMatrix[][] {
  const shares = Array.from({ length: workers }, () => ({ cost: 0, matrices: [] as MuonMatrix[] }));
  for (const together of Map.groupBy(matrices, ({ turn }) => turn).values()) {
    for (const share of shares) share.cost = 0;
    for (const matrix of together.toSorted((a, b) => cost(b) - cost(a) || a.offset - b.offset)) {
      const share = shares.reduce((least, other) => other.cost < least.cost ? other : least);
      share.cost += cost(matrix);
      share.matrices.push(matrix);
    }
  }
  return shares.map(({ matrices }) => matrices);
}

function shapeOf({ rows, columns }: Pick<MuonMatrix, "rows" | "columns">): string {
  return `${rows} ${columns}`;
}

/** Multiplications, about: three products with the whole matrix, nine halves with its square. */
function cost({ rows, columns }: Pick<MuonMatrix, "rows" | "columns">): number {
  const [small, large] = [Math.min(rows, columns), Math.max(rows, columns)];
  return small * small * (1.5 * large + 9 * small);
}
