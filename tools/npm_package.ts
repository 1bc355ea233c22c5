/**
 * `deno task npm-package [FOLDER [REPOSITORY]]`: the program as a package for npm, in dist/npm or FOLDER, so
 * that `npx` runs it without a checkout. Deno comes as a dependency, in the version that README names; the
 * sources are as they are here, and Deno fetches the packages of deno.lock when it starts for the first time.
 * REPOSITORY is the address that npm's provenance compares with the workflow's.
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { VERSION } from "../src/version.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const OUT = Deno.args[0] ?? join(ROOT, "dist", "npm");
const COPIED = ["CHANGELOG.md", "LICENSE", "README.md", "deno.lock", "docs/third_party.md", "v8.env"];
/** The program in npm's hands: Deno with the permissions of `deno task tactics`, which it narrows itself. */
const START = `#!/usr/bin/env node
// Starts tactics in Deno. Training gets V8's flags (v8.env); whatever opens somebody's model.onnx goes
// without.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const deno = createRequire(import.meta.url).resolve("deno/bin.cjs");
const args = process.argv.slice(2);
const flags = ["train", "resume", "quickstart"].includes(args[0]) ? ["--env-file=" + join(here, "v8.env")] : [];
const words = ["run", "-q", "--no-prompt", "--config", join(here, "deno.json"), ...flags, "-P=tactics"];
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
// The package's own deno.json says all; npm's package.json is not Deno's business.
const env = { ...process.env, DENO_NO_PACKAGE_JSON: "1", DENO_NO_UPDATE_CHECK: "1" };
const program = [deno, ...words, join(here, "main.ts"), ...args];
const { status } = spawnSync(process.execPath, program, { stdio: "inherit", env });
process.exit(status ?? 1);
`;

const config = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
const sources = [...files("src"), "main.ts", "mod.ts"];
const { license, compilerOptions, imports, unstable, permissions } = config;
const repository = Deno.args[1];
const contents = {
  "deno.json": {
    // Deno runs TypeScript below node_modules only where it keeps the packages itself.
    nodeModulesDir: "none",
    lock: config.lock,
    unstable,
    imports,
    compilerOptions,
    permissions: { tactics: permissions.tactics },
  },
  "package.json": {
    name: config.name,
    version: VERSION,
    description: "Trains a small language model that suggests proof steps for Acorn, on a laptop",
    keywords: ["acorn", "theorem-proving", "language-model", "onnx"],
    license,
    type: "module",
    bin: { tactics: "tactics.mjs" },
    ...repository !== undefined && { repository: { type: "git", url: `git+${repository}.git` } },
    dependencies: { deno: denoVersion() },
  },
};

await Deno.remove(OUT, { recursive: true }).catch(() => {}); // it need not be there
for (const path of [...sources, ...COPIED]) {
  await Deno.mkdir(dirname(join(OUT, path)), { recursive: true });
  await Deno.copyFile(join(ROOT, path), join(OUT, path));
}
await Deno.writeTextFile(join(OUT, "tactics.mjs"), START, { mode: 0o755 });
for (const [name, content] of Object.entries(contents)) {
  await Deno.writeTextFile(join(OUT, name), `${JSON.stringify(content, null, 2)}\n`);
}
console.log(
  `${OUT}  ${config.name} ${VERSION}, ${sources.length} sources`,
);

/** Paths of all files below a folder. */
function files(folder: string): string[] {
  return [...Deno.readDirSync(join(ROOT, folder))].flatMap(({ name, isDirectory }) =>
    isDirectory ? files(`${folder}/${name}`) : [`${folder}/${name}`]
  );
}

/** The version that README names, and the workflows use. */
function denoVersion(): string {
  return /npx -y deno@(\d+\.\d+\.\d+)/.exec(Deno.readTextFileSync(join(ROOT, "README.md")))![1]!;
}
