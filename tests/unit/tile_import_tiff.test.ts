/** TIFFs of many kinds, held against GDAL pixel by pixel and place by place. */
import assert from "node:assert/strict";
import sharp from "sharp";
import { DataError, seededRandom } from "../../src/core/mod.ts";
import { openTiffRaster } from "../../src/tiles/workstation/tile_import/tiff/tiff_raster.ts";
import { tiffReference } from "../../src/tiles/workstation/tile_import/projection/geotiff_reference.ts";
import { readSidecars } from "../../src/tiles/workstation/tile_import/projection/sidecars.ts";
import { gdal, hasGdal, pixelsByGdal, placeByGdal } from "../support/gdal.ts";
import { inScratch } from "../support/scratch.ts";

const WIDTH = 150, HEIGHT = 110;
const PLACE = ["-a_srs", "EPSG:32636", "-a_ullr", "324000", "5591000", "324075", "5590945"];

/** A picture that is smooth with noise, as ground is; four channels, of which the last is 0 or 255. */
async function writeGround(path: string): Promise<void> {
  const random = seededRandom("ground of TIFFs");
  const pixels = new Uint8Array(WIDTH * HEIGHT * 4);
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++, at += 4) {
      const base = 110 + 60 * Math.sin(x / 17) * Math.cos(y / 23);
      for (let c = 0; c < 3; c++) pixels[at + c] = base + 12 * c + random.integer(12);
      pixels[at + 3] = x > 20 && y > 15 ? 255 : 0;
    }
  }
  await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } }).png().toFile(path);
}

async function window(path: string) {
  await using raster = await openTiffRaster(path, null);
  assert.ok(raster);
  const all = { leftPx: 0, topPx: 0, widthPx: raster.widthPx, heightPx: raster.heightPx };
  return { ...await raster.read(all), notes: raster.notes };
}

const co = (...options: string[]) => options.flatMap((option) => ["-co", option]);
const RGB = ["-b", "1", "-b", "2", "-b", "3"];
/** Name → options of gdal_translate, and how far pixels may differ. */
const KINDS: Readonly<Record<string, { readonly args: string[]; readonly within?: number }>> = {
  "strips": { args: RGB },
  "LZW strips, differences": { args: [...RGB, ...co("COMPRESS=LZW", "PREDICTOR=2")] },
  "deflate tiles, band after band": {
    args: [
      ...RGB,
      ...co("COMPRESS=DEFLATE", "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=48", "INTERLEAVE=BAND"),
    ],
  },
  "packbits": { args: [...RGB, ...co("COMPRESS=PACKBITS", "BLOCKYSIZE=7")] },
  "JPEG tiles, YCbCr": {
    args: [
      ...RGB,
      ...co("COMPRESS=JPEG", "PHOTOMETRIC=YCBCR", "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"),
    ],
    within: 12,
  },
  "JPEG strips, red green blue": { args: [...RGB, ...co("COMPRESS=JPEG")], within: 2 },
  "WebP": { args: [...RGB, ...co("COMPRESS=WEBP", "WEBP_LOSSLESS=YES")] },
  "big endian, BigTIFF": { args: [...RGB, ...co("ENDIANNESS=BIG", "BIGTIFF=YES", "COMPRESS=LZW")] },
  "alpha": { args: co("COMPRESS=DEFLATE", "ALPHA=YES") },
  "a mask": {
    args: [
      ...RGB,
      "-mask",
      "4",
      "--config",
      "GDAL_TIFF_INTERNAL_MASK",
      "YES",
      ...co("COMPRESS=JPEG"),
    ],
    within: 2,
  },
  "a fourth band": { args: co("ALPHA=NO", "PHOTOMETRIC=RGB") },
};

Deno.test({
  name: "openTiffRaster() reads every kind of TIFF as GDAL does, pixel by pixel",
  ignore: !hasGdal,
  fn: () =>
    inScratch(async (folder) => {
      const ground = `${folder}/ground.png`, path = `${folder}/a.tif`;
      await writeGround(ground);
      for (const [name, { args, within = 0 }] of Object.entries(KINDS)) {
        await gdal("gdal_translate", "-q", ...args, ...PLACE, ground, path);
        const read = await window(path);
        const theirs = await pixelsByGdal(path, folder, [1, 2, 3, "mask"]);
        let most = 0, otherMask = 0;
        for (let i = 0; i < WIDTH * HEIGHT; i++) {
          for (let c = 0; c < 3; c++) {
            most = Math.max(most, Math.abs(read.pixels[3 * i + c] - theirs[4 * i + c]));
          }
          if ((read.mask?.[i] ?? 255) !== theirs[4 * i + 3]) otherMask++;
        }
        assert.ok(most <= within, `${name}: ${most}`);
        assert.equal(otherMask, 0, `${name}: the mask`);
        await Deno.remove(path);
      }
    }),
});

Deno.test({
  name: "openTiffRaster() stretches 16-bit and floating point samples as it says",
  ignore: !hasGdal,
  fn: () =>
    inScratch(async (folder) => {
      const ground = `${folder}/ground.png`, path = `${folder}/a.tif`;
      await writeGround(ground);
      for (
        const [type, options] of [
          ["UInt16", co("COMPRESS=LZW", "PREDICTOR=2")],
          [
            "Float32",
            co("COMPRESS=DEFLATE", "PREDICTOR=3", "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"),
          ],
          ["Int16", co("ENDIANNESS=BIG", "COMPRESS=DEFLATE", "PREDICTOR=2")],
        ] as const
      ) {
        const scale = ["-ot", type, "-scale", "0", "255", "100", "8000"];
        await gdal("gdal_translate", "-q", ...RGB, ...scale, ...options, ...PLACE, ground, path);
        const { pixels, notes } = await window(path);
        const [, low, high] = /samples: (\S+) became 0 and (\S+) became 255/.exec(notes[0]) ?? [];
        const again = ["-scale", low, high, "0", "255"];
        const theirs = await pixelsByGdal(path, folder, [1, 2, 3], again);
        const worst = pixels.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - theirs[i])),
          0,
        );
        assert.ok(worst <= 1, `${type}: ${worst} (${notes})`);
        await Deno.remove(path);
      }
    }),
});

Deno.test({
  name:
    "openTiffRaster() refuses what it cannot decode, and says which it is: another codec, or damage",
  ignore: !hasGdal,
  fn: () =>
    inScratch(async (folder) => {
      const ground = `${folder}/ground.png`, path = `${folder}/a.tif`;
      await writeGround(ground);
      const refused = (words: RegExp) =>
        assert.rejects(
          window(path),
          (error) => error instanceof DataError && words.test(error.message),
          `${words}`,
        );
      for (const codec of ["LERC", "LZMA", "ZSTD"]) {
        await gdal(
          "gdal_translate",
          "-q",
          ...RGB,
          ...co(`COMPRESS=${codec}`, "TILED=YES"),
          ground,
          path,
        );
        await refused(new RegExp(`not supported: ${codec}; .*gdal_translate -co COMPRESS=DEFLATE`));
      }
      for (const codec of ["DEFLATE", "LZW", "JPEG", "NONE", "PACKBITS", "WEBP"]) {
        const options = co(`COMPRESS=${codec}`, "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64");
        await gdal("gdal_translate", "-q", ...RGB, ...options, ground, path);
        const whole = await Deno.readFile(path);
        await Deno.writeFile(path, whole.subarray(0, Math.floor(0.6 * whole.length)));
        await refused(/damaged: it was cut|beyond/);
        // Zeros in the middle of the pixels: what a sparse download leaves.
        const holed = whole.slice();
        holed.fill(0, Math.floor(0.5 * whole.length), Math.floor(0.9 * whole.length));
        if (codec === "NONE" || codec === "PACKBITS") continue;
        await Deno.writeFile(path, holed);
        await refused(/damaged: block \d+ of \d+ cannot be decoded/);
      }
    }),
});

Deno.test({
  name: "openTiffRaster(): blocks that the writer left out are no ground",
  ignore: !hasGdal,
  fn: () =>
    inScratch(async (folder) => {
      const path = `${folder}/a.tif`;
      const options = co(
        "TILED=YES",
        "SPARSE_OK=TRUE",
        "COMPRESS=DEFLATE",
        "BLOCKXSIZE=256",
        "BLOCKYSIZE=256",
      );
      const burn = [
        "-burn",
        "90",
        "-ot",
        "Byte",
        "-ts",
        "36000",
        "18000",
        "-te",
        "-180",
        "-90",
        "180",
        "90",
      ];
      const ring = [[30, 50], [31, 50], [31, 51], [30, 51], [30, 50]];
      const polygon = { type: "Polygon", coordinates: [ring] };
      await Deno.writeTextFile(`${folder}/a.json`, JSON.stringify(polygon));
      await gdal(
        "gdal_rasterize",
        "-q",
        ...burn,
        "-a_srs",
        "EPSG:4326",
        ...options,
        `${folder}/a.json`,
        path,
      );
      await using raster = await openTiffRaster(path, null);
      assert.match(raster?.notes.join() ?? "", /blocks were left out/);
      const there = await raster?.read({ leftPx: 21_040, topPx: 3_940, widthPx: 20, heightPx: 20 });
      assert.deepEqual([there?.pixels[0], there?.mask], [90, null]);
      const away = await raster?.read({ leftPx: 100, topPx: 100, widthPx: 20, heightPx: 20 });
      assert.ok(away?.mask?.every((value) => value === 0));
    }),
});

/** A system, and the upper left corner of a picture of half a metre per pixel in its units. */
const SYSTEMS: Readonly<
  Record<string, readonly [srs: string, x: number, y: number, pixel: number]>
> = {
  "ETRS89 / UTM 32": ["EPSG:25832", 460_000, 5_430_000, 0.5],
  "NAD83 / UTM 10": ["EPSG:26910", 550_000, 4_180_000, 0.6],
  "Lambert-93": ["EPSG:2154", 652_000, 6_862_000, 0.5],
  "NZTM": ["EPSG:2193", 1_748_000, 5_428_000, 0.5],
  "California 5 in feet": ["EPSG:2229", 6_480_000, 1_840_000, 1.5],
  "polar stereographic, south": ["EPSG:3031", 300_000, -1_300_000, 2],
  "polar stereographic, north": ["EPSG:3413", 300_000, -1_300_000, 2],
  "RD New": ["EPSG:28992", 121_000, 487_000, 0.5],
  "SWEREF99 TM": ["EPSG:3006", 674_000, 6_580_000, 0.5],
  "Swiss LV95": ["EPSG:2056", 2_600_000, 1_200_000, 0.5],
  "British National Grid": ["EPSG:27700", 530_000, 180_000, 0.5],
  "NAD27 / UTM 14": ["EPSG:26714", 620_000, 3_350_000, 0.5],
  "Pulkovo 1942 / Gauss-Kruger 6": ["EPSG:28406", 6_324_000, 5_593_000, 0.5],
  "SIRGAS 2000 / UTM 23 S": ["EPSG:31983", 333_000, 7_394_000, 0.5],
  "Hartebeesthoek94 / Lo29, axes": ["EPSG:2053", -5_000, 2_850_000, 0.5],
  "user-defined transverse Mercator": [
    "+proj=tmerc +lat_0=10 +lon_0=20.5 +k=0.9998 +x_0=100000 +y_0=5000 +ellps=GRS80 +units=us-ft",
    328_000,
    4_000_000,
    1.5,
  ],
  "user-defined Lambert": [
    "+proj=lcc +lat_0=40 +lon_0=20 +lat_1=38 +lat_2=44 +x_0=100000 +y_0=0 +datum=WGS84",
    120_000,
    90_000,
    0.5,
  ],
  "user-defined Albers": [
    "+proj=aea +lat_0=40 +lon_0=20 +lat_1=38 +lat_2=44 +x_0=0 +y_0=0 +datum=WGS84",
    20_000,
    90_000,
    0.5,
  ],
  "user-defined Lambert equal area": [
    "+proj=laea +lat_0=48 +lon_0=11 +x_0=0 +y_0=0 +datum=WGS84",
    20_000,
    90_000,
    0.5,
  ],
  "user-defined stereographic": [
    "+proj=sterea +lat_0=48 +lon_0=11 +k=0.9999 +x_0=1000 +y_0=0 +datum=WGS84",
    20_000,
    90_000,
    0.5,
  ],
  "degrees": ["EPSG:4326", 30.5, 50.44, 5e-6],
  "degrees of NAD83": ["EPSG:4269", -100, 40, 5e-6],
};

Deno.test({
  name:
    "tiffReference() puts pixels where GDAL puts them, within half a metre or the error it tells",
  ignore: !hasGdal,
  fn: () =>
    inScratch(async (folder) => {
      const ground = `${folder}/ground.png`, path = `${folder}/a.tif`;
      await writeGround(ground);
      for (const [name, [srs, x, y, pixel]] of Object.entries(SYSTEMS)) {
        const ends = [`${x + pixel * WIDTH}`, `${y - pixel * HEIGHT}`];
        const corners = ["-a_ullr", `${x}`, `${y}`, ...ends];
        await gdal("gdal_translate", "-q", ...RGB, "-a_srs", srs, ...corners, ground, path);
        await using raster = await openTiffRaster(path, null);
        assert.ok(raster);
        const found = tiffReference(path, raster.directory, await readSidecars(path), raster);
        assert.ok(found, name);
        const ours = found.reference.wgsFromPixel(100, 30);
        const [longitudeDeg, latitudeDeg] = await placeByGdal(path, 100, 30);
        const eastM = (ours.longitudeDeg - longitudeDeg) * Math.cos(latitudeDeg * Math.PI / 180);
        const awayM = 111_320 * Math.hypot(eastM, ours.latitudeDeg - latitudeDeg);
        const [, told] = /wrong by up to about ([\d.]+) m/.exec(found.notes.join()) ?? [];
        const allowed = Math.max(0.5, Number(told ?? 0));
        assert.ok(awayM < allowed, `${name}: ${awayM} m from GDAL, ${allowed} m are told`);
        await Deno.remove(path);
      }
    }),
});
