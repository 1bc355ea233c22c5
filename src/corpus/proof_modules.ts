// modules.json beside proof files: which module of a library each file is from, and what the modules import.
// `{"version": 1, "modules": [{"name", "imports": [name, …], "first": file name, "files": count}, …]}`: a
// module's files are neighbours, the modules in the order of the files; one without files has no `first`.
// `data acornlib` writes it. A folder without it is read as it always was. In one file of proofs it is an entry
// of this name, or a line.
import { join } from "@std/path";
import { isRecord, parseJson, readTextBounded } from "../io/mod.ts";

/** The index's name in its folder. */
export const PROOF_MODULES_FILE = "modules.json";
const MAX_BYTES = 64 * 1024 * 1024;

/** A module of a library. */
export interface ProofModule {
  /** `nat.gcd`. */
  readonly name: string;
  /** Modules that it builds on; in a circle if the library has one. */
  readonly imports: ProofModule[];
}

/** An entry of the index. */
export interface IndexedModule {
  /** `nat.gcd`. */
  readonly name: string;
  /** Names of the modules that it builds on. */
  readonly imports: readonly string[];
  /** Name of its first file. */
  readonly first?: string;
  /** Number of its files. */
  readonly files: number;
}

/** The index's text. */
export function formatProofModules(modules: readonly IndexedModule[]): string {
  return `{"version": 1, "modules": [\n${modules.map((module) => JSON.stringify(module)).join(",\n")}\n]}\n`;
}

/** A folder's index; null where it has none. @throws {Error} when it is damaged */
export async function readProofModules(directory: string): Promise<IndexedModule[] | null> {
  const path = join(directory, PROOF_MODULES_FILE);
  if (await Deno.lstat(path).catch(() => null) === null) return null;
  return parseProofModules(await readTextBounded(path, { what: "the modules from", maxBytes: MAX_BYTES }));
}

/** An index from its text. @throws {SyntaxError} when it is none */
export function parseProofModules(text: string): IndexedModule[] {
  const value = parseJson(text);
  if (!isRecord(value) || value.version !== 1 || !Array.isArray(value.modules)) {
    throw new SyntaxError('it is no index of modules: "version" 1 or "modules" is missing');
  }
  return value.modules.map((module, i) => {
    const { name, imports, first, files } = isRecord(module) ? module : {};
    const isGood = typeof name === "string" && Number.isSafeInteger(files) && isStrings(imports) &&
      (first === undefined || typeof first === "string");
    if (!isGood) throw new SyntaxError(`its entry ${i} is no module`);
    return { name, imports, files: files as number, ...first !== undefined && { first } };
  });
}

/** The report of an index that cannot be used. */
export function damagedModules({ message }: Error): { file: string; line: number; message: string } {
  return { file: PROOF_MODULES_FILE, line: 1, message: `${message}; files are read without their modules` };
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** The module of each file, by the files' sorted names. */
export function modulesOfFiles(names: readonly string[], index: readonly IndexedModule[]): ProofModule[] {
  const modules = new Map(index.map(({ name }): [string, ProofModule] => [name, { name, imports: [] }]));
  for (const { name, imports } of index) {
    for (const imported of imports) {
      if (modules.has(imported)) modules.get(name)!.imports.push(modules.get(imported)!);
    }
  }
  const starts = index.filter(({ first, files }) => first !== undefined && files > 0);
  let at = 0;
  return names.map((name) => {
    while (at + 1 < starts.length && starts[at + 1]!.first! <= name) at++;
    return modules.get(starts[at]!.name)!;
  });
}

/**
 * The newest of the modules, and of those that they import, that nothing else imports: with about `wanted`
 * files together, at least one file.
 * @param filesOf each module that has files, in the order of its files, and how many
 */
export function laterModules(filesOf: ReadonlyMap<ProofModule, number>, wanted: number): Set<ProofModule> {
  const modules = newestFirst([...filesOf.keys()]);
  const importers = new Map<ProofModule, Set<ProofModule>>(modules.map((module) => [module, new Set()]));
  for (const module of modules) for (const imported of module.imports) importers.get(imported)!.add(module);
  const chosen = new Set<ProofModule>();
  let count = 0;
  for (const module of modules) {
    if ([...importers.get(module)!].some((importer) => !chosen.has(importer) && importer !== module)) {
      continue;
    }
    const after = count + (filesOf.get(module) ?? 0);
    if (count > 0 && Math.abs(after - wanted) > Math.abs(count - wanted)) continue;
    chosen.add(module);
    count = after;
    if (count >= wanted) break;
  }
  return chosen;
}

/**
 * Modules and all that they import by their age, newest first: what has the longest chain of imports below it
 * was written last. Of imports in a circle, the one that closes it does not count.
 */
function newestFirst(roots: readonly ProofModule[]): ProofModule[] {
  const depths = new Map<ProofModule, number>(); // 0 while a module is being looked at
  for (const root of roots) {
    const path: { module: ProofModule; next: number; depth: number }[] = [];
    const enter = (module: ProofModule): void => {
      depths.set(module, 0);
      path.push({ module, next: 0, depth: 1 });
    };
    if (!depths.has(root)) enter(root);
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const imported = last.module.imports[last.next];
      if (imported === undefined) {
        depths.set(last.module, last.depth);
        path.pop();
      } else if (!depths.has(imported)) enter(imported);
      else {
        last.depth = Math.max(last.depth, 1 + depths.get(imported)!);
        last.next++;
      }
    }
  }
  const places = new Map(roots.map((module, i) => [module, i]));
  const place = (module: ProofModule): number => places.get(module) ?? -1;
  return [...depths.keys()].sort((a, b) => depths.get(b)! - depths.get(a)! || place(b) - place(a));
}
