/**
 * Throughput of MPI jobs beside one process (docs/distributed.md):
 *
 *     deno task bench:ranks [--set-ups 1x2,2x1] [--steps 40] [--turns 3] [--launcher "mpirun.openmpi …"] [-- FLAGS]
 *
 * A set-up is RANKSxWORKERS, FLAGS go to `train`. The set-ups take turns on the same batches, and what counts
 * is the tenth part of the steps with the least time a token: other programs on the machine disturb these
 * little. The first set-up is what the others are compared with.
 */
import { parseArgs } from "@std/cli";
import { parseSetUp, Runs } from "./mpi_runs.ts";

/** Steps that count, the fastest ones. */
const FASTEST_SHARE = 0.1;

const args = parseArgs(Deno.args, { string: ["set-ups", "steps", "turns", "launcher"] });
const given = (name: string, usual: string): string => String(args[name] ?? usual);
const setUps = given("set-ups", "1x2,2x1").split(",").map(parseSetUp);
await using runs = await Runs.create();
const tokenMs: number[][] = setUps.map(() => []);
for (let turn = 0; turn < Number(given("turns", "3")); turn++) {
  for (const [i, setUp] of setUps.entries()) {
    const times = await runs.steps(setUp, {
      steps: Number(given("steps", "40")),
      flags: args._.map(String),
      launcher: given("launcher", "mpirun --bind-to none").split(" "),
    });
    tokenMs[i]!.push(...times.slice(1).map(({ stepMs, tokens }) => stepMs / tokens)); // the first compiles
  }
}
const speeds = tokenMs.map((times) => {
  const fastest = times.sort((a, b) => a - b).slice(0, Math.ceil(FASTEST_SHARE * times.length));
  return 1000 * fastest.length / fastest.reduce((sum, ms) => sum + ms, 0);
});
console.log("| ranks | workers each | tokens/s | of the first |\n|---|---|---|---|");
for (const [i, { ranks, workers }] of setUps.entries()) {
  const share = `${(100 * speeds[i]! / speeds[0]!).toFixed(1)} %`;
  console.log(`| ${ranks} | ${workers} | ${speeds[i]!.toFixed(0)} | ${share} |`);
}
