// Tells which of several threads has stopped working: one that has something to do and gives no sign of life
// (src/heartbeat.ts) for too long. Only time counts in which this thread could look, so that a stopped
// process, a sleeping machine or long work here is no fault of theirs.

/** How long a thread may give no sign, by default. */
export const SILENCE_MS = 25_000;
/** The least before its first one: loading its modules on a busy machine gives none. */
const START_MS = 60_000;
/** Looks for as long as a thread may be silent. */
const LOOKS = 25;

/** Looks after threads, every `intervalMs`; they count their beats in `words`, one each. */
export class Watchdog {
  readonly intervalMs: number;
  readonly words: readonly Int32Array[];
  readonly #silenceMs: number;
  readonly #seen: { beats: number; silentMs: number }[];
  #lastLook = -Infinity;

  constructor(threads: number, silenceMs: number) {
    // Where memory cannot be shared, no beat is ever seen, and nobody is suspected.
    const canShare = typeof SharedArrayBuffer !== "undefined";
    const buffer = canShare ? new SharedArrayBuffer(4 * threads) : new ArrayBuffer(4 * threads);
    this.words = Array.from({ length: threads }, (_, thread) => new Int32Array(buffer, 4 * thread, 1));
    this.#silenceMs = canShare ? silenceMs : Infinity;
    this.intervalMs = silenceMs / LOOKS;
    this.#seen = this.words.map(() => ({ beats: 0, silentMs: 0 }));
  }

  /** @param now in milliseconds @param isBusy with something to do @returns one that has stopped; -1: none */
  look(now: number, isBusy: (thread: number) => boolean): number {
    const passed = Math.min(now - this.#lastLook, 2 * this.intervalMs);
    this.#lastLook = now;
    return this.#seen.findIndex((seen, thread) => {
      const beats = Atomics.load(this.words[thread]!, 0);
      seen.silentMs = isBusy(thread) && beats === seen.beats ? seen.silentMs + passed : 0;
      seen.beats = beats;
      return seen.silentMs >= (beats === 0 ? Math.max(START_MS, this.#silenceMs) : this.#silenceMs);
    });
  }
}
