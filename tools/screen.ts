/**
 * `deno task screen FILE.svg COLUMNS ROWS COMMAND...`: a picture of the screen that a command leaves. It runs
 * in a pseudo-terminal (`script` of util-linux), what it writes goes through xterm.js, and the cells of the
 * screen become an SVG. Nothing is made up: run again, the picture is what the command prints then.
 */
import xterm from "@xterm/headless";

/** A run of cells that look the same. */
interface Run {
  readonly column: number;
  text: string;
  readonly style: string;
}

/** Of a cell, in pixels; the font's letters are stretched to it. */
const [CELL, LINE, FONT] = [8, 18, 13];
const [MARGIN, BAR] = [16, 34];
const [GROUND, INK] = ["#16181d", "#d7dae0"];
/** The 16 colours of a terminal's palette, on a dark ground. */
const PALETTE = ("#3b4048 #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #c8ccd4 " +
  "#7f8794 #ff7b86 #b1e18b #f5d489 #7cc3ff #dd93f0 #6fd3df #ffffff").split(" ");

if (import.meta.main) {
  const [path, columns, rows, ...command] = Deno.args;
  if (path === undefined || !(Number(columns) > 0) || !(Number(rows) > 0) || command.length === 0) {
    console.error("usage: deno task screen FILE.svg COLUMNS ROWS COMMAND...");
    Deno.exit(2);
  }
  const screen = new xterm.Terminal({ cols: Number(columns), rows: Number(rows), allowProposedApi: true });
  await writeTo(screen, `\x1b[1;32m$\x1b[0m ${command.join(" ")}\r\n`);
  await writeTo(screen, await outputOf(command, Number(columns), Number(rows)));
  await Deno.writeTextFile(path, screenSvg(screen, command.join(" ")));
}

/** All that a command writes to a terminal of this size. */
async function outputOf(command: readonly string[], columns: number, rows: number): Promise<Uint8Array> {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const { code, stdout } = await new Deno.Command("script", {
    args: ["-qec", `stty cols ${columns} rows ${rows} && ${quoted}`, "/dev/null"],
    env: { TERM: "xterm-256color" },
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (code !== 0) {
    throw new Error(`${command.join(" ")} ends with ${code}: ${new TextDecoder().decode(stdout)}`);
  }
  return stdout;
}

function writeTo(screen: xterm.Terminal, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => screen.write(data, resolve));
}

/** The text of an .svg file: the rows of a screen, without empty ones at its end. */
export function screenSvg(screen: xterm.Terminal, title: string): string {
  const { active } = screen.buffer;
  const rows = Array.from({ length: screen.rows }, (_, y) => runsOf(screen, active.viewportY + y));
  while (rows.at(-1)?.length === 0) rows.pop();
  const [width, height] = [2 * MARGIN + CELL * screen.cols, BAR + LINE * rows.length + MARGIN];
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map((color, i) =>
    `<circle cx="${MARGIN + 4 + 18 * i}" cy="17" r="5.5" fill="${color}"/>`
  );
  const lines = rows.flatMap((runs, y) =>
    runs.map(({ column, text, style }) => {
      const place = `x="${MARGIN + CELL * column}" y="${BAR + LINE * y + FONT}"`;
      const length = `textLength="${CELL * text.length}" lengthAdjust="spacingAndGlyphs"`;
      return `<text ${place} ${length} ${style}>${escapeXml(text.replaceAll(" ", "\u00a0"))}</text>`;
    })
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${GROUND}"/>`,
    ...dots,
    `<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT}" ` +
    `fill="${INK}">`,
    ...lines,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** The cells of a row that show something, those of one style together. */
function runsOf(screen: xterm.Terminal, y: number): Run[] {
  const line = screen.buffer.active.getLine(y);
  const runs: Run[] = [];
  for (let column = 0; column < screen.cols; column++) {
    const cell = line?.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const text = cell.getChars() || " ";
    const color = cell.isFgDefault() ? "" : ` fill="${colorOf(cell)}"`;
    const style = `${cell.isBold() ? 'font-weight="700"' : ""}${
      cell.isDim() ? ' opacity="0.65"' : ""
    }${color}`;
    const last = runs.at(-1);
    // A letter that is wider or narrower than others keeps its own place.
    if (last?.style === style && last.column + last.text.length === column && text.length === 1) {
      last.text += text;
    } else runs.push({ column, text, style });
  }
  return runs.map((run) => ({ ...run, text: run.text.trimEnd() })).filter(({ text }) => text !== "");
}

function colorOf(cell: xterm.IBufferCell): string {
  const number = cell.getFgColor();
  if (cell.isFgRGB()) return `#${number.toString(16).padStart(6, "0")}`;
  if (number < 16) return PALETTE[number]!;
  if (number > 231) return `rgb(${Array(3).fill(8 + 10 * (number - 232))})`;
  const part = (place: number): number => [0, 95, 135, 175, 215, 255][Math.floor((number - 16) / place) % 6]!;
  return `rgb(${[36, 6, 1].map(part)})`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/\p{Cc}/gu, "\ufffd");
}
