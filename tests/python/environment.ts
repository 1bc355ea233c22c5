/**
 * The Python of the checks: a virtual environment `.venv` in the project, made from PyPI with the versions of requirements.txt. It is made
 * once; a copy of requirements.txt inside tells whether it is whole and still right. PyTorch's wheels from PyPI bring CUDA along on
 * Linux (several GB); with PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu pip takes the small one.
 */
import { join } from "@std/path";

/** Why there can be no environment on this machine: no Python, the wrong one, or one without venv. */
export class PythonUnavailable extends Error {
  override readonly name = "PythonUnavailable";
}

const CANDIDATES = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"];
const OLDEST_MINOR = 10;
const NEWEST_MINOR = 13;

/**
 * The environment's python, after making the environment if need be.
 *
 * @param folder where it is or shall be
 * @param requirementsPath the file that pip is given
 * @throws {PythonUnavailable} when this machine's Python cannot make one
 */
export async function pythonEnvironment(folder: string, requirementsPath: string): Promise<string> {
  const python = Deno.build.os === "windows"
    ? join(folder, "Scripts", "python.exe")
    : join(folder, "bin", "python");
  const stamp = join(folder, "requirements.txt");
  const requirements = await Deno.readTextFile(requirementsPath);
  if (await readIfThere(stamp) === requirements) return python;

  const base = await findPython();
  if (!(await succeeds(base, "-c", "import ensurepip, venv"))) {
    throw new PythonUnavailable(
      `${base} has no venv module (Debian and Ubuntu: apt-get install python3-venv)`,
    );
  }
  await run(base, "-m", "venv", "--clear", folder);
  await run(python, "-m", "pip", "install", "--disable-pip-version-check", "-r", requirementsPath);
  await Deno.writeTextFile(stamp, requirements);
  return python;
}

async function findPython(): Promise<string> {
  const inRange =
    `import sys; sys.exit(not ((3, ${OLDEST_MINOR}) <= sys.version_info[:2] <= (3, ${NEWEST_MINOR})))`;
  for (const candidate of CANDIDATES) {
    if (await succeeds(candidate, "-c", inRange)) return candidate;
  }
  throw new PythonUnavailable(`no Python 3.${OLDEST_MINOR} to 3.${NEWEST_MINOR} on PATH`);
}

async function succeeds(program: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function run(program: string, ...args: string[]): Promise<void> {
  const status = await new Deno.Command(program, { args, stdout: "inherit", stderr: "inherit" }).spawn()
    .status;
  if (!status.success) throw new Error(`${[program, ...args].join(" ")} ended with code ${status.code}`);
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
