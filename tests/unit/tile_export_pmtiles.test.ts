/** PMTiles as npm:pmtiles, which is not ours, reads them. */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { FileSource, type Header, PMTiles } from "pmtiles";
import { sha256Hex } from "../../src/core/mod.ts";
import { exportPmtiles } from "../../src/tiles/workstation/tile_export/mod.ts";
import {
  type Entries,
  makeDirectories,
} from "../../src/tiles/workstation/tile_export/pmtiles/directories.ts";
import {
  ArchiveFile,
  PmtilesDirectories,
} from "../../src/tiles/workstation/tile_import/archives/pmtiles_directories.ts";
import { makePicture, MemoryTiles, namesIn } from "./tile_export_fixture.ts";

const SELECTION = { source: "bing" };

Deno.test("exportPmtiles() writes what npm:pmtiles reads: the same bytes, equal pictures once", async () => {
  await inScratch(async (folder) => {
    const tiles = new MemoryTiles();
    const pictures = await Promise.all([1, 2, 3].map((seed) => makePicture(seed)));
    const sea = pictures[0];
    for (let i = 0; i < 40; i++) {
      const tile = { zoom: 17, x: 70_000 + i % 8, y: 45_000 + Math.floor(i / 8) };
      tiles.add(tile, i % 4 === 0 ? pictures[1 + (i / 4) % 2] : sea);
    }
    tiles.add({ zoom: 0, x: 0, y: 0 }, pictures[2]);
    const out = `${folder}/a.pmtiles`;
    const request = { selection: SELECTION, out, force: false, name: "a" };
    const summary = await exportPmtiles(tiles, request);
    assert.deepEqual([summary.tiles, summary.pictures, summary.zooms], [41, 3, [0, 17]]);
    assert.equal((await Deno.stat(out)).size, summary.bytes);

    const archive = new PMTiles(new FileSource(new File([await Deno.readFile(out)], "a.pmtiles")));
    const header = await archive.getHeader();
    checkHeader(header, summary.bytes);
    for (const { metadata, jpeg } of tiles.tiles.values()) {
      const { zoom, x, y } = metadata.tileId;
      const read = await archive.getZxy(zoom, x, y);
      assert.ok(read, `${zoom}/${x}/${y}`);
      assert.equal(sha256Hex(new Uint8Array(read.data)), sha256Hex(jpeg));
    }
    assert.equal(await archive.getZxy(17, 70_008, 45_000), undefined);
    const document = await archive.getMetadata() as Record<string, string>;
    assert.equal(document.attribution, "a survey");
    assert.equal(document.captured_at, "2024-05-31T00:00:00.000Z");
  });
});

function checkHeader(header: Header, fileBytes: number): void {
  assert.deepEqual([header.specVersion, header.clustered, header.tileType], [3, true, 3]);
  assert.deepEqual([header.numAddressedTiles, header.numTileContents], [41, 3]);
  assert.ok(header.numTileEntries < 41, "runs of one picture are one entry");
  assert.deepEqual([header.minZoom, header.maxZoom], [0, 17]);
  assert.ok(Math.abs(header.maxLat - 85.0511287) < 1e-6 && header.minLon === -180);
  // Sections follow each other without a gap to the end of the file.
  assert.equal(header.rootDirectoryOffset, 127);
  assert.equal(header.tileDataOffset + (header.tileDataLength ?? 0), fileBytes);
}

Deno.test("makeDirectories() makes leaves when the root would pass 16 KiB, and each tile is found", async () => {
  await inScratch(async (folder) => {
    const count = 60_000;
    // Places and lengths that do not compress, so that the root alone cannot hold them.
    const entries = {
      count,
      tileIds: Float64Array.from({ length: count }, (_, i) => 5e9 + 3 * i + (i * 7919) % 3),
      runLengths: new Uint32Array(count).fill(1),
      lengths: Uint32Array.from({ length: count }, (_, i) => 5000 + (i * 104_729) % 9973),
      offsets: new Float64Array(count),
    } satisfies Entries;
    let end = 0;
    for (let i = 0; i < count; i++) {
      entries.offsets[i] = end;
      end += entries.lengths[i];
    }
    const { root, leaves } = makeDirectories(entries);
    assert.ok(root.length <= 16_384 - 127 && leaves.length > 0, `${root.length}`);
    const path = `${folder}/directories`;
    await Deno.writeFile(path, new Uint8Array([...root, ...leaves]));
    using file = await ArchiveFile.open(path);
    const header = {
      rootDirectoryOffset: 0,
      rootDirectoryLength: root.length,
      leafDirectoryOffset: root.length,
      leafDirectoryLength: leaves.length,
      internalCompression: 2,
    } as Header;
    let i = 0;
    for await (const entry of new PmtilesDirectories(path, file, header).entries()) {
      assert.deepEqual([entry.tileId, entry.offset, entry.length], [
        entries.tileIds[i],
        entries.offsets[i],
        entries.lengths[i],
      ]);
      i++;
    }
    assert.equal(i, count);
  });
});

Deno.test("an export that fails midway leaves nothing, and what stood there stays", async () => {
  await inScratch(async (folder) => {
    const tiles = new MemoryTiles();
    const jpeg = await makePicture(1);
    for (let x = 0; x < 4; x++) tiles.add({ zoom: 3, x, y: 2 }, jpeg.with(40, x), {});
    tiles.readFile = ({ tileId }) =>
      tileId.x === 3 ? Promise.reject(new Error("gone")) : Promise.resolve(jpeg);
    const out = `${folder}/a.pmtiles`;
    await Deno.writeTextFile(out, "the old one");
    const request = { selection: SELECTION, out, force: true, name: "a" };
    await assert.rejects(exportPmtiles(tiles, request), /gone/);
    await assert.rejects(exportPmtiles(tiles, { ...request, force: false }), /--force/);
    assert.deepEqual(namesIn(folder), ["a.pmtiles"]);
    assert.equal(await Deno.readTextFile(out), "the old one");
    const stop = AbortSignal.abort(new Error("stopped"));
    await assert.rejects(exportPmtiles(tiles, request, { signal: stop }), /stopped/);
    assert.deepEqual(namesIn(folder), ["a.pmtiles"]);
  });
});
