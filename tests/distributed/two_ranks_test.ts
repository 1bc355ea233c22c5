/**
 * Two processes that mpirun has started train one model: its checkpoints are those of one process. Skipped
 * where there is no mpirun; `deno task test:mpi` has the long ones.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { TemporaryFolder } from "../temporary_folder.ts";
import { digests } from "../train/run_fixture.ts";
import { start } from "../cli/process.ts";
import { endOf, isThere, LAUNCHERS, startJob } from "./mpi_job.ts";

const MODEL = [
  "--d-model",
  "32",
  "--d-mlp",
  "64",
  "--n-layers",
  "2",
  "--n-heads",
  "2",
  "--context-length",
  "64",
];
const RUN = ["--steps", "6", "--eval-interval", "3", "--save-interval", "2", "--backend", "wasm", ...MODEL];

for (const launcher of LAUNCHERS) {
  Deno.test({
    name: `two ranks under ${launcher.name} write the checkpoints of one process with two workers`,
    ignore: !isThere(launcher),
    fn: async () => {
      using folder = new TemporaryFolder();
      const data = ["--data-dir", "proofs"];
      for (const args of [["data", "sample", "--files", "60", ...data], ["tokenizer", ...data]]) {
        assertEquals((await start(folder.path, args).ended()).code, 0);
      }
      const alone = ["train", ...data, ...RUN, "--name", "alone", "--workers", "2"];
      const [one, two] = [start(folder.path, alone), [
        "train",
        ...data,
        ...RUN,
        "--name",
        "job",
        "--workers",
        "1",
      ]];
      assertEquals((await one.ended()).code, 0, one.error);
      const { code, text } = await endOf(startJob(launcher, 2, { folder: folder.path, args: two }));
      assertEquals(code, 0, text);
      // Only the first rank prints.
      assertEquals(text.split("finished at step 6/6").length, 2, text);
      const found = await digests(join(folder.path, "checkpoints", "job"));
      assertEquals(found, await digests(join(folder.path, "checkpoints", "alone")));
      assertEquals(Object.keys(found).length, 4);
    },
  });
}
