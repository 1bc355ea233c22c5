/** sha256 of what the runs of a sweep have left. */
import { join } from "@std/path";
import { digests } from "../../train/run_fixture.ts";

/** Of every checkpoint of these runs, by run and file. */
export async function digestsIn(folder: string, names: readonly string[]): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const name of names) found[name] = await digests(join(folder, "checkpoints", name));
  return found;
}
