/** tokenizer.json on disk. The only part of the tokenizer that needs Deno. */
import { DataError } from "../errors.ts";
import { writeFileAtomic } from "../io/mod.ts";
import { Tokenizer } from "./tokenizer.ts";

/**
 * Loads a tokenizer.json.
 *
 * @param path of the file
 * @throws {DataError} when there is no such file, when it cannot be read, or when it is not a tokenizer of
 * this family
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new DataError(`Tokenizer file not found: ${path}`, {
        cause,
        hint: "Train it first: `tactics tokenizer` (or `deno task tokenizer`).",
      });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`Cannot read tokenizer "${path}": ${reason}`, {
      cause,
      hint: "Check that the path is a file and that you may read it.",
    });
  }
  return Tokenizer.fromBytes(bytes, `"${path}"`);
}

/**
 * Writes a tokenizer's tokenizer.json, whole or not at all.
 *
 * @param path of the file; one that is there is replaced
 * @throws the file system's error when it cannot be written
 */
export async function saveTokenizer(path: string, tokenizer: Tokenizer): Promise<void> {
  await writeFileAtomic(path, new TextEncoder().encode(tokenizer.toJson()));
}
