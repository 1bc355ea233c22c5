// This process as a rank: its link's thread, and what the ranks know of each other before a run.
import { DeviceError } from "../../errors.ts";
import type { Launcher } from "../../mpi/mod.ts";
import { VERSION } from "../../version.ts";
import { SILENCE_MS, WorkerPool } from "../../workers/mod.ts";
import { BROKEN_MESSAGE } from "../engine/shared_state.ts";
import type { Job, LinkAnswers, LinkRequest } from "./link_messages.ts";
import type { Hello, Order } from "./orders.ts";

const MODULE = import.meta.resolve("./link_worker.ts");

/** Another rank, as rank 0 knows it. */
export type Helper = Pick<Hello, "host" | "cores">;

export class Rank implements Disposable {
  readonly #link = new WorkerPool<LinkRequest, LinkAnswers>(MODULE, { workers: 1, silenceMs: SILENCE_MS });
  #job: Job | null = null;
  #helpers: readonly Helper[] = [];

  /**
   * Join the MPI job that this process was started in.
   *
   * @throws {DeviceError} when there is none, no library that is known, or another version of this program
   */
  static async join(launcher: Launcher | null): Promise<Rank> {
    if (launcher === null) {
      throw new DeviceError("This process was not started by MPI, so there are no other ranks", {
        hint: "Start several: `mpirun -n 2 deno task train --distributed mpi`.",
      });
    }
    const rank = new Rank();
    try {
      rank.#job = await rank.ask({ kind: "open", launcher });
      await rank.#meet();
      return rank;
    } catch (error) {
      rank[Symbol.dispose]();
      throw error;
    }
  }

  get job(): Job {
    return this.#job!;
  }

  /** Of rank 0: the others, from rank 1 on. */
  get helpers(): readonly Helper[] {
    return this.#helpers;
  }

  /** Of rank 0: it, and the others. */
  get all(): readonly Helper[] {
    return [{ host: this.job.host, cores: navigator.hardwareConcurrency }, ...this.helpers];
  }

  ask<R extends LinkRequest>(request: R): Promise<LinkAnswers[R["kind"]]> {
    return this.#link.ask(0, request);
  }

  /** Of rank 0: the same order to every other rank. */
  async tell(order: Order): Promise<void> {
    await this.ask({ kind: "tell", messages: this.helpers.map(() => order) });
  }

  /** Of rank 0: let the others end, and leave the job. To be called once, when all is well. */
  async end(): Promise<void> {
    await this.tell({ kind: "end" });
    await this.ask({ kind: "close" });
  }

  /** Tell the others why this one ends; they end, too. */
  async fail(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    await this.ask({ kind: "fail", reason }).catch(() => {});
  }

  [Symbol.dispose](): void {
    this.#link[Symbol.dispose]();
  }

  async #meet(): Promise<void> {
    const { rank, ranks, host } = this.job;
    const hello: Hello = { host, cores: navigator.hardwareConcurrency, version: VERSION };
    if (rank > 0) return await this.ask({ kind: "report", message: hello });
    if (ranks === 1) return;
    const hellos = await this.ask({ kind: "collect" }) as readonly Hello[];
    const other = hellos.findIndex(({ version }) => version !== VERSION);
    if (other >= 0) {
      const { version, host } = hellos[other]!;
      const error = new DeviceError(
        `rank ${other + 1} on ${host} runs tactics ${version}, rank 0 ${VERSION}`,
        {
          hint: "Install the same version on all machines.",
        },
      );
      await this.fail(error);
      throw error;
    }
    this.#helpers = hellos;
  }
}

/** Wait for several things that go on together; of their errors, one that is no consequence of another. */
export async function together<T extends readonly unknown[]>(
  ...work: { [I in keyof T]: Promise<T[I]> }
): Promise<T> {
  const results = await Promise.allSettled(work);
  const errors = results.flatMap((result) => result.status === "rejected" ? [result.reason as Error] : []);
  if (errors.length > 0) throw errors.find(({ message }) => message !== BROKEN_MESSAGE) ?? errors[0]!;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}
