/** Columns of text. */

/**
 * Rows as lines whose columns begin below each other.
 *
 * @param rows cells; a row may have fewer than others
 */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join("   ").trimEnd());
}
