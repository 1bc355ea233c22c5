// `--distributed mpi`: this process is one of several that mpirun has started. The first does the command, the
// others help it and are quiet.
import { UsageError } from "../errors.ts";
import { launcherOf } from "../mpi/mod.ts";
import { follow, Rank } from "../train/ranks/mod.ts";
import type { CommandContext } from "./command.ts";

/** Do a command, alone or as the first of several ranks; or help the first. */
export async function withRanks(
  context: CommandContext,
  command: (rank: Rank | null) => Promise<void>,
): Promise<void> {
  const { distributed, backend } = context.options;
  if (distributed === undefined) return await command(null);
  if (backend === "webgpu") {
    throw new UsageError("--distributed mpi shares a step between processors, not GPUs", {
      hint: "Use --backend wasm, or a GPU without --distributed.",
    });
  }
  using rank = await Rank.join(launcherOf(context.env));
  if (rank.job.rank > 0) {
    context.follow();
    return await follow(rank);
  }
  try {
    await command(rank);
    await rank.end();
  } catch (error) {
    await rank.fail(error);
    throw error;
  }
}
