/**
 * The denominator of a softmax over the threads of a workgroup. A thread keeps the largest score m of those
 * that it has seen, and one or two sums of exp(score - m): (m, s) or (m, s, h). Two threads' become one by
 * scaling their sums to the larger m.
 */

/** WGSL `join(a, b)`, and `joinAll(part, thread)`, in a fixed tree, which all threads must call. */
export function softmaxParts(sums: 1 | 2, threads: number): string {
  const [type, letters] = sums === 1 ? ["vec2<f32>", "y"] : ["vec3<f32>", "yz"];
  return `
var<workgroup> parts: array<${type}, ${threads}>;
fn join(a: ${type}, b: ${type}) -> ${type} {
  let m = max(a.x, b.x);
  return ${type}(m, a.${letters} * exp(a.x - m) + b.${letters} * exp(b.x - m));
}
fn joinAll(part: ${type}, thread: u32) -> ${type} {
  parts[thread] = part;
  for (var step = ${threads / 2}u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (thread < step) { parts[thread] = join(parts[thread], parts[thread + step]); }
  }
  workgroupBarrier();
  return parts[0];
}
`;
}
