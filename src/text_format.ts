// Numbers, times, columns and foreign text as people read them.

/** An integer with commas between thousands. */
export function formatCount(count: number): string {
  return Math.round(count).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A size in bytes: "778 bytes", "3.88 MB". */
export function formatBytes(sizeBytes: number): string {
  if (sizeBytes < 1000) return `${Math.round(sizeBytes)} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = sizeBytes / 1000;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${value.toPrecision(3)} ${units[unit]}`;
}

/** A share: "12.34 %". */
export function formatPercent(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** A duration: "8s", "4m 05s", "2h 03m". */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor(whole / 60) % 60)}m`;
}

/** A local time as a part of a name: "2026-01-31-12-00-00". */
export function timeStamp(date: Date): string {
  const pad = (value: number): string => String(value).padStart(2, "0");
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())];
  return [...day, pad(date.getHours()), pad(date.getMinutes()), pad(date.getSeconds())].join("-");
}

/** A learning rate: "3.00e-4". */
export function formatRate(rate: number): string {
  return rate.toExponential(2);
}

/** Rows of cells, of any number, as lines whose columns begin below each other. */
export function tableLines(rows: readonly (readonly string[])[], gap = 3): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join(" ".repeat(gap)).trimEnd());
}

/**
 * What a terminal would obey, or would not show: control characters (C0, DEL, C1), format characters (among
 * them those that turn the direction of writing), other line ends, halves of surrogate pairs.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A foreign text, safe to print: what is unsafe becomes a sign (`␛`, `\u202e`); line ends and tabs stay. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => "\n\t".includes(character) ? character : signOf(character));
}

/** The same as one line, which no line end can divide. */
export function printableLine(text: string): string {
  return text.replace(UNSAFE, signOf);
}

/** A value as one line of JSON that is as safe to print: what is unsafe is escaped. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, escapeOf);
}

function signOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : escapeOf(character);
}

/** Each half of a surrogate pair by itself, as JSON has it. */
function escapeOf(character: string): string {
  return character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}

/** A JSON value of a file for a message, shortened. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** A word as a shell takes it. */
export function shellWord(word: string): string {
  return /^[\w.,:/\\+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
