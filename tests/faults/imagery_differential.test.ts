/**
 * TIFFs of random kinds, whole and damaged, held against GDAL: the same pixels, or refused. Never
 * black where GDAL has ground, never a crash or a hang.
 *
 * `GDN_TEST_SEED` gives other kinds, `GDN_IMAGERY_SECONDS` a time (`deno task campaign --only imagery`: 10
 * minutes); a failure names its seed and round, `GDN_IMAGERY_ROUND` repeats that one.
 */
import assert from "node:assert/strict";
import sharp from "sharp";
import { DataError, seededRandom } from "../../src/core/mod.ts";
import { openTiffRaster } from "../../src/tiles/workstation/tile_import/tiff/tiff_raster.ts";
import { gdal, hasGdal, pixelsByGdal } from "../support/gdal.ts";
import { inScratch } from "../support/scratch.ts";

/** Without a time. */
const ROUNDS = 3;
const SECONDS = Number(Deno.env.get("GDN_IMAGERY_SECONDS") ?? 0);
const SEED = Deno.env.get("GDN_TEST_SEED") ?? "1";
const ONLY = Deno.env.get("GDN_IMAGERY_ROUND");
/** A hang; on a busy machine a file takes seconds. */
const FILE_MS_MAX = 60_000;
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
      pixels[at + 3] = x < width / 4 ? 0 : 255;
    }
  }
  await sharp(pixels, { raw: { width, height, channels: 4 } }).png().toFile(path);
  return [width, height];
}

interface Kind {
  readonly args: readonly string[];
  /** Bands of the file that are shown. */
  readonly bands: readonly number[];
  /** Whether it says by alpha, a mask or a value where it has no picture. */
  readonly mask: boolean;
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
  const more = hasHalfColours ? "none" : pick(random, ["none", "none", "alpha", "other", "value"]);
  // A JPEG has one sample, three or four.
  const kind = isGrey && isPicture ? "none" : more === "other" && codec === "WEBP" ? "alpha" : more;
  const bands = isGrey ? [1] : [1, 2, 3];
  const stored = [...bands, ...(kind === "alpha" ? [4] : kind === "other" ? [2] : [])];
  if (kind === "alpha") options.push("ALPHA=YES");
  if (kind === "other") options.push("ALPHA=NO");
  if (!isGrey && !hasHalfColours) options.push("PHOTOMETRIC=RGB");
  // Of one band: GDAL's mask of colours is that of the first. A lossy codec changes values.
  const value = kind === "value" && isGrey && codec !== "JPEG" ? ["-a_nodata", "120"] : [];
  return {
    args: [
      ...stored.flatMap((band) => ["-b", `${band}`]),
      ...value,
      ...options.flatMap((option) => ["-co", option]),
    ],
    bands,
    mask: kind === "alpha" || value.length > 0,
    hasHalfColours,
  };
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

type Read = NonNullable<Awaited<ReturnType<typeof ours>>>;

/** The greatest difference: of brightness where colours are interpolated; of where there is picture, if told. */
function difference(
  { pixels, mask }: Read,
  theirs: Uint8Array,
  bands: readonly number[],
  hasHalfColours: boolean,
): number {
  let most = 0;
  const count = pixels.length / 3, samples = theirs.length / count;
  const at = (of: Uint8Array, i: number, c: number, samples: number) =>
    of[samples * i + (samples < 3 ? 0 : c)];
  const grey = (of: Uint8Array, i: number, samples: number) =>
    0.299 * at(of, i, 0, samples) + 0.587 * at(of, i, 1, samples) +
    0.114 * at(of, i, 2, samples);
  for (let i = 0; i < count; i++) {
    const isPicture = mask === null || mask[i] !== 0;
    if (samples > bands.length && isPicture !== theirs[samples * i + bands.length] >= 128) {
      return 255;
    }
    if (!isPicture) continue;
    if (hasHalfColours) {
      most = Math.max(most, Math.abs(grey(pixels, i, 3) - grey(theirs, i, samples)));
    } else {
      for (let c = 0; c < 3; c++) {
        most = Math.max(most, Math.abs(at(pixels, i, c, 3) - at(theirs, i, c, samples)));
      }
    }
  }
  return most;
}

async function theirs(
  path: string,
  folder: string,
  bands: readonly number[],
  mask: boolean,
): Promise<Uint8Array | null> {
  try {
    return await pixelsByGdal(path, folder, [...bands, ...(mask ? ["mask" as const] : [])]);
  } catch {
    return null;
  }
}

interface Folder {
  readonly path: string;
  readonly scratch: string;
}

/** One kind, whole and damaged. */
async function round(
  number: number,
  { path, scratch }: Folder,
  counts: { refused: number; same: number },
) {
  const random = seededRandom(`${SEED}/imagery/${number}`);
  const ground = `${scratch}/ground.png`;
  await writeGround(ground, random);
  const { args, bands, mask, hasHalfColours } = randomKind(random);
  const about = `GDN_TEST_SEED=${SEED} GDN_IMAGERY_ROUND=${number}: ${args.join(" ")}`;
  await gdal("gdal_translate", "-q", ...args, ground, path);
  const allowed = hasHalfColours ? 4 : 2;
  const whole = await ours(path), reference = await theirs(path, scratch, bands, mask);
  assert.ok(whole !== null && reference !== null, about);
  const most = difference(whole, reference, bands, hasHalfColours);
  assert.ok(most <= allowed, `${about}: ${most} of 255`);
  const bytes = await Deno.readFile(path);
  for (let i = 0; i < DAMAGES_PER_FILE; i++) {
    await Deno.writeFile(path, damaged(bytes, random));
    const startMs = performance.now();
    const read = await ours(path);
    assert.ok(performance.now() - startMs < FILE_MS_MAX, `${about}, damage ${i}: it took too long`);
    if (read === null) {
      counts.refused++;
      continue;
    }
    const again = await theirs(path, scratch, bands, mask);
    // What GDAL refuses, or reads as another size, is held by the whole file's pixels.
    const samples = bands.length + (mask ? 1 : 0);
    if (again === null || again.length !== read.pixels.length / 3 * samples) continue;
    const away = difference(read, again, bands, hasHalfColours);
    assert.ok(away <= allowed, `${about}, damage ${i}: ${away} of 255`);
    counts.same++;
  }
  await Deno.remove(path);
}

Deno.test({
  name: "TIFFs of random kinds are as GDAL has them, damaged ones too, or refused",
  ignore: !hasGdal,
  fn: () =>
    inScratch(async (scratch) => {
      const counts = { refused: 0, same: 0 };
      const endMs = performance.now() + SECONDS * 1000;
      let number = ONLY === undefined ? 0 : Number(ONLY);
      for (;; number++) {
        await round(number, { path: `${scratch}/a.tif`, scratch }, counts);
        const isEnd = SECONDS > 0 ? performance.now() >= endMs : number + 1 >= ROUNDS;
        if (isEnd || ONLY !== undefined) break;
      }
      console.log(
        `imagery: seed ${SEED}, ${number + 1} kinds, damaged files: ${counts.refused} refused, ` +
          `${counts.same} as GDAL has them`,
      );
    }),
});
