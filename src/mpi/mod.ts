// MPI, by Deno's FFI on the system's libmpi: which library it is (library.ts), and bytes sent and received
// without blocking (world.ts, read it first). Nothing of training is here, and no sums: MPI moves bytes only.
// All calls of a process come from the one thread that opened its World.
export { type Launcher, launcherOf, type MpiLibrary, recognizeLibrary } from "./library.ts";
export { World } from "./world.ts";
export { Transfers } from "./transfers.ts";
