/**
 * What a recipe can switch on, one feature at a time: it changes the run, but neither workers nor
 * interruptions change its bytes.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { checkpointFiles, loadCheckpoint, newestCheckpoint } from "../../src/checkpoint/mod.ts";
import type { TrainConfig } from "../../src/config.ts";
import { train } from "../../src/train/trainer.ts";
import type { TrainOptions } from "../../src/train/train_options.ts";
import { digests, eventsOf, prepareCorpus, runOptions, shortRun } from "./run_fixture.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const FEATURES: Record<string, Partial<TrainConfig>> = {
  "AdamW": {},
  "Muon": { optimizer: "muon" },
  "the prover's form": { proverForm: 0.5 },
  "more than an epoch, other names and tokens": { batchSize: 64, renaming: 1, substitution: 1 },
  "other names": { renaming: 0.5 },
  "other tokens": { substitution: 1 },
  "a weight on proofs": { proofWeight: 3 },
  "shards without sequences": { batchSize: 3, shards: 9, optimizer: "muon" },
  "all of a recipe's features": {
    optimizer: "muon",
    schedule: "wsd",
    proverForm: 0.7,
    proofWeight: 2,
  },
  "warm-up, stable, decay": { schedule: "wsd" },
};

/**
 * Leave a run after its event with this index, as a crash would, and resume it from what is there with two
 * workers.
 */
async function killAndResume(options: TrainOptions, after: number): Promise<void> {
  let index = 0;
  for await (const _ of train(options)) if (index++ === after) break;
  const resume = await loadCheckpoint(await newestCheckpoint(options.checkpointDir));
  await eventsOf({ ...options, workers: 2, model: resume.model, train: resume.train, resume });
}

for (const [name, feature] of Object.entries(FEATURES)) {
  Deno.test(`${name}: workers and interruptions leave no trace`, async () => {
    using folder = new TemporaryFolder();
    const corpus = await prepareCorpus(folder);
    const optionsFor = (directory: string, workers: number): Promise<TrainOptions> => {
      const config = shortRun(feature);
      return runOptions(corpus, join(folder.path, directory), { backend: "wasm", workers, train: config });
    };
    const alone = await optionsFor("alone", 1);
    await eventsOf(alone);
    const expected = await digests(alone.checkpointDir);
    assertEquals((await checkpointFiles(alone.checkpointDir)).length, 4);
    const three = await optionsFor("three", 3);
    await eventsOf(three);
    assertEquals(await digests(three.checkpointDir), expected);
    // checkpoint 2, best at 3, checkpoint 4
    for (const after of [4, 7, 10]) {
      const killed = await optionsFor(`killed_${after}`, 1);
      await killAndResume(killed, after);
      assertEquals(await digests(killed.checkpointDir), expected, `killed after event ${after}`);
    }
  });
}

Deno.test("every feature changes what is learned", async () => {
  using folder = new TemporaryFolder();
  const corpus = await prepareCorpus(folder);
  const parameters: string[] = [];
  for (const [name, feature] of Object.entries(FEATURES)) {
    const options = await runOptions(corpus, join(folder.path, name), {
      backend: "wasm",
      train: shortRun(feature),
    });
    await eventsOf(options);
    const checkpoint = await loadCheckpoint(await newestCheckpoint(options.checkpointDir));
    parameters.push(checkpoint.parameters.slice(-200).join());
  }
  assertEquals(new Set(parameters).size, parameters.length);
  assert(parameters.length > 1);
});
