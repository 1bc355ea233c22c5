/**
 * Jobs on nodes that are network namespaces of this machine, each behind a link of a given rate (tc's token
 * bucket), beside what tools/step_cost.ts predicts (docs/distributed.md). Needs root and Open MPI:
 *
 *     deno task bench:network [--nodes 2,4] [--mbits 20,50,100 | --latency-ms 5,10] [--sync-every 10]
 *         [--steps 11] [--turns 2]
 *
 * Links with a latency are those of bench/delayed_link.py, which needs Python. All nodes share this machine's
 * cores, so a step's own time is what the same job takes without a limit.
 */
import { parseArgs } from "@std/cli";
import { fromFileUrl, join } from "@std/path";
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG } from "../src/config.ts";
import { localStepCost, meetingTraffic, stepCost, stepTraffic } from "../tools/step_cost.ts";
import { type RunOptions, Runs } from "./mpi_runs.ts";

/** A model of under a million parameters, whose steps are short beside their way through a slow link. */
const SIZES = { dModel: 128, nLayers: 4, dMlp: 512, contextLength: 64 };
const FLAGS = ["--d-model", "128", "--n-layers", "4", "--d-mlp", "512", "--context-length", "64"];
const SWITCH = "tactics-switch";
/** Without a limit: what a bridge between namespaces moves. */
const UNLIMITED_MBITS = 1e6;

/** Nodes, each a namespace with an address of its own, on one bridge, or behind a link with a delay. */
class Nodes implements Disposable {
  readonly #nodes: number;
  readonly #latencyMs: number | null;
  #link: Deno.ChildProcess | null = null;

  constructor(nodes: number, latencyMs: number | null, readonly folder: string) {
    [this.#nodes, this.#latencyMs] = [nodes, latencyMs];
    this[Symbol.dispose]();
    ip(`netns add ${SWITCH}`);
    ip(`-n ${SWITCH} link add br0 type bridge`);
    ip(`-n ${SWITCH} link set br0 up`);
    for (let i = 1; i <= nodes; i++) {
      ip(`netns add tactics-node${i}`);
      ip(`-n tactics-node${i} link set lo up`);
      if (latencyMs !== null) continue;
      ip(`link add e0 netns tactics-node${i} type veth peer name port${i} netns ${SWITCH}`);
      ip(`-n ${SWITCH} link set port${i} master br0 up`);
      ip(`-n tactics-node${i} addr add 10.77.0.${i}/24 dev e0`);
      ip(`-n tactics-node${i} link set e0 up`);
    }
    // What mpirun calls in place of ssh, and mpirun itself on the first node. Each has a host name of its own.
    const enter = (node: string, command: string): string =>
      `exec ip netns exec tactics-node${node} unshare -u sh -c "hostname node${node}; ${command}"`;
    const agent = `#!/bin/sh\nwhile [ "\${1#-}" != "$1" ]; do shift; done\nnode=\${1##*.}\nshift\n` +
      `mkdir -p ${folder}/tmp$node\n${enter("$node", `export TMPDIR=${folder}/tmp$node; $*`)}\n`;
    Deno.writeTextFileSync(join(folder, "agent.sh"), agent, { mode: 0o755 });
  }

  /** To be waited for before the nodes are used. */
  async join(): Promise<void> {
    if (this.#latencyMs === null) return;
    const names = Array.from({ length: this.#nodes }, (_, i) => `tactics-node${i + 1}`);
    const script = fromFileUrl(new URL("delayed_link.py", import.meta.url));
    const args = [script, String(this.#latencyMs), ...names];
    this.#link = new Deno.Command("python3", { args, stdin: "piped", stdout: "piped" }).spawn();
    await this.#link.stdout.getReader().read(); // "ready"
  }

  [Symbol.dispose](): void {
    this.#link?.kill();
    const { stdout } = new Deno.Command("ip", { args: ["netns", "list"] }).outputSync();
    const names = new TextDecoder().decode(stdout).split("\n").map((line) => line.split(" ")[0]!);
    for (const name of names.filter((name) => /^tactics-(switch|node\d+)$/.test(name))) {
      ip(`netns del ${name}`);
    }
  }

  /** @param mbits what each node sends a second at most, and what is sent to it; null: no limit */
  limit(mbits: number | null): void {
    for (let i = 1; i <= this.#nodes; i++) {
      const ports = this.#latencyMs === null ? [[SWITCH, `port${i}`]] : [];
      for (const [space, device] of [[`tactics-node${i}`, "e0"], ...ports]) {
        const qdisc = mbits === null ? "noqueue" : `tbf rate ${mbits}mbit burst 256kb latency 100ms`;
        ip(`netns exec ${space} tc qdisc replace dev ${device} root ${qdisc}`);
      }
    }
  }

  /** mpirun on the first of them, up to `-n`. */
  get launcher(): string[] {
    const hosts = Array.from({ length: this.#nodes }, (_, i) => `10.77.0.${i + 1}`).join(",");
    const mpirun = "mpirun.openmpi --allow-run-as-root --bind-to none --mca btl tcp,self " +
      `--mca btl_tcp_if_include e0 --mca oob_tcp_if_include e0 --mca plm_rsh_agent ${this.folder}/agent.sh ` +
      `--host ${hosts} -x NO_COLOR`;
    const node = ["ip", "netns", "exec", "tactics-node1", "unshare", "-u", "sh", "-c"];
    return [...node, `hostname node1; exec ${mpirun} "$@"`, "sh"];
  }
}

function ip(words: string): void {
  const { success, stderr } = new Deno.Command("ip", { args: words.split(" ") }).outputSync();
  if (!success) throw new Error(`ip ${words}: ${new TextDecoder().decode(stderr).trim()} (it needs root)`);
}

/** What nodes are joined by. */
interface Link {
  readonly mbits: number | null;
  readonly latencyMs: number | null;
}

const args = parseArgs(Deno.args, {
  string: ["nodes", "mbits", "latency-ms", "sync-every", "steps", "turns"],
});
const numbers = (name: string, usual: string): number[] => String(args[name] ?? usual).split(",").map(Number);
const [steps, turns] = [numbers("steps", "11")[0]!, numbers("turns", "2")[0]!];
const periods = [null, ...numbers("sync-every", "10")];
/** The first is what the others are compared with. */
const links: Link[] = args["latency-ms"] === undefined
  ? [null, ...numbers("mbits", "20,50,100")].map((mbits) => ({ mbits, latencyMs: null }))
  : [0, ...numbers("latency-ms", "5")].map((latencyMs) => ({ mbits: null, latencyMs }));
const folder = await Deno.makeTempDir({ prefix: "tactics_nodes_" });
await using runs = await Runs.create();
const model = { ...DEFAULT_MODEL_CONFIG, ...SIZES, vocabSize: runs.vocabSize };
const train = DEFAULT_TRAIN_CONFIG;
console.log("| nodes | meeting after | link | ms a step | predicted | efficiency | predicted |");
console.log("|---|---|---|---|---|---|---|");
for (const ranks of numbers("nodes", "2,4")) {
  for (const period of periods) {
    const best = links.map(() => new Float64Array(steps).fill(Infinity));
    for (let turn = 0; turn < turns; turn++) {
      for (const [i, link] of links.entries()) {
        for (const [at, stepMs] of (await stepsOver(link, ranks, period)).entries()) {
          best[i]![at] = Math.min(best[i]![at]!, stepMs);
        }
      }
    }
    // The first step compiles.
    const means = best.map((times) => times.subarray(1).reduce((sum, ms) => sum + ms, 0) / (steps - 1));
    for (const [i, link] of links.entries()) {
      const exposed = exposedMs(link, ranks, { period, ms: means[0]! });
      const predicted = means[0]! + exposed - exposedMs(links[0]!, ranks, { period, ms: means[0]! });
      const shares = [means[i]!, predicted].map((ms) => `${(100 * means[0]! / ms).toFixed(0)} %`);
      const times = [means[i]!, predicted].map((ms) => ms.toFixed(0));
      const { mbits, latencyMs } = link;
      const name = latencyMs !== null ? `${latencyMs} ms` : mbits === null ? "no limit" : `${mbits} Mbit/s`;
      console.log(`| ${[ranks, period ?? 1, name, ...times, ...shares].join(" | ")} |`);
    }
  }
}
await Deno.remove(folder, { recursive: true });

/** Milliseconds of each step of a run. */
async function stepsOver(
  { mbits, latencyMs }: Link,
  ranks: number,
  period: number | null,
): Promise<number[]> {
  using nodes = new Nodes(ranks, latencyMs, folder);
  await nodes.join();
  nodes.limit(mbits);
  const flags = [...FLAGS, ...period === null ? [] : ["--sync-every", String(period)]];
  const options: RunOptions = { steps, flags, launcher: nodes.launcher };
  return (await runs.steps({ ranks, workers: 1 }, options)).map(({ stepMs }) => stepMs);
}

/** What the link takes of a step. */
function exposedMs(
  { mbits, latencyMs }: Link,
  ranks: number,
  { period, ms }: { period: number | null; ms: number },
): number {
  const network = {
    bitsPerSecond: 1e6 * (mbits ?? UNLIMITED_MBITS),
    latencySeconds: (latencyMs ?? 0) / 1000,
  };
  const work = { seconds: ms / 1000, shards: train.shards / ranks };
  if (period === null) return 1000 * stepCost(work, stepTraffic(model, train, ranks), network).exposed;
  // The run's last step is a meeting, too.
  const counted = Array.from({ length: steps - 1 }, (_, i) => i + 2);
  const meetings = counted.filter((step) => step % period === 0 || step === steps).length;
  const traffic = meetingTraffic(model, train, ranks);
  return 1000 * localStepCost(work, { traffic, syncEvery: counted.length / meetings }, network).exposed;
}
