// The built-in corpus: proof files about naturals, lattices, monoids, groups and rings, from a seed alone:
// each theory's lemmas, then modules of random theorems; nothing is used before it was proved. What the
// theories say is in ../theories/; ../checker/, which shares no code with this room, judges every file. Read
// development.ts first.
import { Rng } from "../../rng.ts";
import { developmentFiles } from "./development.ts";
import { lemmaFiles } from "./lemma_files.ts";
import { buildLibraries, type Library } from "./library.ts";
import { pickWeighted } from "./random_term.ts";

/** Options of the built-in corpus. */
export interface SampleCorpusOptions {
  /** An integer in [0, 2^32); the same seed gives the same bytes on every machine. Default 42. */
  readonly seed?: number;
  /** How many files. Default 4000; the first are the same whatever the number. */
  readonly files?: number;
  /** Only theorems whose files are short, for a model that learns for a minute. Default: no. */
  readonly short?: boolean;
}

/** One proof file of the built-in corpus. */
export interface SampleFile {
  /** `proof_00000.txt`, `proof_00001.txt` … */
  readonly name: string;
  /** The file's content, which ends with a newline. */
  readonly text: string;
}

/** How many files the built-in corpus has unless asked otherwise. */
export const SAMPLE_FILES = 4000;

/**
 * The built-in corpus, file by file, in build order; iterate again for the same files.
 *
 * @throws {RangeError} when an option is out of range
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sampleCorpus } from "./mod.ts";
 *
 * const [first, second] = sampleCorpus({ files: 2 });
 * assertEquals([first?.name, second?.name], ["proof_00000.txt", "proof_00001.txt"]);
 * ```
 */
export function sampleCorpus(options: SampleCorpusOptions = {}): Iterable<SampleFile> {
  const { seed = 42, files = SAMPLE_FILES, short = false } = options;
  const check = (name: string, value: number, good: boolean, range: string): void => {
    if (Number.isInteger(value) && good) return;
    const wrong = `${name} is ${value}, expected an integer in ${range}`;
    throw new RangeError(`Cannot make the sample corpus: ${wrong}`);
  };
  check("seed", seed, seed >= 0 && seed < 2 ** 32, "[0, 2^32)");
  check("files", files, files >= 1 && files <= 99_999, "[1, 99999]");
  return {
    *[Symbol.iterator](): Generator<SampleFile> {
      let count = 0;
      for (const text of allTexts(seed, short)) {
        if (count === files) return;
        yield { name: `proof_${String(count++).padStart(5, "0")}.txt`, text };
      }
    },
  };
}

function* allTexts(seed: number, short: boolean): Generator<string> {
  const libraries = buildLibraries();
  for (const [i, library] of libraries.entries()) {
    yield* lemmaFiles(new Rng(seed, "sample lemmas", i), library);
  }
  const established = new Set<string>();
  const weightOf = ({ source }: Library): number => source.parents.length === 0 ? 2 : 1;
  for (let module = 0;; module++) {
    const rng = new Rng(seed, "sample module", module);
    for (const text of developmentFiles(rng, pickWeighted(rng, libraries, weightOf), short)) {
      if (established.has(text)) continue;
      established.add(text);
      yield text;
    }
  }
}
