/** Where the program's parts come from: exact versions, a frozen lock, workflows that run nobody else's code. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { inexactVersions } from "../../tools/sbom.ts";

const read = (path: string): string =>
  Deno.readTextFileSync(fromFileUrl(import.meta.resolve(`../../${path}`)));

Deno.test("every dependency has one exact version", () => {
  const [denoJson, cargoToml] = [read("deno.json"), read("kernels/Cargo.toml")];
  assertEquals(inexactVersions(denoJson, cargoToml), []);
  const loose = ["^4.3.0", "~4.3.0", "4", "4.3", "*", "latest", ">=4.3.0", "4.3.0 || 5.0.0", "4.3.x"];
  for (const version of loose) {
    const changed = denoJson.replace("npm:fast-check@4.3.0", `npm:fast-check@${version}`);
    assertEquals(inexactVersions(changed, cargoToml).length, 1, version);
  }
  for (const target of ["npm:fast-check", "jsr:@std/path@1.0.0", "https://deno.land/x/a.ts"]) {
    assertEquals(
      inexactVersions(denoJson.replace("npm:fast-check@4.3.0", target), cargoToml).length,
      1,
      target,
    );
  }
  assertEquals(inexactVersions(denoJson, cargoToml.replace('"=0.2.130"', '"0.2.130"')).length, 1);
});

Deno.test("the lock file is frozen: an entry that is missing or another fails the gate", async () => {
  assertEquals(JSON.parse(read("deno.json")).lock, { path: "deno.lock", frozen: true });
  const folder = await Deno.makeTempDir();
  try {
    const config = { ...JSON.parse(read("deno.json")), tasks: {}, exports: "./mod.ts" };
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({ lock: config.lock, imports: { "deno-std/": config.imports["deno-std/"] } }),
    );
    await Deno.writeTextFile(`${folder}/deno.lock`, JSON.stringify({ version: "5" }));
    await Deno.writeTextFile(`${folder}/mod.ts`, 'import "deno-std/path/mod.js";\n');
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--cached-only", "mod.ts"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert(code !== 0 && text.includes("lockfile is out of date"), text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the workflows use no actions, so that nobody else's code runs in them", () => {
  const folder = fromFileUrl(import.meta.resolve("../../.github/workflows"));
  for (const { name } of Deno.readDirSync(folder)) {
    const text = read(`.github/workflows/${name}`);
    assert(!/^\s*-?\s*uses:/m.test(text), name);
    assert(text.includes("permissions:\n  contents: read"), name);
  }
});

Deno.test({
  name: "the kernels are not built with a cargo of one release and a rustc of another",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const program = (name: string, text: string): void =>
        Deno.writeTextFileSync(`${folder}/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      program("rustc", `case "$1" in --print) echo ${folder};; *) echo "rustc 1.96.0 (x)";; esac`);
      program("cargo", 'echo "cargo 1.90.0 (y)"');
      for (const name of ["dirname", "cut", "env"]) Deno.symlinkSync(`/usr/bin/${name}`, `${folder}/${name}`);
      const script = fromFileUrl(import.meta.resolve("../../tools/setup_kernels.sh"));
      const run = async (): Promise<string> => {
        const command = new Deno.Command("/bin/sh", {
          args: [script],
          clearEnv: true,
          env: { PATH: folder, HOME: folder },
        });
        return new TextDecoder().decode((await command.output()).stderr);
      };
      assert((await run()).startsWith("No Rust with the target"), await run());
      program("rustup", `case "$1" in which) echo ${folder}/cargo;; esac`);
      assert((await run()).startsWith("No usable pair: rustc 1.96.0 and cargo 1.90.0"), await run());
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
