// The split of a corpus into a part to train on and a part to validate on. `block`: neighbours share a
// theorem's text, so blocks of neighbouring files are held out, cut between theorems. `later`: the last
// files, also cut between theorems: theories that the model has not seen, as it will be used; of a library's
// proofs with their modules, whole modules that nothing in the training part imports, the newest first.
// `file`: single files, as the reference does it; optimistic, for comparisons only.
import { checkInteger, checkNumber, type SplitKind } from "../config.ts";
import { DataError } from "../errors.ts";
import { sha256Hex } from "../io/mod.ts";
import { Rng } from "../rng.ts";
import { cutTheorems, type TheoremGroup, theoremHead } from "./groups.ts";
import type { ProofFile } from "./proof_file.ts";
import { laterModules, type ProofModule } from "./proof_modules.ts";

/** Options of {@linkcode splitCorpus}. */
export interface SplitOptions {
  /** What is held out: blocks of neighbouring files, the last ones, or single files. */
  kind: SplitKind;
  /** Share of the files to train on, in (0, 1). */
  trainSplit: number;
  /** Seed of the choice. */
  seed: number;
}

/** The two parts; together they are all files, each once. */
export interface CorpusSplit {
  /** Indices of the files to train on, ascending. */
  train: number[];
  /** Indices of the files to validate on, ascending. */
  validation: number[];
  /** sha256 (hex) of the options and of every file's name, contents and side. */
  hash: string;
}

/** Files in a block, at least; less in a corpus that would have fewer than {@linkcode MIN_BLOCKS} blocks. */
const BLOCK_FILES = 50;
const MIN_BLOCKS = 40;

/**
 * Split a corpus, in build order. The same files and options give the same split on every machine.
 *
 * @throws {DataError} when the corpus cannot give both sides at least one file
 * @throws {RangeError} when an option is outside its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseProofFile, sampleCorpus, splitCorpus } from "./mod.ts";
 *
 * const utf8 = new TextEncoder();
 * const files = [...sampleCorpus({ files: 100 })].map(({ name, text }) =>
 *   parseProofFile(name, utf8.encode(text)).file!
 * );
 * const { train, validation } = splitCorpus(files, { kind: "block", trainSplit: 0.9, seed: 42 });
 * assertEquals([...train, ...validation].sort((a, b) => a - b), [...files.keys()]);
 * ```
 */
export function splitCorpus(files: readonly ProofFile[], options: SplitOptions): CorpusSplit {
  const utf8 = new TextEncoder();
  return splitOutline({
    length: files.length,
    nameOf: (i) => files[i]!.name,
    digestOf: (i) => sha256Hex(utf8.encode(files[i]!.text)),
    headOf: (i) => theoremHead(files[i]!),
    moduleOf: (i) => files[i]!.module,
  }, options);
}

/** What a split knows of a corpus' files, by their index in build order. */
export interface SplitOutline {
  /** How many there are. */
  readonly length: number;
  /** The file's name. */
  nameOf(index: number): string;
  /** sha256 of its text, in hexadecimal. */
  digestOf(index: number): string;
  /** Its theorem's first line, or what stands for it; null within a theorem's inner block. */
  headOf(index: number): string | null;
  /** The module that it is from, where that is known. */
  moduleOf(index: number): ProofModule | undefined;
}

/** {@linkcode splitCorpus} of files whose texts are not at hand. */
export function splitOutline(files: SplitOutline, options: SplitOptions): CorpusSplit {
  checkNumber("trainSplit", options.trainSplit, { above: 0, below: 1 });
  checkInteger("seed", options.seed, { min: 0, max: 2 ** 32 - 1 });
  if (files.length < 2) {
    const parts = "a training and a validation part";
    const hint = 'add proofs, or run "tactics data sample" for the built-in ones';
    throw new DataError(`Cannot split ${files.length} proofs into ${parts}: at least 2 are needed`, { hint });
  }
  const single = options.kind === "file";
  const groups = single
    ? Array.from({ length: files.length }, (_, i) => ({ first: i, end: i + 1 }))
    : cutTheorems(files.length, files.headOf.bind(files));
  if (groups.length < 2) {
    const hint = "add proofs of other theorems, or use --split file";
    throw new DataError(`Cannot split ${files.length} proofs by blocks: all belong to one theorem`, { hint });
  }
  const later = options.kind === "later" ? laterFiles(files, options.trainSplit) : null;
  if (later !== null) return sides(files, later, options);
  const blockFiles = single ? 1 : Math.min(BLOCK_FILES, Math.floor(files.length / MIN_BLOCKS));
  const heldOut = new Uint8Array(files.length);
  for (const { first, end } of holdOut(cutBlocks(groups, blockFiles), options)) heldOut.fill(1, first, end);
  return sides(files, heldOut, options);
}

/** Of files that know their modules, which are in later modules; null for others, and where all would be. */
function laterFiles(files: SplitOutline, trainSplit: number): Uint8Array | null {
  const filesOf = new Map<ProofModule, number>();
  for (let i = 0; i < files.length; i++) {
    const module = files.moduleOf(i);
    if (module === undefined) return null;
    filesOf.set(module, (filesOf.get(module) ?? 0) + 1);
  }
  const chosen = laterModules(filesOf, Math.max(1, Math.round(files.length * (1 - trainSplit))));
  const heldOut = Uint8Array.from({ length: files.length }, (_, i) => chosen.has(files.moduleOf(i)!) ? 1 : 0);
  return heldOut.includes(0) && heldOut.includes(1) ? heldOut : null;
}

/** The two parts of a split. @param heldOut 1 for each file that is validated on */
function sides(files: SplitOutline, heldOut: Uint8Array, options: SplitOptions): CorpusSplit {
  const train: number[] = [];
  const validation: number[] = [];
  for (let i = 0; i < files.length; i++) (heldOut[i] === 1 ? validation : train).push(i);
  return { train, validation, hash: hashSplit(files, heldOut, options) };
}

type Group = Pick<TheoremGroup, "first" | "end">;

function cutBlocks(groups: readonly Group[], blockFiles: number): Group[][] {
  const blocks: Group[][] = [];
  for (const group of groups) {
    const block = blocks.at(-1);
    if (block !== undefined && block.at(-1)!.end - block[0]!.first < blockFiles) block.push(group);
    else blocks.push([group]);
  }
  return blocks;
}

/** Groups to validate on: of random blocks, or the last, as many as come nearest to the share; never all. */
function holdOut(blocks: Group[][], { kind, trainSplit, seed }: SplitOptions): Group[] {
  const size = ({ first, end }: Group): number => end - first;
  const order = kind === "later"
    ? blocks.flat().reverse()
    : new Rng(seed, "split", kind).shuffle([...blocks]).flat();
  const fileCount = order.reduce((sum, group) => sum + size(group), 0);
  const wanted = Math.min(fileCount - 1, Math.max(1, Math.round(fileCount * (1 - trainSplit))));
  const chosen: Group[] = [];
  let count = 0;
  for (const group of order.slice(0, -1)) {
    if (Math.abs(count + size(group) - wanted) >= Math.abs(count - wanted)) break;
    chosen.push(group);
    count += size(group);
  }
  if (chosen.length > 0) return chosen;
  if (kind === "later") return order.slice(0, 1);
  return [order.reduce((least, group) => size(group) < size(least) ? group : least)];
}

/** Lines of the text that is digested that are put together at once: few, so that they are gone soon. */
const LINES_AT_ONCE = 1 << 8;

function hashSplit(files: SplitOutline, heldOut: Uint8Array, options: SplitOptions): string {
  const { kind, seed, trainSplit } = options;
  const utf8 = new TextEncoder();
  const pieces = [utf8.encode(`split 1 ${kind} seed ${seed} share ${trainSplit} files ${files.length}\n`)];
  let lines = "";
  for (let i = 0; i < files.length; i++) {
    const side = heldOut[i] === 1 ? "validation" : "train";
    lines += `${files.digestOf(i)} ${side} ${JSON.stringify(files.nameOf(i))}\n`;
    if ((i + 1) % LINES_AT_ONCE > 0 && i + 1 < files.length) continue;
    pieces.push(utf8.encode(lines));
    lines = "";
  }
  return sha256Hex(...pieces);
}
