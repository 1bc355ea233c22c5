// The last word on permissions. A command's set in deno.json is granted before its options are known, so it
// allows writing below "/", running the acorn of PATH and listening; from here on only what this call needs
// is left, for the process and its workers. What was granted without a list (`-A`) is the user's own choice
// and stays.

export interface CallNeeds {
  /** Folders in which it writes. */
  readonly folders: readonly string[];
  /** Whether it runs a program. */
  readonly program: boolean;
  /** Whether it listens on the loopback interface. */
  readonly listens: boolean;
  /** Whether it calls a library of the system's: from then on it may do what that may. */
  readonly ffi: boolean;
}

/** Give up all permissions but those that a call needs. */
export function confine({ folders, program, listens, ffi }: CallNeeds): void {
  const { permissions } = Deno;
  if (!program) permissions.revokeSync({ name: "run" });
  if (!ffi) permissions.revokeSync({ name: "ffi" });
  if (!listens) permissions.revokeSync({ name: "net", host: "127.0.0.1" });
  for (const path of folders.flatMap((folder) => [folder, ...placeOf(folder)])) {
    const write = { name: "write", path } as const;
    // A request for what is allowed already asks nobody: it makes an entry that outlives that of "/".
    if (permissions.querySync(write).state === "granted") permissions.requestSync(write);
  }
  permissions.revokeSync({ name: "write", path: "/" });
}

/** Where a folder that the user named is, when the name is a link; nothing for one that is yet to be made. */
function placeOf(folder: string): string[] {
  try {
    return [Deno.realPathSync(folder)];
  } catch {
    return [];
  }
}
