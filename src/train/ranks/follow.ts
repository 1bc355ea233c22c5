// What a rank but 0 does: orders, one after the other, until the run is over. It reads no proofs, prints
// nothing and writes nothing.
import { chooseBackend, recordedMultiplyAdd } from "../../backend/choose.ts";
import { initialParameters } from "../../model/parameters.ts";
import type { Order, Ready, StepReport } from "./orders.ts";
import type { Rank } from "./rank.ts";
import type { RankShare } from "./share.ts";
import { startShare } from "./start_share.ts";

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
  let begun: RankShare | null = null;
  const share = (): RankShare => {
    if (begun === null) throw new Error("internal: no run has begun");
    return begun;
  };
  const report = (message: unknown): Promise<void> => rank.ask({ kind: "report", message });
  for (;;) {
    const order = await rank.ask({ kind: "hear" }) as Order;
    switch (order.kind) {
      case "begin":
        begun = await begin(rank, order, report);
        opened.use(begun.pool);
        break;
      case "step": {
        await rank.ask({ kind: "sent" }); // for what was not a step
        const results = await share().work(order.jobs, order);
        await report({ results, sentBytes: await rank.ask({ kind: "sent" }) } satisfies StepReport);
        break;
      }
      case "evaluate":
        await report(await Array.fromAsync(share().pool.losses(order.batches)));
        break;
      case "state":
        await share().gather();
        break;
      case "load":
        await share().spread();
        break;
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
): Promise<RankShare> {
  const backend = await chooseBackend(name);
  const parameters = initialParameters(model, train.seed); // until rank 0's come
  const share = await startShare(rank, { model, train, workers, backend, parameters });
  await report({ multiplyAdd: recordedMultiplyAdd(backend).multiplyAdd });
  return share;
}
