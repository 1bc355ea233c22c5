/**
 * The training's worker with a fault: its address says which (`kind`) and where (`at`: which of step 2's
 * barriers it comes to, 0 for before the step). The first worker is whole.
 */
import { Barrier } from "../../../src/train/engine/shared_state.ts";
import { Replica } from "../../../src/train/engine/replica.ts";
import "../../../src/train/engine/worker.ts";
import { endInFault, type FaultKind } from "../../workers/fault.ts";

const parameters = new URL(import.meta.url).searchParams;
const kind = parameters.get("kind") as FaultKind;
const at = Number(parameters.get("at"));

let barriers = NaN;
const { step } = Replica.prototype;
const { wait } = Barrier.prototype;

Replica.prototype.step = async function (job) {
  const isMine = job.step === 2 && job.shards[0]!.index > 0;
  barriers = isMine ? 0 : NaN;
  if (isMine && at === 0) await endInFault(kind);
  return await step.call(this, job);
};

Barrier.prototype.wait = function () {
  if (++barriers === at) endInFault(kind);
  wait.call(this);
};
