/** Proofs in one file: JSON lines and tar archives, compressed or not, whatever their bytes. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { readProofs } from "../../src/corpus/read.ts";
import { DataError } from "../../src/errors.ts";
import { formatProofModules, PROOF_MODULES_FILE } from "../../src/corpus/mod.ts";
import { withFolder } from "../temporary_folder.ts";
import { type ArchiveEntry, archiveOf, gzip } from "./made_archive.ts";

const utf8 = new TextEncoder();
const text = (i: number): string => `@G\n    goal ${i} ∈ A\n@C\nnot goal ${i}\n@P\nstep\n`;
const MODULES = formatProofModules([
  { name: "nat", imports: [], first: "proof_0.txt", files: 2 },
  { name: "int", imports: ["nat"], first: "proof_2.txt", files: 1 },
]);
const ENTRIES: readonly ArchiveEntry[] = [0, 1, 2].map((i) => ({ path: `proof_${i}.txt`, text: text(i) }));

Deno.test("a folder, JSON lines and an archive of it, also compressed, give the same proofs", () =>
  withFolder(async (folder) => {
    const directory = join(folder, "proofs");
    await Deno.mkdir(directory);
    for (const { path, text } of ENTRIES) await Deno.writeTextFile(join(directory, path), text);
    await Deno.writeTextFile(join(directory, PROOF_MODULES_FILE), MODULES);
    const wanted = (await readProofs(directory)).files;
    assertEquals(wanted.map(({ module }) => module?.name), ["nat", "nat", "int"]);
    const lines = ENTRIES.map(({ path, text }) => JSON.stringify({ name: path, text }));
    const index = { path: PROOF_MODULES_FILE, text: MODULES };
    const files = {
      "plain.jsonl": utf8.encode([...lines, MODULES.replaceAll("\n", "")].join("\n")),
      "sorted.tar": archiveOf([...ENTRIES, index]),
      "unsorted.tar": archiveOf([index, ...ENTRIES.toReversed()]),
      "below.tar": archiveOf([...ENTRIES, index].map((entry) => ({ ...entry, path: `a/b/${entry.path}` }))),
    };
    for (const [name, bytes] of Object.entries(files)) {
      for (const [path, written] of [[name, bytes], [`${name}.gz`, await gzip(bytes)]] as const) {
        await Deno.writeFile(join(folder, path), written);
        const { files, problems } = await readProofs(join(folder, path));
        assertEquals(files, wanted, path);
        assertEquals(problems, [], path);
      }
    }
  }));

Deno.test("lines that are no proofs are told by their number, and the others are read", () =>
  withFolder(async (folder) => {
    const path = join(folder, "proofs.jsonl");
    const good = JSON.stringify({ text: text(1), source: "not looked at" });
    const bad = ['{"text": ', "[1]", "{}", '{"text": 1}', '{"text": "", "name": "x"}', '{"text": "\\ud800"}'];
    const invalid = Uint8Array.of(0x22, 0xff, 0x22);
    await Deno.writeFile(
      path,
      new Uint8Array(
        await new Blob([good, "\n\r\n", bad.join("\n"), "\n", invalid, "\r\n", good]).arrayBuffer(),
      ),
    );
    const { files, problems, skippedFiles } = await readProofs(path);
    assertEquals(files.map(({ name, text }) => [name, text]), [["line 1", text(1)], ["line 10", text(1)]]);
    assertEquals(problems.map(({ line }) => line), [3, 4, 5, 6, 1, 1, 9]);
    assertEquals(problems.map(({ file }) => file), ["", "", "", "", "x", "line 8", ""]);
    assertEquals(skippedFiles, 7);
  }));

Deno.test("lines are found wherever the pieces of a file end", () =>
  withFolder(async (folder) => {
    const path = join(folder, "proofs.jsonl");
    const texts = Array.from({ length: 9 }, (_, i) => `@G\n${"x".repeat(250_000 * i)}\n@C\n${i}\n@P\n`);
    for (const ending of ["", "\n"]) {
      await Deno.writeTextFile(path, texts.map((text) => JSON.stringify({ text })).join("\n") + ending);
      assertEquals((await readProofs(path)).files.map(({ text }) => text), texts);
    }
  }));

Deno.test("of an archive only files beside the first proof count, and long names are whole", () =>
  withFolder(async (folder) => {
    const path = join(folder, "proofs.tar");
    const long = `${"n".repeat(120)}.txt`;
    await Deno.writeFile(
      path,
      archiveOf([
        { path: "./notes.md", text: "no proof" },
        { path: "./b.txt", text: text(0) },
        { path: "./.hidden.txt", text: text(1) },
        { path: "./sub/c.txt", text: text(2) },
        { path: `./${long}`, text: text(3), longName: "gnu" },
        { path: `./a${long}`, text: text(4), longName: "pax" },
        { path: "./link.txt", text: "", kind: "2" },
        { path: "./folder.txt", text: "", kind: "5" },
      ]),
    );
    const { files, problems } = await readProofs(path);
    assertEquals(files.map(({ name }) => name), [`a${long}`, "b.txt", long]);
    assertEquals(files.map((file) => file.text), [text(4), text(0), text(3)]);
    assertEquals(problems.map(({ file }) => file), ["./sub/c.txt"]);
  }));

Deno.test(
  "an archive that tar has made is read",
  { ignore: Deno.build.os === "windows" },
  () =>
    withFolder(async (folder) => {
      await Deno.mkdir(join(folder, "proofs"));
      for (const { path, text } of ENTRIES) await Deno.writeTextFile(join(folder, "proofs", path), text);
      for (const args of [["cf", "a", "-C", "proofs", "."], ["czf", "b", "proofs"]]) {
        const { success } = await new Deno.Command("tar", { args, cwd: folder }).output();
        assert(success);
        const { files, problems } = await readProofs(join(folder, args[1]!));
        assertEquals(files.map(({ name, text }) => ({ path: name, text })), [...ENTRIES]);
        assertEquals(problems, []);
      }
    }),
);

Deno.test("every prefix and every flipped byte of an archive or its lines is read or refused, nothing else", () =>
  withFolder(async (folder) => {
    const lines = ENTRIES.map(({ path, text }) => JSON.stringify({ name: path, text })).join("\n");
    const path = join(folder, "proofs");
    const read = async (bytes: Uint8Array): Promise<number> => {
      await Deno.writeFile(path, bytes);
      return await readProofs(path).then(({ files }) => files.length, (error) => {
        if (error instanceof DataError) return 0;
        throw error;
      });
    };
    const packed = await gzip(utf8.encode(lines));
    for (const bytes of [utf8.encode(lines), archiveOf(ENTRIES), packed]) {
      assertEquals(await read(bytes), 3);
      const step = bytes.length > 1000 ? 13 : 1;
      for (let i = 0; i < bytes.length; i += step) {
        await read(bytes.subarray(0, i));
        const flipped = bytes.slice();
        flipped[i]! ^= 1 << i % 8;
        await read(flipped);
      }
    }
  }));

Deno.test("a damaged or an empty file of proofs is refused with a reason", () =>
  withFolder(async (folder) => {
    const packed = await gzip(utf8.encode(JSON.stringify({ text: text(1) })));
    const cases: [string, Uint8Array, string][] = [
      ["empty.jsonl", new Uint8Array(), "the file has none"],
      ["empty.tar", archiveOf([]), "the file has none"],
      ["cut.jsonl.gz", packed.subarray(0, 20), "it is damaged"],
      [
        "other.bin",
        Uint8Array.of(0, 255, 10, 3),
        "all 2 proofs were skipped, the first for line 1: it is not UTF-8",
      ],
      ["cut.tar", archiveOf(ENTRIES).subarray(0, 520), "the archive ends within it"],
      [
        "torn.tar",
        archiveOf([{ path: "a.md", text: "x" }, ENTRIES[0]!]).subarray(0, 1100),
        "damaged at byte 1024",
      ],
    ];
    for (const [name, bytes, message] of cases) {
      const path = join(folder, name);
      await Deno.writeFile(path, bytes);
      const error = await assertRejects(() => readProofs(path), DataError, message);
      assert(error.hint !== undefined);
    }
  }));

Deno.test("a length that nobody could keep is not believed", () =>
  withFolder(async (folder) => {
    const path = join(folder, "proofs.tar");
    const [first, second] = [{ path: "a.txt", text: text(0) }, { path: "b.txt", text: text(1) }];
    await Deno.writeFile(path, archiveOf([first, { ...second, toldBytes: 2 ** 40 }]));
    const { files, problems } = await readProofs(path);
    assertEquals(files.map(({ name }) => name), ["a.txt"]);
    assert(problems[0]!.message.includes("more than the"), problems[0]!.message);
  }));
