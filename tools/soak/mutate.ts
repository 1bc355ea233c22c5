/**
 * Mutated inputs for every parser, in this process: it may refuse them with its own errors, of at most 2,000
 * characters, in bounded time and memory; whatever else it throws is a fault. An input's number and the seed
 * make it again.
 */
import process from "node:process";
import { Rng } from "../../src/rng.ts";
import { mutated } from "./mutations.ts";
import { type Parser, parsers } from "./parsers.ts";
import { type Part, type PartOptions, reason, type Row } from "./part.ts";

/** An input of at most 64 kB may take so much of a processor's time, best of three. */
const MAX_MS = 250;
/** So much more than before may be in use while inputs are tried. */
const MAX_GROWTH_BYTES = 1 << 29;
/** What is shown of errors. */
const MAX_MESSAGE = 2000;

/** See the top of this file. */
export const mutate: Part = {
  name: "mutate",
  summary: "mutated inputs for every parser",
  runs: 1_000_000,
  unit: "inputs a parser",
  run: (options) => Promise.resolve(parsers().map((parser) => attack(parser, options))),
};

/** Try one parser. */
export function attack(parser: Parser, { runs, seed, progress }: PartOptions): Row {
  for (const input of parser.good) parser.parse(Uint8Array.from(input)); // or it would be no attack
  const lost: string[] = [];
  const memoryBefore = Deno.memoryUsage().rss;
  let [taken, slowest, most] = [0, 0, 0];
  for (let n = 0; n < runs && lost.length < 20; n++) {
    const input = mutated(parser.good, new Rng(seed, parser.name, n));
    const { error, ms } = attempt(parser, input);
    const bestMs = ms > MAX_MS ? Math.min(ms, attempt(parser, input).ms, attempt(parser, input).ms) : ms;
    slowest = Math.max(slowest, bestMs);
    if (error === null) taken++;
    else if (!parser.errors.some((wanted) => error instanceof wanted)) {
      lost.push(`input ${n}: ${reason(error)}`);
    } else if ((error as Error).message.length > MAX_MESSAGE) lost.push(`input ${n}: a message without end`);
    if (bestMs > MAX_MS) lost.push(`input ${n}: ${Math.round(bestMs)} ms`);
    if (n % 1000 === 0) {
      most = Math.max(most, Deno.memoryUsage().rss - memoryBefore);
      progress(`${parser.name}: ${n} of ${runs}; lost: ${lost.length}`);
    }
  }
  if (most > MAX_GROWTH_BYTES) lost.push(`memory grew by ${most} bytes`);
  const note = `${taken} taken, ${runs - taken} refused; slowest ${slowest.toFixed(1)} ms, ` +
    `memory +${Math.round(most / 2 ** 20)} MB`;
  return { what: `mutated ${parser.name}`, tried: runs, lost, note };
}

function attempt(parser: Parser, input: Uint8Array): { error: unknown; ms: number } {
  const bytes = Uint8Array.from(input);
  const [begun, before] = [performance.now(), process.cpuUsage()];
  // Of a busy machine's time, only what this process had; of its threads' (the compiler's), only this one's.
  const taken = (): number => {
    const { user, system } = process.cpuUsage(before);
    return Math.min(performance.now() - begun, (user + system) / 1000);
  };
  try {
    parser.parse(bytes);
    return { error: null, ms: taken() };
  } catch (error) {
    return { error: error ?? "nothing", ms: taken() };
  }
}
