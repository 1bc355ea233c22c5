/**
 * The weight of proofs in the gradient: that of the other rows plus the weight times that of the proofs'
 * rows.
 */
import { assertEquals } from "@std/assert";
import { packSequences, type Sequence } from "../../src/model/batch.ts";
import { Gpt } from "../../src/model/gpt.ts";
import { allocateWeights, initialParameters } from "../../src/model/parameters.ts";
import { Rng } from "../../src/rng.ts";
import { assertNear } from "../backend/assert_near.ts";
import { BACKENDS } from "../backend/backends.ts";
import { smallModel } from "../train/run_fixture.ts";

const MODEL = { ...smallModel(), vocabSize: 30, dropout: 0 };
const SCALE = 0.1;

function sequences(): Sequence[] {
  const rng = new Rng(2, "sequences");
  // no row of the second, every row of the third belongs to a proof
  return [[9, 4], [5, 5], [7, 0]].map(([length, proofFrom]) => {
    const row = (): Int32Array => Int32Array.from({ length: length! }, () => rng.below(MODEL.vocabSize));
    return { tokens: row(), targets: row(), proofFrom: proofFrom! };
  });
}

for (const { name, open, modelBound } of BACKENDS) {
  Deno.test(`${name}: rows of proofs count by their weight in the gradient, once in the losses`, async () => {
    using backend = await open();
    const gpt = new Gpt(backend, MODEL);
    gpt.load(initialParameters(MODEL, 1));
    const batch = packSequences(sequences());
    assertEquals([...batch.proofRows!], [4, 5, 6, 7, 8, 14, 15, 16, 17, 18, 19, 20]);
    const gradient = async (part: "others" | "proofs" | "all", proofWeight: number) => {
      const gradients = allocateWeights(backend, MODEL);
      const targets = batch.targets.map((target, row) =>
        part === "all" || (part === "proofs") === batch.proofRows!.includes(row) ? target : -1
      );
      const losses = await gpt.accumulateGradients(
        gradients,
        { ...batch, targets },
        { scale: SCALE, proofWeight },
      );
      return { losses, values: await backend.read(gradients.flat) };
    };
    const [others, proofs] = [await gradient("others", 1), await gradient("proofs", 1)];
    const weighted = await gradient("all", 2.5);
    const expected = others.values.map((value, i) => value + 2.5 * proofs.values[i]!);
    assertNear(weighted.values, expected, { bound: modelBound, what: "gradient" });
    assertNear(weighted.losses, (await gradient("all", 1)).losses, { bound: modelBound, what: "losses" });
  });
}
