/** tokenizer.json on disk. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DataError } from "../../src/errors.ts";
import { loadTokenizer, saveTokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";
import { withFolder } from "../temporary_folder.ts";

Deno.test("loadTokenizer() reads what saveTokenizer() wrote", () =>
  withFolder(async (folder) => {
    const path = join(folder, "tokenizer.json");
    const tokenizer = trainTokenizer(["a ∈ s\n"], {
      vocabularySize: 300,
      alphabet: "bytes",
    });
    await saveTokenizer(path, tokenizer);
    const loaded = await loadTokenizer(path);
    assertEquals(loaded.toJson(), tokenizer.toJson());
    assertEquals(loaded.sha256(), tokenizer.sha256());
    assertEquals(loaded.mergeCount, tokenizer.mergeCount);
    assertEquals(loaded.encode("a ∈ s"), tokenizer.encode("a ∈ s"));
  }));

Deno.test("loadTokenizer() says how to get a tokenizer that is missing", () =>
  withFolder(async (folder) => {
    const path = join(folder, "none.json");
    const error = await assertRejects(
      () => loadTokenizer(path),
      DataError,
      `Tokenizer file not found: ${path}`,
    );
    assertStringIncludes(error.hint!, "tactics tokenizer");
  }));

Deno.test("loadTokenizer() names the file that it cannot use", () =>
  withFolder(async (folder) => {
    const path = join(folder, "tokenizer.json");
    for (const bytes of [new Uint8Array(), new Uint8Array([0xff, 0xfe]), new TextEncoder().encode("{}")]) {
      await Deno.writeFile(path, bytes);
      const error = await assertRejects(
        () => loadTokenizer(path),
        DataError,
        `Cannot read tokenizer "${path}"`,
      );
      assert(error.hint !== undefined);
    }
    await assertRejects(() => loadTokenizer(folder), DataError, `Cannot read tokenizer "${folder}"`);
  }));
