// Messages whose typed arrays are written as their buffers and where in them they lie. Only plain objects and
// arrays are looked into; everything else goes as it is.

/** What stands for a typed array. */
interface PackedView {
  readonly packedView: keyof typeof VIEWS;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly length: number;
}

const VIEWS = { Uint8Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array } as const;

/** The same with typed arrays packed. */
export function packViews(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return packed(value);
  return mapped(value, packViews);
}

/** The same with typed arrays again. */
export function unpackViews(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isPacked(value)) {
    const View = VIEWS[value.packedView];
    return new View(value.buffer as ArrayBuffer, value.byteOffset, value.length);
  }
  return mapped(value, unpackViews);
}

function packed(view: ArrayBufferView): unknown {
  const name = Object.keys(VIEWS).find((name) => view instanceof VIEWS[name as keyof typeof VIEWS]);
  if (name === undefined) return view;
  const { buffer, byteOffset, length } = view as Uint8Array;
  return { packedView: name, buffer, byteOffset, length };
}

function isPacked(value: object): value is PackedView {
  return "packedView" in value && Object.hasOwn(VIEWS, value.packedView as string);
}

/** The same object where nothing changes. */
function mapped(value: object, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    return value.some((item) => typeof item === "object" && item !== null) ? value.map(change) : value;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
}
