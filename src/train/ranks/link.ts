// A rank's link to the others, in a thread of its own: what is said between ranks (serialized values, a length
// before each), and the exchanges of a step, for which this rank's workers wait at their barrier. Nothing here
// blocks in MPI: transfers are begun, and asked about until they are done, with signs of life meanwhile.
import { deserialize, serialize } from "node:v8";
import { DeviceError } from "../../errors.ts";
import { beat } from "../../heartbeat.ts";
import { type Launcher, type Transfers, World } from "../../mpi/mod.ts";
import { MUON_PERIOD } from "../../optim/mod.ts";
import { partiesOf } from "../engine/place.ts";
import { Barrier, Handed } from "../engine/shared_state.ts";
import { sumInOrder } from "../shards.ts";
import { type Exchange, ExchangePlan } from "./exchange.ts";
import type { Job, LinkSetup } from "./link_messages.ts";
import { OuterStep } from "./outer_step.ts";
import { pause, Signs } from "./signs.ts";

const TAGS = { words: 1, values: 2 } as const;

/** Polls without a pause; then pauses grow by so many milliseconds each, up to the longest: a rank may be late. */
const [BUSY_POLLS, GROWTH_MS, LONGEST_MS] = [20, 0.005, 0.5];
/** How often MPI goes on with what is under way, until the workers have handed over the first bucket, and the next. */
const [FIRST_BUCKET_MS, NEXT_BUCKET_MS] = [10, 1];
/** How often signs are given while nothing is asked. */
const IDLE_MS = 500;
/** Most bytes of a message of words: a step's tokens, not its gradients. */
const MOST_WORD_BYTES = 1 << 30;

interface AttachedRun {
  readonly setup: LinkSetup;
  readonly barrier: Barrier;
  readonly handed: Handed;
  /** What ranks exchange that make each step together. */
  readonly plan: ExchangePlan | null;
  /** What ranks do that make steps alone. */
  readonly outer: OuterStep | null;
}

export class Link {
  readonly #world: World;
  readonly #signs: Signs;
  readonly #idle: ReturnType<typeof setInterval>;
  #run: AttachedRun | null = null;
  /** Sent since somebody asked. */
  #sentBytes = 0;

  /** @throws {DeviceError} see {@linkcode World.open} */
  constructor(launcher: Launcher | null) {
    this.#world = World.open(launcher);
    this.#signs = new Signs(this.#world);
    this.#idle = setInterval(() => {
      try {
        this.#signs.look();
      } catch { /* told when something is asked next */ }
    }, IDLE_MS);
  }

  get job(): Job {
    const { rank, size, library: { name, version }, host } = this.#world;
    return { rank, ranks: size, library: `${name} ${version}`, host };
  }

  get #peers(): number[] {
    return Array.from({ length: this.#world.size }, (_, rank) => rank).filter((rank) =>
      rank !== this.#world.rank
    );
  }

  /** Values to ranks, one each, from the first of them on. */
  send(ranks: readonly number[], messages: readonly unknown[]): void {
    const transfers = this.#world.transfers();
    for (const [i, rank] of ranks.entries()) {
      const bytes = serialize(messages[i]);
      transfers.send(rank, TAGS.words, Float64Array.of(bytes.length));
      transfers.send(rank, TAGS.words, bytes);
    }
    this.#finish(transfers);
  }

  receive(ranks: readonly number[]): unknown[] {
    const lengths = ranks.map(() => new Float64Array(1));
    const headers = this.#world.transfers();
    for (const [i, rank] of ranks.entries()) headers.receive(rank, TAGS.words, lengths[i]!);
    this.#finish(headers);
    const transfers = this.#world.transfers();
    const messages = lengths.map(([length], i) => {
      if (!(length! <= MOST_WORD_BYTES)) throw new DeviceError(`rank ${ranks[i]} tells ${length} bytes`);
      const bytes = new Uint8Array(length!);
      transfers.receive(ranks[i]!, TAGS.words, bytes);
      return bytes;
    });
    this.#finish(transfers);
    return messages.map((bytes) => deserialize(bytes));
  }

  /** From rank 0 to the others. */
  tell(messages: readonly unknown[]): void {
    this.send(this.#peers, messages);
  }

  /** From the others to rank 0. */
  collect(): unknown[] {
    return this.receive(this.#peers);
  }

  share(vectors: readonly Float32Array[]): void {
    const transfers = this.#world.transfers();
    for (const values of vectors) {
      if (this.#world.rank > 0) transfers.receive(0, TAGS.values, values);
      else for (const peer of this.#peers) transfers.send(peer, TAGS.values, values);
    }
    this.#finish(transfers);
  }

  attach(setup: LinkSetup): void {
    const barrier = new Barrier(setup.shared.barrier, partiesOf(setup.place));
    const { momentum } = setup;
    this.#run = {
      setup,
      barrier,
      handed: new Handed(setup.shared.handed, setup.place.workers),
      plan: momentum === undefined ? new ExchangePlan(setup) : null,
      outer: momentum === undefined ? null : new OuterStep({ ...setup, momentum }),
    };
  }

  /** Workers that wait for this link go on with an error. */
  break(): void {
    this.#run?.barrier.break();
  }

  /** Exchange what a step's meetings are for. */
  step(step: number, apply: boolean): void {
    const { setup: { shared } } = this.#attached;
    const plan = this.#plan;
    this.#exchangeSlots(plan.slots);
    this.#meet(plan.gradients);
    const isApplied = apply && Number.isFinite(Math.sqrt(sumInOrder(shared.blockSums)));
    const updates = plan.updates[step % MUON_PERIOD]!;
    this.#meet(...isApplied ? [updates.home, updates.parameters] : []);
  }

  moments(): void {
    this.#exchange(this.#plan.moments);
  }

  /** Of local steps: this rank's parameters and moments are in shared memory, and then everybody's are. */
  meet(): void {
    const outer = this.#outer;
    this.#exchange(outer.toOwners);
    outer.apply();
    this.#exchange(outer.fromOwners);
  }

  gatherMomentum(): void {
    this.#exchange(this.#outer.momentumToFirst);
  }

  spreadMomentum(): void {
    this.#exchange(this.#outer.momentumFromFirst);
    this.#outer.begin();
  }

  /** Bytes that this rank has sent since the last call. */
  sentSince(): number {
    const sent = this.#sentBytes;
    this.#sentBytes = 0;
    return sent;
  }

  fail(reason: string): void {
    clearInterval(this.#idle);
    this.#signs.fail(reason);
  }

  /** Leave the job in order: everybody does. */
  close(): void {
    clearInterval(this.#idle);
    this.#signs.close();
    this.#world.close();
  }

  get #attached(): AttachedRun {
    if (this.#run === null) throw new Error("internal: the link is of no run yet");
    return this.#run;
  }

  get #plan(): ExchangePlan {
    const { plan } = this.#attached;
    if (plan === null) throw new Error("internal: the ranks make their steps alone");
    return plan;
  }

  get #outer(): OuterStep {
    const { outer } = this.#attached;
    if (outer === null) throw new Error("internal: the ranks make their steps together");
    return outer;
  }

  // A bucket is sent as soon as this rank's workers have handed it over, while they are at the next ones.
  #exchangeSlots(buckets: readonly Exchange[]): void {
    const { handed } = this.#attached;
    const transfers = this.#world.transfers();
    for (const { received } of buckets) {
      for (const { peer, values } of received) transfers.receive(peer, TAGS.values, values);
    }
    for (const [bucket, { sent }] of buckets.entries()) {
      while (!handed.wait(bucket, bucket === 0 ? FIRST_BUCKET_MS : NEXT_BUCKET_MS)) {
        this.#goOn();
        transfers.done();
      }
      for (const { peer, values } of sent) transfers.send(peer, TAGS.values, values);
    }
    handed.clear();
    this.#wait();
    this.#finish(transfers);
    this.#wait();
  }

  /** What is due is exchanged when this rank's workers have met, and then they go on. */
  #meet(...exchanges: readonly Exchange[]): void {
    this.#wait();
    for (const exchange of exchanges) this.#exchange(exchange);
    this.#wait();
  }

  #wait(): void {
    this.#attached.barrier.wait(() => {
      beat();
      this.#signs.look();
    });
  }

  /** @throws {DeviceError} when a rank is lost, or a worker of this one */
  #goOn(): void {
    beat();
    this.#run?.barrier.check();
    this.#signs.look();
  }

  #exchange({ sent, received }: Exchange): void {
    const transfers = this.#world.transfers();
    for (const { peer, values } of received) transfers.receive(peer, TAGS.values, values);
    for (const { peer, values } of sent) transfers.send(peer, TAGS.values, values);
    this.#finish(transfers);
  }

  /** @throws {DeviceError} when a rank is lost meanwhile, or this one's workers are */
  #finish(transfers: Transfers): void {
    this.#sentBytes += transfers.sentBytes;
    for (let polls = 0; !transfers.done(); polls++) {
      this.#goOn();
      if (polls > BUSY_POLLS) pause(Math.min(LONGEST_MS, GROWTH_MS * (polls - BUSY_POLLS)));
    }
  }
}
