/** Embeddings: rows of a table, and their gradient. */
import type { Backend } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";

/** out (T, C) = table (V, C)[tokens] + positionTable (P, C)[positions]; overwrites. */
export function embeddingForward(
  wasm: WasmInstance,
  ...[out, tokens, table, positions, positionTable]: Parameters<Backend["embeddingForward"]>
): void {
  const check = wasm.check("embeddingForward");
  const [T, C] = check.matrix(out, "out");
  const [o, e] = [check.floats(out, "out", T, C), check.floats(table, "table", -1, C)];
  const rows = check.integers(tokens, "tokens", T, [0, table.shape[0]!]);
  let [place, placeTable] = [0, 0];
  if (positions !== null && positionTable !== null) {
    placeTable = check.floats(positionTable, "positionTable", -1, C).address;
    place = check.integers(positions, "positions", T, [0, positionTable.shape[0]!]).address;
  }
  wasm.kernels.embedding_forward(o.address, rows.address, e.address, place, placeTable, T, C);
}

/** dTable (V, C) and dPositionTable (P, C) accumulate the rows of dOut (T, C). */
export function embeddingBackward(
  wasm: WasmInstance,
  ...[dTable, dPositionTable, dOut, tokens, positions]: Parameters<Backend["embeddingBackward"]>
): void {
  const check = wasm.check("embeddingBackward");
  const [T, C] = check.matrix(dOut, "dOut");
  const [g, e] = [check.floats(dOut, "dOut", T, C), check.floats(dTable, "dTable", -1, C)];
  const rows = check.integers(tokens, "tokens", T, [0, dTable.shape[0]!]);
  wasm.kernels.embedding_backward(e.address, g.address, rows.address, T, C);
  if (positions !== null && dPositionTable !== null) {
    const places = check.floats(dPositionTable, "dPositionTable", -1, C);
    const place = check.integers(positions, "positions", T, [0, dPositionTable.shape[0]!]);
    wasm.kernels.embedding_backward(places.address, g.address, place.address, T, C);
  }
}
