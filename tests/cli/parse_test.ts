import { assertEquals, assertThrows } from "@std/assert";
import type { CommandInfo } from "../../src/cli/command.ts";
import type { OptionValues } from "../../src/cli/options/mod.ts";
import { parseCommandLine } from "../../src/cli/parse.ts";
import { UsageError } from "../../src/errors.ts";

const INFO = { summary: "", examples: [] };
const TRAIN: CommandInfo = {
  ...INFO,
  name: "train",
  options: [
    "batchSize",
    "learningRate",
    "dropout",
    "dataDir",
    "split",
    "vocabSize",
    "prompt",
    "temperature",
    "minutes",
  ],
  positionals: [["[FILE]", "a file"]],
};
const VERIFY: CommandInfo = {
  ...INFO,
  name: "verify",
  options: ["topP"],
  positionals: [["DIR", "the folder"]],
};

function parse(args: string[], command = TRAIN): ReturnType<typeof parseCommandLine> {
  return parseCommandLine(args, command, [TRAIN, VERIFY]);
}

const ACCEPTED: [string[], OptionValues, string[]?][] = [
  [[], {}],
  [["--batch-size", "8"], { batchSize: 8 }],
  [["--batch-size=8"], { batchSize: 8 }],
  [["--batch_size", "8"], { batchSize: 8 }],
  [["--vocab_size=4096", "--data_dir", "d"], { vocabSize: 4096, dataDir: "d" }],
  [["--learning-rate", "1e-3"], { learningRate: 1e-3 }],
  [["--learning-rate=.5", "--dropout", "5E-2"], { learningRate: 0.5, dropout: 0.05 }],
  [["--minutes", "10.5"], { minutes: 10.5 }],
  [["--split", "file", "--json"], { split: "file", json: true }],
  [["--json", "true"], { json: true }, ["true"]],
  [["f", "--json"], { json: true }, ["f"]],
  [["--prompt", "-a + a = 0"], { prompt: "-a + a = 0" }],
  [["--prompt=--a = a\n"], { prompt: "--a = a\n" }],
  [["--prompt", ""], { prompt: "" }],
  [["--prompt", "007"], { prompt: "007" }],
  [["--data-dir", "a=b.c"], { dataDir: "a=b.c" }],
  [["--", "--batch-size"], {}, ["--batch-size"]],
  [["007"], {}, ["007"]],
  [["-"], {}, ["-"]],
];

for (const [args, options, positionals = []] of ACCEPTED) {
  Deno.test(`parseCommandLine() accepts ${JSON.stringify(args)}`, () => {
    assertEquals(parse(args), { options, positionals, help: null });
  });
}

const REFUSED: [string[], string, string?][] = [
  [["--batch-size"], "--batch-size needs a value"],
  [
    ["--batch-size", "--json"],
    "--batch-size needs a value",
    "for a value that begins with two dashes write --batch-size=VALUE",
  ],
  [["--batch-size="], '--batch-size must be a number at least 1 and at most 1048576: got ""'],
  [["--batch-size", "abc"], '--batch-size must be a number at least 1 and at most 1048576: got "abc"'],
  [["--batch-size", "NaN"], 'got "NaN"'],
  [["--batch-size", "Infinity"], 'got "Infinity"'],
  [["--batch-size", "1_000"], 'got "1_000"'],
  [["--batch-size", "0x10"], 'got "0x10"'],
  [["--batch-size", " 8"], 'got " 8"'],
  [["--batch-size", "-1"], "--batch-size must be at least 1 and at most 1048576: got -1"],
  [["--batch-size", "0"], "--batch-size must be at least 1 and at most 1048576: got 0"],
  [["--batch-size", "1.5"], "--batch-size must be an integer: got 1.5"],
  [["--batch-size", "1e99"], "--batch-size must be an integer: got 1e+99"],
  [["--learning-rate", "0"], "--learning-rate must be above 0 and at most 100: got 0"],
  [["--learning-rate", "1e999"], "--learning-rate must be above 0 and at most 100: got Infinity"],
  [["--batch-size", "8", "--batch_size=9"], "--batch-size is given twice"],
  [["--json", "--json"], "--json is given twice"],
  [["--json=yes"], '--json takes no value: got "yes"'],
  [["--data-dir", ""], '--data-dir must be a path: got ""'],
  [["--data-dir", "a\0b"], "a path without NUL"],
  [
    ["--split", "flie"],
    '--split must be one of "block", "later", "file": got "flie"',
    'did you mean "file"?',
  ],
  [["--bach-size", "8"], "unknown option --bach-size", "did you mean --batch-size?"],
  [["--lerning_rate=1"], "unknown option --lerning_rate", "did you mean --learning-rate?"],
  [["--batchSize", "8"], "unknown option --batchSize", "did you mean --batch-size?"],
  [["--xyzzy"], "unknown option --xyzzy", '"tactics train --help" lists the options'],
  [["--no-json"], "unknown option --no-json"],
  [["--__proto__=1"], "unknown option --__proto__"],
  [["-x"], "unknown option -x"],
  [["--top-p", "1"], '"tactics train" has no option --top-p; it belongs to "verify"'],
  [["a", "b"], 'unexpected argument "b" after "tactics train"', "usage: tactics train [FILE] [options]"],
  [[""], "an argument is empty"],
];

for (const [args, message, hint] of REFUSED) {
  Deno.test(`parseCommandLine() refuses ${JSON.stringify(args)}`, () => {
    const error = assertThrows(() => parse(args), UsageError, message);
    if (hint !== undefined) assertEquals(error.hint, hint);
  });
}

Deno.test("parseCommandLine() wants required arguments, but not for help", () => {
  assertThrows(() => parse([], VERIFY), UsageError, '"tactics verify" needs DIR: the folder');
  assertEquals(parse(["-h"], VERIFY).help, "common");
  assertEquals(parse(["--help"], VERIFY).help, "common");
});
