// `@std/assert` by way of npm, where the standard library is published without types: for the tests.
// @ts-types="./assert.d.ts"
export {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "deno-std/assert/mod.js";
