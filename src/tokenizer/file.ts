// tokenizer.json on disk. The only part of the tokenizer that needs Deno.
import { DataError } from "../errors.ts";
import { readBounded, writeFileAtomic } from "../io/mod.ts";
import { Tokenizer } from "./tokenizer.ts";

/** Largest tokenizer.json that is read: a million tokens take about 80 MB. */
export const MAX_TOKENIZER_BYTES = 1 << 27;

/** Loads a tokenizer.json. @throws {DataError} when it cannot be read or is of another family */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  try {
    const hint = "Check that the path is a file and that you may read it.";
    const bytes = await readBounded(path, { what: "tokenizer", maxBytes: MAX_TOKENIZER_BYTES, hint });
    return Tokenizer.fromBytes(bytes, `"${path}"`);
  } catch (error) {
    if (!((error as Error).cause instanceof Deno.errors.NotFound)) throw error;
    const hint = "Train it first: `tactics tokenizer`.";
    throw new DataError(`Tokenizer file not found: ${path}`, { cause: error, hint });
  }
}

/** Writes a tokenizer's tokenizer.json, whole or not at all. @throws {DataError} when it cannot be written */
export async function saveTokenizer(path: string, tokenizer: Tokenizer): Promise<void> {
  await writeFileAtomic(path, new TextEncoder().encode(tokenizer.toJson()));
}
