// ONNX Runtime, on the CPU by way of WebAssembly: the one file that knows onnxruntime-web. The runtime is
// loaded at the first session, not at import, and never uses the network. Errors are the runtime's own.
import type * as Ort from "onnxruntime-web";

/** Under Deno the runtime puts Node's class in its place at its first session; others want this one. */
const WebWorker = globalThis.Worker;

/** In row-major order. */
export interface OrtTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** What a model says about an input or output; free dimensions have a name, unknown ones an empty one. */
export interface OrtValueInfo {
  readonly name: string;
  /** `float32`, `int64`, …; `no tensor` for sequences and maps. */
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

export class OrtSession implements AsyncDisposable {
  readonly inputs: readonly OrtValueInfo[];
  readonly outputs: readonly OrtValueInfo[];

  private constructor(readonly ort: typeof Ort, readonly session: Ort.InferenceSession) {
    this.inputs = session.inputMetadata.map(valueInfo);
    this.outputs = session.outputMetadata.map(valueInfo);
  }

  /** Load the content of an .onnx file. */
  static async open(bytes: Uint8Array): Promise<OrtSession> {
    const ort = await import("onnxruntime-web");
    ort.env.logLevel = "error";
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: ["wasm"],
      graphOptimizationLevel: "all",
      intraOpNumThreads: 1,
      logSeverityLevel: 4, // failures are thrown with their text; printing them too helps nobody
    });
    globalThis.Worker = WebWorker;
    return new OrtSession(ort, session);
  }

  /** Run the model once, for every output by name. */
  async run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Map<string, OrtTensor>> {
    const inputs: Record<string, Ort.Tensor> = {};
    for (const [name, { shape, data }] of Object.entries(feeds)) {
      inputs[name] = data instanceof Float32Array
        ? new this.ort.Tensor("float32", data, shape)
        : new this.ort.Tensor("int64", data, shape);
    }
    const outputs = new Map<string, OrtTensor>();
    for (const [name, tensor] of Object.entries(await this.session.run(inputs, { logSeverityLevel: 4 }))) {
      if (!(tensor.data instanceof Float32Array || tensor.data instanceof BigInt64Array)) {
        throw new TypeError(`output "${name}" is ${tensor.type}, expected float32 or int64`);
      }
      outputs.set(name, { shape: tensor.dims, data: tensor.data });
    }
    return outputs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.release();
  }
}

function valueInfo(metadata: Ort.InferenceSession.ValueMetadata): OrtValueInfo {
  if (!metadata.isTensor) return { name: metadata.name, type: "no tensor", shape: [] };
  return { name: metadata.name, type: metadata.type, shape: metadata.shape };
}
