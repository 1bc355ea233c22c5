/**
 * `deno task soak [PART…] [--runs N] [--seed N]`: what the tests try briefly, at length. Without a part all
 * of them, one after the other. Exit code 1 when something was lost.
 */
import { flip } from "./flip.ts";
import { io } from "./io.ts";
import { kill } from "./kill.ts";
import { mutate } from "./mutate.ts";
import type { Part, Row } from "./part.ts";
import { signals } from "./signals.ts";
import { steps } from "./steps.ts";

const PARTS: readonly Part[] = [kill, io, flip, mutate, steps, signals];

const PROGRESS_MS = 10_000;

async function main(args: readonly string[]): Promise<number> {
  const given = { runs: null as number | null, seed: 42 };
  const names: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [word, value] = [args[i]!, Number(args[i + 1])];
    if (word === "--runs" && value > 0) given.runs = Number(args[++i]);
    else if (word === "--seed" && Number.isInteger(value)) given.seed = Number(args[++i]);
    else if (PARTS.some(({ name }) => name === word)) names.push(word);
    else return usage(word);
  }
  const table: string[][] = [["part", "what", "tried", "lost", "minutes", "note"]];
  let lost = 0;
  for (const part of PARTS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const begun = performance.now();
    const progress = progressLine(part.name);
    const rows = await part.run({ runs: given.runs ?? part.runs, seed: given.seed, progress });
    if (Deno.stdout.isTerminal()) console.log();
    const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
    for (const row of rows) {
      table.push([part.name, row.what, String(row.tried), String(row.lost.length), minutes, row.note]);
      lost += row.lost.length;
      tell(row);
    }
  }
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table) console.log(row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd());
  return lost > 0 ? 1 : 0;
}

function tell({ what, lost }: Row): void {
  for (const problem of lost.slice(0, 20)) console.log(`LOST, ${what}: ${problem}`);
  if (lost.length > 20) console.log(`LOST, ${what}: and ${lost.length - 20} more`);
}

/** One line that changes on a terminal; elsewhere a line now and then. */
function progressLine(name: string): (line: string) => void {
  let last = -Infinity;
  return (line) => {
    if (Deno.stdout.isTerminal()) Deno.stdout.writeSync(new TextEncoder().encode(`\r\x1b[K${name}: ${line}`));
    else if (performance.now() - last > PROGRESS_MS) {
      last = performance.now();
      console.log(`${name}: ${line}`);
    }
  };
}

function usage(word: string): number {
  console.error(`"${word}" is no part of the soak: deno task soak [PART…] [--runs N] [--seed N]`);
  for (const { name, summary, runs, unit } of PARTS) {
    console.error(`  ${name.padEnd(8)} ${summary} (--runs ${runs}: ${unit})`);
  }
  return 2;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
