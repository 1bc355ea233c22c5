/** Which workgroup of an attention kernel owns which rows. */
import type { Documents } from "../../mod.ts";
import { BLOCK } from "./attention_tiles.ts";

/**
 * Blocks of up to 32 rows, none across documents, four numbers each: first row, the row after the last, the
 * document's first row, the one after its last. Those that walk furthest come first, so that the GPU fills
 * its cores with short ones at the end.
 *
 * @param walk to the block from the document's begin (keys before queries), or from the block to the
 *   document's end (queries after keys)
 */
export function attentionPlan({ bounds }: Documents, walk: "before" | "after"): Int32Array {
  const blocks: [number, number, number, number][] = [];
  for (let d = 0; d + 1 < bounds.length; d++) {
    const [begin, end] = [bounds[d]!, bounds[d + 1]!];
    for (let row = begin; row < end; row += BLOCK) blocks.push([row, Math.min(row + BLOCK, end), begin, end]);
  }
  const length = ([row, , begin, end]: readonly number[]): number =>
    walk === "before" ? row! - begin! : end! - row!;
  blocks.sort((a, b) => length(b) - length(a) || a[0] - b[0]);
  return Int32Array.from(blocks.flat());
}
