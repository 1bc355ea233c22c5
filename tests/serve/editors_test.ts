/** The examples for editors: Neovim itself, where it is installed, and what VS Code is told to start. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { withFolder } from "../temporary_folder.ts";

const here = (path: string): string => fromFileUrl(import.meta.resolve(path));

const TEXT = `theorem add_zero(a: Nat) {
    a + 0 = a
} by {
    let ß: Nat = a
    a + 0 = ß
}
`;

/** What a person does in Neovim, and what is in the buffer then. */
const SESSION = `
local function wait(what) assert(vim.wait(20000, what, 20), "nothing came") end
wait(function()
  local client = vim.lsp.buf_get_clients(0)[1]
  return client and client.initialized
end)
-- An edit that is not saved, in front of the goal; é and 𝔸 are one and two UTF-16 units.
vim.api.nvim_buf_set_lines(0, 0, 0, false, { "define é𝔸(x: Na", "" })
vim.api.nvim_buf_set_text(0, 0, 9, 0, 13, { "B" })
vim.api.nvim_win_set_cursor(0, { 7, 4 })
local seen = {}
vim.lsp.handlers["$/progress"] = function(_, result) table.insert(seen, result.value.kind) end
-- The first of what is offered, as if it were chosen.
vim.ui.select = function(items, options, chosen)
  for _, item in ipairs(items) do io.stderr:write(options.format_item(item), "\\n") end
  chosen(items[1], 1)
end
vim.lsp.buf.code_action()
wait(function() return vim.api.nvim_buf_line_count(0) == 10 end)
wait(function() return seen[#seen] == "end" end)
io.stderr:write(table.concat(seen, " "), "\\n")
vim.cmd("silent write! edited.ac")
vim.cmd("qall!")
`;

async function has(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "Neovim gets a step in a buffer that is being edited (left out where there is no nvim)",
  ignore: !await has("nvim"),
  fn: () =>
    withFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "sum.ac"), TEXT);
      await Deno.writeTextFile(join(folder, "session.lua"), SESSION);
      const server = [
        Deno.execPath(),
        ...["run", "--quiet", "--no-check", "--allow-read", "--config", here("../../deno.json")],
        here("./lsp/scripted_server.ts"),
      ];
      const words = [
        `let g:tactics_command = ${JSON.stringify(server)}`,
        "edit sum.ac",
        "luafile session.lua",
      ];
      const { code, stderr } = await new Deno.Command("nvim", {
        args: [
          ...["--clean", "--headless", "-i", "NONE", "--cmd", words[0]!],
          ...[
            "-S",
            here("../../examples/neovim/tactics.lua"),
            ...words.slice(1).flatMap((word) => ["-c", word]),
          ],
        ],
        cwd: folder,
        env: { XDG_STATE_HOME: folder, XDG_DATA_HOME: folder, XDG_CACHE_HOME: folder },
        stdin: "null",
      }).output();
      const said = new TextDecoder().decode(stderr);
      assertEquals(code, 0, said);
      assert(said.includes("tactics: suggest a step here\ntactics: show likely lines, not checked\n"), said);
      assert(said.includes("begin report report end\n"), said);
      const expected = TEXT.replace("    a + 0 = ß\n", "    a + 0 = a\n    a = ß\n    a + 0 = ß\n");
      assertEquals(await Deno.readTextFile(join(folder, "edited.ac")), `define éB(x: Na\n\n${expected}`);
    }),
});

Deno.test("VS Code's extension starts what the machine's settings name for Acorn's modules", async () => {
  const read = (name: string): Promise<string> => Deno.readTextFile(here(`../../examples/vscode/${name}`));
  const about = JSON.parse(await read("package.json"));
  const setting = about.contributes.configuration.properties["tactics.command"];
  // Otherwise a folder that somebody opens could name a program.
  assertEquals(setting.scope, "machine");
  const said: unknown[] = [];
  class LanguageClient {
    constructor(...words: unknown[]) {
      said.push(words);
    }
    start(): void {
      said.push("start");
    }
    stop(): void {
      said.push("stop");
    }
  }
  const modules: Record<string, unknown> = {
    "vscode": {
      workspace: {
        getConfiguration: (section: string) => ({ get: (name: string) => section + name && setting.default }),
      },
    },
    "vscode-languageclient/node": { LanguageClient },
  };
  assertEquals(Object.keys(about.dependencies), ["vscode-languageclient"]);
  const exports: { activate?(): Promise<void>; deactivate?(): void } = {};
  new Function("require", "exports", await read(about.main))((name: string) => modules[name], exports);
  await exports.activate!();
  exports.deactivate!();
  const server = { command: "tactics", args: ["lsp"] };
  const documentSelector = [
    { scheme: "file", pattern: "**/*.ac" },
    { scheme: "untitled", language: "acorn" },
  ];
  assertEquals(said, [
    ["tactics", "tactics", { run: server, debug: server }, { documentSelector }],
    "start",
    "stop",
  ]);
});
