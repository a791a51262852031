import assert from "node:assert/strict";
import { LocalFrame, sha256Hex } from "../../src/core/mod.ts";
import {
  encodeManifest,
  encodeTerrain,
  type Manifest,
  openFlightPackage,
  PACKAGE_PATHS,
  PackageError,
} from "../../src/flight/flight_package/mod.ts";
import { GridTerrain } from "../../src/navigation/terrain/mod.ts";
import { openHeightFile } from "../../src/tiles/workstation/tile_import/mod.ts";
import { heightGrid } from "../../src/workstation/terrain/mod.ts";
import { heightTiff } from "../../src/workstation/evaluation/height_tiff.ts";
import { writePackage } from "./flight_package_fixture.ts";

const BOX = { southDeg: 48.19, westDeg: 16.39, northDeg: 48.21, eastDeg: 16.41 };
/** 250 m at the middle, 1,000 m per degree of latitude, 2,000 m per degree of longitude. */
const slope = (latitudeDeg: number, longitudeDeg: number) =>
  250 + 1000 * (latitudeDeg - 48.2) + 2000 * (longitudeDeg - 16.4);

async function withFile(
  options: Partial<Parameters<typeof heightTiff>[0]>,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "gdn-terrain-" });
  try {
    const path = `${folder}/hills.tif`;
    const file = { ...BOX, widthPx: 100, heightPx: 80, heightM: slope, vertical: 5030 };
    await Deno.writeFile(path, heightTiff({ ...file, ...options }));
    await use(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("openHeightFile() reads heights over the ellipsoid, bilinear between pixels", async () => {
  await withFile({}, async (path) => {
    const source = await openHeightFile(path, BOX, null);
    assert.match(source.name, /hills\.tif, heights over the WGS84 ellipsoid/);
    assert.ok(Math.abs(source.spacingM - Math.sqrt(14.88 * 27.8)) < 1, `${source.spacingM}`);
    for (const [lat, lon] of [[48.2, 16.4], [48.19512, 16.39777], [48.2083, 16.4061]]) {
      const found = source.heightM(lat, lon);
      assert.ok(
        found !== null && Math.abs(found - slope(lat, lon)) < 1e-3,
        `${lat} ${lon} ${found}`,
      );
    }
    assert.equal(source.heightM(48.25, 16.4), null, "outside of the file");
  });
});

Deno.test("openHeightFile() takes heights over sea level from the geoid", async () => {
  // Undulations of EGM96 that NGA publishes with its program (OUTINTPT.DAT), metres.
  for (
    const [latitudeDeg, longitudeDeg, undulationM] of [
      [46.8743190, 102.4487290, -43.575],
      [-23.6174460, 133.8747120, 15.871],
    ]
  ) {
    const box = {
      southDeg: latitudeDeg - 0.01,
      westDeg: longitudeDeg - 0.01,
      northDeg: latitudeDeg + 0.01,
      eastDeg: longitudeDeg + 0.01,
    };
    await withFile({ ...box, vertical: 5773, heightM: () => 1000 }, async (path) => {
      const source = await openHeightFile(path, box, null);
      assert.match(source.name, /over the geoid EGM96/);
      const found = source.heightM(latitudeDeg, longitudeDeg) ?? NaN;
      assert.ok(Math.abs(found - 1000 - undulationM) < 0.1, `${found - 1000} ${undulationM}`);
    });
  }
});

Deno.test("openHeightFile() asks what heights count from where the file does not say so", async () => {
  await withFile({ vertical: null }, async (path) => {
    await assert.rejects(openHeightFile(path, BOX, null), /--terrain-datum egm96/);
    const source = await openHeightFile(path, BOX, "ellipsoid");
    assert.ok(Math.abs((source.heightM(48.2, 16.4) ?? 0) - 250) < 1e-3);
  });
  await withFile({ vertical: 5773 }, async (path) => {
    await assert.rejects(openHeightFile(path, BOX, "ellipsoid"), /count from egm96/);
  });
  await withFile({ vertical: 5703 }, async (path) => {
    await assert.rejects(openHeightFile(path, BOX, null), /EPSG:5703/);
  });
});

Deno.test("openHeightFile() refuses what lies elsewhere, is no GeoTIFF, or was cut", async () => {
  await withFile({}, async (path) => {
    const away = { southDeg: 50, westDeg: 16, northDeg: 50.1, eastDeg: 16.1 };
    await assert.rejects(openHeightFile(path, away, null), /lies elsewhere/);
    await Deno.truncate(path, 9000);
    await assert.rejects(openHeightFile(path, BOX, null), /hills\.tif/);
    await Deno.writeTextFile(path, "no heights");
    await assert.rejects(openHeightFile(path, BOX, null), /is no TIFF/);
  });
});

Deno.test("heightGrid() says where the area has no height, and goes on beyond its edges", async () => {
  const frame = new LocalFrame({ latitudeDeg: 48.2, longitudeDeg: 16.4, heightM: 0 });
  const bounds = { eastMinM: -400, eastMaxM: 400, northMinM: -300, northMaxM: 300 };
  const area = { southDeg: 48.198, westDeg: 16.396, northDeg: 48.202, eastDeg: 16.404 };
  await withFile({}, async (path) => {
    const grid = heightGrid(await openHeightFile(path, BOX, null), frame, bounds, area);
    assert.ok("heightM" in grid && grid.heightM.length === grid.columns * grid.rows);
    const terrain = new GridTerrain({ ...grid, upM: grid.heightM });
    const place = frame.wgsFromLocal([123, -45, 0]);
    const expected = slope(place.latitudeDeg, place.longitudeDeg);
    assert.ok(Math.abs(terrain.upM(123, -45) - expected) < 0.02, `${terrain.upM(123, -45)}`);
  });
  const noData = -9999;
  const hole = (lat: number, lon: number) =>
    Math.abs(lat - 48.2) < 0.0005 && lon > 16.4 ? noData : slope(lat, lon);
  await withFile({ heightM: hole, noData }, async (path) => {
    const grid = heightGrid(await openHeightFile(path, BOX, null), frame, bounds, area);
    assert.ok("missing" in grid && grid.missing > 0 && grid.first.longitudeDeg > 16.3999);
  });
  const small = { southDeg: 48.1975, westDeg: 16.3955, northDeg: 48.2025, eastDeg: 16.4045 };
  await withFile(small, async (path) => {
    const grid = heightGrid(await openHeightFile(path, BOX, null), frame, bounds, area);
    assert.ok("heightM" in grid && grid.heightM.every(Number.isFinite), "beyond: as at its edge");
  });
});

Deno.test("GridTerrain fits planes, and says how much the ground differs around a place", () => {
  const columns = 41, rows = 31, spacingM = 10;
  const upM = Float64Array.from(
    { length: columns * rows },
    (_, i) => 5 + 0.2 * ((i % columns) * spacingM) - 0.1 * (Math.floor(i / columns) * spacingM),
  );
  const terrain = new GridTerrain({ westM: 0, southM: 0, spacingM, columns, rows, upM });
  const { upM: up, slopeEast, slopeNorth } = terrain.plane(200, 150, 40);
  assert.ok(Math.abs(up - (5 + 40 - 15)) < 1e-9);
  assert.ok(Math.abs(slopeEast - 0.2) < 1e-9 && Math.abs(slopeNorth + 0.1) < 1e-9);
  const differs = terrain.differenceM(200, 150, 30);
  assert.ok(Math.abs(differs - 30 * Math.hypot(0.2, 0.1) / Math.SQRT2) < 1e-6, `${differs}`);
  assert.equal(terrain.upM(-500, 0), 5, "beyond the edge the ground goes on as it is there");
  const relief = terrain.relief(200, 150, 55, up);
  assert.ok(relief.columns === relief.rows && relief.columns * relief.rows === relief.upM.length);
  assert.ok(Math.abs(relief.westM + (relief.columns - 1) * relief.spacingM / 2) < 1e-9);
  assert.ok(Math.abs(relief.upM[0] - (0.2 - 0.1) * relief.westM) < 1e-9);
});

async function packageWithTerrain(
  folder: string,
  change: (manifest: Manifest) => Manifest = (manifest) => manifest,
): Promise<void> {
  const manifest = await writePackage(folder);
  const bytes = encodeTerrain(Float32Array.of(150, 160, 170, 180, 190, 200));
  await Deno.mkdir(`${folder}/terrain`);
  await Deno.writeFile(`${folder}/${PACKAGE_PATHS.terrain}`, bytes);
  const changed = change({
    ...manifest,
    terrain: {
      westM: -10,
      southM: -5,
      spacingM: 10,
      columns: 3,
      rows: 2,
      minimumM: 150,
      maximumM: 200,
      source: "hills.tif, heights over the WGS84 ellipsoid",
    },
    files: [
      ...manifest.files,
      { path: PACKAGE_PATHS.terrain, bytes: bytes.length, sha256: sha256Hex(bytes) },
    ],
  });
  await Deno.writeFile(`${folder}/${PACKAGE_PATHS.manifest}`, encodeManifest(changed));
}

Deno.test("openFlightPackage() reads terrain over the package's ground height", async () => {
  const folder = await Deno.makeTempDir({ prefix: "gdn-terrain-" });
  try {
    await packageWithTerrain(folder);
    const { terrain } = await openFlightPackage(folder);
    assert.ok(terrain !== null);
    assert.deepEqual([...terrain.upM], [0, 10, 20, 30, 40, 50]);
    assert.deepEqual([terrain.westM, terrain.southM, terrain.columns], [-10, -5, 3]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openFlightPackage() refuses terrain that the manifest and the file tell apart", async () => {
  const cases: readonly [RegExp, (manifest: Manifest) => Manifest][] = [
    [/names terrain in one place/, ({ terrain: _, ...manifest }) => manifest],
    [/names terrain in one place|is not named/, (manifest) => ({
      ...manifest,
      files: manifest.files.filter(({ path }) => path !== PACKAGE_PATHS.terrain),
    })],
    [/has 24 bytes, 3×3 heights are 36/, (manifest) => resized(manifest, { rows: 3 })],
    [/height 5 is 200 m, the manifest states/, (manifest) => resized(manifest, { maximumM: 199 })],
    [/terrain\.columns/, (manifest) => resized(manifest, { columns: 1 })],
  ];
  for (const [says, change] of cases) {
    const folder = await Deno.makeTempDir({ prefix: "gdn-terrain-" });
    try {
      await packageWithTerrain(folder, change);
      await assert.rejects(openFlightPackage(folder), (error) => {
        assert.ok(error instanceof PackageError, String(error));
        assert.match(error.message, says);
        return true;
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
});

function resized(
  manifest: Manifest,
  change: Partial<NonNullable<Manifest["terrain"]>>,
): Manifest {
  const { terrain } = manifest;
  return terrain === undefined ? manifest : { ...manifest, terrain: { ...terrain, ...change } };
}
