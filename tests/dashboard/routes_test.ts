/** What the dashboard answers: to its page, and to those who mean harm. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { dashboardRoutes } from "../../src/dashboard/mod.ts";
import { pathOf } from "../../src/dashboard/page_modules.ts";
import { serveOnLoopback } from "../../src/serve/mod.ts";
import { ask, type RawRequest } from "../serve/raw_request.ts";
import { ScriptedAssistant } from "../serve/scripted_assistant.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { evaluationOf, lines, metricsOf, writeRun } from "./runs_fixture.ts";

function start(folder: string) {
  const assistant = new ScriptedAssistant();
  const server = serveOnLoopback(
    dashboardRoutes({ folder, exports: join(folder, "..", "export"), assistant }),
    { port: 0, posts: true },
  );
  return { server, assistant, port: Number(new URL(server.address).port) };
}

const OWN = ["Host: HOST"];
const JSON_TYPE = "Content-Type: application/json";
const GOOD_BODY = JSON.stringify({ goal: "@G\n    a = a\n@C\na != a\n" });
const get = (
  path: string,
  ...statuses: number[]
): [RawRequest, number[]] => [[`GET ${path}`, OWN, ""], statuses];

/** Each with the statuses that may answer it. */
const HOSTILE: [RawRequest, number[]][] = [
  // Other names for this server, and other sites' pages.
  ...["evil.example", "127.0.0.1", "localhost", "[::1]:PORT", "0.0.0.0:PORT", "127.0.0.1:PORT.evil.example"]
    .map((host): [RawRequest, number[]] => [["GET /runs", [`Host: ${host}`], ""], [421, 400]]),
  ...["http://evil.example", "https://HOST", "http://127.0.0.1:1", "null"].flatMap(
    (origin): [RawRequest, number[]][] => [
      [["GET /events?run=a", [...OWN, `Origin: ${origin}`], ""], [403]],
      [["POST /suggest", [...OWN, `Origin: ${origin}`, JSON_TYPE], GOOD_BODY], [403]],
    ],
  ),
  [["GET http://evil.example/runs", OWN, ""], [421, 400]],
  // Ways out of the folder.
  ...[
    "/../secret/metrics.jsonl",
    "/%2e%2e/secret/metrics.jsonl",
    "/..%2fsecret%2fmetrics.jsonl",
    "//secret",
    "/main.js/../../secret",
    "/main.js%00.html",
    "/metrics.jsonl",
    "/a/metrics.jsonl",
    "/__proto__",
    "/constructor",
    "/toString",
    "/index.html",
  ].map((path) => get(path, 404, 400)),
  ...[
    "../secret",
    "..%2Fsecret",
    "%2Fetc",
    "a%00",
    "a/../a",
    "./a",
    "a/",
    "A",
    "",
    "__proto__",
    "a".repeat(5000),
    "%F0%9F",
  ].map((name) => get(`/events?run=${name}`, 404, 400)),
  get("/events", 400),
  get("/events?name=a", 400),
  get("/events?run=a&run=../secret", 404),
  // Writing.
  ...["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"].map((method): [RawRequest, number[]] => [
    [`${method} /runs`, [...OWN, JSON_TYPE], "{}"],
    [405],
  ]),
  ...["/", "/runs", "/events?run=a", "/model", "/main.js"].map((path): [RawRequest, number[]] => [
    [`POST ${path}`, [...OWN, JSON_TYPE], "{}"],
    [405],
  ]),
  ...["/modules/dashboard/page/train_worker.ts", "/exported/mine/config.json", "/exported"].map((
    path,
  ): [RawRequest, number[]] => [[`POST ${path}`, [...OWN, JSON_TYPE], "{}"], [405]]),
  get("/suggest", 405),
  // Modules are those that the page's threads reach, models are those in the folder of exports.
  ...[
    "",
    "cli/main.ts",
    "serve/loopback_server.ts",
    "../deno.json",
    "%2e%2e/deno.json",
    "..%2f..%2fdeno.json",
    "/etc/passwd",
    "npm/",
    "npm/playwright-core/package.json",
    "train/engine/worker.ts%00",
    "train/engine/../../cli/main.ts",
    "train/engine/worker.ts/",
    "__proto__",
  ].map((path) => get(`/modules/${path}`, 404, 400)),
  ...[
    "",
    "mine",
    "mine/",
    "mine/secret.json",
    "mine/link.json",
    "mine/../../secret/metrics.jsonl",
    "mine/..%2f..%2fsecret%2fmetrics.jsonl",
    "..%2fsecret/metrics.jsonl",
    "../checkpoints/a/metrics.jsonl",
    ".hidden/config.json",
    "linked/config.json",
    "plain/notes.txt",
    "__proto__/config.json",
  ].map((path) => get(`/exported/${path}`, 404, 400)),
  // The playground's body.
  ...["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"].map((
    type,
  ): [RawRequest, number[]] => [["POST /suggest", [...OWN, `Content-Type: ${type}`], GOOD_BODY], [415]]),
  ...[
    "",
    "{",
    "[]",
    '{"goal": 1}',
    '{"goal": "@G", "model": "/etc/passwd"}',
    '{"goal": "@G", "samples": 1e9}',
  ]
    .map((body): [RawRequest, number[]] => [["POST /suggest", [...OWN, JSON_TYPE], body], [400]]),
];

Deno.test("other hosts, sites, methods, types, paths and runs get nothing", async () => {
  using folder = new TemporaryFolder();
  await writeRun(join(folder.path, "checkpoints", "a"), metricsOf(10));
  await writeRun(join(folder.path, "secret"), lines({ kind: "notice", message: "the secret" }));
  await writeExports(join(folder.path, "export"), join(folder.path, "secret"));
  const { server, assistant, port } = start(join(folder.path, "checkpoints"));
  await using _ = server;
  assertEquals(await (await fetch(`${server.address}/exported`)).json(), ["mine"]);
  assertEquals(await (await fetch(`${server.address}/exported/mine/config.json`)).text(), "{}");
  for (const [request, statuses] of HOSTILE) {
    const answer = await ask(port, request);
    const what = `${request.join(" ").slice(0, 200)}: ${answer.text}`;
    assert(statuses.includes(answer.status), what);
    assert(!/access-control-allow|root:|the secret|\bat .*\.ts|tactics_test/i.test(answer.text), what);
    if (answer.status !== 400) assert(answer.text.includes("frame-ancestors 'none'"), what);
  }
  assertEquals(assistant.asked, []);
  assert(HOSTILE.length >= 30);
});

/** An exported folder with a link in it, and beside it what is none. */
async function writeExports(folder: string, secret: string): Promise<void> {
  for (const name of ["mine", ".hidden"]) {
    await Deno.mkdir(join(folder, name), { recursive: true });
    await Deno.writeTextFile(join(folder, name, "config.json"), "{}");
  }
  await Deno.mkdir(join(folder, "plain"));
  await Deno.writeTextFile(join(folder, "plain", "notes.txt"), "the secret");
  await Deno.symlink(join(secret, "metrics.jsonl"), join(folder, "mine", "link.json"));
  await Deno.writeTextFile(join(secret, "config.json"), "the secret");
  await Deno.symlink(secret, join(folder, "linked"), { type: "dir" });
}

Deno.test("the modules that the page's threads load are JavaScript, and import only each other", async () => {
  using folder = new TemporaryFolder();
  const { server } = start(folder.path);
  await using _ = server;
  const wanted = ["train", "suggest"].map((name) => `/modules/dashboard/page/${name}_worker.ts`);
  wanted.push("/modules/train/engine/worker.ts");
  for (const path of wanted) {
    const answer = await fetch(server.address + path);
    assertEquals(
      [answer.status, answer.headers.get("content-type")],
      [200, "text/javascript; charset=utf-8"],
      path,
    );
    const text = await answer.text();
    const code = text.replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, "");
    assert(
      /_worker\.ts$|\/worker\.ts$/.test(path) || /(^|[;}\s])export[\s{*]/.test(text),
      `${path} is no module`,
    );
    for (const [, specifier] of code.matchAll(/^(?:import|export|\}) [^"]*from "([^"]+)";?$/gm)) {
      assert(/^(\.{1,2}|\/modules)\//.test(specifier!), `${path} imports ${specifier}`);
      const { pathname } = new URL(specifier!, server.address + path);
      if (!wanted.includes(pathname)) wanted.push(pathname);
    }
  }
  assert(wanted.length > 100, `${wanted.length}`);
  const runtime = await fetch(
    `${server.address}/modules/npm/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm`,
  );
  assertEquals([runtime.status, runtime.headers.get("content-type")], [200, "application/wasm"]);
  assert((await runtime.arrayBuffer()).byteLength > 1e7);
});

Deno.test("modules have paths as in src/ and in their packages, wherever those lie", () => {
  const cases = [
    [import.meta.resolve("../../src/train/data.ts"), "/modules/train/data.ts"],
    ["file:///c/node_modules/.deno/a@1/node_modules/@b/a/dist/x.js", "/modules/npm/@b/a/dist/x.js"],
    [
      "file:///h/.cache/deno/npm/registry.example/deno-std/1.4.0/path/mod.js",
      "/modules/npm/deno-std/1.4.0/path/mod.js",
    ],
  ];
  for (const [address, path] of cases) assertEquals(pathOf(new URL(address!)), path);
});

Deno.test("the page and what it loads come with a policy that runs nothing else", async () => {
  using folder = new TemporaryFolder();
  const { server } = start(folder.path);
  await using _ = server;
  const page = await fetch(server.address);
  assert(page.headers.get("content-security-policy")!.includes("default-src 'none'; script-src 'self'"));
  const html = await page.text();
  assert(
    !/<script(?! type="module" src)|style=|\bon\w+=|https?:(?!\/\/www\.w3\.org\/2000\/svg)/i.test(html),
    html,
  );
  const wanted = [...html.matchAll(/(?:href|src)="([\w.]+)"/g)].map((match) => match[1]!);
  for (const name of wanted) {
    const answer = await fetch(`${server.address}/${name}`);
    assertEquals(answer.status, 200, name);
    const text = await answer.text();
    for (const [, other] of text.matchAll(/^(?:import|} from) .*?"\.\/([\w.]+)";$/gm)) {
      if (!wanted.includes(other!)) wanted.push(other!);
    }
  }
  for (const name of ["uplot.js", "charts.js", "suggestions.js"]) assert(wanted.includes(name), name);
});

Deno.test("runs that are named are told of in one stream, as they go on", async () => {
  using folder = new TemporaryFolder();
  const path = await writeRun(join(folder.path, "a"), metricsOf(10, { isDone: false }));
  await writeRun(join(folder.path, "b"), metricsOf(20));
  const { server } = start(folder.path);
  await using _ = server;
  const answer = await fetch(`${server.address}/events?run=a&run=b`);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async () => {
    while (!text.includes("\n")) text += (await reader.read()).value;
    const line = text.slice(0, text.indexOf("\n"));
    text = text.slice(line.length + 1);
    return JSON.parse(line);
  };
  const told = [await next(), await next()];
  assertEquals(told.map(({ run, isWhole, steps }) => [run, isWhole, steps.step.length]), [
    ["a", true, 10],
    ["b", true, 20],
  ]);
  const begun = performance.now();
  await Deno.writeTextFile(path, lines(evaluationOf(20, 2)), { append: true });
  const { run, isWhole, evaluations } = await next();
  assertEquals([run, isWhole, evaluations[0].step], ["a", false, 20]);
  assert(performance.now() - begun < 2000);
  await reader.cancel();
});
