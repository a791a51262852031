import assert from "node:assert/strict";
import { brotliCompressSync, gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { openVision } from "../../src/native/vision/mod.ts";
import { exportPmtiles } from "../../src/tiles/workstation/tile_export/mod.ts";
import { importArchive, openArchive } from "../../src/tiles/workstation/tile_import/mod.ts";
import { inScratch } from "../support/scratch.ts";
import { makePicture, MemoryTiles } from "./tile_export_fixture.ts";
import { MemoryStore, toolkitOf } from "./tile_import_fixture.ts";

Deno.test("a PMTiles file is read by any compression of the format, and where its header does not say it", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/a.pmtiles`;
    const tiles = new MemoryTiles();
    for (let x = 0; x < 3; x++) {
      tiles.add({ zoom: 17, x: 70_000 + x, y: 45_000 }, await makePicture(x));
    }
    const request = { selection: { source: "bing" }, out: path, force: true, name: "a" };
    await exportPmtiles(tiles, request);
    using vision = openVision();
    const imported = async () => {
      const store = new MemoryStore();
      await using archive = await openArchive(path, null);
      assert.ok(archive);
      const options = { source: "bing", capturedAt: null, attribution: "" };
      await importArchive(archive, store, toolkitOf(vision), options);
      return [...store.tiles.keys()].sort();
    };
    const good = await Deno.readFile(path);
    const all = await imported();
    const numberAt = (at: number) => Number(new DataView(good.buffer).getBigUint64(at, true));
    assert.equal(all.length, 3);
    for (
      const [code, pack] of [
        [0, gzipSync],
        [1, (bytes: Uint8Array) => bytes],
        [3, brotliCompressSync],
        [4, zstdCompressSync],
      ] as const
    ) {
      // Root directory and metadata, put behind the rest.
      let bytes = Uint8Array.from(good);
      for (const field of [8, 24]) {
        const [from, length] = [numberAt(field), numberAt(field + 8)];
        const packed = pack(new Uint8Array(gunzipSync(good.subarray(from, from + length))));
        const longer = new Uint8Array(bytes.length + packed.length);
        longer.set(bytes);
        longer.set(packed, bytes.length);
        const header = new DataView(longer.buffer);
        header.setBigUint64(field, BigInt(bytes.length), true);
        header.setBigUint64(field + 8, BigInt(packed.length), true);
        header.setUint8(97, code);
        header.setUint8(98, code === 0 ? 0 : 1);
        bytes = longer;
      }
      await Deno.writeFile(path, bytes);
      assert.deepEqual(await imported(), all, `compression ${code}`);
    }
  });
});
