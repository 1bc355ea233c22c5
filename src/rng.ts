// Random numbers that are the same on every machine: a stream is named by a seed and a list of words
// ("order", epoch), so that any part of the program can make its own. The generator is SplitMix64's mixing
// of a counter in two 32-bit halves, enough for shuffling and sampling; nothing here is for secrets.

/** A named stream of random numbers. */
export class Rng {
  #a: number;
  #b: number;
  #counter = 0;
  #spare: number | null = null;

  /**
   * Name a stream.
   *
   * @param seed an integer in [0, 2^32)
   * @param words what the stream is for; other words give an independent stream
   */
  constructor(seed: number, ...words: (string | number)[]) {
    [this.#a, this.#b] = streamKey(seed, ...words);
  }

  /** The next 32 random bits, as an integer in [0, 2^32). */
  uint32(): number {
    return counterBits(this.#counter++, this.#a, this.#b);
  }

  /** A number in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** An integer in [0, bound), without bias worth naming (bound is far below 2^53). */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** A sample of the standard normal distribution (Box-Muller). */
  normal(): number {
    if (this.#spare !== null) {
      const value = this.#spare;
      this.#spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Shuffle an array, or a typed one, in place (Fisher-Yates). */
  shuffle<A extends { readonly length: number; [index: number]: unknown }>(items: A): A {
    const places: { [index: number]: unknown } = items;
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [places[i], places[j]] = [places[j], places[i]];
    }
    return items;
  }
}

/** Two 32-bit words that name a stream: a hash of the seed and the words. */
export function streamKey(seed: number, ...words: (string | number)[]): [number, number] {
  let a = mix32(seed ^ 0x9e3779b9);
  let b = mix32(a ^ 0x85ebca6b);
  const absorb = (value: number): void => {
    a = mix32(a ^ value);
    b = mix32((b + Math.imul(value, 0x9e3779b1) + a) | 0);
  };
  for (const word of words) {
    if (typeof word === "number") {
      absorb(word | 0);
      absorb(Math.floor(word / 4294967296) | 0);
    } else {
      for (let i = 0; i < word.length; i++) absorb(word.charCodeAt(i) + 0x100);
      absorb(0x10000);
    }
  }
  return [a >>> 0, b >>> 0];
}

/**
 * The counter-based generator of dropout: 32 bits from an element's index and a stream's key. The wasm and
 * WebGPU kernels compute the same bits; an element is kept when the bits, as an unsigned integer, are at
 * least p * 2^32.
 *
 *     x = mix32(index ^ a) ^ b;  x *= 0x9e3779b1;  x ^= x >>> 15;  x *= 0x85ebca77;  x ^= x >>> 16
 */
export function counterBits(index: number, a: number, b: number): number {
  let x = mix32(index ^ a) ^ b;
  x = Math.imul(x, 0x9e3779b1);
  x ^= x >>> 15;
  x = Math.imul(x, 0x85ebca77);
  x ^= x >>> 16;
  return x >>> 0;
}

/** A bijection of 32-bit words that changes about half of the bits for every changed bit. */
function mix32(word: number): number {
  let x = word ^ (word >>> 16);
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  return x ^ (x >>> 16);
}
