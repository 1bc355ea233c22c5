// Writes the built-in corpus into a folder. An interrupted run can be repeated: each file appears whole or
// not at all. A folder that holds other .txt files is refused before anything is written.
import { join } from "@std/path";
import { DataError } from "../../errors.ts";
import { makeTemporary, readTextBounded, writeAll } from "../../io/mod.ts";
import { sampleCorpus, type SampleCorpusOptions, type SampleFile } from "./mod.ts";

/** What writing the corpus came to. */
export interface SampleSummary {
  /** Files of the corpus in the folder now. */
  readonly files: number;
  /** Their size, in UTF-8 bytes. */
  readonly sizeBytes: number;
  /** How many of them stood there already. */
  readonly kept: number;
}

/**
 * Writes the built-in corpus to `directory`, which is created when it is missing.
 * @throws {DataError} when the folder holds .txt files that are not this corpus' own
 */
export async function writeSampleCorpus(
  directory: string,
  options: SampleCorpusOptions = {},
): Promise<SampleSummary> {
  const files = [...sampleCorpus(options)];
  await Deno.mkdir(directory, { recursive: true });
  const present = await refuseForeignFiles(directory, files);
  let sizeBytes = 0;
  for (const { name, text } of files) {
    const bytes = new TextEncoder().encode(text);
    sizeBytes += bytes.length;
    if (present.has(name)) continue;
    const path = join(directory, name);
    const { temporary, file } = await makeTemporary(path, Deno);
    using _held = file;
    await writeAll(file, [bytes]);
    await Deno.rename(temporary, path);
  }
  return { files: files.length, sizeBytes, kept: present.size };
}

async function refuseForeignFiles(directory: string, files: readonly SampleFile[]): Promise<Set<string>> {
  const expected = new Map(files.map(({ name, text }) => [name, text]));
  const present = new Set<string>();
  for await (const entry of Deno.readDir(directory)) {
    if (!entry.name.endsWith(".txt")) continue;
    const text = expected.get(entry.name);
    const found = text && await readTextBounded(join(directory, entry.name), { maxBytes: 3 * text.length });
    if (text === undefined || found !== text) {
      const what = `it holds "${entry.name}", which is not part of it`;
      const hint = "Choose an empty folder, or remove the .txt files from this one.";
      throw new DataError(`Cannot write the sample corpus to "${directory}": ${what}`, { hint });
    }
    present.add(entry.name);
  }
  return present;
}
