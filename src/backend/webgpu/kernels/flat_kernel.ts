/**
 * Kernels whose workgroups are numbered: each finds its piece of work by `flatGroup(group, groups)` and must skip the numbers beyond the last
 * one, because workgroups are folded into three dimensions where one would exceed the device's limit.
 */
import type { Gpu } from "../kernel.ts";

/** Workgroups in each dimension for `count` pieces of work: at least as many. */
export function flatGroups(gpu: Gpu, count: number): [number, number, number] {
  const limit = gpu.device.limits.maxComputeWorkgroupsPerDimension;
  const x = Math.min(count, limit);
  if (x === 0) return [0, 1, 1];
  const y = Math.min(Math.ceil(count / x), limit);
  return [x, y, Math.ceil(count / (x * y))];
}

/** WGSL's function `flatGroup`, and the head of a main function with its arguments `group`, `groups` and `thread`. */
export function flatMain(threads: number): string {
  return `
fn flatGroup(id: vec3<u32>, count: vec3<u32>) -> u32 { return id.x + count.x * (id.y + count.y * id.z); }

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
)`;
}
