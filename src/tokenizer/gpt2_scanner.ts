// How text is cut into words (pre-tokens) before BPE, which merges only inside a word: a scanner by hand,
// over UTF-8 bytes, for the pattern of GPT-2,
//
//     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+

const APOSTROPHE = 0x27;
const BLANK = 0x20;
/** Classes of characters. HuggingFace's `\s` is White_Space; JavaScript's is another set. */
const [OTHER, SPACE, LETTER, NUMBER, UNSEEN] = [0, 1, 2, 3, 255];
const PATTERNS = [[LETTER, /^\p{L}$/u], [NUMBER, /^\p{N}$/u], [SPACE, /^\p{White_Space}$/u]] as const;
/** Classes by code point, found out one by one; a regex test takes a hundred times as long as the look-up. */
let known: Uint8Array | undefined;

export function characterClass(codePoint: number): number {
  known ??= new Uint8Array(0x110000).fill(UNSEEN);
  const found = known[codePoint]!;
  if (found !== UNSEEN) return found;
  const character = String.fromCodePoint(codePoint);
  return known[codePoint] = PATTERNS.find(([, pattern]) => pattern.test(character))?.[0] ?? OTHER;
}

/** Classes of the 128 ASCII characters; 255 for the bytes of longer characters. */
const BYTE_CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => byte < 0x80 ? characterClass(byte) : 255);
const ENCODER = new TextEncoder();

/** Cuts texts into words, one after another, in a buffer of UTF-8 that is used again. */
export class WordScanner {
  #bytes = new Uint8Array(1 << 12);

  /** Gives each word of a text as bytes[start, end), valid during the call. Lone surrogates become U+FFFD. */
  scan(text: string, take: (bytes: Uint8Array, start: number, end: number) => void): void {
    if (this.#bytes.length < text.length * 3) this.#bytes = new Uint8Array(text.length * 3);
    const { written } = ENCODER.encodeInto(text, this.#bytes);
    for (let start = 0; start < written;) {
      const end = wordEnd(this.#bytes, start, written);
      take(this.#bytes, start, end);
      start = end;
    }
  }
}

/** The end of the word that begins at `start` in the well-formed UTF-8 bytes[start, end), start < end. */
export function wordEnd(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start]!;
  if (first === APOSTROPHE) {
    const length = contractionLength(bytes, start, end);
    if (length > 0) return start + length;
  }
  let at = first === BLANK && start + 1 < end ? start + 1 : start;
  const runClass = classAt(bytes, at);
  if (runClass === SPACE) return spaceEnd(bytes, start, end);
  while (at < end && classAt(bytes, at) === runClass) at += characterLength(bytes[at]!);
  return at;
}

/** White space, but for its last character if there is another before it and text after it. */
function spaceEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let last = start;
  while (at < end && classAt(bytes, at) === SPACE) {
    last = at;
    at += characterLength(bytes[at]!);
  }
  return at === end || last === start ? at : last;
}

function contractionLength(bytes: Uint8Array, start: number, end: number): number {
  const [second = 0, third = 0] = bytes.subarray(start + 1, Math.min(start + 3, end));
  if ("stmd".includes(String.fromCharCode(second))) return 2;
  return ["re", "ve", "ll"].includes(String.fromCharCode(second, third)) ? 3 : 0;
}

function classAt(bytes: Uint8Array, at: number): number {
  const byteClass = BYTE_CLASSES[bytes[at]!]!;
  return byteClass === 255 ? characterClass(codePointAt(bytes, at)) : byteClass;
}

function characterLength(lead: number): number {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function codePointAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  const second = bytes[at + 1]! & 0x3f;
  if (lead < 0xe0) return (lead & 0x1f) << 6 | second;
  const third = bytes[at + 2]! & 0x3f;
  if (lead < 0xf0) return (lead & 0x0f) << 12 | second << 6 | third;
  return (lead & 0x07) << 18 | second << 12 | third << 6 | bytes[at + 3]! & 0x3f;
}
