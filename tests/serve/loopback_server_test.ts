/** What a server on the loopback interface lets in, with requests as no browser writes them. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { fileHandler, type PageHandler, serveOnLoopback } from "../../src/serve/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const SECRET = "what lies outside";

/** A folder of pages and one of a model, with a secret beside them and links that lead out of them. */
function makeFolders({ path }: TemporaryFolder): { pages: string; model: string } {
  const [pages, model] = [join(path, "pages"), join(path, "model")];
  for (const folder of [pages, model, join(model, "deep"), join(path, "outside")]) Deno.mkdirSync(folder);
  const write = (name: string, text: string): void => Deno.writeTextFileSync(join(path, name), text);
  write("pages/index.html", "<title>page</title>");
  write("pages/script.js", "1");
  write("pages/a name.json", "{}");
  write("model/config.json", "{}");
  write("model/deep/weights.bin", "abc");
  write("secret.bin", SECRET);
  write("outside/secret.bin", SECRET);
  Deno.symlinkSync("../secret.bin", join(model, "link.bin"));
  Deno.symlinkSync("../outside", join(model, "links"));
  Deno.symlinkSync("/etc/passwd", join(pages, "passwd.html"));
  return { pages, model };
}

/** The answer to bytes sent as they are. */
async function ask(port: number, head: string): Promise<{ status: number; head: string; body: string }> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(`${head}\r\nConnection: close\r\n\r\n`));
  const text = await new Response(connection.readable).text().catch(() => "");
  const end = text.indexOf("\r\n\r\n");
  return {
    status: Number(text.slice(9, 12)),
    head: text.slice(0, end).toLowerCase(),
    body: text.slice(end + 4),
  };
}

/** Request line, further lines, and the status that answers them; HOST stands for the server's own. */
const HOSTILE: [line: string, lines: string[], statuses: number[]][] = [
  ...["evil.example", "evil.example:PORT", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:PORT.evil.example"].map(
    (host): [string, string[], number[]] => ["GET /model/config.json", [`Host: ${host}`], [421]],
  ),
  ...["169.254.169.254", "[::1]:PORT", "localhost.evil.example:PORT", "localhost", "0.0.0.0:PORT", ""].map(
    (host): [string, string[], number[]] => ["GET /model/config.json", [`Host: ${host}`], [421, 400]],
  ),
  ["GET /model/config.json", [], [421, 400]],
  ["GET http://evil.example/model/config.json", ["Host: HOST"], [421, 400]],
  ["GET /model/config.json", ["Host: HOST", "Host: evil.example"], [421, 400, 200]],
  ...[
    "http://evil.example",
    "http://evil.example:PORT",
    "https://127.0.0.1:PORT",
    "http://127.0.0.1:1",
    "null",
    "file://",
  ]
    .map((origin): [string, string[], number[]] => ["GET /", ["Host: HOST", `Origin: ${origin}`], [403]]),
  ...["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"].map(
    (method): [string, string[], number[]] => [`${method} /model/config.json`, ["Host: HOST"], [405]],
  ),
  ["OPTIONS *", ["Host: HOST"], [405, 400, 500]],
  ["CONNECT evil.example:443", ["Host: HOST"], [405, 400, 421]],
  ...[
    "/../secret.bin",
    "/model/../../secret.bin",
    "/..%2fsecret.bin",
    "/%2e%2e/secret.bin",
    "/model/%2e%2e/%2e%2e/secret.bin",
    "/model/..%5c..%5csecret.bin",
    "/\\..\\secret.bin",
    "//etc/passwd",
    "/etc/passwd",
    "/%2fetc%2fpasswd",
    "/model//config.json",
    "/model/config.json%00",
    "/model/config.json%00.html",
    "/model/link.bin",
    "/model/links/secret.bin",
    "/passwd.html",
    "/model/",
    "/model/deep",
    "/%ff",
    "/%",
    "/model/%252e%252e/secret.bin",
    "/index.html/",
    "/constructor",
    "/__proto__",
  ].map((path): [string, string[], number[]] => [`GET ${path}`, ["Host: HOST"], [404, 400]]),
];

Deno.test("other hosts, other sites, other methods and other paths get nothing", async () => {
  using folder = new TemporaryFolder();
  const { pages, model } = makeFolders(folder);
  await using server = serveOnLoopback(fileHandler({ "/": pages, "/model/": model }), { port: 0 });
  const port = Number(new URL(server.address).port);
  assert(HOSTILE.length >= 30);
  for (const [line, lines, statuses] of HOSTILE) {
    const rest = lines.map((text) => text.replace("HOST", `127.0.0.1:${port}`).replace("PORT", String(port)));
    const answer = await ask(port, [`${line} HTTP/1.1`, ...rest].join("\r\n"));
    const what = `${line} ${rest}: ${answer.status} ${answer.body}`;
    assert(statuses.includes(answer.status), what);
    assert(answer.status === 200 || !answer.body.includes("{}"), what);
    assert(![SECRET, "root:", folder.path].some((text) => answer.body.includes(text)), what);
    assert(!answer.head.includes("access-control-allow"), what);
  }
});

Deno.test("a page gets its own files, with a policy that lets nothing else in", async () => {
  using folder = new TemporaryFolder();
  const { pages, model } = makeFolders(folder);
  await using server = serveOnLoopback(fileHandler({ "/": pages, "/model/": model }), { port: 0 });
  const port = Number(new URL(server.address).port);
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  for (const host of hosts) {
    for (const extra of ["", `\r\nOrigin: http://${hosts[0]}`, `\r\nOrigin: http://${hosts[1]}`]) {
      const { status, body } = await ask(port, `GET / HTTP/1.1\r\nHost: ${host}${extra}`);
      assertEquals([status, body], [200, "<title>page</title>"]);
    }
  }
  const get = (path: string, method = "GET"): ReturnType<typeof ask> =>
    ask(port, `${method} ${path} HTTP/1.1\r\nHost: ${hosts[0]}`);
  assertEquals((await get("/a%20name.json?x=1#y")).body, "{}");
  assertEquals((await get("/model/deep/weights.bin")).body, "abc");
  const head = await get("/script.js", "HEAD");
  assertEquals([head.status, head.body], [200, ""]);
  const expected = [
    "content-type: text/javascript",
    "x-content-type-options: nosniff",
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self';",
    "frame-ancestors 'none'",
    "cross-origin-resource-policy: same-origin",
    "cross-origin-opener-policy: same-origin",
  ];
  for (const text of expected) assert(head.head.includes(text), head.head);
});

Deno.test("a file that became a link is not followed, and what goes wrong inside is not told", async () => {
  using folder = new TemporaryFolder();
  const { pages } = makeFolders(folder);
  const files = fileHandler({ "/": pages });
  const handler: PageHandler = (request) => {
    if (request.url.endsWith("/broken")) throw new Error(`no such file: ${folder.path}`);
    return files(request);
  };
  Deno.removeSync(join(pages, "script.js"));
  Deno.symlinkSync("../secret.bin", join(pages, "script.js"));
  await using server = serveOnLoopback(handler, { port: 0 });
  const [link, broken] = [
    await fetch(`${server.address}/script.js`),
    await fetch(`${server.address}/broken`),
  ];
  assertEquals([link.status, await link.text()], [404, "There is no such file\n"]);
  assertEquals([broken.status, await broken.text()], [500, "This cannot be answered\n"]);
  assertEquals(broken.headers.get("x-content-type-options"), "nosniff");
});

Deno.test("nothing is answered at another address of this machine", async () => {
  await using server = serveOnLoopback(() => new Response("x"), { port: 0 });
  const port = Number(new URL(server.address).port);
  (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  // Every address of 127.0.0.0/8 is this machine's on Linux; elsewhere nothing is there at all.
  await assertRejects(async () => (await Deno.connect({ hostname: "127.0.0.2", port })).close());
});
