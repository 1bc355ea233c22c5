import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  MAX_PROBLEMS_A_FILE,
  MAX_PROOF_BYTES,
  parseProofFile,
  sectionText,
} from "../../src/corpus/proof_file.ts";
import { findInvalidUtf8 } from "../../src/io/mod.ts";

const GOOD = "@T\ntheorem t(a: Nat) {\n@G\n    a = a\n@H\na > 0\n@C\na != a\n@P\na = a\nb ∈ s\n";

function parse(text: string): ReturnType<typeof parseProofFile> {
  return parseProofFile("p.txt", new TextEncoder().encode(text));
}

Deno.test("parseProofFile() cuts the sections and keeps the text", () => {
  const { file, problems } = parse(GOOD);
  assertEquals(problems, []);
  assertEquals(file!.text, GOOD);
  assertEquals(file!.sizeBytes, GOOD.length + 2);
  assertEquals(file!.sections.map(({ tag, line }) => `${tag}${line}`), ["T1", "G3", "H5", "C7", "P9"]);
  assertEquals(sectionText(file!, "G"), "    a = a\n");
  assertEquals(sectionText(file!, "P"), "a = a\nb ∈ s\n");
});

Deno.test("parseProofFile() accepts an empty proof and a marker without a line end", () => {
  const { file, problems } = parse("@G\na\n@C\nnot a\n@P");
  assertEquals(problems, []);
  assertEquals(sectionText(file!, "P"), "");
  assertEquals(sectionText(file!, "T"), null);
});

const REPORTED: { text: string; problems: string[] }[] = [
  { text: "@G\na\n@X\nb\n@C\nc\n@P\n", problems: ['3: unknown section "@X", kept as text'] },
  {
    text: "@G \na\n@G\n@C\nc\n@P\n",
    problems: ['1: unknown section "@G ", kept as text', "1: text before the first section"],
  },
  { text: "@G\na\n@C\n@C\nc\n@P\n", problems: ["4: section @C is repeated"] },
  { text: "@C\na\n@G\nc\n@P\n", problems: ["3: section @G stands after @C"] },
  { text: "@G\na\n@P\n", problems: ["1: section @C is missing"] },
  {
    text: "words\n",
    problems: [
      "1: text before the first section",
      "1: section @G is missing",
      "1: section @C is missing",
      "1: section @P is missing",
    ],
  },
  {
    text: "@G\na\r\n@C\r\nc\n@P\n",
    problems: ["2: lines end in CRLF; carriage returns become part of the text"],
  },
  {
    text: "\ufeff@G\na\n@C\nc\n@P\n",
    problems: ["1: begins with a byte order mark (U+FEFF), which becomes part of the text"],
  },
];

for (const { text, problems } of REPORTED) {
  Deno.test(`parseProofFile() reports and keeps ${JSON.stringify(text)}`, () => {
    const parsed = parse(text);
    assertEquals(parsed.problems.map(({ line, message }) => `${line}: ${message}`), problems);
    assertEquals(parsed.file!.text, text);
  });
}

Deno.test("parseProofFile() reports at most a fixed number of problems", () => {
  const { problems } = parse("@G\n@C\n@P\n" + "@?\n".repeat(1000));
  assertEquals(problems.length, MAX_PROBLEMS_A_FILE);
  assert(
    problems.at(-1)!.message.endsWith(`(and ${1000 - MAX_PROBLEMS_A_FILE} more problems)`),
    problems.at(-1)!.message,
  );
});

Deno.test("parseProofFile() skips empty, too large and non-UTF-8 files with the reason", () => {
  const skip = (bytes: Uint8Array): string => {
    const { file, problems } = parseProofFile("p.txt", bytes);
    assertEquals(file, null);
    return problems.map(({ file, line, message }) => `${file}:${line}: ${message}`).join("|");
  };
  assertEquals(skip(new Uint8Array()), "p.txt:1: empty file; the file is skipped");
  assertEquals(skip(new Uint8Array([32, 10])), "p.txt:1: file of white space only; the file is skipped");
  assertEquals(
    skip(new Uint8Array([64, 71, 10, 97, 0xff, 10])),
    "p.txt:2: not UTF-8: byte 0xff at offset 4; the file is skipped",
  );
  assert(skip(new Uint8Array(MAX_PROOF_BYTES + 1)).includes(`more than the ${MAX_PROOF_BYTES}`));
});

const INVALID_UTF8: [string, number[], number][] = [
  ["a lone continuation byte", [0x61, 0x80], 1],
  ["an overlong two-byte form", [0xc0, 0xaf], 0],
  ["an overlong three-byte form", [0xe0, 0x9f, 0x80], 0],
  ["an overlong four-byte form", [0x61, 0xf0, 0x8f, 0x80, 0x80], 1],
  ["a surrogate", [0xed, 0xa0, 0x80], 0],
  ["a code point above U+10FFFF", [0xf4, 0x90, 0x80, 0x80], 0],
  ["a cut sequence at the end", [0x61, 0xe2, 0x88], 1],
  ["a cut sequence before a letter", [0xe2, 0x88, 0x61], 0],
  ["a letter of Latin-1 before a newline", [0x61, 0xe9, 0x0a], 1],
];

for (const [what, bytes, offset] of INVALID_UTF8) {
  Deno.test(`findInvalidUtf8() finds ${what}`, () => {
    assertEquals(findInvalidUtf8(new Uint8Array(bytes))?.offset, offset);
  });
}

/** Bytes that look like proofs now and then: markers, lines, parts of multi-byte sequences, anything. */
const proofLikeBytes = fc.array(
  fc.oneof(
    fc.constantFrom("@T\n", "@G\n", "@C\n", "@P\n", "@H\r\n", "@Q\n", "\n", "a ∈ b\n", "\ufeff").map((s) =>
      new TextEncoder().encode(s)
    ),
    fc.uint8Array({ maxLength: 6 }),
  ),
  { maxLength: 20 },
).map((pieces) => new Uint8Array(pieces.flatMap((piece) => [...piece])));

Deno.test("parseProofFile() never throws, and what it keeps is byte-exact", () => {
  fc.assert(fc.property(proofLikeBytes, (bytes) => {
    const { file, problems } = parseProofFile("p.txt", bytes);
    assert(file !== null || problems.length === 1);
    if (file !== null) assertEquals(new TextEncoder().encode(file.text), bytes);
    for (const { line } of problems) assert(Number.isInteger(line) && line >= 1);
  }));
});

Deno.test("findInvalidUtf8() agrees with the strict TextDecoder on any bytes", () => {
  fc.assert(fc.property(proofLikeBytes, (bytes) => {
    let valid = true;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      valid = false;
    }
    assertEquals(findInvalidUtf8(bytes) === null, valid);
  }));
});
