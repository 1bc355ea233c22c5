/** Folders for tests, removed when the test is over. */

/** A folder that is removed when disposed. */
export class TemporaryFolder implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "tactics_test_" });

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Run a test with a temporary folder's path. */
export async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  using folder = new TemporaryFolder();
  await test(folder.path);
}
