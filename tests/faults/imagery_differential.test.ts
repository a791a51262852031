/**
 * TIFFs of random kinds, whole and damaged, held against GDAL: the same pixels, or refused. Never
 * black where GDAL has ground, never a crash or a hang.
 */
import assert from "node:assert/strict";
import sharp from "sharp";
import { DataError, seededRandom } from "../../src/core/mod.ts";
import { openTiffRaster } from "../../src/tiles/workstation/tile_import/tiff/tiff_raster.ts";
import { gdal, hasGdal, pixelsByGdal } from "../support/gdal.ts";
import { inScratch } from "../support/scratch.ts";

const ROUNDS = Number(Deno.env.get("GDN_IMAGERY_ROUNDS") ?? 3);
const SEED = Deno.env.get("GDN_IMAGERY_SEED") ?? "imagery differential";
const DAMAGES_PER_FILE = 8;
type Random = ReturnType<typeof seededRandom>;

const pick = <T>(random: Random, of: readonly T[]): T => of[random.integer(of.length)];

async function writeGround(path: string, random: Random): Promise<[number, number]> {
  const width = 40 + random.integer(200), height = 30 + random.integer(150);
  const pixels = new Uint8Array(width * height * 4);
  const wave = 5 + random.integer(30), noise = random.integer(40);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const base = 110 + 60 * Math.sin(x / wave) * Math.cos(y / wave);
      for (let c = 0; c < 3; c++) pixels[at + c] = base + 12 * c + random.integer(noise + 1);
      pixels[at + 3] = 255;
    }
  }
  await sharp(pixels, { raw: { width, height, channels: 4 } }).png().toFile(path);
  return [width, height];
}

interface Kind {
  readonly args: readonly string[];
  /** Colours at half the resolution: their interpolation differs, brightness does not. */
  readonly hasHalfColours: boolean;
}

function randomKind(random: Random): Kind {
  const codec = pick(random, ["NONE", "LZW", "DEFLATE", "PACKBITS", "JPEG", "WEBP"]);
  const options = [`COMPRESS=${codec}`];
  const isTiled = random.integer(2) === 0;
  const side = () => 16 * (1 + random.integer(8));
  if (isTiled) options.push("TILED=YES", `BLOCKXSIZE=${side()}`, `BLOCKYSIZE=${side()}`);
  else if (random.integer(2) === 0) options.push(`BLOCKYSIZE=${8 * (1 + random.integer(8))}`);
  const isPicture = codec === "JPEG" || codec === "WEBP";
  if (!isPicture && random.integer(2) === 0) options.push("INTERLEAVE=BAND");
  if ((codec === "LZW" || codec === "DEFLATE") && random.integer(2) === 0) {
    options.push("PREDICTOR=2");
  }
  if (codec === "WEBP") options.push("WEBP_LOSSLESS=YES");
  if (random.integer(3) === 0) options.push("BIGTIFF=YES");
  if (random.integer(3) === 0) options.push("ENDIANNESS=BIG");
  const isGrey = random.integer(4) === 0 && codec !== "WEBP";
  const hasHalfColours = codec === "JPEG" && !isGrey && random.integer(2) === 0;
  if (hasHalfColours) options.push("PHOTOMETRIC=YCBCR");
  const bands = isGrey ? ["-b", "1"] : ["-b", "1", "-b", "2", "-b", "3"];
  return { args: [...bands, ...options.flatMap((option) => ["-co", option])], hasHalfColours };
}

/** A byte or a run of bytes changed, or the end cut off; in place or a shorter copy. */
function damaged(whole: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const bytes = whole.slice();
  switch (random.integer(4)) {
    case 0:
      return bytes.subarray(0, random.integer(bytes.length));
    case 1:
      bytes[random.integer(bytes.length)] ^= 1 << random.integer(8);
      return bytes;
    case 2: {
      const from = random.integer(bytes.length);
      return bytes.fill(0, from, from + random.integer(400));
    }
    default: {
      const from = random.integer(bytes.length);
      for (let i = from; i < Math.min(bytes.length, from + 16); i++) bytes[i] = random.integer(256);
      return bytes;
    }
  }
}

/** Pixels, or null where the file is refused. */
async function ours(path: string) {
  try {
    await using raster = await openTiffRaster(path, null);
    if (raster === null) return null;
    const { widthPx, heightPx } = raster;
    if (widthPx * heightPx > 4_000_000) return null;
    return await raster.read({ leftPx: 0, topPx: 0, widthPx, heightPx });
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}

/** The greatest difference: of brightness where colours are interpolated. */
function difference(
  pixels: Uint8Array,
  theirs: Uint8Array,
  bands: number,
  hasHalfColours: boolean,
  mask: Uint8Array | null,
): number {
  let most = 0;
  for (let i = 0; i < pixels.length / 3; i++) {
    if (mask !== null && mask[i] === 0) continue;
    const at = (of: Uint8Array, c: number, count: number) => of[count * i + (count === 1 ? 0 : c)];
    const grey = (of: Uint8Array, count: number) =>
      0.299 * at(of, 0, count) + 0.587 * at(of, 1, count) + 0.114 * at(of, 2, count);
    if (hasHalfColours) most = Math.max(most, Math.abs(grey(pixels, 3) - grey(theirs, bands)));
    else {
      for (let c = 0; c < 3; c++) {
        most = Math.max(most, Math.abs(at(pixels, c, 3) - at(theirs, c, bands)));
      }
    }
  }
  return most;
}

async function theirs(path: string, folder: string, bands: number): Promise<Uint8Array | null> {
  try {
    return await pixelsByGdal(path, folder, bands === 1 ? [1] : [1, 2, 3]);
  } catch {
    return null;
  }
}

Deno.test({
  name:
    `TIFFs of ${ROUNDS} random kinds are as GDAL has them, damaged ones too, or refused (seed ${SEED})`,
  ignore: !hasGdal,
  fn: () =>
    inScratch(async (folder) => {
      const random = seededRandom(SEED);
      const ground = `${folder}/ground.png`, path = `${folder}/a.tif`;
      let refused = 0, same = 0;
      for (let round = 0; round < ROUNDS; round++) {
        await writeGround(ground, random);
        const { args, hasHalfColours } = randomKind(random);
        const about = `round ${round}: ${args.join(" ")}`;
        await gdal("gdal_translate", "-q", ...args, ground, path);
        const bands = args.filter((word) => word === "-b").length;
        const allowed = hasHalfColours ? 4 : 2;
        const whole = await ours(path), reference = await theirs(path, folder, bands);
        assert.ok(whole !== null && reference !== null, about);
        const most = difference(whole.pixels, reference, bands, hasHalfColours, whole.mask);
        assert.ok(most <= allowed, `${about}: ${most} of 255`);
        const bytes = await Deno.readFile(path);
        for (let i = 0; i < DAMAGES_PER_FILE; i++) {
          await Deno.writeFile(path, damaged(bytes, random));
          const read = await ours(path);
          if (read === null) {
            refused++;
            continue;
          }
          const again = await theirs(path, folder, bands);
          // What GDAL refuses, or reads as another size, is held by the whole file's pixels.
          if (again === null || again.length !== read.pixels.length / 3 * bands) continue;
          const away = difference(read.pixels, again, bands, hasHalfColours, read.mask);
          assert.ok(away <= allowed, `${about}, damage ${i}: ${away} of 255`);
          same++;
        }
        await Deno.remove(path);
      }
      console.log(`${ROUNDS} kinds, damaged files: ${refused} refused, ${same} as GDAL has them`);
    }),
});
