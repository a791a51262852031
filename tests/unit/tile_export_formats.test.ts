/** MBTiles, GeoTIFF and folders as programs that are not ours read them. */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { fromFile } from "geotiff";
import { sha256Hex } from "../../src/core/mod.ts";
import {
  exportFolder,
  exportGeotiff,
  exportMbtiles,
  type MosaicRange,
} from "../../src/tiles/workstation/tile_export/mod.ts";
import { decodeJpeg, openVision } from "../../src/native/vision/mod.ts";
import { makePicture, MemoryTiles, namesIn } from "./tile_export_fixture.ts";

const SELECTION = { source: "bing" };
const ZOOM = 17, X = 70_000, Y = 45_000;

async function makeTiles(places: readonly (readonly [number, number])[]): Promise<MemoryTiles> {
  const tiles = new MemoryTiles();
  for (const [index, [dx, dy]] of places.entries()) {
    tiles.add({ zoom: ZOOM, x: X + dx, y: Y + dy }, await makePicture(index));
  }
  return tiles;
}

function works(command: string, args: string[]): boolean {
  try {
    const options = { args, stdout: "null", stderr: "null" } as const;
    return new Deno.Command(command, options).outputSync().success;
  } catch {
    return false;
  }
}

/** The first that runs, or undefined with a line that says what is skipped. */
function firstThatWorks(commands: readonly string[], args: string[], what: string) {
  const found = commands.find((command) => works(command, args));
  if (found === undefined) console.warn(`skipped: ${what}`);
  return found;
}

const PYTHONS = ["/usr/bin/python3", "python3"];
const python = firstThatWorks(PYTHONS, ["-c", "import sqlite3"], "python3 with sqlite3");
const gdalinfo = firstThatWorks(["gdalinfo"], ["--version"], "GDAL (apt-get install gdal-bin)");

async function output(command: string, args: string[]): Promise<Uint8Array> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return stdout;
}

Deno.test({
  name: "exportMbtiles() writes what Python's sqlite3 reads: rows from the south, the same bytes",
  ignore: python === undefined,
  fn: () =>
    inScratch(async (folder) => {
      const tiles = await makeTiles([[0, 0], [1, 0], [0, 1]]);
      const out = `${folder}/a.mbtiles`;
      const summary = await exportMbtiles(tiles, {
        selection: SELECTION,
        out,
        force: false,
        name: "a",
      });
      assert.equal(summary.tiles, 3);
      assert.deepEqual(namesIn(folder), ["a.mbtiles"], "no journal is left");
      const script = `
import hashlib, json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
print(json.dumps({
  "application": db.execute("PRAGMA application_id").fetchone()[0],
  "metadata": dict(db.execute("SELECT name, value FROM metadata")),
  "tiles": {"%d/%d/%d" % row[:3]: hashlib.sha256(row[3]).hexdigest()
    for row in db.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles")}}))`;
      const text = new TextDecoder().decode(await output(python ?? "", ["-c", script, out]));
      const read = JSON.parse(text);
      const wanted = [...tiles.tiles.values()].map(({ metadata: { tileId: { x, y } }, jpeg }) =>
        [`${ZOOM}/${x}/${2 ** ZOOM - 1 - y}`, sha256Hex(jpeg)] as const
      );
      assert.deepEqual(read.tiles, Object.fromEntries(wanted));
      assert.equal(read.application, 0x4d504258);
      assert.equal(read.metadata.format, "jpg");
      assert.equal(read.metadata.maxzoom, "17");
      const [west, south, east, north] = read.metadata.bounds.split(",").map(Number);
      assert.ok(west < east && south < north && Math.abs(west - 12.260742) < 1e-5);
    }),
});

/** Pixels of the tiles as our own decoder has them: RGB by place. */
async function decoded(tiles: MemoryTiles): Promise<Map<string, Uint8Array>> {
  using vision = openVision();
  const found = new Map<string, Uint8Array>();
  for (const [key, { jpeg }] of tiles.tiles) {
    found.set(key, (await decodeJpeg(vision, jpeg, { name: key, channels: 3 })).pixels);
  }
  return found;
}

async function exportTiff(tiles: MemoryTiles, out: string, range: MosaicRange): Promise<number> {
  using vision = openVision();
  const decoder = {
    decodeJpeg: (jpeg: Uint8Array<ArrayBuffer>, { name }: { name: string }) =>
      decodeJpeg(vision, jpeg, { name, channels: 3 }),
  };
  const request = { selection: SELECTION, out, force: false, name: "a", range };
  return (await exportGeotiff(tiles, decoder, request)).tiles;
}

/** Tiles of several blocks of 16 × 16, some of them empty. */
const PLACES = [[0, 0], [1, 0], [3, 2], [16, 1], [17, 17], [35, 2]] as const;
const RANGE = { zoom: ZOOM, xMin: X, yMin: Y, columns: 36, rows: 18 };

Deno.test("exportGeotiff() writes what npm:geotiff reads: the decoded pixels, holes, overviews", async () => {
  await inScratch(async (folder) => {
    const tiles = await makeTiles(PLACES), out = `${folder}/a.tif`;
    assert.equal(await exportTiff(tiles, out, RANGE), PLACES.length);
    assert.deepEqual(namesIn(folder), ["a.tif"], "no level is left");
    const tiff = await fromFile(out);
    const image = await tiff.getImage();
    assert.deepEqual([image.getWidth(), image.getHeight()], [36 * 256, 18 * 256]);
    assert.equal(await tiff.getImageCount(), 7, "down to a single tile");
    assert.equal(image.getGeoKeys()?.ProjectedCSTypeGeoKey, 3857);
    const metresPerTile = 2 * Math.PI * 6_378_137 / 2 ** ZOOM;
    const [west, south, east, north] = image.getBoundingBox();
    const half = Math.PI * 6_378_137;
    for (
      const [found, wanted] of [
        [west, X * metresPerTile - half],
        [north, half - Y * metresPerTile],
        [east, (X + 36) * metresPerTile - half],
        [south, half - (Y + 18) * metresPerTile],
      ]
    ) assert.ok(Math.abs(found - wanted) < 1e-3, `${found}, not ${wanted}`);
    const pixels = await decoded(tiles);
    const read = async (dx: number, dy: number) => {
      const window = [dx * 256, dy * 256, dx * 256 + 256, dy * 256 + 256];
      return await image.readRasters({ window, interleave: true }) as unknown as Uint8Array;
    };
    for (const [dx, dy] of PLACES) {
      const rgba = await read(dx, dy);
      const rgb = rgba.filter((_, i) => i % 4 < 3);
      assert.deepEqual(rgb, pixels.get(`${ZOOM}/${X + dx}/${Y + dy}`));
      assert.ok(rgba.every((value, i) => i % 4 < 3 || value === 255));
    }
    assert.ok((await read(5, 5)).every((value) => value === 0), "a hole is transparent");
    await tiff.close();
  });
});

Deno.test({
  name:
    "exportGeotiff() writes what GDAL reads: the same pixels, and overviews that are their means",
  ignore: gdalinfo === undefined,
  fn: () =>
    inScratch(async (folder) => {
      const tiles = await makeTiles(PLACES), out = `${folder}/a.tif`;
      await exportTiff(tiles, out, RANGE);
      const info = new TextDecoder().decode(await output("gdalinfo", ["-json", out]));
      assert.match(info, /WGS 84 \/ Pseudo-Mercator/);
      const cut = async (x: number, y: number, more: string[] = []) => {
        const raw = `${folder}/cut.bin`;
        const window = ["-srcwin", `${x}`, `${y}`, "256", "256"];
        const form = [
          "-q",
          "-of",
          "ENVI",
          "-co",
          "INTERLEAVE=BIP",
          "-b",
          "1",
          "-b",
          "2",
          "-b",
          "3",
        ];
        await output("gdal_translate", [...form, ...more, ...window, out, raw]);
        return await Deno.readFile(raw);
      };
      const pixels = await decoded(tiles);
      for (const [dx, dy] of PLACES) {
        const read = await cut(dx * 256, dy * 256);
        assert.deepEqual(read, pixels.get(`${ZOOM}/${X + dx}/${Y + dy}`));
      }
      // The first overview's first tile: its upper left quarter is tile 0/0 halved.
      const half = await cut(0, 0, ["-oo", "OVERVIEW_LEVEL=0"]);
      const full = pixels.get(`${ZOOM}/${X}/${Y}`) ?? new Uint8Array();
      for (const [x, y, c] of [[0, 0, 0], [10, 99, 1], [127, 127, 2], [64, 3, 0]]) {
        const at = (column: number, row: number) => full[3 * (row * 256 + column) + c];
        const mean = (at(2 * x, 2 * y) + at(2 * x + 1, 2 * y) + at(2 * x, 2 * y + 1) +
          at(2 * x + 1, 2 * y + 1)) / 4;
        assert.equal(half[3 * (y * 256 + x) + c], Math.round(mean));
      }
    }),
});

Deno.test("exportGeotiff() refuses an area that is too large for a picture", async () => {
  await inScratch(async (folder) => {
    const tiles = await makeTiles([[0, 0]]);
    const range = { ...RANGE, columns: 600, rows: 600 };
    await assert.rejects(exportTiff(tiles, `${folder}/a.tif`, range), /600×600.*--bbox/s);
    assert.deepEqual(namesIn(folder), []);
  });
});

Deno.test("exportFolder() writes {z}/{x}/{y}.jpg, and replaces only a folder of its own", async () => {
  await inScratch(async (folder) => {
    const tiles = await makeTiles([[0, 0], [0, 1]]), out = `${folder}/tiles`;
    const request = { selection: SELECTION, out, force: false, name: "a" };
    await exportFolder(tiles, request);
    assert.deepEqual(namesIn(out), [`${ZOOM}`, "metadata.json"]);
    for (const { metadata: { tileId: { x, y } }, jpeg } of tiles.tiles.values()) {
      assert.deepEqual(await Deno.readFile(`${out}/${ZOOM}/${x}/${y}.jpg`), jpeg);
    }
    await assert.rejects(exportFolder(tiles, request), /exists already.*--force/s);
    tiles.tiles.delete(`${ZOOM}/${X}/${Y}`);
    await exportFolder(tiles, { ...request, force: true });
    assert.deepEqual(namesIn(`${out}/${ZOOM}/${X}`), [`${Y + 1}.jpg`]);
    assert.deepEqual(namesIn(folder), ["tiles"]);
    const home = `${folder}/home`;
    await Deno.mkdir(home);
    await Deno.writeTextFile(`${home}/letter`, "precious");
    await assert.rejects(
      exportFolder(tiles, { ...request, out: home, force: true }),
      /not replaced/,
    );
    assert.deepEqual(namesIn(home), ["letter"]);
  });
});
