/** Embeddings: rows of a table, and their gradient. */
import type { OperationTable } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import { addresses } from "../tensor.ts";

/** See {@linkcode Operations}. */
export const embedding = {
  embeddingForward(wasm, out, tokens, table, positions, positionTable) {
    const check = wasm.check("embeddingForward");
    const [T, C] = check.matrix(out, "out");
    const [o, e] = check.all([out, "out", T, C], [table, "table", -1, C]);
    const rows = check.integers(tokens, "tokens", T, [0, table.shape[0]!]);
    let [place, placeTable] = [0, 0];
    if (positions !== null && positionTable !== null) {
      placeTable = check.floats(positionTable, "positionTable", -1, C).address;
      place = check.integers(positions, "positions", T, [0, positionTable.shape[0]!]).address;
    }
    wasm.kernels.embedding_forward(...addresses(o, rows, e), place, placeTable, T, C);
  },

  embeddingBackward(wasm, dTable, dPositionTable, dOut, tokens, positions) {
    const check = wasm.check("embeddingBackward");
    const [T, C] = check.matrix(dOut, "dOut");
    const [g, e] = check.all([dOut, "dOut", T, C], [dTable, "dTable", -1, C]);
    const rows = check.integers(tokens, "tokens", T, [0, dTable.shape[0]!]);
    wasm.kernels.embedding_backward(...addresses(e, g, rows), T, C);
    if (positions === null || dPositionTable === null) return;
    const places = check.floats(dPositionTable, "dPositionTable", -1, C);
    const place = check.integers(positions, "positions", T, [0, dPositionTable.shape[0]!]);
    wasm.kernels.embedding_backward(...addresses(places, g, place), T, C);
  },
} satisfies Partial<OperationTable<WasmInstance>>;
