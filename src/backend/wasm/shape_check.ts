/** The checks before a kernel ({@linkcode TensorCheck}), for tensors in an instance's memory. */
import type { Tensor } from "../mod.ts";
import { TensorCheck } from "../tensor_check.ts";
import { ELEMENT_BYTES, WasmTensor } from "./tensor.ts";

export class ShapeCheck extends TensorCheck<WasmTensor> {
  constructor(operation: string, readonly memory: WebAssembly.Memory) {
    super(operation);
  }

  override any(tensor: Tensor, name: string): WasmTensor {
    if (tensor instanceof WasmTensor && tensor.memory === this.memory) return tensor;
    return this.fail(`${name} is not a tensor of this backend`);
  }

  /** Outputs that the kernel writes while it still reads these inputs. */
  apart(output: WasmTensor, ...inputs: WasmTensor[]): void {
    for (const input of inputs) {
      if (
        output.address < input.address + input.size * ELEMENT_BYTES &&
        input.address < output.address + output.size * ELEMENT_BYTES
      ) this.fail("an output overlaps an input");
    }
  }

  protected override valuesOf({ address, size }: WasmTensor): Int32Array {
    return new Int32Array(this.memory.buffer, address, size);
  }
}
