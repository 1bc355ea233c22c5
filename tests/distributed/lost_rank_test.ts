/**
 * A rank that is killed and one that hangs end the job soon, with a reason and a whole checkpoint, from which
 * any number of ranks goes on: in the end the bytes are those of one process that nothing happened to. Skipped
 * where there is no mpirun.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { start } from "../cli/process.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { digests } from "../train/run_fixture.ts";
import { endOf, isThere, LAUNCHERS, processOf, startJob } from "./mpi_job.ts";

const SIZES = ["--d-model", "32", "--d-mlp", "64", "--n-layers", "2", "--n-heads", "2"];
const RUN = ["--steps", "240", "--eval-interval", "120", "--save-interval", "20", "--context-length", "64"];
const WITHIN_MS = 30_000;

for (const launcher of LAUNCHERS) {
  Deno.test({
    name: `under ${launcher.name} a killed and a hung rank leave a checkpoint that any number goes on from`,
    ignore: !isThere(launcher) || Deno.build.os !== "linux",
    fn: async () => {
      using temporary = new TemporaryFolder();
      const folder = temporary.path;
      const data = ["--data-dir", "proofs", "--backend", "wasm"];
      for (
        const args of [["data", "sample", "--files", "60", ...data.slice(0, 2)], [
          "tokenizer",
          ...data.slice(0, 2),
        ]]
      ) {
        assertEquals((await start(folder, args).ended()).code, 0);
      }
      const train = ["train", ...data, ...RUN, ...SIZES, "--name"];
      assertEquals((await start(folder, [...train, "alone", "--workers", "2"]).ended()).code, 0);

      const loses = async (ranks: number, args: readonly string[], signal: Deno.Signal, from: number) => {
        const job = startJob(launcher, ranks, { folder, args: [...args, "--workers", "1"] });
        const ended = endOf(job);
        const isOver = ended.then(() => true);
        const path = join(folder, "checkpoints", "job", `step_${String(from).padStart(6, "0")}.safetensors`);
        while (!await Deno.stat(path).then(() => true, () => false)) {
          const isEarly = await Promise.race([isOver, new Promise((done) => setTimeout(done, 5))]);
          assert(!isEarly, `the job ended before ${path} was there`);
        }
        const lost = performance.now();
        Deno.kill(await processOf(folder, ranks - 1), signal);
        const { code, text } = await ended;
        assert(code !== 0, text);
        assert(performance.now() - lost < WITHIN_MS, `${performance.now() - lost} ms: ${text}`);
        return text;
      };
      const killed = await loses(2, [...train, "job"], "SIGKILL", 40);
      assert(/signal 9|Killed|has given rank 0 no sign/.test(killed), killed);
      const resume = ["resume", "job", ...data];
      const hung = await loses(4, resume, "SIGSTOP", 100);
      assertStringIncludes(hung, "rank 3 has given rank");
      const rest = start(folder, [...resume, "--workers", "2"]);
      assertEquals((await rest.ended()).code, 0, rest.error);
      const found = await digests(join(folder, "checkpoints", "job"));
      assertEquals(found, await digests(join(folder, "checkpoints", "alone")));
    },
  });
}
