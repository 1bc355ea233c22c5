// A reader of the pickles that torch.save writes (protocol 2 and up), which runs nothing: a pickle is a program
// that may name any function of Python, and here the few names that a saved state_dict needs are data. Every
// other name, and every opcode that such files don't have, ends the reading. Bytes and opcodes as in Python's
// Lib/pickletools.py; what a tensor is made of as in torch/_utils.py.

/** Part of a storage file as a tensor; strides are in elements, nothing is checked against the storage yet. */
export interface PickledTensor {
  readonly kind: "tensor";
  /** The file under data/. */
  readonly key: string;
  /** torch's name of the storage's class, as FloatStorage. */
  readonly storage: string;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Tuples and lists are arrays, dictionaries maps. */
export type Pickled =
  | null
  | boolean
  | number
  | string
  | Pickled[]
  | Map<Pickled, Pickled>
  | PickledTensor
  | PickledName
  | PickledStorage;

interface PickledName {
  readonly kind: "name";
  readonly name: string;
}

interface PickledStorage {
  readonly kind: "storage";
  readonly key: string;
  readonly storage: string;
}

/** What may be called, or stand as a value. */
const NAMES =
  /^(collections OrderedDict|torch\._utils _rebuild_(tensor_v2|parameter)|torch \w{1,20}Storage)$/;
const MARK = Symbol("mark");

/** The value of a pickle. @throws {SyntaxError} for what is damaged, or is no saved state */
export function unpickle(bytes: Uint8Array): Pickled {
  return new Unpickler(bytes).run();
}

class Unpickler {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: (Pickled | typeof MARK)[] = [];
  readonly #memo = new Map<number, Pickled>();
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): Pickled {
    for (;;) {
      const opcode = String.fromCharCode(this.#view.getUint8(this.#take(1)));
      if (opcode === ".") return this.#pop();
      this.#execute(opcode);
    }
  }

  #execute(opcode: string): void {
    const [stack, view] = [this.#stack, this.#view];
    switch (opcode) {
      case "\x80": // the protocol
        return void this.#take(1);
      case "\x95": // a frame
        return void this.#take(8);
      case "(":
        return void stack.push(MARK);
      case "0":
        return void this.#pop();
      case "N":
        return void stack.push(null);
      case "\x88":
      case "\x89":
        return void stack.push(opcode === "\x88");
      case "K":
        return void stack.push(view.getUint8(this.#take(1)));
      case "M":
        return void stack.push(view.getUint16(this.#take(2), true));
      case "J":
        return void stack.push(view.getInt32(this.#take(4), true));
      case "\x8a":
        return void stack.push(this.#longInteger(view.getUint8(this.#take(1))));
      case "G":
        return void stack.push(view.getFloat64(this.#take(8)));
      case "X":
        return void stack.push(this.#text(view.getUint32(this.#take(4), true)));
      case "\x8c":
        return void stack.push(this.#text(view.getUint8(this.#take(1))));
      case "}":
        return void stack.push(new Map());
      case "]":
      case ")":
        return void stack.push([]);
      case "t":
        return void stack.push(this.#popToMark());
      case "\x85":
      case "\x86":
      case "\x87": {
        const count = opcode.charCodeAt(0) - 0x84;
        return void stack.push(Array.from({ length: count }, () => this.#pop()).reverse());
      }
      case "a": {
        const value = this.#pop();
        return void this.#top(Array).push(value);
      }
      case "e": {
        const values = this.#popToMark();
        const list = this.#top(Array);
        for (const value of values) list.push(value);
        return;
      }
      case "s": {
        const [value, key] = [this.#pop(), this.#pop()];
        return void this.#top(Map).set(key, value);
      }
      case "u": {
        const values = this.#popToMark();
        if (values.length % 2 !== 0) throw this.#damaged("a key without a value");
        const map = this.#top(Map);
        for (let i = 0; i < values.length; i += 2) map.set(values[i]!, values[i + 1]!);
        return;
      }
      case "q":
        return void this.#memo.set(view.getUint8(this.#take(1)), this.#peek());
      case "r":
        return void this.#memo.set(view.getUint32(this.#take(4), true), this.#peek());
      case "\x94":
        return void this.#memo.set(this.#memo.size, this.#peek());
      case "h":
        return void stack.push(this.#remembered(view.getUint8(this.#take(1))));
      case "j":
        return void stack.push(this.#remembered(view.getUint32(this.#take(4), true)));
      case "c":
        return void stack.push(this.#name(`${this.#line()} ${this.#line()}`));
      case "\x93": {
        const [name, module] = [this.#pop(), this.#pop()];
        return void stack.push(this.#name(`${String(module)} ${String(name)}`));
      }
      case "R": {
        const [values, called] = [this.#pop(), this.#pop()];
        return void stack.push(this.#call(called, values));
      }
      case "Q":
        return void stack.push(this.#storage(this.#pop()));
      case "b": // attributes of an object: a state_dict's are versions that nothing needs
        return void this.#pop();
      default: {
        const code = opcode.charCodeAt(0).toString(16).padStart(2, "0");
        throw this.#damaged(`it has the opcode 0x${code}, which no saved model needs`);
      }
    }
  }

  #call(called: Pickled, values: Pickled): Pickled {
    const name = isKind(called, "name") ? called.name : "";
    if (!Array.isArray(values)) throw this.#damaged("a call without values");
    if (name === "collections OrderedDict" && values.length === 0) return new Map();
    if (name === "torch._utils _rebuild_parameter" && isKind(values[0], "tensor")) return values[0];
    const [storage, offset, shape, strides] = values;
    if (
      name === "torch._utils _rebuild_tensor_v2" && isKind(storage, "storage") && isCounts([offset!]) &&
      isCounts(shape) && isCounts(strides) && shape.length === strides.length
    ) {
      return { ...storage, kind: "tensor", offset: Number(offset), shape, strides };
    }
    throw this.#damaged(`it calls ${JSON.stringify(name)} in an unusual way`);
  }

  #name(name: string): PickledName {
    if (NAMES.test(name)) return { kind: "name", name };
    throw this.#damaged(`it names ${JSON.stringify(name.slice(0, 100))}, which no saved model needs`);
  }

  #storage(id: Pickled): PickledStorage {
    const [what, name, key] = Array.isArray(id) ? id : [];
    if (what === "storage" && isKind(name, "name") && typeof key === "string") {
      return { kind: "storage", key, storage: name.name.replace("torch ", "") };
    }
    throw this.#damaged("it names a storage in an unusual way");
  }

  #remembered(index: number): Pickled {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#damaged(`it has no memory ${index}`);
    return value;
  }

  #peek(): Pickled {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw this.#damaged("it uses a value that is not there");
    return value;
  }

  #pop(): Pickled {
    const value = this.#peek();
    this.#stack.pop();
    return value;
  }

  #popToMark(): Pickled[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw this.#damaged("it uses a mark that is not there");
    const values = this.#stack.splice(mark).slice(1);
    return values as Pickled[];
  }

  #top<T>(kind: new (...values: never[]) => T): T {
    const value = this.#peek();
    if (value instanceof kind) return value;
    throw this.#damaged("it adds to a value that is no collection");
  }

  /** Little-endian, two's complement; too large ones lose bits, as no size or step has them. */
  #longInteger(length: number): number {
    const from = this.#take(length);
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = 256 * value + this.#bytes[from + i]!;
    return length > 0 && this.#bytes[from + length - 1]! > 127 ? value - 256 ** length : value;
  }

  #text(length: number): string {
    const from = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(from, from + length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    const text = this.#text(Math.max(0, end < 0 ? Infinity : end - this.#at));
    this.#take(1);
    return text;
  }

  /** Go on by so many bytes. @returns the place before */
  #take(count: number): number {
    const from = this.#at;
    if (from + count > this.#bytes.length) throw this.#damaged("it ends too early");
    this.#at += count;
    return from;
  }

  #damaged(reason: string): SyntaxError {
    return new SyntaxError(`its pickle is not usable: ${reason} (byte ${this.#at})`);
  }
}

function isKind<K extends "name" | "storage" | "tensor">(
  value: Pickled | undefined,
  kind: K,
): value is Extract<Pickled, { kind: K }> {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}

function isCounts(values: Pickled | undefined): values is number[] {
  return Array.isArray(values) && values.every((value) => Number.isSafeInteger(value) && Number(value) >= 0);
}
