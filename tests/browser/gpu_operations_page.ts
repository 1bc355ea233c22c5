/**
 * A page's script: every operation on the browser's GPU against the reference backend. The page's title tells
 * what came of it.
 */
/// <reference lib="dom" />
import { assertLikeReference, type Operation } from "../backend/compare.ts";
import {
  adamWOperation,
  attentionOperation,
  cachedAttentionOperation,
  DROPOUT,
  elementwiseOperation,
  embeddingOperation,
  geluOperation,
  headOperation,
  inPlaceOperation,
  linearOperation,
  MUON_BOUND,
  muonOperation,
  rmsNormOperation,
  rotaryOperation,
} from "../backend/operations.ts";
import { findAdapter, WebGpuBackend } from "../../src/backend/webgpu/mod.ts";

/** Name, operation, bound: small shapes, with and without vectors of four. */
const CASES: readonly (readonly [string, Operation, number])[] = [
  ["linear layers", linearOperation([33, 20, 36]), 1e-5],
  ["linear layers of odd sizes", linearOperation([19, 7, 150]), 1e-5],
  ["embeddings", embeddingOperation([70, 13, 3], { hasPositions: true }), 3e-6],
  ["RMSNorm", rmsNormOperation([37, 130]), 3e-6],
  ["GELU", geluOperation(), 1e-6],
  ["element-wise, vectors", elementwiseOperation(1024, DROPOUT), 3e-6],
  ["element-wise, odd", elementwiseOperation(257, null), 3e-6],
  ["in place", inPlaceOperation(61, 3), 3e-6],
  ["rotary", rotaryOperation([9, 2, 18]), 3e-6],
  ["attention", attentionOperation([33, 1, 0, 48], 2, 20), 1e-5],
  ["cached attention", cachedAttentionOperation([64, 2, 3, 32]), 1e-5],
  ["cross-entropy", headOperation([40, 51, 24]), 1e-5],
  ["AdamW", adamWOperation(101), 1e-5],
  ["Muon", muonOperation([2, 5, 17]), MUON_BOUND],
];

const problems: string[] = [];
try {
  using backend = await WebGpuBackend.create((await findAdapter())!);
  for (const [name, operation, bound] of CASES) {
    try {
      await assertLikeReference(backend, name, operation, bound);
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
    }
  }
  document.title = problems.length === 0 ? `all ${CASES.length} right` : problems.join("\n");
} catch (error) {
  document.title = `${error}`;
}
document.body.append(Object.assign(document.createElement("p"), { id: "done" }));
