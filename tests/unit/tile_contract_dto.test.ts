/**
 * Schemas of tile records: impossible values are refused, and fields of later versions are kept.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  BboxSchema,
  checkBbox,
  checkTileId,
  checkTileMetadata,
  SectorBoundarySchema,
  TileMetadataError,
  TileQualityMetadataSchema,
  tileRange,
} from "../../src/tiles/tile_contract/mod.ts";
import { FLIGHT_ID, makeTile } from "../contract/tile_fixture.ts";

const BOX = { southDeg: 40, westDeg: 10, northDeg: 41, eastDeg: 11 };

Deno.test("TileId has zoom 0 to 22 and an x and y that exist there", () => {
  const id = (zoom: number, x: number, y: number) => ({ zoom, x, y, source: "osm" });
  for (const [zoom, last] of [[0, 0], [1, 1], [18, 2 ** 18 - 1], [22, 2 ** 22 - 1]]) {
    assert.deepEqual(checkTileId(id(zoom, last, last)), id(zoom, last, last));
    assert.throws(() => checkTileId(id(zoom, last + 1, last)), TileMetadataError);
    assert.throws(() => checkTileId(id(zoom, last, last + 1)), TileMetadataError);
  }
  for (const wrong of [id(-1, 0, 0), id(23, 0, 0), id(1.5, 0, 0), id(3, -1, 0), id(3, 0, 0.5)]) {
    assert.throws(() => checkTileId(wrong), TileMetadataError, JSON.stringify(wrong));
  }
  const upper = { ...id(3, 1, 1), source: "onboard_ingest", flightId: FLIGHT_ID.toUpperCase() };
  assert.equal(checkTileId(upper).flightId, FLIGHT_ID);
});

Deno.test("a new onboard tile is pending, and unknown voting statuses are kept as they came", () => {
  const { metadata } = makeTile({ source: "onboard_ingest", flightId: FLIGHT_ID });
  assert.equal(checkTileMetadata(metadata).votingStatus, "pending");
  const trusted = { ...metadata, votingStatus: "trusted" };
  assert.equal(checkTileMetadata(trusted).votingStatus, "trusted");
  assert.equal(checkTileMetadata(makeTile({}).metadata).votingStatus, undefined);
  for (const change of [{ votingStatus: "maybe" }, { freshnessLabel: "newish" }, { extra: 1 }]) {
    assert.throws(() => checkTileMetadata({ ...metadata, ...change }), TileMetadataError);
  }
});

Deno.test("quality keeps fields of a later version and refuses impossible numbers", () => {
  const quality = { misplacementBoundM: 3, frameGsdM: 0.1, frameSequence: 4, later: [1] };
  assert.deepEqual(TileQualityMetadataSchema.parse(quality), quality);
  for (const change of [{ misplacementBoundM: 0 }, { frameGsdM: -1 }, { tiltDeg: 181 }]) {
    assert.equal(TileQualityMetadataSchema.safeParse({ ...quality, ...change }).success, false);
  }
});

Deno.test("boxes are on Earth and not inverted; over the antimeridian they have two spans", () => {
  const wrong = [
    { southDeg: 42 },
    { northDeg: 91 },
    { southDeg: -91 },
    { westDeg: -181 },
    { eastDeg: 180.5 },
    { northDeg: NaN },
  ];
  for (const change of wrong) {
    assert.equal(BboxSchema.safeParse({ ...BOX, ...change }).success, false);
    assert.throws(() => checkBbox({ ...BOX, ...change }), TileMetadataError);
  }
  const over = { ...BOX, westDeg: 179, eastDeg: -179 };
  assert.deepEqual(BboxSchema.parse(over), over);
  const { columns } = tileRange(over, 8);
  assert.equal(columns.length, 2);
  assert.equal(columns[0].xMax, 255);
  assert.equal(columns[1].xMin, 0);
  const sector = { name: "north", classification: "active_conflict", bbox: BOX };
  assert.deepEqual(SectorBoundarySchema.parse(sector), sector);
  assert.equal(
    SectorBoundarySchema.safeParse({ ...sector, classification: "calm" }).success,
    false,
  );
});
