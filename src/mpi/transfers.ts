// Sends and receives that are under way together. Whoever begins them leaves their bytes alone until done()
// has said so; the memory is kept alive here. Messages of one tag between two ranks arrive in the order in
// which they were sent, so both sides list them in the same order and need no names for them.
import { DeviceError } from "../errors.ts";
import { type Mpi, textOf } from "./library.ts";

/** Most bytes of a message: MPI counts in int32. */
const MOST_BYTES = 1 << 30;
const STATUS_BYTES = 32; // 24 are Open MPI's, 20 MPICH's; nobody reads them

export class Transfers {
  readonly #mpi: Mpi;
  #requests: Uint8Array<ArrayBuffer>;
  #statuses = new Uint8Array(0);
  /** Of what is under way: here so that nobody frees it. */
  #memory: Uint8Array[] = [];
  readonly #flag = new Int32Array(1);
  /** Sent so far, in bytes. */
  sentBytes = 0;

  constructor(mpi: Mpi) {
    this.#mpi = mpi;
    this.#requests = new Uint8Array(16 * mpi.requestBytes);
  }

  /** How many are under way. */
  get count(): number {
    return this.#memory.length;
  }

  send(peer: number, tag: number, values: ArrayBufferView): void {
    const { functions: { MPI_Isend }, handles: { byte, world } } = this.#mpi;
    for (const part of partsOf(values)) {
      const at = Deno.UnsafePointer.of(part as Uint8Array<ArrayBuffer>);
      this.#check("send", MPI_Isend(at, part.length, byte, peer, tag, world, this.#nextRequest(part)));
      this.sentBytes += part.length;
    }
  }

  receive(peer: number, tag: number, values: ArrayBufferView): void {
    const { functions: { MPI_Irecv }, handles: { byte, world } } = this.#mpi;
    for (const part of partsOf(values)) {
      const at = Deno.UnsafePointer.of(part as Uint8Array<ArrayBuffer>);
      this.#check("receive", MPI_Irecv(at, part.length, byte, peer, tag, world, this.#nextRequest(part)));
    }
  }

  /** Let MPI go on. @returns whether nothing is under way any more @throws {DeviceError} when one failed */
  done(): boolean {
    if (this.count === 0) return true;
    const wanted = this.count * STATUS_BYTES;
    if (this.#statuses.length < wanted) this.#statuses = new Uint8Array(2 * wanted);
    const { MPI_Testall } = this.#mpi.functions;
    this.#check("transfer", MPI_Testall(this.count, this.#requests, this.#flag, this.#statuses));
    if (this.#flag[0] === 0) return false;
    this.#memory = [];
    return true;
  }

  #nextRequest(part: Uint8Array): Uint8Array<ArrayBuffer> {
    const { requestBytes } = this.#mpi;
    const begin = this.count * requestBytes;
    if (begin === this.#requests.length) {
      const larger = new Uint8Array(2 * begin);
      larger.set(this.#requests);
      this.#requests = larger;
    }
    this.#memory.push(part);
    return this.#requests.subarray(begin, begin + requestBytes);
  }

  #check(what: string, code: number): void {
    if (code === 0) return;
    const { functions: { MPI_Error_string }, library: { name } } = this.#mpi;
    const reason = textOf((buffer, length) => MPI_Error_string(code, buffer, length));
    throw new DeviceError(`${name}: a ${what} failed: ${reason}`);
  }
}

/** The bytes of an array in pieces that a message can take. */
function* partsOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Generator<Uint8Array, void, void> {
  for (let begin = 0; begin < byteLength; begin += MOST_BYTES) {
    yield new Uint8Array(buffer, byteOffset + begin, Math.min(MOST_BYTES, byteLength - begin));
  }
}
