/**
 * Reads the golden files of tests/golden/model: inputs, outputs and gradients that PyTorch computed in
 * float64 (tools/golden/model.py writes them and tells their format). Tensors are base64 of little-endian
 * float32 or int32 values in row-major order.
 */

/** One golden file: a case of an op, or a whole small model. */
export class Golden {
  readonly name: string;
  /** What is computed, with the shapes. */
  readonly description: string;
  readonly #scalars: Readonly<Record<string, number>>;
  readonly #tensors: ReadonlyMap<string, StoredTensor>;

  /** @param text the file's JSON */
  constructor(text: string) {
    const file = JSON.parse(text) as GoldenJson;
    this.name = file.name;
    this.description = file.description;
    this.#scalars = file.scalars;
    this.#tensors = new Map(Object.entries(file.tensors));
  }

  /** Names of all tensors, in the file's order. */
  get tensorNames(): string[] {
    return [...this.#tensors.keys()];
  }

  /** A float32 tensor's values. @throws {TypeError} when there is none of this name, or it is int32 */
  tensor(name: string): Float32Array<ArrayBuffer> {
    return new Float32Array(decode(this.#stored(name, "f32").data));
  }

  /** An int32 tensor's values. @throws {TypeError} when there is none of this name, or it is float32 */
  integers(name: string): Int32Array<ArrayBuffer> {
    return new Int32Array(decode(this.#stored(name, "i32").data));
  }

  /** A tensor's shape. @throws {TypeError} when there is none of this name */
  shape(name: string): readonly number[] {
    return this.#stored(name).shape;
  }

  /** A number of the file. @throws {TypeError} when there is none of this name */
  scalar(name: string): number {
    const value = this.#scalars[name];
    if (value === undefined) throw new TypeError(`golden file "${this.name}" has no scalar "${name}"`);
    return value;
  }

  #stored(name: string, dtype?: StoredTensor["dtype"]): StoredTensor {
    const stored = this.#tensors.get(name);
    if (stored === undefined) throw new TypeError(`golden file "${this.name}" has no tensor "${name}"`);
    if (dtype !== undefined && stored.dtype !== dtype) {
      throw new TypeError(`golden file "${this.name}": tensor "${name}" is ${stored.dtype}, wanted ${dtype}`);
    }
    return stored;
  }
}

/** Read tests/golden/model/NAME.json. */
export function readGolden(name: string): Golden {
  return new Golden(Deno.readTextFileSync(new URL(`model/${name}.json`, import.meta.url)));
}

interface StoredTensor {
  readonly dtype: "f32" | "i32";
  readonly shape: readonly number[];
  readonly data: string;
}

interface GoldenJson {
  readonly name: string;
  readonly description: string;
  readonly scalars: Readonly<Record<string, number>>;
  readonly tensors: Readonly<Record<string, StoredTensor>>;
}

function decode(base64: string): ArrayBuffer {
  return Uint8Array.fromBase64(base64).buffer;
}
