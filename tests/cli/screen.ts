/** What a terminal shows in the end: line ends, carriage returns, the cursor up, cuts, and wrapped lines. */
export function screen(output: string, columns = Infinity): string[] {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  const pattern = new RegExp("\x1b\\[(\\d*)([A-Za-z])|[^]", "gu");
  for (const [text, count, letter] of output.matchAll(pattern)) {
    if (letter === "A") row -= Number(count || 1);
    else if (letter === "J") {
      rows.length = row + 1;
      rows[row]!.length = Math.min(column, rows[row]!.length);
    } else if (letter === "K") rows[row]!.length = Math.min(column, rows[row]!.length);
    else if (letter !== undefined) continue;
    else if (text === "\r") column = 0;
    else if (text === "\n") {
      [row, column] = [row + 1, 0];
      rows[row] ??= [];
    } else {
      if (column >= columns) [row, column] = [row + 1, 0];
      rows[row] ??= [];
      rows[row]![column++] = text;
    }
  }
  return rows.map((cells) => cells.join("").trimEnd());
}
