/** A language server whose answers are written down, as a program: for editors that start one. */
import { serveEditor } from "../../../src/serve/lsp/server.ts";
import { ScriptedAssistant } from "../scripted_assistant.ts";

if (import.meta.main) {
  const encoder = new TextEncoder();
  const leftInOrder = await serveEditor({
    input: Deno.stdin.readable,
    write: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
    assistant: new ScriptedAssistant(["a + 0 = a", "a = ß"]),
    seconds: 60,
    log: console.error,
  });
  Deno.exit(leftInOrder ? 0 : 1);
}
