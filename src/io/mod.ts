// Bytes on disk, whatever they mean: reading with bounds, files and folders that appear whole or not at all,
// the lock of a folder, safetensors, sha256, UTF-8, JSON. What files hold is known in other rooms. Begin with
// atomic_file.ts and read_file.ts.
export { writeAll, writeFileAtomic, type WriteOptions } from "./atomic_file.ts";
export * from "./atomic_folder.ts";
export * from "./json.ts";
export * from "./read_file.ts";
export { lockFolder, type RunLock } from "./run_lock.ts";
export * from "./safetensors.ts";
export { readSealed, writeSealed } from "./sealed_file.ts";
export { sha256Hex, sha256OfFile } from "./sha256.ts";
export * from "./temporaries.ts";
export * from "./utf8.ts";
