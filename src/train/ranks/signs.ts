// Signs of life between ranks: each tells each other that it goes on, or why it ends. A launcher notices a rank
// that dies, not one that hangs, and not everywhere one that is on another machine. Only time counts in which
// this rank could look: a machine that slept goes on.
import { DeviceError, shortMessage } from "../../errors.ts";
import type { Transfers, World } from "../../mpi/mod.ts";

/** How long a rank may give no sign. */
const RANK_SILENCE_MS = 15_000;
/** How often signs are given, and looked for. */
const LOOK_MS = 500;
/** How long a rank that ends waits for the others to take its last words. */
const LAST_WORDS_MS = 2000;

/** Tag of these messages, and their length: a byte that says what it is, and a text with zeros behind. */
const [TAG, SIGN_BYTES] = [4, 2048];
const [ALIVE, FAILED, LEAVING] = [0, 1, 2];

interface Peer {
  readonly rank: number;
  readonly incoming: Transfers;
  readonly outgoing: Transfers;
  readonly sign: Uint8Array<ArrayBuffer>;
  silentMs: number;
  /** It has said that it leaves in order: no more will come. */
  hasLeft: boolean;
}

export class Signs {
  readonly #rank: number;
  readonly #alive = new Uint8Array(SIGN_BYTES).fill(ALIVE, 0, 1);
  readonly #peers: readonly Peer[];
  readonly #silenceMs: number;
  #lastLook = performance.now();
  #loss: Error | null = null;
  #isLeaving = false;

  constructor(world: World, silenceMs = RANK_SILENCE_MS) {
    this.#rank = world.rank;
    this.#silenceMs = silenceMs;
    this.#peers = Array.from({ length: world.size }, (_, rank) => rank).filter((rank) => rank !== world.rank)
      .map(
        (rank) => {
          const [incoming, outgoing] = [world.transfers(), world.transfers()];
          return { rank, incoming, outgoing, sign: new Uint8Array(SIGN_BYTES), silentMs: 0, hasLeft: false };
        },
      );
    for (const { incoming, rank, sign } of this.#peers) incoming.receive(rank, TAG, sign);
  }

  /** Give a sign, and look for those of the others; cheap to call often. @throws {DeviceError} when one is lost */
  look(): void {
    const now = performance.now();
    if (now - this.#lastLook >= LOOK_MS) {
      const passed = Math.min(now - this.#lastLook, 2 * LOOK_MS);
      this.#lastLook = now;
      for (const peer of this.#peers) this.#lookAt(peer, passed);
    }
    if (this.#loss !== null) throw this.#loss;
  }

  /** Tell all others why this rank ends, and give them a moment to hear it. */
  fail(reason: string): void {
    this.#say(FAILED, shortMessage(reason));
    const end = performance.now() + LAST_WORDS_MS;
    while (!this.#peers.every(({ outgoing }) => outgoing.done()) && performance.now() < end) pause(1);
  }

  /** Everybody leaves in order: wait for the last sign of each. @throws {DeviceError} when one is lost */
  close(): void {
    this.#say(LEAVING, "");
    while (!this.#peers.every(({ hasLeft, outgoing }) => hasLeft && outgoing.done())) {
      for (const peer of this.#peers) this.#lookAt(peer, 1);
      if (this.#loss !== null) throw this.#loss;
      pause(1);
    }
  }

  /** One last sign to all who have taken the one before. */
  #say(kind: number, text: string): void {
    this.#isLeaving = true;
    const words = new Uint8Array(SIGN_BYTES);
    words[0] = kind;
    new TextEncoder().encodeInto(text, words.subarray(1));
    for (const { outgoing, rank } of this.#peers) {
      const end = performance.now() + LAST_WORDS_MS;
      while (!outgoing.done() && performance.now() < end) pause(1);
      if (outgoing.count === 0) outgoing.send(rank, TAG, words);
    }
  }

  #lookAt(peer: Peer, passed: number): void {
    const { rank, incoming, outgoing, sign } = peer;
    if (peer.hasLeft) return;
    peer.silentMs += passed;
    if (incoming.done()) {
      peer.silentMs = 0;
      if (sign[0] === FAILED) this.#lost(`rank ${rank} has ended: ${wordsOf(sign)}`);
      if (sign[0] === LEAVING) return void (peer.hasLeft = true);
      incoming.receive(rank, TAG, sign);
    }
    if (peer.silentMs >= this.#silenceMs) {
      this.#lost(`rank ${rank} has given rank ${this.#rank} no sign for ${this.#silenceMs / 1000} s`);
    }
    if (outgoing.done() && !this.#isLeaving) outgoing.send(rank, TAG, this.#alive);
  }

  #lost(message: string): void {
    this.#loss ??= new DeviceError(message, { hint: "Start the job again: any number of ranks may go on." });
  }
}

const CELL = new Int32Array(new SharedArrayBuffer(4));

/** Let other threads have the processor. */
export function pause(ms: number): void {
  Atomics.wait(CELL, 0, 0, ms);
}

function wordsOf(sign: Uint8Array<ArrayBuffer>): string {
  const end = sign.indexOf(0, 1);
  return new TextDecoder().decode(sign.subarray(1, end < 0 ? undefined : end));
}
