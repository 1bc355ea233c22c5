/** Sums over neighbouring threads of a workgroup, in the order of a binary tree. */

/**
 * WGSL `laneSum(value, thread)`: the sum over the `lanes` threads among which `thread` is, given to all of them. Every thread of the workgroup
 * must call it.
 *
 * @param threads of the workgroup
 * @param lanes a power of two that divides `threads`
 */
export function laneSum(threads: number, lanes: number): string {
  return `
var<workgroup> laneSums: array<f32, ${threads}>;
fn laneSum(value: f32, thread: u32) -> f32 {
  workgroupBarrier(); // an earlier sum has been read
  laneSums[thread] = value;
  for (var step = ${Math.floor(lanes / 2)}u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (thread % ${lanes}u < step) { laneSums[thread] += laneSums[thread + step]; }
  }
  workgroupBarrier();
  return laneSums[thread - thread % ${lanes}u];
}
`;
}
