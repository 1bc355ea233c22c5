// Checkpoints: their file format (checkpoint.ts, read it first), folders of them (folder.ts), and opening one
// with its tokenizer (open_checkpoint.ts). What is trained and when it is saved is src/train's; a model to
// use is src/infer's openModel.
export * from "./checkpoint.ts";
export * from "./folder.ts";
export { importPyTorch } from "./pytorch/import_pytorch.ts";
export * from "./open_checkpoint.ts";
export type { FileSystem, WriteOptions } from "../io/mod.ts";
