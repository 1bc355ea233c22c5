/** A sweep's file: what it makes of lists, and what it refuses, with the place and the way out. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { train } from "../../../src/cli/commands/train.ts";
import { gridOf, parseSweep } from "../../../src/cli/sweep/sweep_file.ts";
import { UsageError } from "../../../src/errors.ts";
import { isRunName } from "../../../src/runs/mod.ts";

const parse = (text: string, path = "some/rates.json") => parseSweep(text, path, train.options);

Deno.test("lists make a grid in the file's order, with the seeds of each point side by side", () => {
  const sweep = parse(
    '{ "seed": [1, 2], "minutes": 3, "learningRate": [1e-3, 2e-7], "optimizer": ["muon", "adamw"] }',
  );
  assertEquals([sweep.name, sweep.fixed], ["rates", { minutes: 3 }]);
  const points = gridOf(sweep);
  assertEquals(points.map(({ varied }) => Object.values(varied)), [
    [1e-3, "muon", 1],
    [1e-3, "muon", 2],
    [1e-3, "adamw", 1],
    [1e-3, "adamw", 2],
    [2e-7, "muon", 1],
    [2e-7, "muon", 2],
    [2e-7, "adamw", 1],
    [2e-7, "adamw", 2],
  ]);
  assertEquals(points[3]!.name, "rates-learningRate0.001-optimizeradamw-seed2");
});

Deno.test("a file without lists is one run, of the name that the file has or says", () => {
  assertEquals(gridOf(parse('{ "steps": 4 }')), [{ name: "rates", varied: {} }]);
  assertEquals(gridOf(parse('{ "name": "first", "seed": [7] }')), [{
    name: "first-seed7",
    varied: { seed: 7 },
  }]);
});

Deno.test("every run has a name of its own that a folder can have, also in a grid of many options", () => {
  const lists =
    '"learningRate": [0.001, 0.002], "contextLength": [128, 256], "dropout": [0, 0.1], "nLayers": [4, 6]';
  const names = gridOf(parse(`{ "steps": 4, ${lists}, "seed": [1, 2, 3] }`)).map(({ name }) => name);
  assertEquals([names.length, new Set(names).size], [48, 48]);
  assert(names.every((name) => isRunName(name) && name.length <= 64), names[0]);
  assert(names.some((name) => name.length === 64));
});

const NUMBERS = Array.from({ length: 101 }, (_, i) => i + 1).join();
const REFUSED: readonly (readonly [text: string, message: string, hint?: string])[] = [
  [
    '{ "learningrate": [1] }',
    'some/rates.json:1:3: unknown option "learningrate"',
    'did you mean "learningRate"?',
  ],
  ['{\n  "d-model": 4 }', 'some/rates.json:2:3: unknown option "d-model"', 'did you mean "dModel"?'],
  ['{ "topP": [0.5] }', 'unknown option "topP"', "options are named as in"],
  ['{ "from": "best" }', '"from" can only be given on the command line'],
  ['{ "checkpointDir": "x" }', '"checkpointDir" can only be given on the command line'],
  ['{ "dataDir": ["a", "b"] }', "dataDir has a list, but all runs share one folder"],
  ['{ "seed": [] }', "seed has an empty list", "leave it out"],
  ['{ "seed": [1, 2, 1] }', "seed has 1 twice"],
  ['{ "seed": [1, "2"] }', "seed must be a number at least 0"],
  ['{ "learningRate": [0] }', "learningRate must be"],
  ['{ "steps": 4, "minutes": [1, 2] }', '"steps" and "minutes" are both given', "leave out all but one"],
  [
    '{ "seed": [1, [2]] }',
    'expected a text in double quotes, a number, true or false in the list, found "["',
  ],
  ['{ "seed": [1, 2 }', 'expected "," or "]", found "}"'],
  ['{ "seed": [1,] }', 'in the list, found "]"'],
  ['{ "seed": {} }', "true or false, or a list"],
  ['{ "seed": [1], "seed": 2 }', '"seed" is given twice'],
  ["[]", 'expected "{"'],
  ['{ "name": 7 }', "name must be a text: got 7"],
  ['{ "name": "../up" }', 'cannot be named "../up"', 'set "name" to letters'],
  ['{ "name": "latest" }', 'cannot be named "latest"'],
  [`{ "seed": [${NUMBERS}], "batchSize": [${NUMBERS}] }`, "make 10201 runs, a sweep has at most 10000"],
];

Deno.test("what a sweep's file may not say is refused, with the place and what was meant", () => {
  for (const [text, message, hint = ""] of REFUSED) {
    const error = assertThrows(() => parse(text), UsageError);
    assert(error.message.includes(message), `${text}: ${error.message}`);
    assert((error.hint ?? "").includes(hint), `${text}: ${error.hint}`);
  }
});

Deno.test("every prefix of a sweep's file is refused", () => {
  const text = '{ "name": "a", "learningRate": [0.001, 2e-3], "seed": [1, 2] }';
  for (let end = 0; end < text.length; end++) assertThrows(() => parse(text.slice(0, end)), UsageError);
});
