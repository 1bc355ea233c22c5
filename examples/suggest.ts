/**
 * Suggests the next line of a proof, with the library alone.
 *
 *     deno run --allow-read examples/suggest.ts export/tactics-2026-01-31-12-00-00 goal.txt
 *
 * goal.txt has the sections of a proof file, up to the line wanted. The folder may be an http(s) address,
 * with --allow-net.
 */
import { openModel, UsageError } from "../mod.ts";

const [folder, goalFile] = Deno.args;
if (folder === undefined || goalFile === undefined) {
  console.error("usage: examples/suggest.ts EXPORTED_FOLDER GOAL_FILE");
  Deno.exit(2);
}
try {
  await using model = await openModel(folder);
  const goal = await Deno.readTextFile(goalFile);
  for (const { line, logProbability } of await model.suggest(goal, { samples: 16, temperature: 0.8 })) {
    console.log(`${logProbability.toFixed(2).padStart(8)}  ${line === "" ? "(the proof ends)" : line}`);
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n${error.hint ?? ""}`);
  Deno.exit(1);
}
