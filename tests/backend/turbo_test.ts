/**
 * The kernels under the flags that training runs with: V8 then fuses pairs of 128-bit operations and leaves
 * out bounds checks, which is other machine code than the plain tests ran. The same file of tests, in a
 * process of its own, because flags count from the start only.
 */
import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";

const HOME = new URL("../../v8.env", import.meta.url);
const [, TURBO_FLAGS] = /^DENO_V8_FLAGS=(.*)$/m.exec(await Deno.readTextFile(HOME))!;

Deno.test("every operation is right with V8's turbo flags too", async () => {
  const file = fromFileUrl(new URL("./wasm_ops_test.ts", import.meta.url));
  // Without --no-liftoff the baseline compiler, which fuses nothing, would run most of these short calls.
  const flags = `--v8-flags=${TURBO_FLAGS},--no-liftoff,--no-wasm-lazy-compilation`;
  const args = ["test", "--quiet", "--no-check", "--allow-read", flags, file];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert(success, text);
  assert(/[1-9]\d* passed \| 0 failed/.test(text), text);
});
