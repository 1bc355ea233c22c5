/**
 * A thread's sign of life: what works for long calls beat() between its operations, and who waits for the
 * thread (src/workers) sees that it goes on.
 */

let beats: Int32Array = new Int32Array(1);

/** From now on, this thread's beats are counted in a shared word. */
export function countBeats(word: Int32Array): void {
  beats = word;
}

/** This thread goes on. */
export function beat(): void {
  beats[0]!++;
}
