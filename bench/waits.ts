/**
 * What people wait for, in one table: steps of the default recipe in small batches, with V8's flags and
 * without, a token and a prompt of our decoder beside ONNX Runtime, and the starts of commands. Each part is
 * a process of its own, as V8's flags are one's from its start: bench/default_step.ts, bench/decode.ts,
 * bench/starts.ts.
 */
import { fromFileUrl } from "@std/path";
import type { DecoderFigures } from "./decode.ts";
import type { DefaultSteps } from "./default_step.ts";
import type { Start } from "./starts.ts";

/** V8's flags, by what they are called in the table. */
const FLAGS = {
  "both flags": "--experimental-wasm-revectorize,--no-wasm-bounds-checks",
  "revectorize alone": "--experimental-wasm-revectorize",
  "no flags": "",
} as const;

/** The second flag is needless where the first one alone reaches so much of what both do. */
const AS_FAST = 0.9;

/** What was measured. */
export interface Waits {
  readonly steps: readonly ({ readonly flags: keyof typeof FLAGS } & DefaultSteps)[];
  readonly decoders: readonly DecoderFigures[];
  readonly starts: readonly Start[];
}

/** What is measured with. */
export interface WaitOptions {
  readonly dataDir: string | null;
  readonly tokenizerPath: string | null;
  /** An interpreter with onnxruntime, for the native one. */
  readonly python: string | null;
  readonly isQuick: boolean;
}

/** Measure all of it: some minutes. */
export async function measureWaits({ dataDir, tokenizerPath, python, isQuick }: WaitOptions): Promise<Waits> {
  const data = dataDir === null ? [] : ["--data-dir", dataDir];
  const quick = isQuick ? ["--quick"] : [];
  const tokenizer = tokenizerPath === null ? [] : ["--tokenizer", tokenizerPath];
  const steps: (Waits["steps"][number])[] = [];
  for (const flags of Object.keys(FLAGS) as (keyof typeof FLAGS)[]) {
    const sizes = flags === "both flags" ? "4,8,32" : "8";
    const args = [...data, ...tokenizer, ...quick, "--sizes", sizes, "--json"];
    steps.push({ flags, ...await part<DefaultSteps>("default_step.ts", args, FLAGS[flags]) });
  }
  const native = python === null ? [] : ["--python", python];
  const rounds = ["--rounds", isQuick ? "1" : "4", "--json"];
  const runs = ["--runs", isQuick ? "3" : "10"];
  return {
    steps,
    decoders: await part<DecoderFigures[]>("decode.ts", [...native, ...rounds], FLAGS["both flags"]),
    starts: await part<Start[]>("starts.ts", [...data, ...runs], ""),
  };
}

/** The table. Shares of the peak are those of the peak with the same flags, measured beside. */
export function waitTable({ steps, decoders, starts }: Waits): string {
  const [all] = steps;
  const speed = (sequences: number): number =>
    all!.sizes.find((size) => size.sequences === sequences)!.tokensPerSecond[1];
  const lines: string[][] = [["what", "figure", "of the peak", "beside"]];
  for (const { flags, peakGigaflops, sizes } of steps) {
    for (const { sequences, tokensPerSecond: [one, workers], peakShare, muonShare } of sizes) {
      lines.push([
        `step of ${sequences}, ${flags}`,
        `${workers.toFixed(0)} tokens/s`,
        `${percent(peakShare)} of ${peakGigaflops.toFixed(0)} GFLOP/s`,
        `${percent(workers / speed(32))} of 32's; Muon ${percent(muonShare)}; workers x${
          (workers / one).toFixed(2)
        }`,
      ]);
    }
  }
  const others = decoders.slice(1);
  for (const [what, of] of decoderLines(decoders[0]!)) {
    const ratios = others.map((other) => `${(of(decoders[0]!) / of(other)).toFixed(2)} of ${other.name}`);
    lines.push([what, `${of(decoders[0]!).toFixed(2)} ms`, "", ratios.join(", ")]);
  }
  for (const { what, ms } of starts) lines.push([what, `${(ms / 1000).toFixed(2)} s`, "", ""]);
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const rows = lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd());
  return ["What people wait for:", ...rows, trapHandlers(steps)].join("\n");
}

function decoderLines({ stepMs }: DecoderFigures): [what: string, of: (figures: DecoderFigures) => number][] {
  return [
    ["a token", ({ tokenMs }) => tokenMs],
    ...stepMs.map(({ sequences }, i): [string, (figures: DecoderFigures) => number] => [
      `a token for each of ${sequences} sequences`,
      (figures) => figures.stepMs[i]!.ms,
    ]),
    ["a prompt of 128 tokens", ({ promptMs }) => promptMs],
  ];
}

/** Whether this V8 does without explicit bounds checks, as it can where it has trap handlers for WebAssembly. */
function trapHandlers(steps: Waits["steps"]): string {
  const peak = (flags: keyof typeof FLAGS): number =>
    steps.find((step) => step.flags === flags)!.peakGigaflops;
  const share = peak("revectorize alone") / peak("both flags");
  return share >= AS_FAST
    ? `--no-wasm-bounds-checks is needless here: ${percent(share)} of the peak without (drop it from v8.env)`
    : `--no-wasm-bounds-checks is needed: without it ${
      percent(share)
    } of the peak (no trap handlers in this V8)`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

async function part<T>(script: string, args: readonly string[], flags: string): Promise<T> {
  const path = fromFileUrl(new URL(script, import.meta.url));
  const { DENO_V8_FLAGS: _, ...env } = Deno.env.toObject();
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", path, ...args],
    clearEnv: true,
    env: flags === "" ? env : { ...env, DENO_V8_FLAGS: flags }, // an empty one is none that V8 knows
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`bench/${script} failed`);
  return JSON.parse(new TextDecoder().decode(stdout)) as T;
}
