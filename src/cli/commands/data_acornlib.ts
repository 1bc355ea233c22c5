// `tactics data acornlib`: the proofs of an Acorn library from its sources and certificates, without a prover.
import {
  type LibraryProblem,
  readLibrary,
  STEP_RULES,
  writeLibraryProofs,
  type WrittenModule,
} from "../../acorn/mod.ts";
import { DataError, UsageError } from "../../errors.ts";
import { formatBytes, formatCount, tableLines } from "../../text_format.ts";
import type { Command, CommandContext } from "../command.ts";

/** Problems that are told one by one. */
const MAX_TOLD = 20;

export const dataAcornlib: Command = {
  name: "data acornlib",
  summary: "Write the proofs of an Acorn library, from its sources and certificates",
  usage: "--lib PATH",
  description: [
    "What `acorn training` wrote until January 2026, for libraries of November 2025 (certificates in build/) " +
    "and of 2026 (in src/**/certs/); no acorn is needed, and the library is only read. A goal and proof that " +
    "stand there twice are written once. What cannot be placed is left out and told, by file and line.",
    `Rules of steps: ${STEP_RULES.join(", ")}.`,
  ],
  examples: [
    ["tactics data acornlib --lib ../acornlib", "Into data/proofs"],
    ["tactics data acornlib --lib ../acornlib --skip-empty --rules claim,wit,br", "With more lines a proof"],
  ],
  next: [["tactics tokenizer", "Learn a vocabulary from the proofs"]],
  options: ["lib", "dataDir", "rules", "skipEmpty", "keepCopies"],
  writesIn: ({ settings }) => [settings.dataDir],
  run: async (context) => {
    const { lib, dataDir, rules, skipEmpty = false, keepCopies = false } = context.settings;
    if (lib === undefined) {
      const hint = "for example: tactics data acornlib --lib ../acornlib";
      throw new UsageError("tactics data acornlib needs --lib: the folder of the Acorn library", { hint });
    }
    const { signal } = context;
    const options = { rules: ruleSet(rules), skipEmpty, keepCopies, signal };
    const library = await readLibrary(lib, {
      onModule: (done, all) => {
        signal.throwIfAborted();
        context.progress(`reading modules: ${done} of ${all}`);
      },
    });
    const problems = new ProblemList(context);
    library.problems.forEach((problem) => problems.add(problem));
    const sum = {
      files: 0,
      sizeBytes: 0,
      goals: 0,
      certificates: 0,
      placed: 0,
      exact: 0,
      empty: 0,
      copies: 0,
    };
    const steps = new Map<string, { count: number; characters: number }>();
    const all = library.modules.filter(({ isInterface }) => !isInterface).length;
    let modules = 0;
    for await (const module of writeLibraryProofs(library, dataDir, options)) {
      modules++;
      context.progress(`writing proofs: module ${modules} of ${all}, ${formatCount(sum.files)} files`);
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += module[key];
      addSteps(steps, module);
      module.problems.forEach((problem) => problems.add(problem));
    }
    if (sum.files === 0) {
      const hint = "certificates are in build/**/*.jsonl (2025) or src/**/certs/*.jsonl (2026)";
      throw new DataError(`No proofs were written: "${lib}" has ${sum.certificates} certificates`, { hint });
    }
    problems.end();
    context.emit(
      {
        kind: "data",
        directory: dataDir,
        modules,
        ...sum,
        steps: Object.fromEntries(steps),
        problems: problems.count,
      },
      tableLines(summaryRows({ ...sum, modules, problems: problems.count, dataDir, skipEmpty }), 2),
    );
  },
};

function ruleSet(list: string): Set<string> {
  const names = list === "all" ? STEP_RULES : list.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !(STEP_RULES as readonly string[]).includes(name));
  if (unknown === undefined) return new Set(names);
  const hint = `write some of ${STEP_RULES.join(",")}, or all`;
  throw new UsageError(`--rules: there is no rule "${unknown}"`, { hint });
}

function addSteps(all: Map<string, { count: number; characters: number }>, { steps }: WrittenModule): void {
  for (const [rule, { count, characters }] of steps.byRule) {
    const known = all.get(rule) ?? { count: 0, characters: 0 };
    all.set(rule, { count: known.count + count, characters: known.characters + characters });
  }
}

/** Tells the first problems, and of the others how many they are. */
class ProblemList {
  count = 0;

  constructor(readonly context: CommandContext) {}

  add({ file, line, message }: LibraryProblem): void {
    if (this.count++ < MAX_TOLD) {
      this.context.notice("warning", `${file}${line > 0 ? `:${line}` : ""}: ${message}`);
    }
  }

  end(): void {
    const more = this.count - MAX_TOLD;
    if (more > 0) this.context.notice("warning", `${formatCount(more)} more problems of the same kinds`);
  }
}

interface Summary {
  readonly [count: string]: number | string | boolean;
}

function summaryRows(summary: Summary): string[][] {
  const n = (key: string): string => formatCount(Number(summary[key]));
  const empty = summary.skipEmpty ? "left out" : "written as well";
  return [
    ["files", `${n("files")} in ${summary.dataDir}, ${formatBytes(Number(summary.sizeBytes))}`],
    ["modules", n("modules")],
    [
      "certificates",
      `${n("certificates")}, ${n("placed")} of them placed; ${n("exact")} name the goal exactly`,
    ],
    ["empty proofs", `${n("empty")}, ${empty}`],
    ["copies", `${n("copies")} goals and proofs that an earlier file has`],
    ["problems", n("problems")],
  ];
}
