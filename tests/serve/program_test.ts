/** `tactics lsp` and `tactics serve` as programs, with their own permissions, a model and a library. */
import { assert, assertEquals } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { programArguments } from "../cli/permission_set.ts";
import { start } from "../cli/process.ts";
import { saveModels } from "../infer/saved_models.ts";
import { withFolder } from "../temporary_folder.ts";
import { Editor } from "./lsp/editor.ts";

const NAT = `inductive Nat {
    0
    suc(Nat)
}

attributes Nat {
    define add(self, other: Nat) -> Nat {
        match other {
            Nat.0 { self }
            Nat.suc(p) { self.add(p).suc }
        }
    }
}

let zero: Nat = Nat.0
`;
const SUM = `from nat import Nat, zero

theorem add_zero(a: Nat) {
    a.add(zero) = a
} by {
    a.add(zero) = a
}
`;

/** A library, a model, and the words that name both. */
async function setUp(folder: string): Promise<{ uri: string; words: string[] }> {
  await Deno.mkdir(join(folder, "lib", "src"), { recursive: true });
  const write = (name: string, text: string): Promise<void> =>
    Deno.writeTextFile(join(folder, "lib", name), text);
  await write("acorn.toml", "");
  await write("src/nat.ac", NAT);
  await write("src/sum.ac", SUM);
  const { checkpoints } = await saveModels(folder, "pointer");
  return {
    uri: toFileUrl(join(folder, "lib", "src", "sum.ac")).href,
    words: ["--checkpoint-dir", checkpoints, "--backend", "wasm"],
  };
}

interface Suggested {
  goal: string;
  suggestions: { line: string }[];
}

Deno.test("tactics lsp suggests in a buffer that is broken before and after the goal", () =>
  withFolder(async (folder) => {
    const { uri, words } = await setUp(folder);
    // What it prints is the protocol's: the connection would say of anything else that it is none.
    const child = new Deno.Command(Deno.execPath(), {
      args: programArguments(["lsp", ...words]),
      cwd: folder,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const editor = Editor.of(child);
    const faults: unknown[] = [];
    editor.connection.onError((fault) => faults.push(fault));
    await editor.initialize();
    await editor.open(uri, SUM);
    const at = { line: 1, character: 0 };
    await editor.change(uri, 2, { range: { start: at, end: at }, text: "define 𝔸(x: Na\n" });
    const end = { line: 8, character: 0 };
    await editor.change(uri, 3, { range: { start: end, end }, text: "theorem more {\n    (a = ß +\n" });
    const [action] = await editor.actions(uri, 6);
    assertEquals(action.command.command, "tactics.prove");
    const command = { command: "tactics.suggest", arguments: [{ uri, line: 6 }] };
    const { goal, suggestions } = await editor.connection.sendRequest<Suggested>(
      "workspace/executeCommand",
      command,
    );
    // Its code needs what `nat` defines; the context is the theorem as it stands in the buffer.
    assertEquals(
      goal,
      `@T\n${SUM.split("\n").slice(2, 5).join("\n")}\n@G\n    a.add(zero) = a\n@C\na.add(Nat.0) != a\n`,
    );
    assert(suggestions.length > 0);
    await editor.leave();
    const { code } = await child.status;
    assertEquals([code, faults], [0, []]);
  }));

Deno.test("tactics lsp outlives what is no protocol, and ends when the editor has gone", () =>
  withFolder(async (folder) => {
    const { words } = await setUp(folder);
    const running = start(folder, ["lsp", ...words]);
    const writer = running.child.stdin.getWriter();
    const send = (text: string): Promise<void> => writer.write(new TextEncoder().encode(text));
    await send("garbage\r\n\r\nContent-Length: -1\r\n\r\nContent-Length: 99999999\r\n\r\n");
    for (let i = 0; i < 100; i++) await send("x".repeat(1_000_000).slice(0, i < 99 ? 1_000_000 : 999_999));
    const request = JSON.stringify({ jsonrpc: "2.0", id: 7, method: "initialize", params: {} });
    await send(`Content-Length: ${request.length}\r\n\r\n${request}`);
    await running.until('"id":7');
    await writer.close();
    const { code, out, error } = await running.ended();
    assertEquals(code, 1, error);
    assert(error.includes("error: The editor has gone without `shutdown` and `exit`"), error);
    assertEquals(out.match(/"code":-32700/g)?.length, 3, out);
    const refused = await start(folder, ["lsp", "--json", ...words]).ended();
    assertEquals(refused.code, 2);
  }));

Deno.test("tactics serve answers at the address that it says, and Ctrl-C ends it at once", () =>
  withFolder(async (folder) => {
    const { words } = await setUp(folder);
    const running = start(folder, ["serve", "--port", "0", "--lib", "lib", ...words]);
    await running.until("ready, with");
    const [, address] = /listening on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(running.out)!;
    const post = (body: object): Promise<Response> =>
      fetch(`${address}/suggest`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ samples: 2, beam: 2, maxTokens: 8, ...body }),
      });
    const place: Suggested = await (await post({ text: SUM, line: 6, module: "sum" })).json();
    assert(place.goal.endsWith("@C\na.add(Nat.0) != a\n"), place.goal);
    const goal = await post({ goal: place.goal, prefix: "add" });
    const lines = (await goal.json() as Suggested).suggestions.map(({ line }) => line);
    assert(lines.length > 0 && lines.every((line) => line.startsWith("add")), lines.join("\n"));
    const none = await post({ text: SUM, line: 1 });
    assertEquals([none.status, (await none.json()).error], [422, "Line 1 belongs to no goal"]);
    assertEquals((await (await fetch(`${address}/health`)).json()).status, "ready");
    const taken = await start(folder, ["serve", "--port", new URL(address!).port, ...words]).ended();
    assert(taken.error.includes("hint: name another port with --port"), taken.error);
    running.child.kill("SIGINT");
    const { code, ms } = await running.ended();
    assertEquals(code, 130);
    assert(ms < 2000, `${ms} ms`);
  }));
