/** Making room for a new run: the checkpoints of an earlier one and its metrics are moved aside, never overwritten. */
import { join } from "@std/path";
import { checkpointFiles } from "../checkpoint/mod.ts";
import { METRICS_NAME } from "../metrics/mod.ts";

/**
 * Move a folder's checkpoints and metrics into a subfolder named after the time.
 *
 * @returns the subfolder, or null when there was nothing to move
 */
export async function moveEarlierCheckpoints(directory: string, now: Date): Promise<string | null> {
  const names = [...await checkpointFiles(directory), ...await metricsFiles(directory)];
  if (names.length === 0) return null;
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[T:]/g, "-");
  const target = join(directory, `earlier-${stamp}`);
  await Deno.mkdir(target, { recursive: true });
  for (const name of names) await Deno.rename(join(directory, name), join(target, name));
  try {
    await Deno.copyFile(join(directory, "tokenizer.json"), join(target, "tokenizer.json"));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return target;
}

async function metricsFiles(directory: string): Promise<string[]> {
  try {
    await Deno.stat(join(directory, METRICS_NAME));
    return [METRICS_NAME];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
