// Bytes on disk, whatever they mean: reading with bounds, files and folders that appear whole or not at all,
// the lock of a folder, the safetensors format, sha256, UTF-8, JSON. Not what the files of this program hold:
// that is known in the rooms of what they hold (src/corpus, src/tokenizer, src/checkpoint, src/export). Begin
// with atomic_file.ts and read_file.ts.
export { type FileSystem, writeFileAtomic, type WriteOptions } from "./atomic_file.ts";
export { checkIsFree, FolderDraft, type FolderFile } from "./atomic_folder.ts";
export { parseJson } from "./json.ts";
export {
  openRegularFile,
  readBounded,
  type ReadOptions,
  readStream,
  readTextBounded,
  type RegularFile,
} from "./read_file.ts";
export { lockFolder, type RunLock } from "./run_lock.ts";
export {
  decodeSafeTensors,
  encodeSafeTensors,
  readSafeTensorsHeader,
  readTensor,
  type SafeTensor,
  type SafeTensorEntry,
  type SafeTensorsFile,
  tensorBytes,
} from "./safetensors.ts";
export { sha256Hex } from "./sha256.ts";
export { decodeUtf8, findInvalidUtf8, hex } from "./utf8.ts";
