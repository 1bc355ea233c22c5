/**
 * `--sync-every`: with both libraries and any number of workers the same bytes, also after an interruption.
 * Skipped where there is no mpirun.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { start } from "../cli/process.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { digests } from "../train/run_fixture.ts";
import { endOf, isThere, LAUNCHERS, processOf, startJob } from "./mpi_job.ts";

const SIZES = ["--d-model", "32", "--d-mlp", "64", "--n-layers", "2", "--n-heads", "2"];
const RUN = ["--eval-interval", "10", "--save-interval", "5", "--context-length", "64", "--dropout", "0.1"];
const DATA = ["--data-dir", "proofs", "--backend", "wasm"];

async function prepare(folder: string): Promise<void> {
  for (const args of [["data", "sample", "--files", "60"], ["tokenizer"]]) {
    assertEquals((await start(folder, [...args, "--data-dir", "proofs"]).ended()).code, 0);
  }
}

Deno.test({
  name: "local steps give the same bytes with Open MPI and MPICH, with one worker and with two",
  ignore: !LAUNCHERS.every(isThere),
  fn: async () => {
    using folder = new TemporaryFolder();
    await prepare(folder.path);
    const found = await Promise.all(LAUNCHERS.map(async (launcher, i) => {
      const name = launcher.command;
      const own = ["--name", name, "--workers", String(i + 1)];
      const args = ["train", ...DATA, ...RUN, ...SIZES, "--steps", "23", "--sync-every", "5", ...own];
      const { code, text } = await endOf(startJob(launcher, 2, { folder: folder.path, args }));
      assertEquals(code, 0, text);
      assert(/ sent a step$/m.test(text), text);
      return await digests(join(folder.path, "checkpoints", name));
    }));
    assertEquals(found[0], found[1]);
    // An evaluation after step 10 and 20, a checkpoint after every meeting, and after the last step.
    const steps = [5, 10, 15, 20, 23].map((step) => `step_${String(step).padStart(6, "0")}.safetensors`);
    assertEquals(Object.keys(found[0]!).sort(), ["best.safetensors", ...steps]);
  },
});

for (const launcher of LAUNCHERS) {
  Deno.test({
    name:
      `local steps under ${launcher.name} stop where the ranks meet, and go on as if nothing had happened`,
    ignore: !isThere(launcher) || Deno.build.os !== "linux",
    fn: async () => {
      using temporary = new TemporaryFolder();
      const folder = temporary.path;
      await prepare(folder);
      const run = ["train", ...DATA, ...RUN, ...SIZES, "--steps", "400", "--sync-every", "50"];
      const args = [...run, "--workers", "1", "--name"];
      const whole = await endOf(startJob(launcher, 2, { folder, args: [...args, "whole"] }));
      assertEquals(whole.code, 0, whole.text);
      const job = startJob(launcher, 2, { folder, args: [...args, "job"] });
      const ended = endOf(job);
      const first = join(folder, "checkpoints", "job", "step_000050.safetensors");
      while (!await Deno.stat(first).then(() => true, () => false)) {
        await new Promise((done) => setTimeout(done, 5));
      }
      if (launcher.name === "Open MPI") job.kill("SIGUSR2"); // its mpirun passes it on
      else Deno.kill(await processOf(folder, 0), "SIGUSR2");
      const { text } = await ended;
      const [, stopped] = /interrupted at step (\d+)\/400/.exec(text) ?? [];
      assert(stopped !== undefined && Number(stopped) % 50 === 0 && Number(stopped) < 400, text);
      const resumed = await endOf(startJob(launcher, 2, { folder, args: ["resume", "job", ...DATA] }));
      assertEquals(resumed.code, 0, resumed.text);
      const [found, expected] = await Promise.all(
        ["job", "whole"].map((name) => digests(join(folder, "checkpoints", name))),
      );
      assertEquals(found, expected);
      // Alone, the run cannot go on.
      const alone = await start(folder, ["resume", "job", ...DATA, "--steps", "500"]).ended();
      assertEquals(alone.code, 2);
      assertStringIncludes(alone.error, "syncEvery 50 is for a run of several processes");
    },
  });
}
