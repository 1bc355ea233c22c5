/** Recipes as defaults of the options. */
import { assertEquals } from "@std/assert";
import { parseConfig } from "../../src/cli/config_file.ts";
import type { OptionValues } from "../../src/cli/options/mod.ts";
import { modelConfigOf, trainConfigOf } from "../../src/cli/run_setup.ts";
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG, RECIPES } from "../../src/config.ts";

Deno.test("without options a run is the recipe fast", () => {
  assertEquals(trainConfigOf({}), DEFAULT_TRAIN_CONFIG);
  assertEquals(modelConfigOf({}, 4096), DEFAULT_MODEL_CONFIG);
  assertEquals([DEFAULT_TRAIN_CONFIG.recipe, DEFAULT_TRAIN_CONFIG.optimizer], ["fast", "muon"]);
});

Deno.test("the recipe reference is the original's: learned positions, AdamW 3e-4 to 3e-5, dropout, nothing newer", () => {
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
  const train = trainConfigOf({ ...options, weightDecay: 0.3 });
  assertEquals([train.recipe, train.optimizer, train.weightDecay, train.learningRate], [
    "reference",
    "muon",
    0.3,
    3e-4,
  ]);
  const model = modelConfigOf(options, 4096);
  assertEquals([model.architecture, model.dropout], ["reference", 0.2]);
});

Deno.test("a batch size that is given is not halved for more steps, unless that is asked for as well", () => {
  const { fewestSteps } = DEFAULT_TRAIN_CONFIG;
  const stepsFor = (options: OptionValues): number => trainConfigOf(options).fewestSteps;
  assertEquals([stepsFor({}), stepsFor({ batchSize: 8 })], [fewestSteps, 0]);
  assertEquals(stepsFor({ batchSize: 16, fewestSteps: 50 }), 50);
});

Deno.test("recipes decide the same things", () => {
  assertEquals(Object.keys(RECIPES.reference.train), Object.keys(RECIPES.fast.train));
  assertEquals(Object.keys(RECIPES.reference.model), Object.keys(RECIPES.fast.model));
});
