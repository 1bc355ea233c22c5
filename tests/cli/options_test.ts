import { assert, assertEquals, assertThrows } from "@std/assert";
import { commandOptions } from "../../src/cli/parse.ts";
import { COMMANDS } from "../../src/cli/commands/mod.ts";
import { commandHelp, groupHelp, overviewHelp, wrap } from "../../src/cli/help.ts";
import {
  flagOf,
  OPTION_NAMES,
  type OptionName,
  optionOfFlag,
  OPTIONS,
  optionSpec,
} from "../../src/cli/options/mod.ts";
import { checkOptionValue } from "../../src/cli/option_value.ts";
import { MODEL_OPTIONS, TRAIN_OPTIONS } from "../../src/cli/run_setup.ts";
import {
  checkModelConfig,
  checkTrainConfig,
  DEFAULT_MODEL_CONFIG,
  DEFAULT_TRAIN_CONFIG,
  type ModelConfig,
  type TrainConfig,
} from "../../src/config.ts";

/** The flags that are promised to users; a flag that is renamed or lost breaks their scripts. */
const PROMISED = (
  "steps epochs minutes batch-size fewest-steps learning-rate min-learning-rate architecture warmup-steps weight-decay beta1 beta2 grad-clip dropout " +
  "context-length d-model n-layers n-heads d-mlp seed workers backend gpu-storage data-dir checkpoint-dir log-interval eval-interval save-interval " +
  "patience split train-split shards vocab-size alphabet output-dir json config export-dir prompt file temperature top-p top-k goal after-lines prefix prompt-form samples beam knn min-p " +
  "max-tokens recipe prover-form renaming substitution proof-weight schedule decay-share optimizer muon-learning-rate model lib acorn files operators quantize bake " +
  "lines all train-dir output flavor"
).split(" ");

Deno.test("every promised flag is an option, in kebab-case and with underscores", () => {
  for (const flag of PROMISED) {
    const name = optionOfFlag(flag);
    assert(name !== undefined, flag);
    assertEquals(flagOf(name), flag);
    assertEquals(optionOfFlag(flag.replaceAll("-", "_")), name);
  }
  assertEquals(OPTION_NAMES.map(flagOf).sort(), [...PROMISED].sort());
});

Deno.test("every option is taken by a command, and every command's help lists each of its options with its default", () => {
  const taken = new Set<OptionName>();
  for (const command of COMMANDS) {
    const help = commandHelp(command, 100).replaceAll(/\s+/g, " ");
    for (const name of commandOptions(command)) {
      taken.add(name);
      assert(help.includes(` --${flagOf(name)} `), `${command.name} --help lacks --${flagOf(name)}`);
      assert(
        help.includes(optionSpec(name).description),
        `${command.name} --help does not explain --${flagOf(name)}`,
      );
      const usual = command.defaults?.[name] ?? optionSpec(name).default;
      if (usual !== undefined) {
        assert(help.includes(`(default: ${usual})`), `${command.name} --help lacks ${name}'s default`);
      }
    }
    assert(command.examples.length > 0, `${command.name} has no example`);
    for (const { command: call } of command.examples) {
      assert(help.includes(call.replaceAll(/\s+/g, " ")), call);
    }
  }
  assertEquals(OPTION_NAMES.filter((name) => !taken.has(name)), []);
});

Deno.test("help keeps to the terminal's width, and to 100 columns in wider ones", () => {
  for (const [columns, widest] of [[80, 80], [100, 100], [300, 100], [10, 60]] as const) {
    const texts = [
      overviewHelp(COMMANDS, columns),
      groupHelp("data", COMMANDS.filter(({ name }) => name.startsWith("data ")), columns),
      ...COMMANDS.map((command) => commandHelp(command, columns)),
    ];
    for (const line of texts.flatMap((text) => text.split("\n"))) {
      // Calls to copy, and labels that leave no room, are never broken.
      const isCall = /^( {2}|Usage: )tactics /.test(line) && !line.includes("  ", 2) || columns < 80;
      assert(isCall || line.length <= widest, `${line.length} columns: ${line}`);
    }
  }
});

Deno.test("wrap() breaks at spaces and keeps long words whole", () => {
  assertEquals(wrap("a bb ccc dddddddd e", 6), ["a bb", "ccc", "dddddddd", "e"]);
});

/** Values at and just outside an option's bounds. */
function probes(name: OptionName): number[] {
  const { kind, bounds = {} } = optionSpec(name);
  const ends = Object.values(bounds) as number[];
  return ends.flatMap((end) => kind === "integer" ? [end - 1, end, end + 1] : [end - 1e-6, end, end + 1e-6]);
}

function accepts(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

Deno.test("the table's ranges are those of the configuration", () => {
  for (const name of TRAIN_OPTIONS) {
    // Alone, not against the peak learning rate, which is another check's matter.
    const base: TrainConfig = {
      ...DEFAULT_TRAIN_CONFIG,
      minLearningRate: 0,
      learningRate: name === "minLearningRate" ? 100 : 1,
    };
    for (const value of probes(name)) {
      const inTable = accepts(() => checkOptionValue(name, optionSpec(name), value));
      assertEquals(accepts(() => checkTrainConfig({ ...base, [name]: value })), inTable, `${name} ${value}`);
    }
  }
  for (const name of MODEL_OPTIONS) {
    for (const value of probes(name)) {
      const inTable = accepts(() => checkOptionValue(name, optionSpec(name), value));
      const width = name === "nHeads" ? value : name === "dModel" ? 1 : 256;
      const base: ModelConfig = {
        ...DEFAULT_MODEL_CONFIG,
        architecture: "reference",
        dModel: width,
        nHeads: 1,
      };
      if (name === "nHeads" && value < 1) base.dModel = 256;
      assertEquals(accepts(() => checkModelConfig({ ...base, [name]: value })), inTable, `${name} ${value}`);
    }
  }
});

Deno.test("the table's choices are those of the configuration", () => {
  for (const split of OPTIONS.split.choices) checkTrainConfig({ ...DEFAULT_TRAIN_CONFIG, split });
  for (const recipe of OPTIONS.recipe.choices) checkTrainConfig({ ...DEFAULT_TRAIN_CONFIG, recipe });
  for (const schedule of OPTIONS.schedule.choices) checkTrainConfig({ ...DEFAULT_TRAIN_CONFIG, schedule });
  for (const optimizer of OPTIONS.optimizer.choices) checkTrainConfig({ ...DEFAULT_TRAIN_CONFIG, optimizer });
  for (const architecture of OPTIONS.architecture.choices) {
    checkModelConfig({ ...DEFAULT_MODEL_CONFIG, architecture });
  }
});

Deno.test("checkOptionValue() refuses values of another type", () => {
  for (
    const [name, value] of [["steps", "8"], ["steps", null], ["dataDir", 8], ["split", 1], ["json", "true"], [
      "prompt",
      [],
    ]] as const
  ) {
    assertThrows(() => checkOptionValue(name, optionSpec(name), value), Error, `${name} must be`);
  }
});
