/** Names, files and models whose text would steer a terminal, or forge a line of the program's output. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { run } from "../../src/cli/main.ts";
import { writeSampleCorpus } from "../../src/corpus/sample/write.ts";
import { decodeModel, encodeModel } from "../../src/onnx/schema.ts";
import { printable } from "../../src/text_format.ts";
import { exportTiny } from "../export/tiny_model.ts";
import { withFolder } from "../temporary_folder.ts";

const HOSTILE = "\x1b]0;pwned\x07\x1b[2J\u009b31m\u202e";

/** What a command prints, in a terminal or not. */
async function printed(args: readonly string[], isTerminal: boolean): Promise<string> {
  let text = "";
  const write = (piece: string): void => void (text += piece);
  const terminal = {
    writeOut: write,
    writeError: write,
    isTerminal,
    columns: () => 80,
    env: (name: string) => name === "NO_COLOR" ? "1" : undefined,
    readInput: () => Promise.resolve(`@G\n${HOSTILE}\n@C\nx\n`),
  };
  await run(args, { terminal });
  return text;
}

Deno.test("hostile names and texts are shown, not obeyed, and forge no line", () =>
  withFolder(async (folder) => {
    const proofs = join(folder, "proofs");
    await writeSampleCorpus(proofs, { files: 4 });
    const name = `x\nfiles          999\n${HOSTILE}.txt`;
    if (Deno.build.os !== "windows") await Deno.writeTextFile(join(proofs, name), "no proof");
    const model = await exported(folder);
    const data = ["--data-dir", proofs];
    const calls = [
      ["data", "stats", ...data],
      ["verify", model],
      ["suggest", "--model", model, "--samples", "2", "--max-tokens", "3"],
      ["suggest", "--goal", join(folder, HOSTILE)],
      ["generate", "--model", model, "--prompt", `${HOSTILE}`, "--max-tokens", "3"],
      ["generate", "--model", `${model}${HOSTILE}`, "--prompt", "x"],
      ["eval", HOSTILE, ...data],
      ["export", HOSTILE, `${folder}/${HOSTILE}`],
      ["plot", HOSTILE],
      [HOSTILE],
      ["train", `--${HOSTILE}`],
      ["train", "--steps", HOSTILE],
    ];
    for (const args of calls) {
      for (const json of [[], ["--json"]]) {
        const text = await printed([...args, ...json], true);
        assert(text !== "" && text === printable(text), `${args.join(" ")}: ${JSON.stringify(text)}`);
        const forged = text.split("\n").filter((line) => /^files +999|^ +ok +forged/.test(line));
        assertEquals(forged, [], text);
      }
    }
    const piped = await printed(
      ["generate", "--model", model, "--prompt", HOSTILE, "--max-tokens", "3"],
      false,
    );
    assert(piped.startsWith(HOSTILE), "a pipe gets the text as it is");
  }));

/** An untrained model with a producer that would like to be another check. */
async function exported(parent: string): Promise<string> {
  const directory = await exportTiny(parent);
  const path = join(directory, "model.onnx");
  const model = decodeModel(await Deno.readFile(path));
  model.producerName = HOSTILE;
  model.producerVersion = "\n  ok     forged line";
  await Deno.writeFile(path, encodeModel(model));
  return directory;
}
