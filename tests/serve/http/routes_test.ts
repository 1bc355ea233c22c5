/** What `tactics serve` answers, to programs, to other sites' pages, and to those who mean harm. */
import { assert, assertEquals } from "@std/assert";
import { MAX_TEXT, OPENAPI } from "../../../src/serve/http/openapi.ts";
import { routesOf } from "../../../src/serve/http/routes.ts";
import { serveOnLoopback } from "../../../src/serve/mod.ts";
import { ask, send } from "../raw_request.ts";
import { ScriptedAssistant } from "../scripted_assistant.ts";

const TEXT = "theorem same(a: Nat) {\n    a = a\n}\n";

/** A server, its port, and what it asks. */
function start(assistant = new ScriptedAssistant(), options = {}) {
  const server = serveOnLoopback(routesOf(assistant, options), { port: 0, posts: true });
  const port = Number(new URL(server.address).port);
  const post = (path: string, body: unknown, more: RequestInit = {}): Promise<Response> =>
    fetch(server.address + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...more,
    });
  return { server, port, assistant, post };
}

/** The status of an answer to bytes of which more should come. */
async function statusOf(port: number, text: string): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  const answer = new Uint8Array(12);
  await connection.read(answer);
  return Number(new TextDecoder().decode(answer.subarray(9)));
}

const GOOD_BODY = JSON.stringify({ text: TEXT, line: 2 });
const JSON_TYPE = "Content-Type: application/json";

/** Request line, further lines, body, and the statuses that answer them; HOST stands for the server's own. */
const HOSTILE: [line: string, lines: string[], body: string, statuses: number[]][] = [
  ...["evil.example", "127.0.0.1", "localhost", "127.0.0.1:PORT.evil.example", "[::1]:PORT", "0.0.0.0:PORT"]
    .map((host): [string, string[], string, number[]] => [
      "POST /suggest",
      [`Host: ${host}`, JSON_TYPE],
      GOOD_BODY,
      [421, 400],
    ]),
  ["POST http://evil.example/suggest", ["Host: HOST", JSON_TYPE], GOOD_BODY, [421, 400]],
  ...["http://evil.example", "https://HOST", "http://127.0.0.1:1", "null", "file://"]
    .map((origin): [string, string[], string, number[]] => [
      "POST /prove",
      ["Host: HOST", `Origin: ${origin}`, JSON_TYPE],
      GOOD_BODY,
      [403],
    ]),
  ...[
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
    "application/json; charset=utf-16",
    "text/html, application/json",
  ]
    .map((type): [string, string[], string, number[]] => [
      "POST /prove",
      ["Host: HOST", `Content-Type: ${type}`],
      GOOD_BODY,
      [415],
    ]),
  ["POST /suggest", ["Host: HOST"], GOOD_BODY, [415]],
  ...["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"].map((method): [string, string[], string, number[]] => [
    `${method} /suggest`,
    ["Host: HOST", JSON_TYPE],
    GOOD_BODY,
    [405],
  ]),
  ["GET /suggest", ["Host: HOST"], "", [405]],
  ["HEAD /prove", ["Host: HOST"], "", [405]],
  ["POST /health", ["Host: HOST", JSON_TYPE], "{}", [405]],
  ...[
    "/../etc/passwd",
    "/%2e%2e/etc/passwd",
    "/suggest/",
    "/Suggest",
    "/suggest%00",
    "//suggest",
    "/__proto__",
    "/constructor",
    "/prove/../../x",
  ]
    .map((path): [string, string[], string, number[]] => [
      `POST ${path}`,
      ["Host: HOST", JSON_TYPE],
      GOOD_BODY,
      [404, 400],
    ]),
  ...[
    "",
    "{",
    "[]",
    "null",
    '"text"',
    "{}",
    '{"text": "a"}',
    '{"line": 1}',
    '{"text": 1, "line": 1}',
    '{"text": "a", "line": 0}',
    '{"text": "a", "line": 1.5}',
    '{"text": "a", "line": 1e300}',
    '{"text": "a", "line": "1"}',
    '{"text": "\\ud800", "line": 1}',
    '{"text": "a", "line": 1, "module": "../../etc/passwd"}',
    '{"text": "a", "line": 1, "module": "nat..gcd"}',
    '{"text": "a", "line": 1, "module": "nat.gcd\\n"}',
    '{"text": "a", "line": 1, "file": "/etc/passwd"}',
    '{"text": "a", "line": 1, "acorn": "/bin/sh"}',
    '{"text": "a", "line": 1, "__proto__": {"x": 1}}',
    '{"text": "a", "line": 1, "goal": "@G"}',
    '{"goal": "@G\\na", "samples": 65}',
    '{"goal": "@G\\na", "samples": -1}',
    '{"goal": "@G\\na", "temperature": null}',
    '{"goal": "@G\\na", "prefix": "a\\nb"}',
    `{"text": ${"[".repeat(100)}${"]".repeat(100)}, "line": 1}`,
    "\xff",
  ].map((body): [string, string[], string, number[]] => [
    "POST /suggest",
    ["Host: HOST", JSON_TYPE],
    body,
    [400],
  ]),
  ["POST /prove", ["Host: HOST", JSON_TYPE], '{"goal": "@G"}', [400]],
  ["POST /prove", ["Host: HOST", JSON_TYPE], JSON.stringify({ text: TEXT, line: 2, seconds: 1e9 }), [400]],
];

Deno.test("other hosts, sites, methods, types, paths and bodies get nothing", async () => {
  const { server, port, assistant } = start();
  await using _ = server;
  for (const [line, lines, body, statuses] of HOSTILE) {
    const answer = await ask(port, [line, lines, body]);
    const what = `${line} ${lines} ${body.slice(0, 80)}: ${answer.text}`;
    assert(statuses.includes(answer.status), what);
    assert(!/access-control-allow|root:|\bat .*\.ts/i.test(answer.text), what);
    if (answer.status !== 400) assert(answer.text.includes("frame-ancestors 'none'"), what);
  }
  assertEquals(assistant.asked, []);
  assert(HOSTILE.length >= 30);
});

Deno.test("a body that is too large, too slow or not whole is refused, and the server goes on", async () => {
  const { server, port, post } = start(undefined, { maxBodyBytes: 1000, maxBodyMs: 300 });
  await using _ = server;
  const refused = await post("/suggest", { goal: "a".repeat(2000) });
  assertEquals([refused.status, await refused.json()], [413, { error: "The body has more than 1000 bytes" }]);
  const head = `POST /suggest HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${JSON_TYPE}\r\nConnection: close\r\n`;
  // Announced without its length.
  const chunks = `Transfer-Encoding: chunked\r\n\r\n3E8\r\n${"a".repeat(1000)}\r\n1\r\nb\r\n`;
  assertEquals((await send(port, `${head}${chunks}0\r\n\r\n`)).status, 413);
  const begun = performance.now();
  assertEquals(await statusOf(port, `${head}Content-Length: 500\r\n\r\n{`), 408);
  assert(performance.now() - begun >= 290);
  assertEquals(await statusOf(port, `${head}Content-Length: 9999999999999999\r\n\r\n{`), 413);
  assertEquals((await post("/suggest", GOOD_BODY)).status, 200);
});

Deno.test("who is allowed to ask is answered, goals and places alike", async () => {
  const { server, post, assistant } = start();
  await using _ = server;
  const goal = { goal: "@G\na = a\n@C\na != a\n", samples: 4, prefix: "a" };
  const origin = { headers: { "content-type": "application/json; charset=utf-8", origin: server.address } };
  const answer = await post("/suggest", goal, origin);
  const { suggestions } = await answer.json();
  assertEquals([answer.status, suggestions.map(({ line }: { line: string }) => line)], [200, [
    "b = b",
    "c = c",
  ]]);
  await (await post("/suggest", { text: TEXT, line: 2, module: "nat.gcd_more" })).body!.cancel();
  assertEquals(assistant.asked, [
    { kind: "goal", goal: goal.goal },
    { kind: "place", text: TEXT, line: 1, module: "nat.gcd_more" },
  ]);
  const events = (await (await post("/prove", GOOD_BODY)).text()).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(events.map(({ kind }) => kind), ["start", "progress", "progress", "result"]);
  const health = await (await fetch(`${server.address}/health`)).json();
  assertEquals(health, { model: "scripted", asking: 0, proving: 0 });
});

Deno.test("events come as they happen, and a client that has gone ends its search", async () => {
  const assistant = new ScriptedAssistant();
  assistant.hold = new Promise(() => {});
  const { server, post } = start(assistant);
  await using _ = server;
  const gone = new AbortController();
  const answer = await post("/prove", GOOD_BODY, { signal: gone.signal });
  const first = await answer.body!.getReader().read();
  assertEquals(JSON.parse(new TextDecoder().decode(first.value).split("\n")[0]!).kind, "start");
  gone.abort();
  for (let waited = 0; assistant.stopped === 0; waited++) {
    assert(waited < 200, "the search goes on");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

Deno.test("one search at a time; a few wait, more are refused, who leaves makes room", async () => {
  const assistant = new ScriptedAssistant();
  const { promise, resolve } = Promise.withResolvers<void>();
  assistant.hold = promise;
  const { server, post } = start(assistant);
  await using _ = server;
  const leaves = new AbortController();
  const waiting = [0, 1, 2, 3, 4].map((n) =>
    post("/prove", GOOD_BODY, n === 4 ? { signal: leaves.signal } : {})
  );
  const answers = await Promise.all(waiting);
  const proving = async (): Promise<number> =>
    (await (await fetch(`${server.address}/health`)).json()).proving;
  while (await proving() < 5) await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(assistant.asked.length, 1);
  const refused = await post("/prove", GOOD_BODY);
  assertEquals([refused.status, refused.headers.get("retry-after")], [503, "5"]);
  await refused.body!.cancel();
  leaves.abort();
  while (await proving() > 4) await new Promise((resolve) => setTimeout(resolve, 10));
  resolve();
  for (const answer of answers.slice(0, 4)) assert((await answer.text()).includes('"proved"'));
  assertEquals([assistant.asked.length, await proving()], [4, 0]);
});

Deno.test("what goes wrong in a search is its last event, and names nothing of this machine", async () => {
  const assistant = new ScriptedAssistant();
  assistant.hold = Promise.reject(new Error("/home/someone"));
  assistant.hold.catch(() => {});
  const { server, post } = start(assistant);
  await using _ = server;
  const events = (await (await post("/prove", GOOD_BODY)).text()).trimEnd().split("\n");
  assertEquals(JSON.parse(events.at(-1)!), { kind: "error", error: "This cannot be answered" });
});

Deno.test("the description names every route, and its page runs nothing", async () => {
  const { server } = start();
  await using _ = server;
  assertEquals(
    await (await fetch(`${server.address}/openapi.json`)).json(),
    JSON.parse(JSON.stringify(OPENAPI)),
  );
  const page = await fetch(server.address);
  const html = await page.text();
  for (const path of Object.keys(OPENAPI.paths)) assert(html.includes(` ${path}</code>`), path);
  assert(!/<script|style=|\bon\w+=|https?:/i.test(html), html);
  assert(page.headers.get("content-security-policy")!.startsWith("default-src 'none'"));
  assert(MAX_TEXT < 1 << 23, "a text of the greatest size fits into a body");
});
