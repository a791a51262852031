/**
 * Files that were read wrongly once, one row each: what was made of it, and what is right (GDAL's value,
 * or a refusal that names the cause).
 */
import assert from "node:assert/strict";
import { DataError, messageOf } from "../../src/core/mod.ts";
import { openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import {
  importArchive,
  importTiles,
  openArchive,
} from "../../src/tiles/workstation/tile_import/mod.ts";
import { imageryAsItIs } from "../support/imagery.ts";
import { inScratch } from "../support/scratch.ts";
import { MemoryStore, toolkitOf } from "./tile_import_fixture.ts";

const FOLDER = "../shared/data/hard_files";
const isThere = await Deno.stat(FOLDER).then(() => true, () => false);
if (!isThere) console.log(`skipping hard files: ${FOLDER} is absent`);

interface Row {
  readonly file: string;
  readonly was: string;
  /** A refusal by these words; or the middle of the tiles, and more of the summary. */
  readonly right:
    | RegExp
    | {
      readonly latitudeDeg: number;
      readonly longitudeDeg: number;
      readonly gsdM?: number;
      readonly coveredTiles?: number;
    };
}

/** The middle of UTM 36: the pictures of 300 m × 250 m. */
const KYIV = { latitudeDeg: 50.4435, longitudeDeg: 30.5233 };
const ROWS: readonly Row[] = [
  {
    file: "tiled_zstd/c_zstd.tif",
    was: "16 tiles, every pixel 0",
    right: /not supported: ZSTD; .*gdal_translate -co COMPRESS=DEFLATE/,
  },
  {
    file: "cog_cut_short/trunc_cog.tif",
    was: "16 tiles, 58 % of them black",
    right: /damaged: it was cut/,
  },
  {
    file: "near_infrared_as_alpha/rgbn.tif",
    was: "3.584 tiles covered",
    right: { ...KYIV, coveredTiles: 7.903 },
  },
  {
    file: "linear_units/utm_feet_low.tif",
    was: "16.13 N 19.61 E",
    right: { latitudeDeg: 5.0019, longitudeDeg: 9.00135, gsdM: 0.5 },
  },
  { file: "orientation_tag/orient4.tif", was: "turned by 180°", right: KYIV },
  { file: "orientation_tag/orient6.tif", was: "turned by 90°", right: KYIV },
  { file: "geopackage/tiles.gpkg", was: "50.44 S", right: KYIV },
  {
    file: "geopackage/tiles_local.gpkg",
    was: "300 m of ground over the whole world at zoom 2",
    right: /not those of the slippy map: .*gdal_translate/,
  },
  { file: "gdal2tiles_tms/gdal2tiles_default", was: "50.44 S", right: KYIV },
  {
    file: "no_gps_ref/noref",
    was: "33.86 N 70.65 E",
    right: /no GPSLatitudeRef and no GPSLongitudeRef/,
  },
  {
    file: "m3e_focal_length/m3e",
    was: "0.284 m per pixel",
    right: { latitudeDeg: 50.45, longitudeDeg: 30.52, gsdM: 0.2693 },
  },
  {
    file: "gimbal_roll_180/roll180",
    was: "refused: looks 180° off the vertical",
    right: { latitudeDeg: 50.45, longitudeDeg: 30.52 },
  },
];

async function imported(path: string, vision: VisionLibrary, scratchDirectory: string) {
  const toolkit = toolkitOf(vision), store = new MemoryStore();
  const request = { zoom: null, source: "a", capturedAt: null, attribution: "" };
  await using archive = await openArchive(path, null);
  if (archive !== null) {
    await importArchive(archive, store, toolkit, request);
    return { store, gsdM: null };
  }
  const imagery = await imageryAsItIs(path, toolkit, scratchDirectory);
  await using _imagery = imagery;
  const { gsdM } = await importTiles(imagery, store, request);
  return { store, gsdM };
}

/** The middle of what is covered, degrees, and how much that is. */
function placeOf(store: MemoryStore) {
  let sum = 0, x = 0, y = 0, zoom = 0;
  const all = [...store.tiles.values()].map(({ metadata }) => metadata);
  const deepest = Math.max(...all.map(({ tileId }) => tileId.zoom));
  for (const { tileId, coverage } of all.filter(({ tileId }) => tileId.zoom === deepest)) {
    zoom = tileId.zoom;
    sum += coverage;
    x += coverage * (tileId.x + 0.5);
    y += coverage * (tileId.y + 0.5);
  }
  const longitudeDeg = x / sum / 2 ** zoom * 360 - 180;
  const latitudeDeg = Math.atan(Math.sinh(Math.PI * (1 - 2 * y / sum / 2 ** zoom))) * 180 / Math.PI;
  return { latitudeDeg, longitudeDeg, coveredTiles: sum };
}

Deno.test({
  name: "hard files: each is imported at its place, or refused with the cause",
  ignore: !isThere,
  fn: () =>
    inScratch(async (scratch) => {
      using vision = openVision();
      for (const { file, was, right } of ROWS) {
        const about = `${file} (was: ${was})`;
        const outcome = await imported(`${FOLDER}/${file}`, vision, scratch).catch((error) => {
          if (error instanceof DataError) return messageOf(error);
          throw error;
        });
        if (right instanceof RegExp) {
          assert.ok(typeof outcome === "string", `${about}: it was imported`);
          assert.match(outcome, right);
          continue;
        }
        assert.ok(typeof outcome !== "string", `${about}: ${outcome}`);
        const found = placeOf(outcome.store);
        const away = 111_320 * Math.max(
          Math.abs(found.latitudeDeg - right.latitudeDeg),
          Math.abs(found.longitudeDeg - right.longitudeDeg),
        );
        assert.ok(away < 120, `${about}: ${JSON.stringify(found)}`);
        if (right.gsdM !== undefined) {
          assert.ok(
            Math.abs((outcome.gsdM ?? 0) / right.gsdM - 1) < 2e-3,
            `${about}: ${outcome.gsdM}`,
          );
        }
        if (right.coveredTiles !== undefined) {
          assert.ok(
            Math.abs(found.coveredTiles - right.coveredTiles) < 0.01,
            `${about}: ${found.coveredTiles}`,
          );
        }
      }
    }),
});
