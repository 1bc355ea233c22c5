// Embeddings: rows of a table, and their gradient. The processor, which has written the tokens, sorts the
// gradient's rows by token and cuts a token's into pieces of at most 32; each piece is summed, then each
// token's pieces. No two threads write the same element, the order is fixed, and a token as frequent as the
// newline does not keep the others waiting.
import { type Gpu, type Inputs, ShapeCheck } from "../gpu.ts";
import { type Kernel, kernel } from "../kernel.ts";
import type { GpuTensor } from "../memory.ts";

const PIECE_ROWS = 32;

/** out (T, C) = table[tokens] + positionTable[positions]; overwrites. */
export function embeddingForward(gpu: Gpu, ...inputs: Inputs<"embeddingForward">): void {
  const [out, tokens, table, positions, positionTable] = inputs;
  const check = new ShapeCheck("embeddingForward", gpu);
  const [[T, C], [V]] = [check.matrix(out, "out"), check.matrix(table, "table")];
  const token = check.integers(tokens, "tokens", T, [0, V]);
  const bindings = [check.floats(out, "out", T, C), token, check.floats(table, "table", V, C)];
  if (positions !== null && positionTable !== null) {
    const [P] = check.matrix(positionTable, "positionTable");
    bindings.push(check.integers(positions, "positions", T, [0, P]));
    bindings.push(check.floats(positionTable, "positionTable", P, C));
  }
  gpu.queue.run(forwardKernel(bindings.length === 5), bindings, [T * C, C], T * C);
}

/** dTable (V, C) and dPositionTable (P, C) accumulate the rows of dOut (T, C). */
export function embeddingBackward(gpu: Gpu, ...inputs: Inputs<"embeddingBackward">): void {
  const [dTable, dPositionTable, dOut, tokens, positions] = inputs;
  const check = new ShapeCheck("embeddingBackward", gpu);
  const [[T, C], [V]] = [check.matrix(dOut, "dOut"), check.matrix(dTable, "dTable")];
  const g = check.floats(dOut, "dOut", T, C);
  addRows(gpu, check.floats(dTable, "dTable", V, C), g, check.integers(tokens, "tokens", T, [0, V]));
  if (positions === null || dPositionTable === null) return;
  const [P] = check.matrix(dPositionTable, "dPositionTable");
  const dPositions = check.floats(dPositionTable, "dPositionTable", P, C);
  addRows(gpu, dPositions, g, check.integers(positions, "positions", T, [0, P]));
}

/** table[indices[t]] += rows[t] for all t. */
function addRows(gpu: Gpu, table: GpuTensor, rows: GpuTensor, indices: GpuTensor): void {
  const C = rows.shape[1]!;
  const { order, pieces, owners } = sortedPieces(indices.integers);
  const [pieceCount, ownerCount] = [pieces.length - 1, owners.length / 3];
  using _scope = gpu.memory.scope();
  const sums = gpu.memory.allocate([pieceCount, C]);
  gpu.queue.run(PIECES, [sums, rows, order, pieces], [pieceCount, C], pieceCount * C);
  gpu.queue.run(OWNERS, [table, sums, owners], [ownerCount, C], ownerCount * C);
}

// `order`: rows sorted by index, in their order; piece i is order[pieces[i]] to order[pieces[i + 1] - 1].
// `owners`, for each index: it, its first piece, the one after its last.
function sortedPieces(indices: Int32Array): { order: Int32Array; pieces: Int32Array; owners: Int32Array } {
  const keys = Float64Array.from(indices, (index, t) => index * 2 ** 32 + t).sort();
  const order = Int32Array.from(keys, (key) => key % 2 ** 32);
  const pieces = [0];
  const owners: number[] = [];
  for (let begin = 0, end = 0; begin < order.length; begin = end) {
    const index = indices[order[begin]!]!;
    while (end < order.length && indices[order[end]!] === index) end++;
    const first = pieces.length - 1;
    for (let row = begin; row < end; row += PIECE_ROWS) pieces.push(Math.min(row + PIECE_ROWS, end));
    owners.push(index, first, pieces.length - 1);
  }
  return { order, pieces: Int32Array.from(pieces), owners: Int32Array.from(owners) };
}

function forwardKernel(hasPositions: boolean): Kernel {
  const term = "positionTable[p.offset_positionTable + u32(positions[p.offset_positions + t]) * p.C + c]";
  const places = hasPositions ? ", positions: i32, positionTable: f32" : "";
  return kernel(`embedding forward${hasPositions ? " with positions" : ""}`, () => ({
    parameters: "size: u32, C: u32",
    bindings: `rw out: f32, tokens: i32, table: f32${places}`,
    lanes: 1,
    main: `if (item >= p.size) { return; }
  let t = item / p.C;
  let c = item % p.C;
  let x = table[p.offset_table + u32(tokens[p.offset_tokens + t]) * p.C + c];
  out[p.offset_out + item] = x${hasPositions ? ` + ${term}` : ""};`,
  }));
}

/** sums (pieces, C): the rows of each piece added in order, a thread a column. */
const PIECES = kernel("embedding backward pieces", {
  parameters: "count: u32, C: u32",
  bindings: "rw sums: f32, rows: f32, order: i32, pieces: i32",
  threads: 64, // as the width of a row is a multiple of it, most workgroups have one piece
  lanes: 1,
  main: `if (item >= p.count * p.C) { return; }
  let piece = p.offset_pieces + item / p.C;
  let end = u32(pieces[piece + 1u]);
  var sum = 0.0;
  for (var i = u32(pieces[piece]); i < end; i++) {
    sum += rows[p.offset_rows + u32(order[p.offset_order + i]) * p.C + item % p.C];
  }
  sums[p.offset_sums + item] = sum;`,
});

/** table[index] += the sums of its pieces, in order. */
const OWNERS = kernel("embedding backward", {
  parameters: "count: u32, C: u32",
  bindings: "rw table: f32, sums: f32, owners: i32",
  threads: 64,
  lanes: 1,
  main: `if (item >= p.count * p.C) { return; }
  let owner = p.offset_owners + 3u * (item / p.C);
  let c = item % p.C;
  let end = u32(owners[owner + 2u]);
  var sum = 0.0;
  for (var piece = u32(owners[owner + 1u]); piece < end; piece++) {
    sum += sums[p.offset_sums + piece * p.C + c];
  }
  table[p.offset_table + u32(owners[owner]) * p.C + c] += sum;`,
});
