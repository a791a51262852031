import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { writeArrayBuffer } from "geotiff";
import proj4 from "proj4";
import sharp from "sharp";
import { DataError, GdnError, seededRandom, UsageError } from "../../src/core/mod.ts";
import {
  openImagery,
  openRaster,
  readRasterHeader,
} from "../../src/tiles/workstation/tile_import/mod.ts";
import { tiffReference } from "../../src/tiles/workstation/tile_import/projection/geotiff_reference.ts";
import { readSidecars } from "../../src/tiles/workstation/tile_import/projection/sidecars.ts";
import { openTiffRaster } from "../../src/tiles/workstation/tile_import/tiff/tiff_raster.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import { toolkitOf, writePng } from "./tile_import_fixture.ts";

function noise(count: number): Uint8Array {
  const random = seededRandom("readers");
  return Uint8Array.from({ length: count }, () => random.integer(256));
}

async function writeTiff(path: string, tags: Record<string, unknown>): Promise<void> {
  const write = writeArrayBuffer as (values: unknown, metadata: unknown) => ArrayBuffer;
  const shape = { width: 20, height: 10, SamplesPerPixel: 3, BitsPerSample: [8, 8, 8] };
  const bytes = await write(noise(600), { ...shape, PhotometricInterpretation: 2, ...tags });
  await Deno.writeFile(path, new Uint8Array(bytes));
}

Deno.test("openRaster() reads the same windows from a tiled copy as from memory", async () => {
  await inScratch(async (directory) => {
    for (const [name, channels] of [["rgb.png", 3], ["rgba.png", 4]] as const) {
      const path = `${directory}/${name}`;
      await writePng(path, noise(700 * 530 * channels), 700, 530, channels);
      const header = await readRasterHeader(path);
      const scratchDirectory = `${directory}/scratch`;
      await using whole = await openRaster(header, { scratchDirectory });
      {
        await using tiled = await openRaster(header, { scratchDirectory, wholePixelsMax: 100 });
        const window = { leftPx: 123, topPx: 250, widthPx: 300, heightPx: 280 };
        const a = await whole.read(window), b = await tiled.read(window);
        assert.deepEqual(a.pixels, b.pixels);
        assert.deepEqual(a.mask, b.mask);
        assert.equal(a.mask === null, channels === 3);
      }
      assert.deepEqual([...Deno.readDirSync(scratchDirectory)], [], "the copy is removed");
    }
  });
});

Deno.test("openRaster() turns a picture as its EXIF orientation says", async () => {
  await inScratch(async (directory) => {
    const path = `${directory}/turned.jpg`;
    const left = new Uint8Array(64 * 32 * 3).map((_, i) => Math.floor(i / 3) % 64 < 32 ? 255 : 0);
    await sharp(left, { raw: { width: 64, height: 32, channels: 3 } }).jpeg()
      .withMetadata({ orientation: 6 }).toFile(path);
    const header = await readRasterHeader(path);
    assert.deepEqual([header.widthPx, header.heightPx], [32, 64]);
    for (const wholePixelsMax of [100_000, 100]) {
      await using raster = await openRaster(header, {
        scratchDirectory: directory,
        wholePixelsMax,
      });
      const { pixels } = await raster.read({ leftPx: 0, topPx: 0, widthPx: 32, heightPx: 64 });
      assert.ok(pixels[0] > 240 && pixels[pixels.length - 1] < 15, "bright at the top");
    }
  });
});

Deno.test("tiffReference() knows PixelIsArea, PixelIsPoint and projections; what is not named is refused", async () => {
  await inScratch(async (directory) => {
    const path = `${directory}/a.tif`;
    const scale = { ModelPixelScale: [0.5, 0.5, 0], ModelTiepoint: [0, 0, 0, 600_000, 5e6, 0] };
    const keys = { GTModelTypeGeoKey: 1, ProjectedCSTypeGeoKey: 32633 };
    const utm = proj4("EPSG:4326", "+proj=utm +zone=33 +datum=WGS84 +units=m +no_defs");
    const referenceOf = async (tags: Record<string, unknown>) => {
      await writeTiff(path, tags);
      await using raster = await openTiffRaster(path, null);
      assert.ok(raster);
      return tiffReference(path, raster.directory, await readSidecars(path), raster)?.reference;
    };
    const corner = async (tags: Record<string, unknown>) => {
      const reference = await referenceOf(tags);
      assert.ok(reference);
      const { latitudeDeg, longitudeDeg } = reference.wgsFromPixel(0, 0);
      const back = reference.pixelFromWgs(latitudeDeg, longitudeDeg);
      assert.ok(Math.hypot(...back) < 1e-4, `${back}`);
      return utm.forward([longitudeDeg, latitudeDeg]).map((value) => Math.round(value * 100) / 100);
    };
    assert.deepEqual(await corner({ ...scale, ...keys, GTRasterTypeGeoKey: 1 }), [600_000, 5e6]);
    assert.deepEqual(
      await corner({ ...scale, ...keys, GTRasterTypeGeoKey: 2 }),
      [599_999.75, 5_000_000.25],
    );
    const other = { ...scale, GTModelTypeGeoKey: 1, ProjectedCSTypeGeoKey: 20_999 };
    await assert.rejects(referenceOf(other), /a\.tif.*EPSG:20999.*gdalwarp/s);
    const unnamed = { ...scale, GTModelTypeGeoKey: 1, ProjectedCSTypeGeoKey: 32767 };
    await assert.rejects(referenceOf(unnamed), /a\.tif.*gdal_translate -a_srs/s);
  });
});

Deno.test("openImagery() refuses invalid sources, each with a remedy", async () => {
  using vision = openVision();
  const toolkit = toolkitOf(vision);
  await inScratch(async (directory) => {
    const options = {
      centre: null,
      gsdM: null,
      stretch: null,
      groundAltitudeM: null,
      headings: "trust" as const,
      scratchDirectory: directory,
    };
    const refused = (path: string, kind: new (...args: never[]) => Error, words: RegExp) =>
      assert.rejects(
        openImagery(path, toolkit, options),
        (error) => error instanceof kind && words.test(error.message),
        path,
      );
    await refused(`${directory}/none.png`, GdnError, /none\.png.*no such file/s);
    await refused(directory, DataError, /neither .*tiles nor photographs/s);
    await Deno.writeFile(`${directory}/empty.png`, new Uint8Array());
    await refused(`${directory}/empty.png`, DataError, /empty/);
    await writePng(`${directory}/a.png`, noise(30 * 30 * 3), 30, 30);
    await refused(`${directory}/a.png`, UsageError, /--centre/);
    const deep = new Uint16Array(30 * 30 * 3).fill(3000);
    await sharp(deep, { raw: { width: 30, height: 30, channels: 3 } }).toColourspace("rgb16")
      .png().toFile(`${directory}/deep.png`);
    await refused(`${directory}/deep.png`, DataError, /8-bit.*gdal_translate/s);
    await Deno.writeTextFile(`${directory}/a.svg`, "<svg xmlns='http://www.w3.org/2000/svg'/>");
    await refused(`${directory}/a.svg`, DataError, /a\.svg/);
    // A header that claims 30,000 × 30,000 pixels in front of nothing.
    const bomb = await Deno.readFile(`${directory}/a.png`);
    new DataView(bomb.buffer).setUint32(16, 30_000);
    new DataView(bomb.buffer).setUint32(20, 30_000);
    new DataView(bomb.buffer).setUint32(29, crc32(bomb.subarray(12, 29)));
    await Deno.writeFile(`${directory}/bomb.png`, bomb);
    await refused(`${directory}/bomb.png`, DataError, /bomb/);
    await Deno.mkdir(`${directory}/photos`);
    await Deno.symlink(`${directory}/a.png`, `${directory}/photos/out.jpg`);
    await refused(`${directory}/photos`, DataError, /out\.jpg.*link/s);
  });
});

/** CRC-32 of PNG chunks. */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
