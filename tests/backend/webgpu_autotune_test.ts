/** Measuring tiles, and keeping what was measured. */
import { assert, assertEquals } from "@std/assert";
import { measureTiles, type TileStore, tunedTiles } from "../../src/backend/webgpu/mod.ts";
import { MATMUL_TILES, type MatmulTiles } from "../../src/backend/webgpu/kernels/matmul_tiles.ts";
import { gpuTest } from "./gpu_test_case.ts";

class MemoryStore implements TileStore {
  constructor(public text: string | null = null) {}
  read(): Promise<string | null> {
    return Promise.resolve(this.text);
  }
  write(text: string): Promise<void> {
    this.text = text;
    return Promise.resolve();
  }
}

const TILES: MatmulTiles = { "a k, b k, 4^8": "64x64" };

gpuTest("webgpu: the tile that the clock prefers is chosen for each orientation", async (backend) => {
  // A clock that counts dispatches, those of the first of two candidates twice: each candidate looks at it 12
  // times.
  let [time, looks, seen] = [0, 0, 0];
  const now = (): number => {
    const { dispatches } = backend.queue.traffic;
    time += (dispatches - seen) * (Math.floor(looks++ / 12) % 2 === 0 ? 2 : 1);
    seen = dispatches;
    return time;
  };
  const tiles = await measureTiles(backend, { now, candidates: ["32x32", "64x32"], powers: [5] });
  assertEquals(tiles, {
    "a k, b k, 4^8": "64x32",
    "a k, b outer, 4^8": "64x32",
    "a outer, b outer, 4^8": "64x32",
  });
});

Deno.test("tiles are measured once for an adapter, and again when there are other candidates", async () => {
  const store = new MemoryStore();
  let measured = 0;
  const measure = (): Promise<MatmulTiles> => {
    measured++;
    return Promise.resolve(TILES);
  };
  assertEquals(await tunedTiles("acme", store, measure), TILES);
  assertEquals(await tunedTiles("acme", store, measure), TILES);
  assertEquals(measured, 1);
  await tunedTiles("other", store, measure);
  await tunedTiles("acme", store, measure);
  assertEquals(measured, 2);
  store.text = store.text!.replaceAll(JSON.stringify(JSON.stringify(MATMUL_TILES)), '"older"');
  await tunedTiles("acme", store, measure);
  assertEquals(measured, 3);
});

Deno.test("a damaged store is measured again and written anew", async () => {
  const damaged = ["", "{", "null", "[1]", '{"acme": null}', '{"acme": {"candidates": 1, "tiles": {}}}'];
  const wrong = JSON.stringify({ acme: { candidates: JSON.stringify(MATMUL_TILES), tiles: { x: "9x9" } } });
  for (const text of [...damaged, wrong]) {
    const store = new MemoryStore(text);
    assertEquals(await tunedTiles("acme", store, () => Promise.resolve(TILES)), TILES, text);
    assert(store.text !== text);
  }
});
