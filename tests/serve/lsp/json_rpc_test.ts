/** Requests, answers, cancellation, and what is said of messages that are none. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../../src/errors.ts";
import { CODE, JsonRpcPeer, ResponseError } from "../../../src/serve/lsp/json_rpc.ts";

/** A peer whose messages are kept. */
function makePeer() {
  const sent: Record<string, unknown>[] = [];
  const logged: string[] = [];
  const peer: JsonRpcPeer = new JsonRpcPeer((message) => sent.push(message as Record<string, unknown>), {
    log: (message) => logged.push(message),
    requests: {
      echo: (params) => params,
      nothing: () => undefined,
      wait: (_, signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      wrong: () => {
        throw new ResponseError(CODE.invalidParams, "wrong");
      },
      data: () => Promise.reject(new DataError("no such file")),
      fault: () => Promise.reject(new TypeError("a fault")),
    },
    notifications: {
      note: ({ text }) => {
        if (text === undefined) throw new ResponseError(CODE.invalidParams, '"text" must be a text');
        logged.push(`note ${text}`);
      },
    },
  });
  const receive = async (value: unknown): Promise<unknown> => {
    peer.receive({ kind: "message", value });
    await new Promise((resolve) => setTimeout(resolve));
    return sent.at(-1);
  };
  return { peer, sent, logged, receive };
}

const request = (id: unknown, method: unknown, params?: unknown): object => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});

Deno.test("requests are answered, errors by their kind", async () => {
  const { receive, logged } = makePeer();
  assertEquals(await receive(request(1, "echo", { a: "ß" })), { jsonrpc: "2.0", id: 1, result: { a: "ß" } });
  assertEquals(await receive(request("x", "nothing")), { jsonrpc: "2.0", id: "x", result: null });
  const error = (id: unknown, code: number, message: string): object => ({
    jsonrpc: "2.0",
    id,
    error: { code, message },
  });
  assertEquals(await receive(request(2, "wrong")), error(2, -32602, "wrong"));
  assertEquals(await receive(request(3, "data")), error(3, -32803, "no such file"));
  assertEquals(await receive(request(4, "none")), error(4, -32601, 'there is no method "none"'));
  assertEquals(await receive(request(5, "toString")), error(5, -32601, 'there is no method "toString"'));
  assertEquals(await receive(request(6, "echo", [1])), error(6, -32602, '"echo" takes parameters by name'));
  assertEquals(logged, []);
  assertEquals(await receive(request(7, "fault")), error(7, -32603, '"fault" failed: a fault'));
  assert(logged[0]!.includes("json_rpc_test.ts"), "a fault of the program is told here");
});

Deno.test("messages that are none are answered, too, and end nothing", async () => {
  const { peer, sent, receive } = makePeer();
  const none = [null, 7, "text", [], [request(1, "echo")], {}, { jsonrpc: "1.0", id: 1, method: "echo" }];
  const odd = [request(null, "echo"), request({}, "echo"), request(1, 7), { jsonrpc: "2.0" }];
  for (const value of [...none, ...odd]) {
    const before = sent.length;
    const answer = await receive(value) as { error: { code: number } };
    assertEquals([sent.length, answer.error.code], [before + 1, CODE.invalidRequest], JSON.stringify(value));
  }
  peer.receive({ kind: "unreadable", reason: "no JSON" });
  assertEquals(sent.at(-1), { jsonrpc: "2.0", id: null, error: { code: -32700, message: "no JSON" } });
});

Deno.test("notifications are never answered, whatever they have", async () => {
  const { sent, logged, receive } = makePeer();
  for (const method of ["$/cancelRequest", "$/setTrace", "none", "constructor"]) {
    for (const params of [undefined, null, [], 3, { id: {} }, { id: 99 }]) {
      await receive({ jsonrpc: "2.0", method, params });
    }
  }
  assertEquals([sent, logged], [[], []]);
  await receive({ jsonrpc: "2.0", method: "note", params: { text: "a" } });
  await receive({ jsonrpc: "2.0", method: "note", params: [] });
  assertEquals([sent, logged], [[], ["note a", 'note: "text" must be a text']]);
});

Deno.test("a request is cancelled by its id, and is answered as the protocol says", async () => {
  const { peer, sent, receive } = makePeer();
  await receive(request(1, "wait"));
  await receive(request("1", "wait"));
  assertEquals(await receive(request(1, "echo")), {
    jsonrpc: "2.0",
    id: 1,
    error: { code: CODE.invalidRequest, message: "request 1 is at work" },
  });
  sent.length = 0;
  const cancelled = (id: unknown): object => ({
    jsonrpc: "2.0",
    id,
    error: { code: CODE.requestCancelled, message: "the request was cancelled" },
  });
  assertEquals(
    await receive({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: "1" } }),
    cancelled("1"),
  );
  assertEquals(sent.length, 1);
  peer.close();
  await receive(request(9, "nothing"));
  assertEquals(sent[1], cancelled(1));
});

Deno.test("more requests than an editor has are refused, and their ends make room", async () => {
  const { peer, sent, receive } = makePeer();
  for (let id = 0; id < 256; id++) await receive(request(id, "wait"));
  const answer = await receive(request(256, "echo")) as { error: { code: number } };
  assertEquals(answer.error.code, CODE.requestFailed);
  await receive({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 7 } });
  assertEquals(await receive(request(257, "nothing")), { jsonrpc: "2.0", id: 257, result: null });
  peer.close();
  await receive(request(258, "nothing"));
  assertEquals(sent.length, 1 + 1 + 1 + 255 + 1);
});

Deno.test("what we ask is settled by its id, once; other answers are told and change nothing", async () => {
  const { peer, sent, logged, receive } = makePeer();
  const [good, bad, open] = [peer.request("a", {}), peer.request("b", {}), peer.request("c", {})];
  assertEquals(sent.map(({ id, method }) => [id, method]), [[1, "a"], [2, "b"], [3, "c"]]);
  await receive({ jsonrpc: "2.0", id: 1, result: 5 });
  assertEquals(await good, 5);
  const rejected = assertRejects(() => bad, ResponseError, "not now");
  await receive({ jsonrpc: "2.0", id: 2, error: { code: -1, message: "not now" } });
  await rejected;
  for (const id of [1, 2, 77, "1", null, {}]) await receive({ jsonrpc: "2.0", id, result: null });
  assertEquals(logged.length, 6);
  peer.close();
  await assertRejects(() => open, ResponseError, "cancelled");
});
