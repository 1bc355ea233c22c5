/**
 * `deno task sbom`: what this program is made of, by its lock files: every npm package of deno.lock (its licence
 * is in node_modules) and every crate of kernels/Cargo.lock, as a CycloneDX 1.6 bill of materials (docs/sbom.json)
 * and for people (docs/third_party.md, with the licences' texts of what users get). No network, no clock: the same
 * locks give the same bytes.
 *
 * `--check` fails when the committed files are older than the locks, and when deno.json or Cargo.toml names a
 * version that is not exact.
 */
import { fromFileUrl, join } from "@std/path";
import { VERSION } from "../src/version.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
/** What a user's program loads, with all that it needs; the rest is for tests. */
const SHIPPED = [
  "@resvg/resvg-wasm",
  "dejavu-fonts-ttf",
  "deno-std",
  "fflate",
  "onnxruntime-web",
  "uplot",
  "vscode-languageserver-textdocument",
];
/** Crates say their licence in files that are not here. Checked at the locked versions; a new crate has to be added. */
const CRATE_LICENCES: Record<string, string> = {
  "unicode-ident": "(MIT OR Apache-2.0) AND Unicode-3.0",
  ...Object.fromEntries(
    ["bumpalo", "cfg-if", "proc-macro2", "quote", "rustversion", "syn", "wasm-bindgen", "wasm-bindgen-macro"]
      .concat("wasm-bindgen-macro-support", "wasm-bindgen-shared").map((name) => [name, "MIT OR Apache-2.0"]),
  ),
};

interface Component {
  readonly kind: "npm" | "cargo";
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly hash: { readonly alg: string; readonly content: string };
  readonly dependencies: readonly string[];
}

interface Lock {
  npm: Record<string, { integrity: string; dependencies?: string[] }>;
}

if (import.meta.main) {
  const lock: Lock = JSON.parse(await read("deno.lock"));
  const npm = await Promise.all(Object.entries(lock.npm).map(([key, entry]) => npmComponent(key, entry)));
  const crates = cratesOf(await read("kernels/Cargo.lock"));
  const shipped = reachable(npm, SHIPPED);
  const files = {
    "docs/sbom.json": `${JSON.stringify(bill([...npm, ...crates], shipped), null, 2)}\n`,
    "docs/third_party.md": await notices(npm, crates, shipped),
  };
  if (Deno.args[0] === "--check") await check(files);
  else for (const [path, text] of Object.entries(files)) await Deno.writeTextFile(join(ROOT, path), text);
}

async function check(files: Record<string, string>): Promise<void> {
  const problems = inexactVersions(await read("deno.json"), await read("kernels/Cargo.toml"));
  for (const [path, text] of Object.entries(files)) {
    if (await read(path).catch(() => "") !== text) {
      problems.push(`${path} is not what the locks say: deno task sbom`);
    }
  }
  for (const problem of problems) console.error(problem);
  console.log(
    `supply chain: ${problems.length === 0 ? "versions exact, bill of materials fresh" : "see above"}`,
  );
  Deno.exit(problems.length === 0 ? 0 : 1);
}

/** Dependencies that another day may give another version. */
export function inexactVersions(denoJson: string, cargoToml: string): string[] {
  const imports: Record<string, string> = JSON.parse(denoJson).imports;
  const npm = Object.entries(imports).filter(([, target]) =>
    !target.startsWith("./") && !/^npm:\/?(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+(-[\w.]+)?(\/.*)?$/.test(target)
  ).map(([name, target]) => `deno.json: "${name}" is ${target}, expected npm:NAME@1.2.3`);
  const section = /^\[dependencies\]\n((?:(?!\[).*\n?)*)/m.exec(cargoToml)?.[1] ?? "";
  const cargo = section.split("\n").filter((line) => /^\w/.test(line) && !/"=\d+\.\d+\.\d+"/.test(line))
    .map((line) => `kernels/Cargo.toml: ${line}, expected "=1.2.3"`);
  return [...npm, ...cargo];
}

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(join(ROOT, path));
}

async function npmComponent(
  key: string,
  { integrity, dependencies = [] }: { integrity: string; dependencies?: string[] },
): Promise<Component> {
  const [, name, version] = /^(@?[^@]+)@([^_]+)/.exec(key)!;
  const { license } = JSON.parse(await read(join(packageFolder(name!, version!), "package.json")));
  if (typeof license !== "string") throw new Error(`${key} names no licence`);
  const content = Uint8Array.fromBase64(integrity.replace("sha512-", "")).toHex();
  const names = dependencies.map((dependency) => /^@?[^@]+/.exec(dependency)![0]);
  return {
    kind: "npm",
    name: name!,
    version: version!,
    licence: license,
    hash: { alg: "SHA-512", content },
    dependencies: names,
  };
}

function packageFolder(name: string, version: string): string {
  return `node_modules/.deno/${name.replace("/", "+")}@${version}/node_modules/${name}`;
}

function cratesOf(lock: string): Component[] {
  return lock.split("[[package]]").slice(1).flatMap((entry): Component[] => {
    const field = (name: string): string | undefined =>
      new RegExp(`^${name} = "(.*)"$`, "m").exec(entry)?.[1];
    const [name, version, content] = [field("name")!, field("version")!, field("checksum")];
    if (content === undefined) return []; // our own
    const licence = CRATE_LICENCES[name];
    if (licence === undefined) {
      throw new Error(`tools/sbom.ts does not know the licence of the crate ${name}`);
    }
    const list = /^dependencies = \[\n([^\]]*)\]/m.exec(entry)?.[1] ?? "";
    const dependencies = [...list.matchAll(/"([\w-]+)[^"]*"/g)].map((match) => match[1]!);
    return [{ kind: "cargo", name, version, licence, hash: { alg: "SHA-256", content }, dependencies }];
  });
}

/** The names of some packages and of all that they need. */
function reachable(components: readonly Component[], roots: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    components.find((component) => component.name === name)!.dependencies.forEach(visit);
  };
  roots.forEach(visit);
  return found;
}

function purl({ kind, name, version }: Component): string {
  return `pkg:${kind}/${name.replace("@", "%40")}@${version}`;
}

/** Crates become part of the committed wasm, or of the compiler's run that makes it. */
function bill(components: readonly Component[], shipped: ReadonlySet<string>): object {
  const reference = (kind: string, name: string): string =>
    purl(components.find((component) => component.kind === kind && component.name === name)!);
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        name: "tactics",
        version: VERSION,
        licenses: [{ license: { id: "MIT" } }],
      },
    },
    components: components.map((component) => ({
      type: "library",
      "bom-ref": purl(component),
      name: component.name,
      version: component.version,
      purl: purl(component),
      scope: component.kind === "cargo" || shipped.has(component.name) ? "required" : "excluded",
      licenses: [{ expression: component.licence }],
      hashes: [component.hash],
    })),
    dependencies: components.map((component) => ({
      ref: purl(component),
      dependsOn: component.dependencies.map((name) => reference(component.kind, name)),
    })),
  };
}

async function notices(
  npm: readonly Component[],
  crates: readonly Component[],
  shipped: ReadonlySet<string>,
): Promise<string> {
  const row = ({ name, version, licence }: Component, use: string): string =>
    `| ${name} | ${version} | ${licence} | ${use} |`;
  const texts = new Map<string, string[]>();
  for (const { name, version } of npm.filter(({ name }) => shipped.has(name))) {
    const licence = (file: string): Promise<string> => read(join(packageFolder(name, version), file));
    const text = await licence("LICENSE").catch(() => licence("License.txt")).catch(() => null);
    if (text !== null) {
      const plain = text.trim().replaceAll(/[ \t]+$/gm, "");
      texts.set(plain, [...texts.get(plain) ?? [], name]);
    }
  }
  return [
    "# Third-party software",
    "",
    "Written by `deno task sbom` from the lock files; the gate fails when it is older. [sbom.json](sbom.json) says the same to programs, with hashes.",
    "",
    "| name | version | licence | used |",
    "|---|---|---|---|",
    ...npm.map((component) =>
      row(component, shipped.has(component.name) ? "by the program" : "by tests only")
    ),
    ...crates.map((component) => row(component, "to build the kernels (src/backend/wasm/generated/)")),
    "",
    "The texts below came with the packages that the program uses; the others name their licence and bring no text of their own.",
    ...[...texts].flatMap(([text, names]) => ["", `## ${names.join(", ")}`, "", "```", text, "```"]),
    "",
  ].join("\n");
}
