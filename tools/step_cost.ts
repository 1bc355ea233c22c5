/**
 * What a step costs on several nodes, one rank each, predicted from the network (docs/distributed.md):
 *
 *     deno task step-cost [--step-ms 900] [--workers 2] [--nodes 2,4,8,16,32,64] [--gbits 1,10,100]
 *         [--latency-us 50] [--d-model 256] [--n-layers 6] [--d-mlp 1024] [--sync-every 30]
 *
 * `--step-ms` is what one node takes alone for its part of a step, which stays the same: batch and shards grow
 * with the nodes. Bytes are those of the lists that ranks exchange by; nothing is measured here.
 */
import { parseArgs } from "@std/cli";
import {
  DEFAULT_MODEL_CONFIG,
  DEFAULT_TRAIN_CONFIG,
  type ModelConfig,
  type TrainConfig,
} from "../src/config.ts";
import { parameterTable } from "../src/model/parameters.ts";
import { allocateSharedState, parameterSlice } from "../src/train/engine/shared_state.ts";
import { type Exchange, ExchangePlan, type Part } from "../src/train/ranks/exchange.ts";
import { OuterStep } from "../src/train/ranks/outer_step.ts";

/** Between any two nodes, both ways at once. */
export interface Network {
  readonly bitsPerSecond: number;
  readonly latencySeconds: number;
}

/** What a node does in a step, by itself. */
export interface NodeWork {
  readonly seconds: number;
  /** Shards of each of its workers. */
  readonly shards: number;
}

/** Bytes out of ranks, and into them: a link does both at once. */
export interface Traffic {
  /** Of subtrees of gradients, out of each rank and into each, by bucket: on their way in the backward pass. */
  readonly buckets: readonly (readonly number[])[];
  /** Of each further exchange, one after the other, out of or into the busiest rank. */
  readonly exchanges: readonly number[];
  /** Of tokens, from rank 0. */
  readonly words: number;
}

/** What a step is made of, in seconds. */
export interface StepCost {
  readonly compute: number;
  /** What the backward pass does not cover. */
  readonly exposed: number;
  readonly total: number;
}

/** Of Ethernet's frames of 1500 bytes, what TCP carries: 1448 of 1538. */
const PAYLOAD_SHARE = 1448 / 1538;
/** A backward pass's share of a shard's time: two products of three. */
const BACKWARD_SHARE = 2 / 3;
/** Of an exchange: MPI asks, and is answered, before it sends more than some ten kilobytes. */
const LATENCIES = 3;
/** Tokens, targets, positions. */
const TOKEN_BYTES = 12;

/** What ranks exchange that make each step together. */
export function stepTraffic(model: ModelConfig, train: TrainConfig, ranks: number): Traffic {
  const plans = Array.from({ length: ranks }, (_, rank) => {
    const place = { rank, ranks, workers: 1 };
    return new ExchangePlan({ model, train, place, shared: allocateSharedState(model, place, train.shards) });
  });
  const busiest = (exchangeOf: (plan: ExchangePlan) => Exchange): number =>
    plans.reduce((most, plan) => Math.max(most, bytesOf(exchangeOf(plan))), 0);
  const turns = plans[0]!.updates;
  const mean = (of: (plan: ExchangePlan, turn: number) => Exchange): number =>
    turns.reduce((sum, _, turn) => sum + busiest((plan) => of(plan, turn)), 0) / turns.length;
  return {
    buckets: plans.flatMap(({ slots }) => [
      slots.map(({ sent }) => partBytes(sent)),
      slots.map(({ received }) => partBytes(received)),
    ]),
    exchanges: [
      busiest((plan) => plan.gradients),
      mean((plan, turn) => plan.updates[turn]!.home),
      mean((plan, turn) => plan.updates[turn]!.parameters),
    ],
    words: wordsOf(model, train, ranks),
  };
}

/** What ranks exchange at a meeting after local steps. */
export function meetingTraffic(model: ModelConfig, train: TrainConfig, ranks: number): Traffic {
  const size = parameterTable(model).size;
  const shared = allocateSharedState(model, { rank: 0, ranks: 1, workers: 1 }, 1);
  const steps = Array.from({ length: ranks }, (_, rank) => {
    const { begin, end } = parameterSlice(rank, ranks, size);
    const momentum = new Float32Array(rank === 0 ? size : end - begin);
    return new OuterStep({ model, train, place: { rank, ranks, workers: 1 }, shared, momentum });
  });
  const busiest = (exchangeOf: (step: OuterStep) => Exchange): number =>
    steps.reduce((most, step) => Math.max(most, bytesOf(exchangeOf(step))), 0);
  return {
    buckets: [],
    exchanges: [busiest(({ toOwners }) => toOwners), busiest(({ fromOwners }) => fromOwners)],
    words: wordsOf(model, train, ranks),
  };
}

/** A step that all ranks make together. */
export function stepCost(work: NodeWork, traffic: Traffic, network: Network): StepCost {
  const { buckets, exchanges, words } = traffic;
  // The last shard's backward pass completes a bucket after the other, evenly.
  const backward = BACKWARD_SHARE * work.seconds / work.shards;
  const through = buckets.map((own) =>
    own.reduce((last, bytes, i) => {
      const complete = -backward * (own.length - 1 - i) / own.length;
      return Math.max(last, complete) + secondsOf(bytes, network);
    }, -Infinity)
  );
  const rest = exchanges.reduce((sum, bytes) => sum + exchangeSeconds(bytes, network), 0);
  const last = through.reduce((last, seconds) => Math.max(last, seconds), 0);
  const exposed = wordsSeconds(words, network) + last + exchangeSeconds(0, network) + rest;
  return { compute: work.seconds, exposed, total: work.seconds + exposed };
}

/** The mean of steps that ranks make alone, with a meeting after so many. */
export function localStepCost(
  work: NodeWork,
  { traffic, syncEvery }: { traffic: Traffic; syncEvery: number },
  network: Network,
): StepCost {
  const meeting = traffic.exchanges.reduce((sum, bytes) => sum + exchangeSeconds(bytes, network), 0);
  const exposed = wordsSeconds(traffic.words, network) + meeting / syncEvery;
  return { compute: work.seconds, exposed, total: work.seconds + exposed };
}

/** Rank 0 tells the others their tokens, and hears what came of it. */
function wordsSeconds(bytes: number, network: Network): number {
  return 2 * network.latencySeconds + secondsOf(bytes, network);
}

function exchangeSeconds(bytes: number, network: Network): number {
  return LATENCIES * network.latencySeconds + secondsOf(bytes, network);
}

function secondsOf(bytes: number, { bitsPerSecond }: Network): number {
  return 8 * bytes / (PAYLOAD_SHARE * bitsPerSecond);
}

function wordsOf({ contextLength }: ModelConfig, { batchSize }: TrainConfig, ranks: number): number {
  return TOKEN_BYTES * batchSize * contextLength * (ranks - 1) / ranks;
}

function bytesOf({ sent, received }: Exchange): number {
  return Math.max(partBytes(sent), partBytes(received));
}

function partBytes(parts: readonly Part[]): number {
  return parts.reduce((sum, { values }) => sum + values.byteLength, 0);
}

/** Bytes of a step, at the busiest places of each exchange. */
export function busiestBytes({ buckets, exchanges }: Traffic): number {
  const sum = (bytes: readonly number[]): number => bytes.reduce((sum, part) => sum + part, 0);
  return sum(exchanges) + buckets.reduce((most, own) => Math.max(most, sum(own)), 0);
}

/** Tables of efficiency: a step's time on one node by its time on all of them. */
export function* costTables(args: readonly string[]): Generator<string, void, void> {
  const given = parseArgs(args, {
    string: [
      "step-ms",
      "workers",
      "nodes",
      "gbits",
      "latency-us",
      "d-model",
      "n-layers",
      "d-mlp",
      "sync-every",
    ],
  });
  const numbers = (name: string, usual: string): number[] =>
    String(given[name] ?? usual).split(",").map((text) => {
      const number = Number(text);
      if (text !== "" && Number.isFinite(number) && number > 0) return number;
      throw new RangeError(`--${name} takes numbers above 0, with commas between them: got "${text}"`);
    });
  const number = (name: string, usual: number): number => numbers(name, String(usual))[0]!;
  const [nodes, gbits, periods] = [
    numbers("nodes", "2,4,8,16,32,64"),
    numbers("gbits", "1,10,100"),
    numbers("sync-every", "30"),
  ];
  const usual = DEFAULT_MODEL_CONFIG;
  const model = {
    ...usual,
    dModel: number("d-model", usual.dModel),
    nLayers: number("n-layers", usual.nLayers),
    dMlp: number("d-mlp", usual.dMlp),
  };
  const { shards, batchSize } = DEFAULT_TRAIN_CONFIG;
  const work = { seconds: number("step-ms", 900) / 1000, shards: shards / number("workers", 2) };
  const latencySeconds = number("latency-us", 50) / 1e6;
  const { size } = parameterTable(model);
  yield `${size.toLocaleString("en")} parameters, ${(1000 * work.seconds).toFixed(0)} ms a step and node, ` +
    `${(1e6 * latencySeconds).toFixed(0)} µs; efficiency, and MB out of or into the busiest node in a step:`;
  const columns = [null, ...periods].flatMap((period) => gbits.map((gbit) => ({ period, gbit })));
  yield `| nodes | MB | ${
    columns.map(({ period, gbit }) => `${period === null ? "" : `every ${period}, `}${gbit} Gbit/s`).join(
      " | ",
    )
  } |`;
  yield `|${"---|".repeat(columns.length + 2)}`;
  for (const ranks of nodes) {
    const train = { ...DEFAULT_TRAIN_CONFIG, shards: ranks * shards, batchSize: ranks * batchSize };
    const [step, meeting] = [stepTraffic(model, train, ranks), meetingTraffic(model, train, ranks)];
    const efficiency = columns.map(({ period, gbit }) => {
      const network = { bitsPerSecond: 1e9 * gbit, latencySeconds };
      const { compute, total } = period === null
        ? stepCost(work, step, network)
        : localStepCost(work, { traffic: meeting, syncEvery: period }, network);
      return `${(100 * compute / total).toFixed(compute / total < 0.995 ? 0 : 1)} %`;
    });
    yield `| ${[ranks, (busiestBytes(step) / 1e6).toFixed(1), ...efficiency].join(" | ")} |`;
  }
}

if (import.meta.main) { for (const line of costTables(Deno.args)) console.log(line); }
