/**
 * What a run of the bench found, and the file in which it is kept: `bench/record/PROCESSOR_CORES/DATE.json`,
 * or `bench/record/GPU/DATE.json`.
 */
import { dirname, fromFileUrl, join } from "@std/path";
import type { GpuFigures } from "./gpu.ts";
import type { OperationTiming } from "./operations.ts";
import type { Profile } from "./profile.ts";
import type { StepTiming } from "./scaling.ts";
import type { Waits } from "./waits.ts";

/** Everything that is measured in one run. */
export interface BenchRecord {
  /** When, in UTC. */
  readonly date: string;
  readonly machine: Machine;
  /** The backend's description. */
  readonly backend: string;
  /** Where the batches are from. */
  readonly data: string;
  /** Of one core. */
  readonly peakGigaflops: number;
  /** Useful arithmetic of a step by its tokens. */
  readonly flopsPerToken: number;
  /** Rows of a micro-batch in `operations`. */
  readonly rows: number;
  readonly operations: readonly OperationTiming[];
  readonly profile: Profile;
  /** With one worker first. */
  readonly steps: readonly StepTiming[];
  readonly peakBytes: number | null;
  readonly waits: Waits;
}

/** The same of a GPU. */
export interface GpuRecord
  extends GpuFigures, Pick<BenchRecord, "date" | "machine" | "data" | "flopsPerToken" | "rows"> {}

/** What figures can only be compared on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly os: string;
  readonly deno: string;
  readonly v8: string;
}

/** This machine. */
export function describeMachine(): Machine {
  const { os, arch } = Deno.build;
  return {
    processor: os === "linux" ? linuxProcessor() ?? arch : arch,
    cores: navigator.hardwareConcurrency,
    os,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
  };
}

/** Keep a record. @returns the file's path */
export async function writeRecord(record: BenchRecord | GpuRecord): Promise<string> {
  const { processor, cores } = record.machine;
  const name = "peakBytes" in record ? `${processor} ${cores} cores` : record.backend;
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_").replace(/_$/, "");
  const day = record.date.slice(0, 10);
  const path = join(dirname(fromFileUrl(import.meta.url)), "record", slug, `${day}.json`);
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, JSON.stringify(record, null, 2) + "\n");
  return path;
}

function linuxProcessor(): string | null {
  const info = Deno.readTextFileSync("/proc/cpuinfo");
  const name = /^model name\s*:\s*(.+)$/m.exec(info)?.[1]?.trim();
  if (name === undefined) return null;
  const [family, model] = ["cpu family", "model"].map((key) =>
    new RegExp(`^${key}\\s*:\\s*(\\d+)$`, "m").exec(info)?.[1]
  );
  // Virtual machines shorten the name: the family and model tell more.
  return family === undefined ? name : `${name} family ${family} model ${model}`;
}
