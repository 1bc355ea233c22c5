/** Making room for a new run: an earlier one's checkpoints and metrics are moved aside, never overwritten. */
import { join } from "@std/path";
import { checkpointFiles } from "../checkpoint/mod.ts";
import { METRICS_NAME } from "../metrics/mod.ts";

/**
 * Move a folder's checkpoints and metrics into a subfolder named after the time.
 *
 * @returns the subfolder, or null when there was nothing to move
 */
export async function moveEarlierCheckpoints(directory: string, now: Date): Promise<string | null> {
  const names = await checkpointFiles(directory);
  if (await isThere(Deno.stat(join(directory, METRICS_NAME)))) names.push(METRICS_NAME);
  if (names.length === 0) return null;
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[T:]/g, "-");
  const target = join(directory, `earlier-${stamp}`);
  await Deno.mkdir(target, { recursive: true });
  for (const name of names) await Deno.rename(join(directory, name), join(target, name));
  await isThere(Deno.copyFile(join(directory, "tokenizer.json"), join(target, "tokenizer.json")));
  return target;
}

/** Whether the file that a call needs was there. */
async function isThere(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
