// Work that other threads do, for src/train/engine and src/evaluate: a pool of workers that are asked
// (worker_pool.ts, read it first), their side of it (answer_in_order.ts), who notices that one has stopped
// (watchdog.ts), and many jobs asked for at once whose results come in order (in_order.ts).
export { answerInOrder, type WorkerReply } from "./answer_in_order.ts";
export { inOrder } from "./in_order.ts";
export { SILENCE_MS } from "./watchdog.ts";
export { WorkerPool } from "./worker_pool.ts";
