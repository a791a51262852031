import assert from "node:assert/strict";
import { operatorCommand } from "../../tasks/executables.ts";
import {
  seededRandom,
  sha256Hex,
  tileBounds,
  tileFromWgs,
  wgsFromWorldPixel,
} from "../../src/core/mod.ts";
import { openDescriptorIndex } from "../../src/navigation/descriptor_index/mod.ts";
import { openFaiss } from "../../src/native/faiss/mod.ts";
import { openFlightPackage, PACKAGE_PATHS } from "../../src/flight/flight_package/mod.ts";
import { VladDescriptor } from "../../src/navigation/place_recognition/mod.ts";
import { heightTiff } from "../../src/workstation/evaluation/height_tiff.ts";
import type { NewTile } from "../../src/tiles/tile_contract/mod.ts";
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { decodeJpeg, encodeJpeg, openVision } from "../../src/native/vision/mod.ts";
import { emptyCache } from "../support/empty_cache.ts";
import { operate } from "./operator_cache_fixture.ts";

const ZOOM = 18, SIDE = 256, COLUMNS = 4, ROWS = 4;
/** What the import told of the datum of the imagery. */
const DATUM_ERROR_M = 2;
const CORNER = tileFromWgs({ latitudeDeg: 48.2, longitudeDeg: 16.4 }, ZOOM);
/** The cache lacks this one. */
const HOLE = { x: CORNER.x + 3, y: CORNER.y };

/** Fields and roofs over the whole area, RGB. */
function ground(): Uint8Array<ArrayBuffer> {
  const random = seededRandom("provision");
  const width = COLUMNS * SIDE, height = ROWS * SIDE;
  const pixels = new Uint8Array(width * height * 3).fill(90);
  for (let i = 0; i < 1500; i++) {
    const w = 6 + random.integer(60), h = 6 + random.integer(60);
    const x0 = random.integer(width - w), y0 = random.integer(height - h);
    const grey = 20 + random.integer(220);
    for (let y = y0; y < y0 + h; y++) {
      pixels.fill(grey, (y * width + x0) * 3, (y * width + x0 + w) * 3);
    }
  }
  return pixels;
}

async function fillCache(dataFolder: string): Promise<void> {
  using vision = openVision();
  const pixels = ground();
  const tiles: NewTile[] = [];
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const x = CORNER.x + column, y = CORNER.y + row;
      if (x === HOLE.x && y === HOLE.y) continue;
      const tile = new Uint8Array(SIDE * SIDE * 3);
      for (let line = 0; line < SIDE; line++) {
        const from = ((row * SIDE + line) * COLUMNS * SIDE + column * SIDE) * 3;
        tile.set(pixels.subarray(from, from + SIDE * 3), line * SIDE * 3);
      }
      const picture = { widthPx: SIDE, heightPx: SIDE, channels: 3, pixels: tile } as const;
      const jpeg = await encodeJpeg(vision, picture);
      const metadata = {
        tileId: { zoom: ZOOM, x, y, source: "simulation" },
        tileSizePx: 256,
        sourceGsdM: 0.4,
        capturedAt: new Date("2021-06-01"),
        contentSha256: sha256Hex(jpeg),
        diskBytes: jpeg.length,
        coverage: 1,
        attribution: "",
        registrationErrorM: DATUM_ERROR_M,
      } as const;
      tiles.push({ metadata, jpeg });
    }
  }
  await using cache = await openTileCache({ dataFolder: await emptyCache(dataFolder) });
  await cache.store.writeTiles(tiles);
}

async function operator(folder: string, args: readonly string[]) {
  const { command, args: all } = operatorCommand(args, { write: [folder] });
  const { code, stdout, stderr } = await new Deno.Command(command, { args: all }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** The middle of a tile, described from its own pixels, finds the place there. */
async function searchPlaces(path: string): Promise<void> {
  using vision = openVision();
  using faiss = openFaiss();
  const flightPackage = await openFlightPackage(path);
  using index = await openDescriptorIndex(`${path}/${PACKAGE_PATHS.index}`, faiss);
  const bytes = await flightPackage.readFile(PACKAGE_PATHS.vocabulary);
  const vlad = VladDescriptor.decode(vision, { bytes, path: PACKAGE_PATHS.vocabulary });
  assert.equal(index.descriptorDim(), vlad.dimension);
  assert.equal(index.indexMetadata().count, flightPackage.places.length);
  // 96 pixels at half the tile's resolution: the 76 m that the places have.
  const jpeg = await flightPackage.tiles.readTileJpeg(CORNER.x + 1, CORNER.y + 1);
  const tile = await decodeJpeg(vision, jpeg, { name: "tile", denominator: 2 });
  const pixels = new Uint8Array(vlad.patchPx ** 2);
  for (let y = 0; y < vlad.patchPx; y++) {
    const from = (y + 16) * tile.widthPx + 16;
    pixels.set(tile.pixels.subarray(from, from + vlad.patchPx), y * vlad.patchPx);
  }
  const query = await vlad.describe({ widthPx: vlad.patchPx, heightPx: vlad.patchPx, pixels });
  assert.ok(query);
  const hits = await index.searchTopK(query, 3);
  assert.equal(hits.length, 3);
  const middle = wgsFromWorldPixel(
    { x: (CORNER.x + 1.5) * SIDE, y: (CORNER.y + 1.5) * SIDE },
    ZOOM,
  );
  const best = flightPackage.places[hits[0].id];
  assert.ok(Math.abs(best.latitudeDeg - middle.latitudeDeg) < 3e-4, JSON.stringify(best));
  assert.ok(Math.abs(best.longitudeDeg - middle.longitudeDeg) < 4.5e-4, JSON.stringify(best));
}

/** The tiles are of 2021-06-01; 183 days later, where there is war, they are too old. */
const LAST_DAY = "2021-12-01", TOO_LATE = "2021-12-02";

async function addSectorOverColumn(data: string): Promise<void> {
  const { westDeg, eastDeg } = tileBounds({ zoom: ZOOM, x: CORNER.x, y: CORNER.y });
  const quarter = (eastDeg - westDeg) / 4;
  const column = `48,${westDeg + quarter},48.4,${eastDeg - quarter}`;
  const sector = ["cache", "sector", "add", "front", "active_conflict", column, "--data", data];
  const added = await operate(sector);
  assert.equal(added.code, 0, added.err);
}

/** What was provisioned for the last day, and what is for the day after it. */
async function expires(
  folder: string,
  data: string,
  { before, path, provision }: {
    readonly before: { readonly firstExpiresAt: string };
    readonly path: string;
    readonly provision: readonly string[];
  },
) {
  assert.equal(before.firstExpiresAt, "2021-12-01T00:00:00.000Z");
  const flown = await openFlightPackage(path, undefined, { flightUntil: new Date(TOO_LATE) });
  assert.equal(flown.expiredTiles.length, 4);
  assert.ok(flown.expiredTiles.every(({ x }) => x === CORNER.x));
  const dated = `${folder}/packages/dated`;
  const made = await operator(folder, [...provision, "--out", dated, "--flight-at", TOO_LATE]);
  assert.equal(made.code, 0, made.err);
  const after = JSON.parse(made.out);
  assert.equal(after.tiles, 11);
  assert.deepEqual(after.leftOut, [
    { classification: "active_conflict", reason: "older_than_rule", tiles: 4 },
  ]);
  const { manifest } = await openFlightPackage(dated);
  assert.equal(manifest.freshness?.flightAt, "2021-12-02T00:00:00.000Z");
  assert.deepEqual(manifest.freshness?.leftOut, after.leftOut);
  const told = await operate([
    ...["cache", "freshness", "explain", "48.2", "16.4", "2021-06-01", "--data", data],
    ...["--at", TOO_LATE, "--json"],
  ]);
  assert.equal(told.code, 0, told.err);
  const decision = JSON.parse(told.out);
  assert.deepEqual([decision.outcome, decision.ageS], ["rejected", 184 * 86_400]);
  const removed = await operate(["cache", "sector", "rm", "front", "--data", data]);
  assert.equal(removed.code, 0, removed.err);
}

const CAMERA = {
  id: "belly",
  widthPx: 640,
  heightPx: 480,
  fxPx: 500,
  fyPx: 500,
  cxPx: 319.5,
  cyPx: 239.5,
  distortion: [0, 0, 0, 0, 0],
  bodyFromCamera: [Math.SQRT1_2, 0, 0, Math.SQRT1_2],
};
const SETTINGS = "# token: hunter2\nnavigator: { heightMinM: 6 }\nlive: { axisMaxM: 450 }\n";

/** Options about the flight: hills of 40 m, a camera, a take-off on the western slope, and settings. */
async function missionOptions(folder: string): Promise<string[]> {
  await Deno.mkdir(folder, { recursive: true });
  const place = tileBounds({ zoom: ZOOM, x: CORNER.x, y: CORNER.y });
  const heightM = (_: number, longitudeDeg: number) => 200 + 8000 * (longitudeDeg - place.westDeg);
  const around = {
    southDeg: place.southDeg - 0.02,
    westDeg: place.westDeg - 0.02,
    northDeg: place.northDeg + 0.02,
    eastDeg: place.eastDeg + 0.02,
  };
  const files = { terrain: `${folder}/hills.tif`, camera: `${folder}/camera.json` };
  const config = `${folder}/flight.yaml`;
  const pixels = { widthPx: 60, heightPx: 60, heightM, vertical: 5030 };
  await Deno.writeFile(files.terrain, heightTiff({ ...around, ...pixels }));
  await Deno.writeTextFile(files.camera, JSON.stringify(CAMERA));
  await Deno.writeTextFile(config, SETTINGS);
  const takeoff = `${place.southDeg},${place.westDeg + 0.001},208`;
  return [
    ...["--terrain", files.terrain, "--calibration", files.camera, "--config", config],
    ...["--takeoff-origin", takeoff, "--takeoff-sigma", "8,3"],
  ];
}

async function holdsMission(path: string): Promise<void> {
  const { manifest, calibration, configuration, terrain } = await openFlightPackage(path);
  assert.equal(manifest.takeoff?.heightM, 208);
  assert.deepEqual([manifest.takeoff?.sigmaHorizontalM, manifest.takeoff?.sigmaVerticalM], [8, 3]);
  assert.deepEqual(calibration, { ...CAMERA, mountingSigmaDeg: 0.5 });
  assert.deepEqual(
    JSON.parse(configuration?.text ?? ""),
    { live: { axisMaxM: 450 }, navigator: { heightMinM: 6 } },
  );
  const { terrain: entry, groundHeightM } = manifest;
  assert.ok(terrain !== null && entry !== undefined);
  assert.ok(entry.maximumM - entry.minimumM > 20, JSON.stringify(entry));
  assert.ok(groundHeightM > entry.minimumM && groundHeightM < entry.maximumM);
  const names = manifest.files.map((file) => file.path);
  for (const name of [PACKAGE_PATHS.calibration, PACKAGE_PATHS.configuration]) {
    assert.ok(names.includes(name), `${name} has its hash in the manifest`);
  }
}

async function refusesForeignSettings(
  folder: string,
  provision: readonly string[],
): Promise<void> {
  const config = `${folder}/mission/aircraft.yaml`;
  const settings = "trust: { folder: /tmp }\nflightController: { signingKey: hunter2 }\n";
  await Deno.writeTextFile(config, settings);
  const other = ["--out", `${folder}/none`, "--config", config];
  const { code, err } = await operate([
    ...provision.filter((word, i) => word !== "--config" && provision[i - 1] !== "--config"),
    ...other,
  ]);
  assert.equal(code, 78);
  assert.match(err, /trust: belongs to the aircraft/);
  assert.match(err, /flightController: belongs to the aircraft/);
  assert.doesNotMatch(err, /hunter2/);
}

async function refusesOthers(folder: string, provision: readonly string[]): Promise<void> {
  const nowhere = ["--centre", "-33,151", "--radius", "500", "--out", `${folder}/none`];
  const empty = await operate([...provision, ...nowhere]);
  assert.equal(empty.code, 65);
  assert.match(empty.err, /no tiles/);
  await Deno.mkdir(`${folder}/mine`);
  await Deno.writeTextFile(`${folder}/mine/thesis.txt`, "mine");
  const mine = await operator(folder, [...provision, "--out", `${folder}/mine`]);
  assert.equal(mine.code, 73);
  assert.equal(await Deno.readTextFile(`${folder}/mine/thesis.txt`), "mine");
  const names = (await Array.fromAsync(Deno.readDir(folder))).map((e) => e.name).sort();
  assert.deepEqual(names, ["data", "mine", "mission", "packages"]);
}

Deno.test("operator provision makes a package that verifies and finds its places", async (test) => {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "gdn-provision-" }));
  const data = `${folder}/data`, out = `${folder}/packages/one`;
  const mission = await missionOptions(`${folder}/mission`);
  const provision = ["provision", "--data", data, "--footprint", "76", "--json", ...mission];
  const onLastDay = [...provision, "--out", out, "--flight-at", LAST_DAY];
  try {
    await fillCache(data);
    await addSectorOverColumn(data);
    let first = "", before = { firstExpiresAt: "" };
    await test.step("the summary reports tiles, holes and places", async () => {
      const { code, out: text, err } = await operator(folder, onLastDay);
      assert.equal(code, 0, err);
      const summary = before = JSON.parse(text);
      assert.deepEqual([summary.tiles, summary.leftOut], [15, []]);
      assert.equal(summary.registrationErrorM, DATUM_ERROR_M);
      const { manifest } = await openFlightPackage(out);
      assert.equal(manifest.mapRegistrationSigmaM, summary.mapRegistrationSigmaM);
      assert.ok(manifest.mapRegistrationSigmaM > DATUM_ERROR_M, "added to the map's own");
      assert.deepEqual(summary.holes, [HOLE]);
      assert.ok(Math.abs(summary.coverage - 15 / 16) < 1e-9);
      assert.deepEqual(summary.coverageMap, ["###.", "####", "####", "####"]);
      assert.ok(summary.places > 80, `${summary.places} places`);
      first = summary.manifestSha256;
    });
    await test.step("it holds terrain, camera, take-off and settings, and no secret", async () => {
      await holdsMission(out);
      await refusesForeignSettings(folder, provision);
    });
    await test.step("verify accepts it and a search finds a place", async () => {
      const verified = await operator(folder, ["package", "verify", out]);
      assert.equal(verified.code, 0, verified.err);
      assert.match(verified.out, /whole and unaltered/);
      await searchPlaces(out);
    });
    await test.step("the same tiles make the same manifest, over the old package", async () => {
      const again = await operator(folder, onLastDay);
      assert.equal(again.code, 0, again.err);
      assert.equal(JSON.parse(again.out).manifestSha256, first);
      const names = (await Array.fromAsync(Deno.readDir(`${folder}/packages`))).map((e) => e.name);
      assert.deepEqual(names, ["one"]);
    });
    await test.step(
      "a conflict sector over a column: expiry in the package, then left out",
      () => expires(folder, data, { before, path: out, provision }),
    );
    await test.step("verify names a file whose byte changed", async () => {
      const path = `${out}/place/vocabulary.bin`;
      const bytes = await Deno.readFile(path);
      bytes[1000] ^= 4;
      await Deno.writeFile(path, bytes);
      const { code, err } = await operator(folder, ["package", "verify", out]);
      assert.equal(code, 65);
      assert.match(err, /place\/vocabulary\.bin: was altered/);
    });
    await test.step(
      "an area without tiles, and a folder that is not a package, are refused",
      () => refusesOthers(folder, provision),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
