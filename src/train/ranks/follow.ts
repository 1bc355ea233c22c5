// What a rank but 0 does: orders, one after the other, until the run is over. It reads no proofs, prints
// nothing and writes nothing.
import { chooseBackend, recordedMultiplyAdd } from "../../backend/choose.ts";
import { initialParameters } from "../../model/parameters.ts";
import { Pool } from "../engine/pool.ts";
import type { Order, Ready } from "./orders.ts";
import { type Rank, together } from "./rank.ts";

/**
 * Follow rank 0 to the end of its run.
 *
 * @throws {DeviceError} when another rank is lost, or a worker of this one; the others have been told
 */
export async function follow(rank: Rank): Promise<void> {
  try {
    await followOrders(rank);
    await rank.ask({ kind: "close" });
  } catch (error) {
    await rank.fail(error);
    throw error;
  }
}

async function followOrders(rank: Rank): Promise<void> {
  await using opened = new AsyncDisposableStack();
  let pool: Pool | null = null;
  const started = (): Pool => {
    if (pool === null) throw new Error("internal: no run has begun");
    return pool;
  };
  const report = (message: unknown): Promise<void> => rank.ask({ kind: "report", message });
  for (;;) {
    const order = await rank.ask({ kind: "hear" }) as Order;
    switch (order.kind) {
      case "begin": {
        pool = opened.use(await begin(rank, order, report));
        break;
      }
      case "step": {
        const { step, apply, jobs } = order;
        const [results] = await together(started().doJobs(jobs), rank.ask({ kind: "step", step, apply }));
        await report(results);
        break;
      }
      case "evaluate":
        await report(await Array.fromAsync(started().losses(order.batches)));
        break;
      case "state":
        await started().state();
        await rank.ask({ kind: "moments" });
        break;
      case "load": {
        const { parameters, m, v } = started().sharedState;
        await rank.ask({ kind: "share", vectors: [parameters, m, v] });
        await started().loadShared();
        break;
      }
      case "end":
        return;
      default:
        order satisfies never;
    }
  }
}

async function begin(
  rank: Rank,
  { model, train, workers, backend: name }: Order & { readonly kind: "begin" },
  report: (message: Ready) => Promise<void>,
): Promise<Pool> {
  const backend = await chooseBackend(name);
  const parameters = initialParameters(model, train.seed); // until rank 0's come
  const pool = await Pool.start({ model, train, workers, backend, parameters, ranks: rank.job });
  await rank.ask({ kind: "attach", setup: { model, train, place: pool.place, shared: pool.shared } });
  await report({ multiplyAdd: recordedMultiplyAdd(backend).multiplyAdd });
  return pool;
}
