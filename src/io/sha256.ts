/** sha256 of bytes, as lower-case hexadecimal. */
import { PortableSha256 } from "./sha256_portable.ts";

/** Digest one or several pieces of bytes, one after the other, without laying them together. */
export function sha256Hex(...pieces: Uint8Array[]): string {
  const hash = nativeSha256() ?? new PortableSha256();
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

interface IncrementalHash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}

interface NodeProcess {
  getBuiltinModule?(name: "node:crypto"): { createHash(algorithm: "sha256"): IncrementalHash };
}

/**
 * Node's hash, which Deno has too. It is asked for at run time: an import of node:crypto would keep this file
 * out of web pages.
 */
function nativeSha256(): IncrementalHash | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  return process?.getBuiltinModule?.("node:crypto").createHash("sha256");
}
