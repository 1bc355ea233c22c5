/** Recipes as defaults of the options. */
import { assertEquals } from "@std/assert";
import { parseConfig } from "../../src/cli/config_file.ts";
import type { OptionValues } from "../../src/cli/options/mod.ts";
import { modelConfigOf, trainConfigOf } from "../../src/cli/run_setup.ts";
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG, RECIPES } from "../../src/config.ts";

Deno.test("without options a run is the recipe fast", () => {
  assertEquals(trainConfigOf({}), DEFAULT_TRAIN_CONFIG);
  assertEquals(modelConfigOf({}, 1024), DEFAULT_MODEL_CONFIG);
  assertEquals([DEFAULT_TRAIN_CONFIG.recipe, DEFAULT_TRAIN_CONFIG.optimizer], ["fast", "muon"]);
});

Deno.test("the recipe reference is the original's: learned positions, AdamW, dropout, nothing newer", () => {
  const train = trainConfigOf({ recipe: "reference" });
  const {
    optimizer,
    learningRate,
    minLearningRate,
    schedule,
    weightDecay,
    beta1,
    beta2,
    gradClip,
    batchSize,
  } = train;
  assertEquals([optimizer, learningRate, minLearningRate, schedule], ["adamw", 3e-4, 3e-5, "cosine"]);
  assertEquals([weightDecay, beta1, beta2, gradClip, batchSize], [0.1, 0.9, 0.95, 1, 32]);
  assertEquals([train.proverForm, train.proofWeight], [0, 1]);
  const { architecture, dropout } = modelConfigOf({ recipe: "reference" }, 4096);
  assertEquals([architecture, dropout], ["reference", 0.1]);
});

Deno.test("an option goes before the recipe, from a flag or from tactics.json", () => {
  const options = parseConfig(
    '{ "recipe": "reference", "optimizer": "muon", "dropout": 0.2 }',
    "tactics.json",
  );
  const train = trainConfigOf({ ...options, proofWeight: 2 });
  const { recipe, optimizer, proofWeight, learningRate } = train;
  assertEquals([recipe, optimizer, proofWeight, learningRate], ["reference", "muon", 2, 3e-4]);
  const model = modelConfigOf(options, 4096);
  assertEquals([model.architecture, model.dropout], ["reference", 0.2]);
});

Deno.test("a batch size that is given is not halved for more steps", () => {
  const { fewestSteps } = DEFAULT_TRAIN_CONFIG;
  const stepsFor = (options: OptionValues): number => trainConfigOf(options).fewestSteps;
  assertEquals([stepsFor({}), stepsFor({ batchSize: 8 })], [fewestSteps, 0]);
});

Deno.test("the recipe short is a small model and a plain run, whatever the learning rate", () => {
  const { model, train } = RECIPES.short;
  assertEquals([model.dModel, model.nLayers, model.nHeads, model.dMlp], [96, 4, 3, 384]);
  const { optimizer, schedule, learningRate, minLearningRate, batchSize, shards } = train;
  assertEquals([optimizer, schedule, learningRate, minLearningRate], ["muon", "cosine", 4e-3, 1e-4]);
  assertEquals([batchSize, shards, train.renaming, train.substitution, train.proofWeight], [8, 4, 0, 0, 5]);
  assertEquals(trainConfigOf({ recipe: "short", learningRate: 1e-5 }).minLearningRate, 1e-5);
});
