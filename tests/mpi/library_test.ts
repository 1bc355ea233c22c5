/** Which MPI is there, by what it says, and who started this process. */
import { assertEquals, assertThrows } from "@std/assert";
import { launcherOf, recognizeLibrary } from "../../src/mpi/mod.ts";
import { DeviceError } from "../../src/errors.ts";

Deno.test("recognizeLibrary() knows Open MPI 4 and 5 and MPICH 4 by their own words", () => {
  const texts = [
    "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4, repo rev: v4.1.4, May 26, 2022\0",
    "Open MPI v5.0.3, package: Open MPI builder Distribution",
    "MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7 12:34:45 CDT 2022\n",
    "MPICH Version:      4.2.0\nMPICH Release date: Fri Feb  9 12:29:21 CST 2024\n",
  ];
  assertEquals(texts.map(recognizeLibrary), [
    { name: "Open MPI", version: "4.1.4" },
    { name: "Open MPI", version: "5.0.3" },
    { name: "MPICH", version: "4.0.2" },
    { name: "MPICH", version: "4.2.0" },
  ]);
});

Deno.test("recognizeLibrary() refuses what it does not know, with what is known", () => {
  const texts = [
    "Open MPI v3.1.0, package: x",
    "MPICH Version:\t3.4.1\n",
    "Intel(R) MPI Library 2021.10 for Linux* OS\n",
    "MVAPICH2 Version      :\t2.3.7\n",
    "",
  ];
  for (const text of texts) {
    const { message, hint } = assertThrows(() => recognizeLibrary(text), DeviceError);
    assertEquals(message, `The MPI library says that it is "${text.split("\n")[0]}"`);
    assertEquals(hint?.startsWith("Known are Open MPI 4 and 5, MPICH 4:"), true);
  }
});

Deno.test("launcherOf() says whose mpirun it was, and how many it started", () => {
  const of = (variables: Record<string, string>) => launcherOf((name) => variables[name]);
  assertEquals(of({}), null);
  assertEquals(of({ OMPI_COMM_WORLD_SIZE: "4", PMIX_RANK: "1" }), { name: "Open MPI", size: 4 });
  assertEquals(of({ PMIX_RANK: "1" }), { name: null, size: null });
  assertEquals(of({ PMI_SIZE: "2" }), { name: "MPICH", size: 2 });
  assertEquals(of({ PMI_SIZE: "many" }), null);
});
