// The proofs of a library as the files that `acorn training` would write: each goal that has a certificate,
// module by module in the order of the prover's build. It makes texts and says what it left out; who calls it
// writes them.
import { type Certificate, type CertificateStep, readCertificates } from "./certificates.ts";
import type { AcornLibrary, LibraryModule, LibraryProblem } from "./library.ts";
import { matchGoals } from "./match.ts";
import { buildOrder, goalDocument } from "./source/goals.ts";

/** Options of {@linkcode libraryProofs}. */
export interface LibraryProofsOptions {
  /** Rules whose steps become lines of a proof. */
  readonly rules: ReadonlySet<string>;
}

/** How many steps each rule has, and how many characters, line ends included. */
export class StepCount {
  readonly byRule = new Map<string, { count: number; characters: number }>();

  add({ rule, line }: CertificateStep): void {
    const { count, characters } = this.byRule.get(rule) ?? { count: 0, characters: 0 };
    this.byRule.set(rule, { count: count + 1, characters: characters + line.length + 1 });
  }
}

/** The proofs of one module. */
export interface ModuleProofs {
  readonly name: string;
  /** Modules that it imports, by name. */
  readonly imports: readonly string[];
  /** Goals that were found in its text. */
  readonly goals: number;
  /** Certificates that it has. */
  readonly certificates: number;
  /** Certificates for which the goal was found. */
  readonly placed: number;
  /** How many of them name the goal's code or name exactly; the others' texts are alike. */
  readonly exact: number;
  /** Texts of proof files, in build order; `isEmpty` where no line stands below the @P line. */
  readonly proofs: readonly { readonly text: string; readonly isEmpty: boolean }[];
  /** Steps by their rules, of the goals that were placed, and their characters. */
  readonly steps: StepCount;
  /** What was left out, and why. */
  readonly problems: readonly LibraryProblem[];
}

/** The proofs of a library's modules, one after the other. */
export async function* libraryProofs(
  library: AcornLibrary,
  options: LibraryProofsOptions,
): AsyncGenerator<ModuleProofs> {
  for (const module of library.modules) {
    if (!module.isInterface) yield await moduleProofs(library, module, options);
  }
}

/** How often goals may repeat a module's text, the contexts of a block each other's: real ones do it 14 times. */
const MOST_COPIES = 100;
/** Characters that they may have beyond it. */
const ROOM = 1_000_000;

async function moduleProofs(
  library: AcornLibrary,
  module: LibraryModule,
  { rules }: LibraryProofsOptions,
): Promise<ModuleProofs> {
  const { name } = module;
  const problems: LibraryProblem[] = [];
  const leave = (line: number, message: string): void => {
    problems.push({ file: library.relative(module.path), line, message });
  };
  const source = library.source(name) ?? await library.read(module);
  for (const { line, message } of source.problems) leave(line + 1, message);
  const goals = buildOrder(source, library.goalOptions(name));
  const certificates = await certificatesOf(library, module, problems);
  const codes = goals.map((goal) =>
    certificates.length === 0 ? null : library.code.goalCode(goal, source, name)
  );
  const keys = goals.map((goal, i) => goal.name ?? codes[i]?.goal ?? null);
  const { certificateOf, left } = matchGoals(keys, certificates.map(({ goal }) => goal));
  const proofs: { text: string; isEmpty: boolean }[] = [];
  const steps = new StepCount();
  let room = ROOM + MOST_COPIES * source.lines.reduce((sum, { length }) => sum + length, 0);
  for (const [i, goal] of goals.entries()) {
    const certificate = certificates[certificateOf[i]!];
    if (certificate === undefined) {
      if (certificates.length > 0) leave(goal.firstLine + 1, `no certificate fits this ${goal.kind}`);
    } else if (certificate.steps === null) {
      leave(goal.firstLine + 1, `the certificate of this ${goal.kind} has no proof`);
    } else {
      const code = codes[i]!;
      if (room < 0) leave(goal.firstLine + 1, "the goals before it repeat the module too often");
      else if (code === null) leave(goal.firstLine + 1, `the code of this ${goal.kind} could not be made`);
      else {
        const lines = certificate.steps.filter(({ rule }) => rules.has(rule)).map(({ line }) => `${line}\n`);
        const before = goalDocument(goal, code);
        room -= before.length;
        proofs.push({ text: `${before}@P\n${lines.join("")}`, isEmpty: lines.length === 0 });
      }
      certificate.steps.forEach((step) => steps.add(step));
    }
  }
  if (certificates.length === 0 && goals.length > 0) {
    leave(0, `no certificates for its ${goals.length} goals`);
  }
  for (const i of left) {
    leave(0, `no goal fits the certificate ${i + 1}, "${certificates[i]!.goal.slice(0, 100)}"`);
  }
  return {
    name,
    imports: library.importsOf(name),
    goals: goals.length,
    certificates: certificates.length,
    placed: certificates.length - left.length,
    exact: keys.filter((key, i) => key !== null && key === certificates[certificateOf[i]!]?.goal).length,
    proofs,
    steps,
    problems,
  };
}

async function certificatesOf(
  library: AcornLibrary,
  { certificates: paths }: LibraryModule,
  problems: LibraryProblem[],
): Promise<readonly Certificate[]> {
  for (const path of paths) {
    const file = library.relative(path);
    try {
      if (!await library.isInside(path)) continue;
      const read = await readCertificates(path);
      for (const { line, message } of read.problems) problems.push({ file, line, message });
      return read.certificates;
    } catch (error) {
      problems.push({ file, line: 0, message: `cannot be read: ${(error as Error).message}` });
    }
  }
  return [];
}
