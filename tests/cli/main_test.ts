import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Command, CommandContext } from "../../src/cli/command.ts";
import { denoVersionProblem } from "../../src/cli/deno_version.ts";
import { run } from "../../src/cli/main.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import {
  CheckpointError,
  DamagedError,
  DataError,
  DivergenceError,
  LockedError,
  UsageError,
} from "../../src/errors.ts";
import { VERSION } from "../../src/version.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

interface Outcome {
  code: number;
  out: string;
  error: string;
}

/** Runs words with a command "probe" (and its sibling "data probe") that does what `action` says. */
async function runProbe(
  args: string[],
  action: (context: CommandContext) => unknown = () => {},
  more: Partial<Command> = {},
): Promise<Outcome> {
  const command: Command = {
    name: "probe",
    summary: "A probe",
    examples: [["tactics probe", ""]],
    options: ["dataDir", "steps", "minutes", "nHeads", "batchSize"],
    run: async (context) => void await action(context),
    ...more,
  };
  const outcome = { code: -1, out: "", error: "" };
  const terminal: Terminal = {
    writeOut: (text) => outcome.out += text,
    writeError: (text) => outcome.error += text,
    isTerminal: false,
    columns: () => 80,
    env: () => undefined,
    readInput: () => Promise.resolve("input"),
  };
  outcome.code = await run(args, { terminal, commands: [command, { ...command, name: "data probe" }] });
  return outcome;
}

const THROWN: [string, () => unknown, Outcome][] = [
  ["a wrong call", () => {
    throw new UsageError("bad", { hint: "do this" });
  }, { code: 2, out: "", error: "error: bad\nhint: do this\n" }],
  ["bad data", () => {
    throw new DataError("bad\x1b[31m");
  }, { code: 1, out: "", error: "error: bad␛[31m\n" }],
  ["divergence", () => {
    throw new DivergenceError("NaN");
  }, { code: 3, out: "", error: "error: NaN\n" }],
  ["a damaged file", () => {
    throw new DamagedError("cut short");
  }, { code: 4, out: "", error: "error: cut short\n" }],
  ["a file that cannot be parsed", () => {
    throw new DataError("no JSON\nhint: forged", { cause: new SyntaxError("at 1") });
  }, { code: 4, out: "", error: "error: no JSON␊hint: forged\n" }],
  ["a damaged checkpoint", () => {
    throw new CheckpointError("sha256");
  }, { code: 4, out: "", error: "error: sha256\n" }],
  ["a folder in use", () => {
    throw new LockedError("another run");
  }, { code: 5, out: "", error: "error: another run\n" }],
  ["memory that the machine has not", () => {
    throw new RangeError("Array buffer allocation failed");
  }, {
    code: 1,
    out: "",
    error: "error: Not enough memory: Array buffer allocation failed\n" +
      "hint: use a smaller model, batch or file, or close other programs\n",
  }],
];

for (const [what, action, outcome] of THROWN) {
  Deno.test(`run() reports ${what} in one line, with its exit code`, async () => {
    assertEquals(await runProbe(["probe"], action), outcome);
  });
}

Deno.test("run() tells of a long message its beginning and its end", async () => {
  for (const fault of [DataError, Error, UsageError]) {
    const { error } = await runProbe(["probe"], () => {
      throw new fault(`begin ${"x".repeat(1_000_000)} end`);
    });
    const [line] = error.split("\n");
    assert(line!.length <= 2010 && line!.startsWith("error: begin") && line!.endsWith(" end"), line);
    assert(error.length < 10_000, `${error.length} characters`);
  }
});

Deno.test("run() reports memory that the system does not have without a stack trace", async () => {
  for (const size of [2 ** 37, 2 ** 38]) {
    const { code, error } = await runProbe(["probe"], () => new Float32Array(size));
    assertEquals(code, 1);
    assert(error.startsWith("error: Not enough memory") && !error.includes("    at "), error);
  }
});

Deno.test("run() reports what the system refuses without a stack trace", async () => {
  const { code, error } = await runProbe(["probe"], () => Deno.readTextFileSync(join("no", "such", "file")));
  assertEquals(code, 1);
  assert(
    error.startsWith("error: No such file") && error.includes("hint: ") && !error.includes("    at "),
    error,
  );
});

Deno.test("run() shows the stack of its own faults only, and asks for a report", async () => {
  for (const fault of [new Error("internal: broken"), new TypeError("x is not a function")]) {
    const { code, error } = await runProbe(["probe"], () => {
      throw fault;
    });
    assertEquals(code, 70);
    assert(
      error.startsWith(`error: ${fault.message}\nhint: this is a fault of tactics: please report it`),
      error,
    );
    assert(error.includes("    at "), error);
  }
});

Deno.test("run() gives errors as one JSON line with --json", async () => {
  const outcome = await runProbe(["probe", "--json"], () => {
    throw new DataError("bad", { hint: "do this" });
  });
  assertEquals(outcome, { code: 1, out: '{"kind":"error","message":"bad","hint":"do this"}\n', error: "" });
  const usage = await runProbe(["probe", "--json", "--bach-size", "1"]);
  assertEquals(
    usage.out,
    '{"kind":"error","message":"unknown option --bach-size","hint":"did you mean --batch-size?"}\n',
  );
  assertEquals([usage.code, usage.error], [2, ""]);
});

Deno.test("emit(), write() and notice() keep results, streams and remarks apart", async () => {
  const action = (context: CommandContext): void => {
    context.notice("warning", "slow", "hurry");
    context.write("piece ");
    context.emit({ kind: "result", value: 1 }, "value 1");
  };
  assertEquals(await runProbe(["probe"], action), {
    code: 0,
    out: "piece value 1\n",
    error: "warning: slow\nhint: hurry\n",
  });
  const lines =
    '{"kind":"notice","level":"warning","message":"slow","hint":"hurry"}\n{"kind":"result","value":1}\n';
  assertEquals(await runProbe(["probe", "--json"], action), { code: 0, out: lines, error: "" });
});

Deno.test("run() merges tactics.json under the flags and passes only the command's own options", async () => {
  using temporary = new TemporaryFolder();
  const folder = temporary.path;
  const dataDir = join(folder, "proofs");
  await Deno.writeTextFile(join(folder, "tactics.json"), '{"batchSize": 4, "steps": 9, "dropout": 0.5}');
  let given: CommandContext["options"] = {};
  const take = ({ options }: CommandContext): void => void (given = options);
  assertEquals(
    (await runProbe(["data", "probe", "--data-dir", dataDir, "--batch-size", "8"], take)).code,
    0,
  );
  assertEquals(given, { dataDir, batchSize: 8, steps: 9 });
  assertEquals((await runProbe(["probe", "--data_dir", dataDir, "--minutes", "5"], take)).code, 0);
  assertEquals(given, { dataDir, batchSize: 4, minutes: 5 });
  // A run that goes on is no longer for what the file says.
  const flagsOnly = { flagsOnly: ["steps" as const] };
  assertEquals((await runProbe(["probe", "--data-dir", dataDir], take, flagsOnly)).code, 0);
  assertEquals(given, { dataDir, batchSize: 4 });
  assertEquals((await runProbe(["probe", "--data-dir", dataDir, "--steps", "3"], take, flagsOnly)).code, 0);
  assertEquals(given, { dataDir, batchSize: 4, steps: 3 });
});

const USAGE: [string[], string][] = [
  [["prbe"], 'error: unknown command "prbe"\nhint: did you mean "tactics probe"?\n'],
  [["xyzzy"], 'error: unknown command "xyzzy"\nhint: "tactics --help" lists the commands\n'],
  [["data"], 'error: "tactics data" needs one of: probe\nhint: "tactics data --help" describes them\n'],
  [
    ["data", "prob"],
    'error: unknown command "data prob"; there are: probe\nhint: did you mean "tactics data probe"?\n',
  ],
  [["help", "prbe"], 'error: unknown command "prbe"\nhint: did you mean "tactics probe"?\n'],
  [
    ["--batch-size", "8"],
    'error: expected a command before --batch-size\nhint: "tactics --help" lists the commands\n',
  ],
  [
    ["probe", "--n-heads", "3"],
    "error: --n-heads 3 does not divide --d-model 256: try 2 or 4\n",
  ],
];

for (const [args, error] of USAGE) {
  Deno.test(`run() explains "tactics ${args.join(" ")}"`, async () => {
    assertEquals(await runProbe(args), { code: 2, out: "", error });
  });
}

for (
  const args of [[], ["--help"], ["-h"], ["help"], ["help", "probe"], ["probe", "--help"], ["probe", "-h"], [
    "data",
    "--help",
  ], ["help", "data"]]
) {
  Deno.test(`run() prints help for "tactics ${args.join(" ")}"`, async () => {
    const { code, out, error } = await runProbe(args, () => {
      throw new Error("help must not run a command");
    });
    assertEquals([code, error], [0, ""]);
    assert(out.includes("Usage: tactics ") && out.includes("Examples:"), out);
  });
}

Deno.test("run() prints the version", async () => {
  const { code, out } = await runProbe(["--version"]);
  assertEquals(code, 0);
  assert(out.startsWith(`tactics ${VERSION} (Deno ${Deno.version.deno}`), out);
});

Deno.test("denoVersionProblem() names the found and the needed version", () => {
  for (const fine of ["2.8.0", "2.9.6", "2.10.0", "3.0.0", "2.9.6+abc"]) {
    assertEquals(denoVersionProblem(fine), null);
  }
  for (const old of ["2.7.14", "1.46.3", "2.0.0-rc.4", "nonsense"]) {
    assert(
      denoVersionProblem(old)!.startsWith(`error: Deno too old: found ${old}, need 2.8 or newer\nhint: `),
      old,
    );
  }
});
