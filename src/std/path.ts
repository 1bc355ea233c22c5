// `@std/path` by way of npm, where the standard library is published without types.
// @ts-types="./path.d.ts"
export {
  basename,
  dirname,
  extname,
  fromFileUrl,
  isAbsolute,
  join,
  relative,
  resolve,
  toFileUrl,
} from "deno-std/path/mod.js";
