/**
 * Work that other threads do, for training and evaluation alike: many jobs asked for at once whose results come in order
 * (in_order.ts), and the worker's side, which answers its messages one after the other (answer_in_order.ts). What the jobs
 * are, and who starts the workers, is the business of src/train/engine and src/evaluate.
 */
export { answerInOrder } from "./answer_in_order.ts";
export { inOrder } from "./in_order.ts";
