/**
 * Throughput of MPI jobs beside one process, in turns on the same batches (docs/distributed.md):
 *
 *     deno task bench:ranks [--set-ups 1x2,2x1] [--steps 12] [--turns 3] [--launcher "mpirun.openmpi …"] [-- FLAGS]
 *
 * A set-up is RANKSxWORKERS. FLAGS go to `train`. The first set-up is what the others are compared with.
 */
import { parseArgs } from "@std/cli";
import { parseSetUp, Runs } from "./mpi_runs.ts";

const args = parseArgs(Deno.args, { string: ["set-ups", "steps", "turns", "launcher"] });
const given = (name: string, usual: string): string => String(args[name] ?? usual);
const setUps = given("set-ups", "1x2,2x1").split(",").map(parseSetUp);
await using runs = await Runs.create();
const times = await runs.inTurns(setUps, Number(given("turns", "3")), {
  steps: Number(given("steps", "12")),
  flags: args._.map(String),
  launcher: given("launcher", "mpirun --bind-to none").split(" "),
});
console.log("| ranks | workers each | ms a step | throughput |\n|---|---|---|---|");
for (const [i, { ranks, workers }] of setUps.entries()) {
  const share = `${(100 * times[0]! / times[i]!).toFixed(1)} %`;
  console.log(`| ${ranks} | ${workers} | ${times[i]!.toFixed(1)} | ${share} |`);
}
