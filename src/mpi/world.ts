// The processes of one MPI job, seen from one of them: rank 0 to size - 1. It is opened in the thread that
// will make all of MPI's calls (MPI_THREAD_FUNNELED); none of them blocks but the first and the last.
import { DeviceError } from "../errors.ts";
import { type Launcher, type Mpi, type MpiLibrary, openLibrary, textOf } from "./library.ts";
import { Transfers } from "./transfers.ts";

const MPI_THREAD_FUNNELED = 1;

export class World {
  readonly rank: number;
  readonly size: number;
  readonly library: MpiLibrary;
  /** Name of the machine, as MPI has it. */
  readonly host: string;
  readonly #mpi: Mpi;

  /**
   * Join the job.
   *
   * @throws {DeviceError} when there is no library that is known, or it is not the one of the launcher
   */
  static open(launcher: Launcher | null): World {
    const mpi = openLibrary(launcher);
    const provided = new Int32Array(1);
    if (mpi.functions.MPI_Init_thread(null, null, MPI_THREAD_FUNNELED, provided) !== 0) {
      throw new DeviceError(`${mpi.library.name} ${mpi.library.version} could not be initialised`);
    }
    return new World(mpi, launcher);
  }

  private constructor(mpi: Mpi, launcher: Launcher | null) {
    this.#mpi = mpi;
    const { functions, handles: { world, errorsReturn }, library } = mpi;
    functions.MPI_Comm_set_errhandler(world, errorsReturn);
    const number = (ask: (into: Int32Array<ArrayBuffer>) => number): number => {
      const into = new Int32Array(1);
      ask(into);
      return into[0]!;
    };
    this.rank = number((into) => functions.MPI_Comm_rank(world, into));
    this.size = number((into) => functions.MPI_Comm_size(world, into));
    this.host = textOf((buffer, length) => functions.MPI_Get_processor_name(buffer, length));
    this.library = library;
    if (launcher?.size != null && launcher.size !== this.size) {
      const [launched, joined] = [launcher.size, this.size];
      const found = `${library.name} ${library.version}`;
      throw new DeviceError(`The launcher started ${launched} processes, ${found} knows of ${joined}`, {
        hint: `Start with the mpirun of ${library.name}, or install the launcher's own library.`,
      });
    }
  }

  transfers(): Transfers {
    return new Transfers(this.#mpi);
  }

  /** Leave the job, when everybody does. */
  close(): void {
    this.#mpi.functions.MPI_Finalize();
  }
}
