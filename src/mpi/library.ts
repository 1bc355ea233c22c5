// Which MPI is there. The libraries' functions are the same, their constants are not: Open MPI's handles are
// addresses of its symbols, MPICH's are fixed numbers (its ABI), and requests are as long as a handle. So the
// library says its name and version before anything else is asked of it, and one that is not known here is
// refused: with another's constants it would read wild memory.
import { DeviceError } from "../errors.ts";

export type MpiName = "Open MPI" | "MPICH";

/** A library that is known. */
export interface MpiLibrary {
  readonly name: MpiName;
  /** As "4.1.4". */
  readonly version: string;
}

/** Major versions that the constants below hold for. */
const KNOWN: Readonly<Record<MpiName, readonly string[]>> = { "Open MPI": ["4", "5"], MPICH: ["4"] };

/** Where the loader finds them on Linux: Debian calls MPICH's library by its own name. */
const FILES: Readonly<Record<MpiName, readonly string[]>> = {
  "Open MPI": ["libmpi.so.40"],
  MPICH: ["libmpich.so.12", "libmpi.so.12"],
};

/** The functions used, where a handle or an address is 64 bits: an MPICH handle is in the lower half. */
const FUNCTIONS = {
  MPI_Get_library_version: { parameters: ["buffer", "buffer"], result: "i32" },
  MPI_Init_thread: { parameters: ["pointer", "pointer", "i32", "buffer"], result: "i32" },
  MPI_Comm_set_errhandler: { parameters: ["u64", "u64"], result: "i32" },
  MPI_Comm_rank: { parameters: ["u64", "buffer"], result: "i32" },
  MPI_Comm_size: { parameters: ["u64", "buffer"], result: "i32" },
  MPI_Get_processor_name: { parameters: ["buffer", "buffer"], result: "i32" },
  MPI_Error_string: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  MPI_Isend: { parameters: ["pointer", "i32", "u64", "i32", "i32", "u64", "buffer"], result: "i32" },
  MPI_Irecv: { parameters: ["pointer", "i32", "u64", "i32", "i32", "u64", "buffer"], result: "i32" },
  MPI_Testall: { parameters: ["i32", "buffer", "buffer", "buffer"], result: "i32" },
  MPI_Finalize: { parameters: [], result: "i32" },
} as const;

const OPEN_MPI_SYMBOLS = {
  ompi_mpi_comm_world: { type: "pointer" },
  ompi_mpi_byte: { type: "pointer" },
  ompi_mpi_errors_return: { type: "pointer" },
} as const;

/** MPICH's ABI: MPI_COMM_WORLD, MPI_BYTE, MPI_ERRORS_RETURN. */
const MPICH_HANDLES = { world: 0x44000000n, byte: 0x4c00010dn, errorsReturn: 0x54000001n };

/** An open library, with what its header file would say. */
export interface Mpi {
  readonly library: MpiLibrary;
  readonly functions: Deno.DynamicLibrary<typeof FUNCTIONS>["symbols"];
  readonly handles: Readonly<Record<"world" | "byte" | "errorsReturn", bigint>>;
  readonly requestBytes: number;
}

/** What a launcher says in the environment of the processes that it starts; null: there was none. */
export interface Launcher {
  /** Whose it is; null: either's. */
  readonly name: MpiName | null;
  /** Processes that it started; null where it does not say. */
  readonly size: number | null;
}

/** Who started this process. @param env reads a variable of the environment */
export function launcherOf(env: (name: string) => string | undefined): Launcher | null {
  const sizeOf = (name: string): number | null => {
    const size = Number(env(name));
    return Number.isInteger(size) && size > 0 ? size : null;
  };
  const openMpi = sizeOf("OMPI_COMM_WORLD_SIZE");
  if (openMpi !== null) return { name: "Open MPI", size: openMpi };
  if (env("PMIX_RANK") !== undefined) return { name: null, size: null };
  const hydra = sizeOf("PMI_SIZE");
  return hydra === null ? null : { name: "MPICH", size: hydra };
}

/** @param text of MPI_Get_library_version @throws {DeviceError} when it is of no library that is known */
export function recognizeLibrary(text: string): MpiLibrary {
  const found = /^Open MPI v(\d+\.\d+(?:\.\d+)?)/.exec(text) ??
    /^MPICH Version:\s{0,20}(\d+\.\d+(?:\.\d+)?)/.exec(text);
  const name = text.startsWith("Open MPI") ? "Open MPI" : "MPICH";
  const version = found?.[1];
  if (version !== undefined && KNOWN[name].includes(version.split(".")[0]!)) return { name, version };
  const known = Object.entries(KNOWN).map(([name, majors]) => `${name} ${majors.join(" and ")}`);
  throw new DeviceError(`The MPI library says that it is "${text.split("\n")[0]!.slice(0, 80)}"`, {
    hint: `Known are ${known.join(", ")}: their constants differ. Start with mpirun of one of them.`,
  });
}

/**
 * Open the launcher's library, or the first that is there.
 *
 * @throws {DeviceError} when there is none, or one that is not known
 */
export function openLibrary(launcher: Launcher | null): Mpi {
  const names: MpiName[] = launcher?.name === "MPICH" ? ["MPICH", "Open MPI"] : ["Open MPI", "MPICH"];
  const files = names.flatMap((name) => FILES[name]);
  const reasons: string[] = [];
  for (const file of files) {
    try {
      return openFile(file);
    } catch (error) {
      if (error instanceof DeviceError) throw error;
      if (error instanceof Deno.errors.NotCapable) throw notAllowed(error);
      reasons.push((error as Error).message);
    }
  }
  throw new DeviceError(`No MPI library was found (${files.join(", ")}): ${reasons[0]}`, {
    hint:
      "Install one, on Debian `apt install openmpi-bin libopenmpi3` or `mpich`; on a cluster load its module.",
  });
}

function openFile(file: string): Mpi {
  const { symbols: functions } = Deno.dlopen(file, FUNCTIONS);
  const library = recognizeLibrary(
    textOf((buffer, length) => functions.MPI_Get_library_version(buffer, length)),
  );
  if (library.name === "MPICH") return { library, functions, handles: MPICH_HANDLES, requestBytes: 4 };
  const { symbols } = Deno.dlopen(file, OPEN_MPI_SYMBOLS);
  const address = (pointer: Deno.PointerValue): bigint => Deno.UnsafePointer.value(pointer);
  const handles = {
    world: address(symbols.ompi_mpi_comm_world),
    byte: address(symbols.ompi_mpi_byte),
    errorsReturn: address(symbols.ompi_mpi_errors_return),
  };
  return { library, functions, handles, requestBytes: 8 };
}

/** Bytes that hold every text of MPI's: MPI_MAX_LIBRARY_VERSION_STRING is at most 8192. */
const TEXT_BYTES = 8192;

/** The text that a function writes into a buffer, with its length. */
export function textOf(
  write: (buffer: Uint8Array<ArrayBuffer>, length: Int32Array<ArrayBuffer>) => number,
): string {
  const [buffer, length] = [new Uint8Array(TEXT_BYTES), new Int32Array(1)];
  write(buffer, length);
  return new TextDecoder().decode(buffer.subarray(0, length[0]));
}

function notAllowed(cause: Error): DeviceError {
  return new DeviceError("Deno does not allow loading the MPI library", {
    cause,
    hint: "Run tactics by its task (`deno task train`), which grants it, or with --allow-ffi.",
  });
}
