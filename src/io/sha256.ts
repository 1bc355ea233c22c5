// sha256 of bytes, as lower-case hexadecimal: Node's, which Deno has too, or in web pages one in plain
// TypeScript (FIPS 180-4). There the platform's own answers later, and only on secure origins.
import { beat } from "../heartbeat.ts";
import type { RegularFile } from "./read_file.ts";

/** Bytes of a file that are read at once. */
const PIECE_BYTES = 1 << 20;

/** Digest pieces of bytes, one after the other. */
export function sha256Hex(...pieces: Uint8Array[]): string {
  const hash = nativeHash();
  if (hash === undefined) return portableSha256Hex(...pieces);
  for (const piece of pieces) {
    hash.update(piece);
    beat();
  }
  return hash.digest("hex");
}

/** Digest a file that is open, from `offset` on, piece by piece. */
export async function sha256OfFile(file: RegularFile, offset = 0): Promise<string> {
  const hash = nativeHash();
  if (hash === undefined) throw new Error("internal: files are digested where there is Node's sha256");
  const room = new Uint8Array(PIECE_BYTES);
  for (let at = offset; at < file.sizeBytes; at += room.length) hash.update(await file.read(at, room));
  return hash.digest("hex");
}

/** Node's; asked for at run time: an import of node:crypto would keep this file out of web pages. */
function nativeHash(): NodeHash | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  return process?.getBuiltinModule?.("node:crypto").createHash("sha256");
}

interface NodeHash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}

interface NodeProcess {
  getBuiltinModule?(name: "node:crypto"): { createHash(algorithm: "sha256"): NodeHash };
}

const BLOCK = 64;
/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const ROUND_CONSTANTS = Int32Array.from(firstPrimes(64), (prime) => fractionBits(Math.cbrt(prime)));

/** The same in plain TypeScript: about 40 MB/s, where native code has 1 GB/s. */
export function portableSha256Hex(...pieces: Uint8Array[]): string {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const padded = new Uint8Array(Math.ceil((size + 9) / BLOCK) * BLOCK);
  let at = 0;
  for (const piece of pieces) {
    padded.set(piece, at);
    at += piece.length;
  }
  padded[size] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, 8n * BigInt(size));
  const state = Int32Array.from(firstPrimes(8), (prime) => fractionBits(Math.sqrt(prime)));
  for (let block = 0; block < padded.length; block += BLOCK) addBlock(state, view, block);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function addBlock(state: Int32Array, view: DataView, block: number): void {
  const w = new Int32Array(64);
  for (let i = 0; i < 16; i++) w[i] = view.getInt32(block + 4 * i);
  for (let i = 16; i < 64; i++) {
    const [x, y] = [w[i - 15]!, w[i - 2]!];
    const sigma0 = rotate(x, 7) ^ rotate(x, 18) ^ x >>> 3;
    const sigma1 = rotate(y, 17) ^ rotate(y, 19) ^ y >>> 10;
    w[i] = w[i - 16]! + sigma0 + w[i - 7]! + sigma1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i++) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = h + sum1 + (e & f ^ ~e & g) + ROUND_CONSTANTS[i]! + w[i]! | 0;
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = sum0 + (a & b ^ a & c ^ b & c) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, d + t1 | 0, c, b, a, t1 + t2 | 0];
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i]! += word;
}

function rotate(word: number, bits: number): number {
  return word >>> bits | word << 32 - bits;
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}

function fractionBits(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;
}
