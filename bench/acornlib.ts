/**
 * How well `data acornlib` reconstructs what the prover wrote: `deno task bench:acornlib LIBRARY PROOFS`, the
 * library of 10 November 2025 and the 4,989 files that `acorn training` wrote from it. Section by section, byte
 * for byte, in build order. Then with holes: a share of the certificates and of the goals is taken away, by
 * chance, and what is placed is compared with the truth: a goal must never be given another's proof.
 * Without the two folders it says so and measures nothing.
 */
import { buildOrder, readLibrary } from "../src/acorn/mod.ts";
import { readCertificates } from "../src/acorn/certificates.ts";
import { libraryProofs } from "../src/acorn/library_proofs.ts";
import { matchGoals } from "../src/acorn/match.ts";
import { parseProofFile, sectionText } from "../src/corpus/mod.ts";
import { Rng } from "../src/rng.ts";

const [lib = "../shared/data/acornlib-2025-11-10", proofs = "data/proofs"] = Deno.args;
const missing = [`${lib}/src`, `${proofs}/proof_00000.txt`].filter((path) => !exists(path));
if (missing.length > 0) {
  console.log(`skipped: ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing`);
  Deno.exit(0);
}

const library = await readLibrary(lib);
const utf8 = new TextEncoder();
const same = { T: 0, G: 0, H: 0, C: 0, P: 0, whole: 0 };
let files = 0;
for await (const module of libraryProofs(library, { rules: new Set(["claim"]) })) {
  for (const { text } of module.proofs) {
    const name = `proof_${String(files++).padStart(5, "0")}.txt`;
    const real = await Deno.readTextFile(`${proofs}/${name}`).catch(() => "");
    const ours = parseProofFile(name, utf8.encode(text)).file!;
    const theirs = parseProofFile(name, utf8.encode(real)).file;
    if (text === real) same.whole++;
    for (const tag of ["T", "G", "H", "C", "P"] as const) {
      if (theirs !== null && sectionText(ours, tag) === sectionText(theirs, tag)) same[tag]++;
    }
  }
}
const share = (count: number, all: number): string =>
  `${count} of ${all} (${(100 * count / all).toFixed(2)} %)`;
console.log(`files in the order of ${proofs}: ${files}`);
for (const [section, count] of Object.entries(same)) {
  console.log(`  ${section.padEnd(6)} ${share(count, files)}`);
}

for (const [lostCertificates, lostGoals] of [[0.1, 0], [0, 0.1], [0.1, 0.1], [0.3, 0.3]] as const) {
  const rng = new Rng(1, "holes");
  let [pairs, placed, wrong] = [0, 0, 0];
  for (const module of library.modules) {
    const source = library.source(module.name)!;
    const goals = buildOrder(source, library.goalOptions(module.name));
    const path = module.certificates.find(exists);
    const { certificates } = path === undefined ? { certificates: [] } : await readCertificates(path);
    if (certificates.length !== goals.length) continue; // where the truth is the order
    const keptGoals = [...goals.keys()].filter(() => rng.uniform() >= lostGoals);
    const kept = [...certificates.keys()].filter(() => rng.uniform() >= lostCertificates);
    const codes = keptGoals.map((i) =>
      goals[i]!.name ?? library.code.goalCode(goals[i]!, source, module.name)?.goal ?? null
    );
    const texts = kept.map((i) => certificates[i]!.goal);
    const { certificateOf } = matchGoals(codes, texts);
    const inBoth = new Set(kept);
    for (const [k, i] of keptGoals.entries()) {
      if (inBoth.has(i)) pairs++;
      const given = kept[certificateOf[k]!];
      if (given === i) placed++;
      else if (given !== undefined && proofOf(certificates[given]!) !== proofOf(certificates[i]!)) wrong++;
    }
  }
  console.log(
    `without ${100 * lostCertificates} % of the certificates and ${100 * lostGoals} % of the goals: ` +
      `placed ${share(placed, pairs)}, another's proof ${wrong}`,
  );
}

function proofOf(certificate: { steps: readonly { line: string }[] | null }): string {
  return (certificate.steps ?? []).map(({ line }) => line).join("\n");
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
