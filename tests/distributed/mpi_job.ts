/** The program as a job of several processes, as a user of mpirun starts it. */
import { CONFIG, programArguments } from "../cli/permission_set.ts";

/** An mpirun of this machine. */
export interface Launcher {
  readonly name: "Open MPI" | "MPICH";
  readonly command: string;
  readonly options: readonly string[];
}

/** Debian's names; both may be installed. */
export const LAUNCHERS: readonly Launcher[] = [
  {
    name: "Open MPI",
    command: "mpirun.openmpi",
    options: ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"],
  },
  { name: "MPICH", command: "mpirun.mpich", options: [] },
];

/** Whether a launcher is there. */
export function isThere({ command }: Launcher): boolean {
  try {
    return new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

/** Start a command on so many ranks. */
export function startJob(
  { command, options }: Launcher,
  ranks: number,
  { folder, args }: { folder: string; args: readonly string[] },
): Deno.ChildProcess {
  const words = [...programArguments([...args, "--distributed", "mpi"])];
  return new Deno.Command(command, {
    args: [...options, "-n", String(ranks), Deno.execPath(), ...words],
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Its end, with what it said. */
export async function endOf(child: Deno.ChildProcess): Promise<{ code: number; text: string; ms: number }> {
  const begun = performance.now();
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr), ms: performance.now() - begun };
}

/** The process of a rank of the job in a folder. @throws {Error} when there is none */
export async function processOf(folder: string, rank: number): Promise<number> {
  const isRank = new RegExp(`(^|\\0)(OMPI_COMM_WORLD_RANK|PMI_RANK)=${rank}\\0`);
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = (await Deno.readTextFile(`/proc/${name}/cmdline`)).split("\0");
      if (!words.includes(CONFIG) || await Deno.readLink(`/proc/${name}/cwd`) !== folder) continue;
      if (isRank.test(await Deno.readTextFile(`/proc/${name}/environ`))) return Number(name);
    } catch { /* it has ended meanwhile */ }
  }
  throw new Error(`rank ${rank} of the job in ${folder} does not run`);
}
