/** A run whose folder is taken away while it goes on: it ends, and writes into nobody else's. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { writeSampleCorpus } from "../../src/corpus/sample/write.ts";
import { saveTokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";
import { withFolder } from "../temporary_folder.ts";
import { start } from "./process.ts";

const SIZES = "--d-model 8 --n-layers 1 --n-heads 1 --d-mlp 8 --context-length 32 --batch-size 2 --workers 1";
const RUN = "--steps 1000000 --save-interval 400 --eval-interval 1000000 --log-interval 1";

function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

/** What somebody does, and what is in the folder's place then; null: nothing to look into. */
const CHANGES: readonly [what: string, change: (folder: string) => void, left: readonly string[] | null][] = [
  ["is moved, and made anew", (folder) => {
    Deno.renameSync(folder, `${folder}-moved`);
    Deno.mkdirSync(folder);
  }, []],
  ["is moved, and a file has its name", (folder) => {
    Deno.renameSync(folder, `${folder}-moved`);
    Deno.writeTextFileSync(folder, "");
  }, null],
  ["loses its run.lock", (folder) => Deno.removeSync(join(folder, "run.lock")), null],
];

for (const [what, change, left] of CHANGES) {
  Deno.test({
    name: `a run whose folder ${what} ends with exit code 5 and writes nothing there`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withFolder(async (folder) => {
        await writeSampleCorpus(join(folder, "data", "proofs"), { files: 30 });
        const checkpoints = join(folder, "checkpoints");
        await Deno.mkdir(checkpoints);
        const tokenizer = trainTokenizer([], { vocabularySize: 258, alphabet: "bytes" });
        await saveTokenizer(join(checkpoints, "tokenizer.json"), tokenizer);
        const run = start(folder, ["train", ...SIZES.split(" "), ...RUN.split(" ")]);
        await run.until("\n      50 ");
        change(checkpoints);
        const timer = setTimeout(() => run.child.kill("SIGKILL"), 60_000); // it would go on for hours
        const { code, error } = await run.ended();
        clearTimeout(timer);
        assertEquals(code, 5, error);
        assert(error.includes('Cannot go on writing into "checkpoints": '), error);
        if (left !== null) assertEquals(namesIn(checkpoints), left);
      }),
  });
}
