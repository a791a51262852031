import assert from "node:assert/strict";
import { FdrTileError } from "../../src/flight/flight_recorder/mod.ts";
import { TileSnapshots } from "../../src/flight/flight_recorder/tile_snapshots.ts";
import { JournalDisk } from "../support/journal_disk.ts";

const FOLDER = "/flights/x";

/** The beginning of a JPEG; its header is all that is looked at. */
function jpegOf(length: number): Uint8Array {
  const jpeg = new Uint8Array(length);
  jpeg.set([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0]);
  return jpeg;
}

Deno.test("TileSnapshots counts every picture that is on the disk, whatever the disk refuses", () => {
  const actions = ["makeFolder", "create", "write", "sync", "rename", "syncFolder"] as const;
  for (const action of actions) {
    const disk = new JournalDisk();
    const tiles = new TileSnapshots(disk, FOLDER, 1000);
    let failing = true;
    disk.before = (each, path) => {
      // The flight's own folder is synced once; the pictures' folder is meant.
      const counts = action !== "syncFolder" || path === `${FOLDER}/tiles`;
      if (failing && each === action && counts) throw new Error("Input/output error");
    };
    assert.throws(() => tiles.save("first", jpegOf(400)), FdrTileError, action);
    failing = false;
    for (const tileId of ["second", "third", "fourth"]) tiles.save(tileId, jpegOf(400));
    const there = [...disk.names.keys()].filter((path) => path.startsWith(`${FOLDER}/tiles/`));
    const bytes = there.reduce((sum, path) => sum + disk.sizeOf(path), 0);
    assert.equal(tiles.bytes, bytes, `${action}: ${there}`);
    assert.ok(bytes <= 1000, `${action}: ${bytes} bytes stay`);
  }
});
