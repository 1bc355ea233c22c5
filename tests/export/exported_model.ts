/** Models exported into temporary folders, and the difference of two lists of logits. */
import { join } from "@std/path";
import type { ModelConfig } from "../../src/config.ts";
import { exportModel, type ExportOptions } from "../../src/export/export_folder.ts";
import type { TemporaryFolder } from "../temporary_folder.ts";
import { tokenizerJson } from "./model_fixture.ts";

/** Export a model without a comparison. @returns the exported folder */
export async function exportedModel(
  folder: TemporaryFolder,
  config: ModelConfig,
  parameters: Float32Array,
  form: Pick<ExportOptions, "operators" | "quantization" | "bake" | "flavor"> = {},
): Promise<string> {
  const directory = join(folder.path, "model");
  await exportModel({
    config,
    parameters,
    tokenizerJson: tokenizerJson(config.vocabSize),
    directory,
    ...form,
  });
  return directory;
}

/** NaN when the lengths differ. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return NaN;
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
