// `tactics prove`: lines that the user's own prover verifies, as a diff, or put into the file.
import { dirname, relative, resolve } from "@std/path";
import { DataError, UsageError } from "../../errors.ts";
import type { LanguageModel } from "../../infer/mod.ts";
import { readTextBounded, writeFileAtomic } from "../../io/mod.ts";
import {
  drawLines,
  editedText,
  prove,
  type ProveEvent,
  type ProveResult,
  unifiedDiff,
} from "../../prove/mod.ts";
import { formatSeconds } from "../../text_format.ts";
import { openAcorn, temporaryFolder } from "../acorn_judge.ts";
import type { Command, CommandContext } from "../command.ts";
import { MODEL_OPTIONS, modelOf } from "../model_setup.ts";
import { goalAtPlace, libraryOf, MAX_SOURCE_BYTES, type PlacedGoal, questionOf } from "../source_place.ts";

export const proveCommand: Command = {
  name: "prove",
  summary: "Find lines that prove a goal of an Acorn module, each verified by your own acorn",
  description: [
    "LINE is a line that your prover does not get through, or one of a theorem's proof. Lines of the model, of near " +
    "proofs and of known theorems are tried in a scratch copy. What verifies is printed as a diff. The acorn of " +
    "--acorn, of the variable ACORN or of PATH runs, and no other program. Its time and memory are limited.",
  ],
  examples: [
    ["tactics prove src/nat/gcd.ac:120 --lib .", "What is missing before line 120"],
    ["tactics prove src/nat/gcd.ac:120 --write", "The same, put into the file"],
    ["tactics prove -:src/nat/gcd.ac:120 < buffer.ac", "In a text that is not saved yet"],
  ],
  positionals: [["PLACE", "FILE.ac:LINE, or -:FILE.ac:LINE with the file's text on standard input"]],
  next: ({ settings }) =>
    settings.write === true
      ? [["tactics prove FILE.ac:LINE", "The next line that does not verify"]]
      : [["tactics prove FILE.ac:LINE --write", "Put the lines that were found into the file"]],
  options: [
    "lib",
    "acorn",
    "seconds",
    "processes",
    "write",
    "samples",
    "beam",
    "temperature",
    "seed",
    ...MODEL_OPTIONS,
  ],
  runsProgram: true,
  writesIn: ({ settings, positionals: [place] }) => [
    temporaryFolder(),
    ...settings.write === true && place !== undefined ? [dirname(place)] : [],
  ],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { settings, signal } = context;
  const place = await goalAtPlace(context.positionals[0]!, context);
  const { file, isUnsaved, text, goal } = place;
  if (file === null) {
    throw new UsageError("Nothing can be verified of a text without a file: write -:FILE.ac:LINE");
  }
  if (isUnsaved && settings.write === true) {
    throw new UsageError("--write needs the file's own text, not another");
  }
  const lib = await libraryOf(settings.lib, file);
  const { judge, library, name, acorn, folder } = await openAcorn(context, { lib, file, text, signal });
  await using _ = judge;
  await using model = await anyModel(context);
  context.notice(
    "info",
    `runs only ${acorn} (${judge.version}), ${settings.processes} at once, in ${folder}`,
  );
  const question = model === null ? null : await questionOf(place, context);
  const { temperature, samples, beam, seed } = settings;
  const drawing = { temperature, samples, beam, seed, signal };
  const options = {
    judge,
    library,
    seconds: settings.seconds,
    processes: settings.processes,
    signal,
    ...question !== null && {
      draw: (round: number, proved: readonly string[]) =>
        drawLines(model!, question, { ...drawing, scope: question.scope, round, proved }),
    },
  };
  for await (const event of prove({ text, line: goal.firstLine, name }, options)) {
    if (event.kind === "result") await tellResult(event, place, context);
    else tell(event, context);
  }
}

/** The model; null where none was named and there is none: the library's lines are tried without it. */
async function anyModel(context: CommandContext): Promise<LanguageModel | null> {
  try {
    return await modelOf(context, "prove");
  } catch (error) {
    if (context.settings.model !== undefined || !(error instanceof UsageError)) throw error;
    context.notice("warning", `no model: lines of the library only are tried (${error.message})`);
    return null;
  }
}

function tell(event: Exclude<ProveEvent, ProveResult>, context: CommandContext): void {
  switch (event.kind) {
    case "start":
      return;
    case "progress": {
      const { tried, accepted, waiting, secondsLeft } = event;
      const counts = `${tried} lines tried, ${accepted} proved, ${waiting} wait`;
      return void context.progress(`${counts}; ${formatSeconds(secondsLeft)} left`);
    }
    case "accepted":
      return void context.progress(`proved: ${event.line}`);
    case "trouble":
      return context.notice("warning", event.message);
    default:
      event satisfies never;
  }
}

async function tellResult(result: ProveResult, place: PlacedGoal, context: CommandContext): Promise<void> {
  const { outcome, lines, edit, tried, accepted, seconds, isRestated } = result;
  const { file, goal, module } = place;
  const path = relative(Deno.cwd(), resolve(file!));
  const diff = edit === null ? [] : unifiedDiff(path, module.lines, edit);
  const counts = `${tried} lines tried, ${accepted} proved, ${formatSeconds(seconds)}`;
  if (outcome === "proved") {
    if (context.settings.write === true && edit !== null) {
      await writeEdit(place, editedText(place.text, edit));
    }
    const what = lines.length === 0
      ? `line ${goal.firstLine + 1} needs no line: your prover gets through as it is`
      : isRestated
      ? "the goal's own restatement is enough"
      : counts;
    return context.emit({ ...result, diff: diff.join("\n") }, [...diff, what]);
  }
  const why = {
    time: "the time is up",
    lines: "there are no more lines to try",
    stopped: "stopped",
    trouble: "the prover gave no clear answers",
  }[outcome];
  const best = lines.length === 0 ? [] : ["proved, but not enough:", ...lines.map((line) => `    ${line}`)];
  context.emit({ ...result, diff: "" }, [...best, `no proof: ${why}; ${counts}`]);
  if (outcome !== "stopped") {
    throw new DataError(`Line ${goal.firstLine + 1} of ${file} was not proved: ${why}`, {
      hint: "more time (--seconds), a better model, or a line of your own before it may help",
    });
  }
}

/** Put the lines into the file, if it is still what was read. */
async function writeEdit({ file, text }: PlacedGoal, edited: string): Promise<void> {
  const now = await readTextBounded(file!, { what: "the module", maxBytes: MAX_SOURCE_BYTES });
  if (now !== text) throw new DataError(`"${file}" has changed meanwhile: it was left as it is`);
  await writeFileAtomic(await Deno.realPath(file!), new TextEncoder().encode(edited));
}
