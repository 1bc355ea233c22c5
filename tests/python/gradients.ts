/**
 * Our side of gradients.py: for every case_N.json of a folder (golden format; the description is the model's configuration as JSON) it
 * writes case_N.BACKEND.answer.json with the mean loss and all gradients.
 *
 *     deno run --allow-read --allow-write gradients.ts FOLDER reference|wasm
 */
import { join } from "@std/path";
import { chooseBackend, openBackend } from "../../src/backend/choose.ts";
import type { Backend } from "../../src/backend/mod.ts";
import { checkModelConfig, type ModelConfig } from "../../src/config.ts";
import type { RaggedBatch } from "../../src/model/batch.ts";
import { Gpt } from "../../src/model/gpt.ts";
import { allocateWeights, parameterTable } from "../../src/model/parameters.ts";
import { Golden } from "../golden/golden_file.ts";

async function answer(golden: Golden, backend: Backend): Promise<string> {
  const config = checkModelConfig(JSON.parse(golden.description) as ModelConfig);
  const { specs, size } = parameterTable(config);
  const parameters = new Float32Array(size);
  for (const spec of specs) parameters.set(golden.tensor(`parameter.${spec.name}`), spec.offset);

  const gpt = new Gpt(backend, config);
  gpt.load(parameters);
  const batch = readBatch(golden);
  const realTargets = batch.targets.filter((target) => target >= 0).length;
  const gradients = allocateWeights(backend, config);
  const losses = await gpt.accumulateGradients(gradients, batch, { scale: 1 / realTargets });
  const flat = await backend.read(gradients.flat);
  const named = specs.map((spec) => [spec.name, toBase64(flat.slice(spec.offset, spec.offset + spec.size))]);
  const loss = losses.reduce((sum, value) => sum + value, 0) / realTargets;
  return JSON.stringify({ loss, gradients: Object.fromEntries(named) });
}

function readBatch(golden: Golden): RaggedBatch {
  const bounds = golden.integers("bounds");
  const tokens = golden.integers("tokens");
  const positions = new Int32Array(tokens.length);
  for (let d = 0; d + 1 < bounds.length; d++) {
    for (let row = bounds[d]!; row < bounds[d + 1]!; row++) positions[row] = row - bounds[d]!;
  }
  return { tokens, targets: golden.integers("targets"), positions, bounds };
}

function toBase64(values: Float32Array): string {
  return new Uint8Array(values.slice().buffer).toBase64();
}

/** The named backend itself, never another in its place. */
async function openNamed(name: "wasm" | "reference"): Promise<Backend> {
  const choice = await chooseBackend(name);
  if (choice.kind !== name) throw new TypeError(`asked for the backend "${name}", got "${choice.kind}"`);
  return await openBackend(choice);
}

if (import.meta.main) {
  const [folder, name] = Deno.args;
  if (folder === undefined || (name !== "wasm" && name !== "reference")) {
    throw new TypeError("usage: gradients.ts FOLDER reference|wasm");
  }
  for (const entry of [...Deno.readDirSync(folder)]) {
    const found = entry.name.match(/^(case_\d+)\.json$/);
    if (found === null) continue;
    const golden = new Golden(await Deno.readTextFile(join(folder, entry.name)));
    using backend = await openNamed(name);
    await Deno.writeTextFile(join(folder, `${found[1]}.${name}.answer.json`), await answer(golden, backend));
  }
}
