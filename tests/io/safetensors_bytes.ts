import { encodeSafeTensors, type SafeTensorsFile } from "../../src/io/safetensors.ts";

/** A whole file in memory. */
export function safeTensorsBytes(file: SafeTensorsFile): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(encodeSafeTensors(file).flatMap((piece) => [...piece]));
}
