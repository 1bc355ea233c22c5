/** Typed arrays in messages between threads. */
import { assert, assertEquals } from "@std/assert";
import { packViews, unpackViews } from "../../src/workers/packed_views.ts";

Deno.test("what was packed and cloned is as it was, shared memory shared, and nothing packed has many keys", () => {
  const shared = new Float32Array(new SharedArrayBuffer(400), 40, 50);
  const [list, error] = [[1, 2, 3], new TypeError("as it is")];
  const message = {
    kind: "x",
    shared,
    many: [Uint8Array.of(1), Uint16Array.of(2, 3), Float64Array.of(0.5), new Uint32Array()],
    mixed: [null, { inner: Int32Array.of(-1) }, "text"],
    ...{ list, error, nothing: null, missing: undefined },
  };
  const packed = packViews(message) as typeof message;
  assert(!ArrayBuffer.isView(packed.shared) && packed.list === list);
  const cloned = unpackViews(structuredClone(packed)) as typeof message;
  assertEquals(cloned, message);
  assert(cloned.error instanceof TypeError);
  shared[7] = 42;
  assertEquals(cloned.shared[7], 42);
  assertEquals(unpackViews(structuredClone(packViews(Int32Array.of(5)))), Int32Array.of(5));
  for (const plain of ["text", 1, null, undefined]) assertEquals(unpackViews(packViews(plain)), plain);
});
