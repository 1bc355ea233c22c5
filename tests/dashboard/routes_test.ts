/** What the dashboard answers: to its page, and to those who mean harm. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { dashboardRoutes } from "../../src/dashboard/mod.ts";
import { serveOnLoopback } from "../../src/serve/mod.ts";
import { ask, type RawRequest } from "../serve/raw_request.ts";
import { ScriptedAssistant } from "../serve/scripted_assistant.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { evaluationOf, lines, metricsOf, writeRun } from "./runs_fixture.ts";

function start(folder: string) {
  const assistant = new ScriptedAssistant();
  const server = serveOnLoopback(dashboardRoutes({ folder, assistant }), { port: 0, posts: true });
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
  get("/suggest", 405),
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
  const { server, assistant, port } = start(join(folder.path, "checkpoints"));
  await using _ = server;
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
