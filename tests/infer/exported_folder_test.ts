/** Files of an exported folder: from the disk and over HTTP. The server is on the loopback interface. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { DamagedError, DataError } from "../../src/errors.ts";
import { exportedFile, parseExportedConfig, readExportedFile } from "../../src/infer/exported_folder.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

Deno.test("a folder is a path, a file: URL or an http address, with or without a last slash", async () => {
  using folder = new TemporaryFolder();
  const content = Uint8Array.of(1, 2, 3);
  Deno.writeFileSync(join(folder.path, "a file"), content);
  const requests: string[] = [];
  await using server = serve((request) => {
    const { pathname, search } = new URL(request.url);
    requests.push(pathname + search);
    return new Response(content);
  });
  const address = `http://127.0.0.1:${server.addr.port}`;
  for (
    const source of [
      folder.path,
      toFileUrl(folder.path),
      `${address}/models/m`,
      `${address}/models/m/`,
      new URL(`${address}/m?key=1`),
    ]
  ) {
    assertEquals(await readExportedFile(source, "a file"), content, String(source));
  }
  assertEquals(requests, ["/models/m/a%20file", "/models/m/a%20file", "/m/a%20file?key=1"]);
});

Deno.test("a file that cannot be read or fetched is explained", async () => {
  using folder = new TemporaryFolder();
  const missing = await assertRejects(() => readExportedFile(folder.path, "config.json"), DataError);
  assertEquals(missing.message, `Cannot read "${join(folder.path, "config.json")}": it does not exist`);

  const server = serve(() => new Response("no", { status: 404, statusText: "Not Found" }));
  const address = `http://127.0.0.1:${server.addr.port}/m`;
  const absent = await assertRejects(() => readExportedFile(address, "config.json"), DataError);
  assertEquals(absent.message, `Cannot fetch "${address}/config.json": the server answers 404 Not Found`);
  assert(absent.hint?.includes("model.onnx"));
  await server.shutdown();

  const unreachable = await assertRejects(() => readExportedFile(address, "config.json"), DataError);
  assert(unreachable.message.startsWith(`Cannot fetch "${address}/config.json": `), unreachable.message);
  assert(unreachable.hint?.includes("CORS"));

  const invalid = await assertRejects(() => readExportedFile("http://", "config.json"), DataError);
  assert(invalid.message.startsWith('"http://" is not an address'), invalid.message);
});

Deno.test("exportedFile() does not change the address it is given", () => {
  const address = new URL("https://example.org/model");
  assertEquals(String(exportedFile(address, "config.json")), "https://example.org/model/config.json");
  assertEquals(address.href, "https://example.org/model");
});

function serve(handler: (request: Request) => Response): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
}

Deno.test("sizes that no model of ours has are refused before anything of that size is made", () => {
  const good = { vocab_size: 300, context_length: 64, n_layers: 2, n_heads: 2, head_dim: 8 };
  assertEquals(parseExportedConfig(JSON.stringify(good)).nLayers, 2);
  for (const key of Object.keys(good)) {
    for (const value of [1 << 24, 1e15, 0, -1, 1.5, "2", null, undefined]) {
      const text = JSON.stringify({ ...good, [key]: value });
      assertThrows(() => parseExportedConfig(text), DamagedError, `${key} is `);
    }
  }
  const wide = JSON.stringify({ ...good, n_heads: 1024, head_dim: 16384 });
  assertThrows(() => parseExportedConfig(wide), DamagedError, "n_heads times head_dim is 16777216");
});
