/**
 * Damaged MBTiles, PMTiles, GeoPackages, photographs and MCAP files: refused, or read. Never a crash, never a
 * hang, never a black tile, never a tile at a place that is not its own.
 *
 * `GDN_TEST_SEED` gives other damage, `GDN_READER_SECONDS` the time of each reader (`deno task campaign --only
 * readers`: 10 minutes); a failure names its seed and round, `GDN_READER_ROUND` repeats that one.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { zstdCompressSync } from "node:zlib";
import { GdnError, messageOf, type Random, seededRandom, sha256Hex } from "../../src/core/mod.ts";
import { diagnoseFlight, findFlight, readBatches } from "../../src/flight/flight_record/mod.ts";
import { readPhotograph } from "../../src/flight/photographs/mod.ts";
import { decodeJpeg, openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import { exportMbtiles, exportPmtiles } from "../../src/tiles/workstation/tile_export/mod.ts";
import { importArchive, openArchive } from "../../src/tiles/workstation/tile_import/mod.ts";
import { FLIGHT_ID, mcapFile } from "../support/flight_record_fixture.ts";
import { inScratch } from "../support/scratch.ts";
import { makePicture, MemoryTiles } from "../unit/tile_export_fixture.ts";
import { texturedGround, writePhotograph } from "../unit/photographs_fixture.ts";
import { MemoryStore, toolkitOf } from "../unit/tile_import_fixture.ts";

const SEED = Deno.env.get("GDN_TEST_SEED") ?? "1";
const SECONDS = Number(Deno.env.get("GDN_READER_SECONDS") ?? 0);
const ONLY = Deno.env.get("GDN_READER_ROUND");
/** Without a time. */
const ROUNDS = 12;
/** A hang; on a busy machine a round takes up to a second. */
const ROUND_MS_MAX = 60_000;
const ZOOM = 17, X = 70_000, Y = 45_000, COLUMNS = 4, ROWS = 4;
const EARTH_HALF_M = 20_037_508.342789244;

type Bytes = Uint8Array<ArrayBuffer>;
type Outcome = "refused" | "read";

/** Bits, bytes, runs of zeros and of ones, a cut end, a piece moved: up to three of them. */
function damaged(whole: Bytes, random: Random): Bytes {
  let bytes = whole.slice();
  for (let change = 0; change <= random.integer(3) && bytes.length > 1; change++) {
    // Headers, directories and schemas stand at the beginning and at the end.
    const nearEdge = Math.min(bytes.length, 2000);
    const from = [random.integer(bytes.length), random.integer(nearEdge)][random.integer(2)];
    const at = random.integer(4) === 0 ? bytes.length - 1 - from : from;
    const length = 1 + random.integer(random.integer(4) === 0 ? 300 : 8);
    switch (random.integer(6)) {
      case 0:
      case 1:
        bytes[at] ^= 1 << random.integer(8);
        break;
      case 2:
        for (let i = at; i < Math.min(bytes.length, at + length); i++) {
          bytes[i] = random.integer(256);
        }
        break;
      case 3:
        bytes.fill(random.integer(2) * 255, at, at + length);
        break;
      case 4:
        bytes.copyWithin(at, random.integer(bytes.length), random.integer(bytes.length) + length);
        break;
      default:
        if (random.integer(3) === 0) bytes = bytes.slice(0, at);
    }
  }
  return bytes;
}

async function attack(
  name: string,
  round: (random: Random) => Promise<Outcome>,
): Promise<void> {
  const endMs = performance.now() + SECONDS * 1000;
  const counts = { refused: 0, read: 0 };
  let number = ONLY === undefined ? 0 : Number(ONLY);
  for (;; number++) {
    const startMs = performance.now();
    try {
      counts[await round(seededRandom(`${SEED}/${name}/${number}`))]++;
      assert.ok(performance.now() - startMs < ROUND_MS_MAX, "it took too long");
    } catch (error) {
      throw new Error(
        `GDN_TEST_SEED=${SEED} GDN_READER_ROUND=${number} (${name}): ${messageOf(error)}`,
        { cause: error },
      );
    }
    const isEnd = SECONDS > 0 ? performance.now() >= endMs : number + 1 >= ROUNDS;
    if (isEnd || ONLY !== undefined) break;
  }
  const { refused, read } = counts;
  console.log(`${name}: seed ${SEED}, ${refused} refused, ${read} read`);
}

/** Refusals are data errors; anything else is a fault of the reader. */
async function refusedOr(work: () => Promise<void>): Promise<Outcome> {
  try {
    await work();
    return "read";
  } catch (error) {
    if (error instanceof GdnError && [64, 65].includes(error.exitCode)) return "refused";
    throw error;
  }
}

async function sixteenTiles(): Promise<MemoryTiles> {
  const tiles = new MemoryTiles();
  for (let i = 0; i < COLUMNS * ROWS; i++) {
    const place = { zoom: ZOOM, x: X + i % COLUMNS, y: Y + Math.floor(i / COLUMNS) };
    tiles.add(place, await makePicture(i));
  }
  return tiles;
}

function writeGeopackage(path: string, tiles: MemoryTiles): void {
  using database = new DatabaseSync(path);
  const sideM = 2 * EARTH_HALF_M / 2 ** ZOOM;
  const [west, north] = [X * sideM - EARTH_HALF_M, EARTH_HALF_M - Y * sideM];
  const [east, south] = [west + COLUMNS * sideM, north - ROWS * sideM];
  database.exec(`
PRAGMA application_id = ${0x47504b47};
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
  organization_coordsys_id INTEGER, definition TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES ('mercator', 3857, 'EPSG', 3857, 'x');
CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT,
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER);
INSERT INTO gpkg_contents VALUES ('ground', 'tiles', 'ground', ${west}, ${south}, ${east}, ${north}, 3857);
CREATE TABLE gpkg_tile_matrix_set (table_name TEXT PRIMARY KEY, srs_id INTEGER, min_x DOUBLE,
  min_y DOUBLE, max_x DOUBLE, max_y DOUBLE);
INSERT INTO gpkg_tile_matrix_set VALUES ('ground', 3857, ${west}, ${south}, ${east}, ${north});
CREATE TABLE gpkg_tile_matrix (table_name TEXT, zoom_level INTEGER, matrix_width INTEGER,
  matrix_height INTEGER, tile_width INTEGER, tile_height INTEGER, pixel_x_size DOUBLE,
  pixel_y_size DOUBLE, PRIMARY KEY (table_name, zoom_level));
INSERT INTO gpkg_tile_matrix VALUES ('ground', 0, ${COLUMNS}, ${ROWS}, 256, 256, ${sideM / 256},
  ${sideM / 256});
CREATE TABLE ground (id INTEGER PRIMARY KEY AUTOINCREMENT, zoom_level INTEGER, tile_column INTEGER,
  tile_row INTEGER, tile_data BLOB, UNIQUE (zoom_level, tile_column, tile_row));`);
  const insert = database.prepare("INSERT INTO ground VALUES (NULL, 0, ?, ?, ?)");
  for (const { metadata, jpeg } of tiles.tiles.values()) {
    insert.run(metadata.tileId.x - X, metadata.tileId.y - Y, jpeg);
  }
}

/** Pictures whose bytes are whole lie where they did; others are not black. */
async function checkTiles(vision: VisionLibrary, store: MemoryStore, tiles: MemoryTiles) {
  const places = new Map(
    [...tiles.tiles.values()].map(({ metadata }) => [metadata.contentSha256, metadata.tileId]),
  );
  for (const { metadata, jpeg } of store.tiles.values()) {
    const { zoom, x, y } = metadata.tileId;
    const own = places.get(sha256Hex(jpeg));
    if (own === undefined) {
      const { pixels } = await decodeJpeg(vision, jpeg, { name: "a", channels: 1 });
      assert.ok(pixels.some((value) => value > 40), `tile ${zoom}/${x}/${y} is black`);
    } else {
      const there = `${own.zoom}/${own.x}/${own.y}`;
      assert.equal(`${zoom}/${x}/${y}`, there, "a tile is misplaced");
    }
  }
}

async function attackArchive(
  name: string,
  write: (path: string, tiles: MemoryTiles) => void | Promise<unknown>,
): Promise<void> {
  using vision = openVision();
  const tiles = await sixteenTiles(), toolkit = toolkitOf(vision);
  await inScratch(async (folder) => {
    const path = `${folder}/${name}`;
    await write(path, tiles);
    const whole = await Deno.readFile(path);
    const importInto = async (store: MemoryStore) => {
      const options = { source: "bing", capturedAt: null, attribution: "" };
      await using archive = await openArchive(path, null);
      if (archive !== null) await importArchive(archive, store, toolkit, options);
    };
    const all = new MemoryStore();
    await importInto(all);
    assert.equal(all.tiles.size, COLUMNS * ROWS);
    await checkTiles(vision, all, tiles);
    await attack(name, async (random) => {
      await Deno.writeFile(path, damaged(whole, random));
      const store = new MemoryStore();
      const outcome = await refusedOr(() => importInto(store));
      await checkTiles(vision, store, tiles);
      return outcome;
    });
  });
}

const request = (out: string) =>
  ({ selection: { source: "bing" }, out, force: true, name: "a" }) as const;

Deno.test("damaged MBTiles: no black tile, no tile elsewhere", () =>
  attackArchive("a.mbtiles", (path, tiles) => exportMbtiles(tiles, request(path))));

Deno.test("damaged PMTiles: no black tile, no tile elsewhere", () =>
  attackArchive("a.pmtiles", (path, tiles) => exportPmtiles(tiles, request(path))));

Deno.test("damaged GeoPackages: no black tile, no tile elsewhere", () =>
  attackArchive("a.gpkg", writeGeopackage));

Deno.test("damaged tags of photographs: refused, or numbers that can be", async () => {
  let photograph: Bytes = new Uint8Array();
  await inScratch(async (folder) => {
    using vision = openVision();
    const plan = { name: "a.jpg", eastM: 3, northM: -4, heightM: 60, yawDeg: 30 };
    await writePhotograph(vision, texturedGround(200, 1), plan, folder);
    photograph = await Deno.readFile(`${folder}/a.jpg`);
  });
  await attack("a.jpg", (random) => {
    const bytes = damaged(photograph, random);
    return refusedOr(async () => {
      const { positionTag, calibration, gimbal } = await readPhotograph(bytes, "a");
      assert.ok(positionTag !== null, "a position is required");
      const { latitudeDeg, longitudeDeg } = positionTag;
      assert.ok(Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180);
      assert.ok(latitudeDeg !== 0 || longitudeDeg !== 0);
      assert.ok(calibration.fxPx > 0 && Number.isFinite(calibration.fxPx));
      const angles = Object.values(gimbal ?? {}).filter((value) => typeof value === "number");
      assert.ok(angles.every(Number.isFinite));
    });
  });
});

Deno.test("damaged MCAP, compressed and not: what is read as verified is what was written", async () => {
  const records = Array.from({ length: 60 }, (_, i) => ({
    kind: "sensor.baro",
    timestampNs: 1_000_000 * (i + 1),
    payload: { pressurePa: 90_000 + i },
  }));
  const packed = (bytes: Uint8Array) => ({
    compression: "zstd",
    compressedData: new Uint8Array(zstdCompressSync(bytes)),
  });
  const files = [
    await mcapFile({ records, flightId: FLIGHT_ID }),
    await mcapFile({ records, flightId: FLIGHT_ID, compressChunk: packed }),
  ];
  const text = new TextDecoder();
  await inScratch(async (folder) => {
    const path = `${folder}/segment_0000.mcap`;
    await attack("a.mcap", async (random) => {
      const { bytes, texts } = files[random.integer(files.length)];
      await Deno.writeFile(path, damaged(Uint8Array.from(bytes), random));
      const known = new Set(texts);
      return await refusedOr(async () => {
        const flight = await findFlight(path);
        await diagnoseFlight(flight);
        for await (const batch of readBatches(flight, { onDamage: () => {} })) {
          for (const { message } of batch) {
            if (message.verified) assert.ok(known.has(text.decode(message.data)), "a changed one");
          }
        }
      });
    });
  });
});
