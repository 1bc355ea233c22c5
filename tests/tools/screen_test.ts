/** The picture of a terminal's screen: places, colours, what scrolled off, and no text as markup. */
import { assert, assertEquals } from "@std/assert";
import xterm from "@xterm/headless";
import { screenSvg } from "../../tools/screen.ts";

async function picture(text: string, rows = 5): Promise<string> {
  const screen = new xterm.Terminal({ cols: 20, rows, allowProposedApi: true });
  await new Promise<void>((resolve) => screen.write(text, resolve));
  return screenSvg(screen, "a <command>");
}

/** The texts of a picture, with their places in cells. */
function texts(svg: string): [x: number, y: number, text: string][] {
  return [...svg.matchAll(/<text x="(\d+)" y="(\d+)"[^>]*>([^<]*)</g)].map(([, x, y, text]) => [
    (Number(x) - 16) / 8,
    (Number(y) - 34 - 13) / 18,
    text!.replaceAll("\u00a0", " "),
  ]);
}

Deno.test("a picture has each text in its cell, runs of one style together", async () => {
  const svg = await picture("plain \x1b[1;32mbold green\x1b[0m\r\n   far  apart");
  assertEquals(texts(svg), [[0, 0, "plain"], [6, 0, "bold green"], [0, 1, "   far  apart"]]);
  assert(/font-weight="700" fill="#98c379">bold/.test(svg), svg);
});

Deno.test("a picture is the screen: what scrolled off or was overwritten is not in it", async () => {
  const svg = await picture("one\r\ntwo\r\nthree\r\n50 %\r\x1b[K100 %", 3);
  assertEquals(texts(svg).map(([, , text]) => text), ["two", "three", "100 %"]);
});

Deno.test("a picture has 256 and true colours, dim text, and text of others as text", async () => {
  const svg = await picture("\x1b[38;5;196mA\x1b[38;5;250mB\x1b[38;2;1;2;3mC\x1b[0;2mD\x1b[0m<b>&\r\n");
  for (const part of ["rgb(255,0,0)", "rgb(188,188,188)", "#010203", 'opacity="0.65"', "&#60;b&#62;&#38;"]) {
    assert(svg.includes(part), part);
  }
  assert(!svg.includes("<b>") && svg.includes("<title>a &#60;command&#62;</title>"));
});
