import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { mergeOptions, parseConfig, withConfigFile } from "../../src/cli/config_file.ts";
import { parseFlatJson } from "../../src/cli/flat_json.ts";
import { checkTogether } from "../../src/cli/run_setup.ts";
import { OPTION_NAMES, optionSpec } from "../../src/cli/options/mod.ts";
import { UsageError } from "../../src/errors.ts";
import { withFolder } from "../temporary_folder.ts";

Deno.test("parseConfig() reads options by their camelCase names", () => {
  const text =
    '{\n  "batchSize": 16, "learningRate": 1e-3,\n  "split": "file", "json": true,\n"dataDir": "a\\u0062"}\n';
  const options = { batchSize: 16, learningRate: 1e-3, split: "file", json: true, dataDir: "ab" } as const;
  assertEquals(parseConfig(text, "t.json"), options);
  assertEquals(parseConfig("\ufeff { } ", "t.json"), {});
});

const REFUSED: [string, string, string?][] = [
  ["", 't.json:1:1: expected "{", found the end'],
  ["[]", 't.json:1:1: expected "{", found "["'],
  ["{", "t.json:1:2: expected an option's name in double quotes, found the end"],
  ["{\n  batchSize: 1\n}", 't.json:2:3: expected an option\'s name in double quotes, found "b"'],
  ['{"batchSize" 1}', 't.json:1:14: expected ":", found "1"'],
  ['{"batchSize": 1,}', 't.json:1:17: expected an option\'s name in double quotes, found "}"'],
  ['{"batchSize": 1 "steps": 2}', 't.json:1:17: expected "," or "}", found "\\""'],
  [
    '{\n"steps": 1,\n"batchSize": 01}',
    "t.json:3:14: expected a text in double quotes, a number, true or false",
  ],
  ['{"batchSize": 1} x', 't.json:1:18: expected nothing more, found "x"'],
  ['{"batchSize": null}', "t.json:1:15: expected a text in double quotes, a number, true or false"],
  ['{"batchSize": {"a": 1}}', "t.json:1:15: expected a text in double quotes, a number, true or false"],
  ['{"split": "fi\nle"}', "t.json:1:11: expected a text in double quotes"],
  ['{"steps": 1,\n "steps": 2}', 't.json:2:2: "steps" is given twice'],
  ['{\n  "bachSize": 1\n}', 't.json:2:3: unknown option "bachSize"', 'did you mean "batchSize"?'],
  ['{"batch_size": 1}', 't.json:1:2: unknown option "batch_size"', 'did you mean "batchSize"?'],
  ['{"batch-size": 1}', 't.json:1:2: unknown option "batch-size"', 'did you mean "batchSize"?'],
  ['{"__proto__": 1}', 't.json:1:2: unknown option "__proto__"'],
  ['{"config": "x"}', 't.json:1:2: "config" can only be given on the command line'],
  ['{"batchSize": "16"}', 't.json:1:2: batchSize must be a number at least 1 and at most 1048576: got "16"'],
  ['{"batchSize": 0}', "t.json:1:2: batchSize must be at least 1 and at most 1048576: got 0"],
  [
    '{"split": "blok"}',
    't.json:1:2: split must be one of "block", "later", "file": got "blok"',
    'did you mean "block"?',
  ],
  ['{"json": 1}', "t.json:1:2: json must be true or false: got 1"],
];

for (const [text, message, hint] of REFUSED) {
  Deno.test(`parseConfig() refuses ${JSON.stringify(text)}`, () => {
    const error = assertThrows(() => parseConfig(text, "t.json"), UsageError, message);
    if (hint !== undefined) assertEquals(error.hint, hint);
  });
}

/** Texts with everything JSON escapes, and with characters beyond the first plane. */
const TEXT = fc.string({ unit: fc.constantFrom(...'ab "\\/\b\f\n\r\t\0\x1f\x7f\u2028∈\ud800😀') });

Deno.test("parseFlatJson() reads what JSON.stringify() writes", () => {
  const value = fc.oneof(
    TEXT,
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(TEXT, value), { selector: ([key]) => key }),
      (members) => {
        const text = `{${
          members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",\n")
        }}`;
        // JSON.stringify(-0) is "0".
        const expected = members.map(([key, value]) => [key, Object.is(value, -0) ? 0 : value]);
        assertEquals(parseFlatJson(text, "t").map(({ key, value }) => [key, value]), expected);
      },
    ),
  );
});

Deno.test("parseFlatJson() takes no text that JSON.parse() refuses, and fails only with SyntaxError", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    '"a"',
    '"b"',
    ":",
    ",",
    "1",
    "-",
    "0",
    ".5",
    "e3",
    "true",
    "null",
    "\\",
    '"',
    " ",
    "\n",
    "\ufeff",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      let parsed: ReturnType<typeof parseFlatJson> | null = null;
      try {
        parsed = parseFlatJson(text, "t");
      } catch (error) {
        assertEquals((error as Error).name, "SyntaxError");
      }
      if (parsed === null) return;
      assertEquals(
        Object.fromEntries(parsed.map(({ key, value }) => [key, value])),
        JSON.parse(text.replace(/^\ufeff/, "")),
      );
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseConfig() passes over $schema, which editors look for", () => {
  assertEquals(parseConfig('{ "$schema": "tactics.schema.json", "seed": 1 }', "f"), { seed: 1 });
});

Deno.test("withConfigFile() looks beside the proofs' folder, then in it", () =>
  withFolder(async (folder) => {
    const dataDir = join(folder, "data", "proofs");
    assertEquals(await withConfigFile({ seed: 1 }, dataDir), { seed: 1 });
    await Deno.mkdir(dataDir, { recursive: true });
    await Deno.writeTextFile(join(dataDir, "tactics.json"), '{"steps": 1}');
    assertEquals(await withConfigFile({}, dataDir), { steps: 1 });
    await Deno.writeTextFile(join(folder, "data", "tactics.json"), '{"steps": 2}');
    assertEquals(await withConfigFile({ seed: 1 }, dataDir), { steps: 2, seed: 1 });
  }));

Deno.test("withConfigFile() takes --config alone, which must be a readable text", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "tactics.json"), '{"steps": 1}');
    const config = join(folder, "mine.json");
    const read = (): ReturnType<typeof withConfigFile> => withConfigFile({ config }, join(folder, "proofs"));
    await assertRejects(read, UsageError, `Cannot read the options' file "${config}"`);
    await Deno.writeFile(config, new Uint8Array([0x7b, 0xff, 0x7d]));
    await assertRejects(read, UsageError, "not UTF-8");
    await Deno.writeTextFile(config, '{"steps": 3}');
    assertEquals(await read(), { config, steps: 3 });
    await Deno.truncate(config, 1 << 21);
    await assertRejects(read, UsageError, "bytes, at most");
  }));

Deno.test("a tactics.json that was found sets no path: who runs it did not choose the program or the folder", () =>
  withFolder(async (folder) => {
    const paths = OPTION_NAMES.filter((name) =>
      optionSpec(name).kind === "path" && optionSpec(name).only === undefined
    );
    assertEquals(
      paths.filter((name) => ["acorn", "lib", "dataDir", "checkpointDir", "model"].includes(name)).length,
      5,
    );
    const dataDir = join(folder, "proofs");
    await Deno.mkdir(dataDir);
    for (const file of [join(folder, "tactics.json"), join(dataDir, "tactics.json")]) {
      for (const name of paths) {
        await Deno.writeTextFile(file, JSON.stringify({ seed: 1, [name]: "evil.sh" }));
        const error = await assertRejects(() => withConfigFile({ [name]: "mine" }, dataDir), UsageError);
        assert(error.message.startsWith(`${file}:1:11: "${name}" is a path`), error.message);
        const options = await withConfigFile({ config: file }, dataDir);
        assertEquals(options[name], "evil.sh");
      }
      await Deno.remove(file);
    }
  }));

Deno.test("mergeOptions() lets flags override the file, and a length any other length", () => {
  assertEquals(mergeOptions({ batchSize: 8 }, { batchSize: 16, seed: 1 }, "f"), { batchSize: 8, seed: 1 });
  assertEquals(mergeOptions({ minutes: 5 }, { steps: 100, seed: 1 }, "f"), { minutes: 5, seed: 1 });
  assertEquals(mergeOptions({ seed: 2 }, { steps: 100 }, "f"), { steps: 100, seed: 2 });
  assertThrows(
    () => mergeOptions({ minutes: 5, steps: 3 }, {}, ""),
    UsageError,
    "--steps and --minutes are both given: a run has one length",
  );
  assertThrows(
    () => mergeOptions({}, { epochs: 5, steps: 3 }, "f.json"),
    UsageError,
    '"steps" and "epochs" are both given in f.json',
  );
});

Deno.test("checkTogether() refuses options that do not go together", () => {
  assertThrows(
    () => checkTogether({ nHeads: 3 }),
    UsageError,
    "--n-heads 3 does not divide --d-model 256: try 2 or 4",
  );
  assertThrows(
    () => checkTogether({ dModel: 24 }),
    UsageError,
    "--n-heads 8 does not divide --d-model 24 into heads of an even size: try 6 or 12",
  );
  assertThrows(
    () => checkTogether({ dModel: 256, nHeads: 7, architecture: "reference" }),
    UsageError,
    "--n-heads 7 does not divide --d-model 256: try 4 or 8",
  );
  assertThrows(() => checkTogether({ dModel: 25 }), UsageError, "--d-model 25 is odd");
  checkTogether({ learningRate: 1e-6, recipe: "reference" });
  checkTogether({ learningRate: 1e-6, dModel: 24, architecture: "reference" });
});
