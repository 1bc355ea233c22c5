// The sha256 of each file of an exported folder, under the key `sha256` of config.json: the prover and other
// programs pass over it. config.json's own is that of its text with 64 zeros in its place.
import { DataError } from "../errors.ts";
import { FILE_PATH, readExportedFile } from "../infer/exported_folder.ts";
import { type FolderFile, sha256Hex } from "../io/mod.ts";
import { quoted } from "../text_format.ts";
import type { JsonObject } from "./hf_json.ts";

const OWN = "config.json";
const ZEROS = "0".repeat(64);

/** The text of config.json with its own digest and those of the other files. */
export function configWithHashes(config: JsonObject, files: readonly FolderFile[]): string {
  const sha256 = Object.fromEntries(files.map(({ name, bytes }) => [name, sha256Hex(bytes)]));
  const text = `${JSON.stringify({ ...config, sha256: { ...sha256, [OWN]: ZEROS } }, null, 2)}\n`;
  return text.replace(ZEROS, textSha256(text));
}

/**
 * Compare a folder's files, `modelFile` among them, with the digests in the text of its config.json.
 * @returns what was compared; null when config.json has no digests
 * @throws {DataError} that names the files that are not as they were
 */
export async function checkHashes(
  directory: string,
  { text, modelFile }: { readonly text: string; readonly modelFile: string },
): Promise<string | null> {
  const { sha256 } = JSON.parse(text) as { sha256?: unknown };
  if (sha256 === undefined) return null;
  const digests = typeof sha256 === "object" ? Object.entries(sha256 ?? {}) : [];
  const wrong = [modelFile, "tokenizer.json", OWN].filter((name) => !digests.some(([key]) => key === name))
    .map((name) => `there is none of ${name}`);
  for (const [name, expected] of digests) {
    if (!FILE_PATH.test(name)) {
      throw new DataError(`config.json has a sha256 of ${quoted(name)}, outside the folder`);
    }
    if (typeof expected !== "string" || !/^[0-9a-f]{64}$/.test(expected)) {
      wrong.push(`that of ${quoted(name)} is no sha256`);
      continue;
    }
    const actual = name === OWN
      ? textSha256(text.replace(expected, ZEROS))
      : sha256Hex(await readExportedFile(directory, name));
    if (actual !== expected) {
      wrong.push(`that of ${quoted(name)} is ${actual.slice(0, 12)}…, not ${expected.slice(0, 12)}…`);
    }
  }
  if (wrong.length > 0) throw new DataError(`the files are not as they were exported: ${wrong.join("; ")}`);
  return `${digests.length} files are as they were exported`;
}

function textSha256(text: string): string {
  return sha256Hex(new TextEncoder().encode(text));
}
