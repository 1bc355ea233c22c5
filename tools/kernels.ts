/**
 * `deno task kernels`: builds the crate in kernels/ with wasm-pack into src/backend/wasm/generated/, which is
 * committed, and writes two hashes next to it: of the sources (source.sha256) and of each generated file
 * (generated.sha256, as `sha256sum` writes it).
 *
 * `--check` compares both without Rust. The gate fails when the committed output is older than its source,
 * and when one of its bytes was changed. That the output is what the sources give is checked where the pinned
 * toolchain builds it again (tools/setup_kernels.sh): another rustc gives other bytes.
 *
 * The sources' hash: sha256 over "path\0size\0" and the bytes of each source file, in the order of the paths.
 */
import { dirname, fromFileUrl, join, resolve } from "@std/path";

const ROOT = resolve(dirname(fromFileUrl(import.meta.url)), "..");
const CRATE = join(ROOT, "kernels");
const GENERATED = join(ROOT, "src", "backend", "wasm", "generated");
const SOURCE_HASH_FILE = join(GENERATED, "source.sha256");
const GENERATED_HASHES_FILE = join(GENERATED, "generated.sha256");
/** What wasm-pack leaves that has no place in the repository. */
const UNWANTED = [".gitignore", "package.json", "README.md"];
const REBUILD = "Run `deno task kernels` (CONTRIBUTING.md says what it needs) and commit the result.";

if (import.meta.main) {
  try {
    if (Deno.args.length === 1 && Deno.args[0] === "--check") await check();
    else if (Deno.args.length === 0) await build();
    else throw new Error(`Unknown arguments "${Deno.args.join(" ")}": expected none, or --check`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}

async function check(): Promise<void> {
  const [committed, actual] = [(await readIfThere(SOURCE_HASH_FILE))?.trim(), await sourceHash()];
  if (committed !== actual) {
    throw new Error(
      "The committed kernels are older than their source: src/backend/wasm/generated/source.sha256 is " +
        `${committed ?? "missing"}, the sources in kernels/ have ${actual}.\n${REBUILD}`,
    );
  }
  const [listed, found] = [await readIfThere(GENERATED_HASHES_FILE), await generatedHashes()];
  if (listed !== found) {
    throw new Error(
      "The committed kernels are not what was built: src/backend/wasm/generated/generated.sha256 says\n" +
        `${listed ?? "(missing)"}\nbut the files have\n${found}\n${REBUILD}`,
    );
  }
  console.log(`kernels are fresh (${actual.slice(0, 12)}…) and as they were built`);
}

async function build(): Promise<void> {
  const hash = await sourceHash();
  const args = ["build", "--mode", "no-install", "--target", "web", "--release", "--no-pack"];
  args.push("--out-dir", GENERATED, "--out-name", "kernels", ".");
  const command = new Deno.Command("wasm-pack", { args, cwd: CRATE });
  let status: Deno.CommandStatus;
  try {
    status = await command.spawn().status;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error("wasm-pack is not on PATH: run `sh tools/setup_kernels.sh`, or see CONTRIBUTING.md", {
      cause,
    });
  }
  if (!status.success) throw new Error(`wasm-pack failed with exit code ${status.code}`);
  for (const name of UNWANTED) await removeIfThere(join(GENERATED, name));
  await Deno.writeTextFile(SOURCE_HASH_FILE, `${hash}\n`);
  await Deno.writeTextFile(GENERATED_HASHES_FILE, await generatedHashes());
  const { size } = await Deno.stat(join(GENERATED, "kernels_bg.wasm"));
  console.log(
    `built src/backend/wasm/generated/kernels_bg.wasm, ${size} bytes, sources ${hash.slice(0, 12)}…`,
  );
}

/** sha256 of everything that the build reads, but for the toolchain. */
async function sourceHash(): Promise<string> {
  const paths = [".cargo/config.toml", "Cargo.lock", "Cargo.toml"];
  for await (const entry of Deno.readDir(join(CRATE, "src"))) {
    if (entry.isFile && entry.name.endsWith(".rs")) paths.push(`src/${entry.name}`);
  }
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const path of paths.sort()) {
    const bytes = await Deno.readFile(join(CRATE, path));
    parts.push(new TextEncoder().encode(`${path}\0${bytes.length}\0`), bytes);
  }
  return await sha256(await new Blob(parts).arrayBuffer());
}

/** A line a generated file, in the order of their names. */
async function generatedHashes(): Promise<string> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(GENERATED)) if (!name.endsWith(".sha256")) names.push(name);
  const lines = names.sort().map(async (name) =>
    `${await sha256(await Deno.readFile(join(GENERATED, name)))}  ${name}\n`
  );
  return (await Promise.all(lines)).join("");
}

async function sha256(bytes: BufferSource): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
