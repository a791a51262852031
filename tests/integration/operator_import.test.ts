/** `operator tiles import` from the shipped entry point under its permission set. */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import sharp from "sharp";
import { writeArrayBuffer } from "geotiff";
import { LocalFrame, worldPixelFromWgs } from "../../src/core/mod.ts";
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { decodeJpeg, openVision } from "../../src/native/vision/mod.ts";
import { operatorCommand } from "../../tasks/executables.ts";
import { blobCentre, blobPicture, writePng } from "../unit/tile_import_fixture.ts";
import { emptyCache } from "../support/empty_cache.ts";

const CENTRE = { latitudeDeg: 50.4501, longitudeDeg: 30.5234 };
const GSD_M = 0.5;
const WIDTH = 640, HEIGHT = 512;
const BLOBS = [[100.3, 90.7], [500.5, 120.2], [320, 256], [77.7, 430.1], [560.4, 440.9]]
  .map(([xPx, yPx]) => ({ xPx, yPx }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function operator(args: string[], read: string[], write: string[]): Promise<Outcome> {
  const { command, args: all } = operatorCommand(args, { read, write });
  const { code, stdout, stderr } = await new Deno.Command(command, { args: all }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** Where the blobs should be in the world-pixel plane, and where the cache's tiles have them. */
async function blobErrorsPx(dataFolder: string, zoom: number, source: string): Promise<number[]> {
  const frame = new LocalFrame({ ...CENTRE, heightM: 0 });
  using vision = openVision();
  await using cache = await openTileCache({ dataFolder });
  const decoded = new Map<string, Uint8Array>();
  const expected = BLOBS.map(({ xPx, yPx }) =>
    worldPixelFromWgs(
      frame.wgsFromLocal([(xPx - WIDTH / 2) * GSD_M, (HEIGHT / 2 - yPx) * GSD_M, 0]),
      zoom,
    )
  );
  for (const { x, y } of expected) {
    for (const [dx, dy] of [[-12, -12], [12, -12], [-12, 12], [12, 12]]) {
      const tile = { x: Math.floor((x + dx) / 256), y: Math.floor((y + dy) / 256) };
      const key = `${tile.x}/${tile.y}`;
      if (decoded.has(key)) continue;
      using handle = await cache.store.readTilePixels({ zoom, ...tile, source });
      const picture = await decodeJpeg(vision, handle.jpeg.slice(), { name: key, channels: 1 });
      decoded.set(key, picture.pixels);
    }
  }
  const pixel = (x: number, y: number) =>
    decoded.get(`${Math.floor(x / 256)}/${Math.floor(y / 256)}`)?.[(y % 256) * 256 + x % 256] ?? 0;
  return expected.map(({ x, y }) => {
    const found = blobCentre(pixel, { xPx: x, yPx: y }, 11);
    return Math.hypot(found.xPx - x, found.yPx - y);
  });
}

Deno.test("operator tiles import puts a picture's pixels where they belong, and a second run changes nothing", async () => {
  await inScratch(async (directory) => {
    const data = `${directory}/data`, picture = `${directory}/ground.png`;
    await writePng(picture, blobPicture(WIDTH, HEIGHT, BLOBS, 3), WIDTH, HEIGHT);
    const args = [
      ...["tiles", "import", picture, "--centre", "50.4501,30.5234", "--gsd", "0.5"],
      ...["--captured-at", "2024-05-31", "--data", data, "--json"],
    ];
    const first = await operator(args, [picture], [data]);
    assert.equal(first.code, 0, first.err);
    const summary = JSON.parse(first.out);
    assert.equal(summary.kind, "picture");
    assert.ok(summary.written >= 6 && summary.kept === 0, first.out);
    const errors = await blobErrorsPx(data, summary.zoom, "local_import");
    const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
    console.log(`mean error ${mean.toFixed(4)} pixels of ${errors.length} blobs`);
    assert.ok(mean < 0.1, `mean error ${mean} pixels`);

    await using cache = await openTileCache({ dataFolder: data });
    const box = { southDeg: 50.4, westDeg: 30.5, northDeg: 50.5, eastDeg: 30.6 };
    const tiles = await cache.metadata.queryByBbox(box, summary.zoom);
    assert.equal(tiles.length, summary.written);
    assert.ok(tiles.some((tile) => tile.coverage < 1) && tiles.every((tile) => tile.coverage > 0));
    assert.equal(tiles[0].capturedAt?.toISOString().slice(0, 10), "2024-05-31");
    await cache[Symbol.asyncDispose]();

    const second = await operator(args, [picture], [data]);
    assert.equal(second.code, 0, second.err);
    const again = JSON.parse(second.out);
    assert.deepEqual([again.written, again.kept], [0, summary.written]);
  });
});

Deno.test("operator tiles import refuses a bad source with 65 or 64 and leaves no cache behind", async () => {
  await inScratch(async (directory) => {
    const data = `${directory}/data`;
    const text = `${directory}/text.png`, cut = `${directory}/cut.png`;
    await Deno.writeTextFile(text, "no picture");
    await writePng(cut, blobPicture(WIDTH, HEIGHT, BLOBS, 3), WIDTH, HEIGHT);
    await Deno.truncate(cut, 3000);
    const place = ["--centre", "50.4501,30.5234", "--gsd", "0.5", "--data", data];
    for (
      const [args, code, words] of [
        [[text, ...place], 65, /text\.png.*picture/s],
        [[cut, ...place], 65, /cut\.png.*damaged/s],
        [[cut, "--data", data], 64, /--centre/],
      ] as const
    ) {
      const outcome = await operator(["tiles", "import", ...args], [directory], [data]);
      assert.equal(outcome.code, code, outcome.err);
      assert.match(outcome.err, words);
    }
    const left = await Deno.stat(data).then(() => true, () => false);
    assert.equal(left, false, "no data folder is made for a source that cannot be read");
  });
});

Deno.test("operator tiles import takes a GeoTIFF by its own georeference", async () => {
  await inScratch(async (directory) => {
    const data = await emptyCache(`${directory}/data`), picture = `${directory}/utm.tif`;
    // The middle of zone 36 lies 2.5° east of the centre: the grid is turned by convergence.
    const { default: proj4 } = await import("proj4");
    const utm = proj4("EPSG:4326", "+proj=utm +zone=36 +datum=WGS84 +units=m +no_defs");
    const [east, north] = utm.forward([CENTRE.longitudeDeg, CENTRE.latitudeDeg]);
    const west = Math.round(east - WIDTH / 2 * GSD_M), top = Math.round(north + HEIGHT / 2 * GSD_M);
    const tiff = await (writeArrayBuffer as (values: unknown, metadata: unknown) => ArrayBuffer)(
      blobPicture(WIDTH, HEIGHT, BLOBS, 3),
      {
        width: WIDTH,
        height: HEIGHT,
        SamplesPerPixel: 3,
        BitsPerSample: [8, 8, 8],
        PhotometricInterpretation: 2,
        ModelPixelScale: [GSD_M, GSD_M, 0],
        ModelTiepoint: [0, 0, 0, west, top, 0],
        GTModelTypeGeoKey: 1,
        ProjectedCSTypeGeoKey: 32636,
        GTRasterTypeGeoKey: 1,
      },
    );
    await Deno.writeFile(picture, new Uint8Array(tiff));
    const outcome = await operator(["tiles", "import", picture, "--data", data, "--json"], [
      picture,
    ], [data]);
    assert.equal(outcome.code, 0, outcome.err);
    const summary = JSON.parse(outcome.out);
    assert.equal(summary.kind, "geotiff");
    using vision = openVision();
    await using cache = await openTileCache({ dataFolder: data });
    for (const blob of BLOBS) {
      const [longitudeDeg, latitudeDeg] = utm.inverse([
        west + blob.xPx * GSD_M,
        top - blob.yPx * GSD_M,
      ]);
      const at = worldPixelFromWgs({ latitudeDeg, longitudeDeg }, summary.zoom);
      const tile = { x: Math.floor(at.x / 256), y: Math.floor(at.y / 256) };
      const id = { zoom: summary.zoom, ...tile, source: "local_import" };
      using handle = await cache.store.readTilePixels(id);
      const { pixels } = await decodeJpeg(vision, handle.jpeg.slice(), { name: "tile" });
      const value = pixels[Math.floor(at.y % 256) * 256 + Math.floor(at.x % 256)];
      assert.ok(value > 200, `the blob's middle is ${value}`);
    }
  });
});

Deno.test("operator tiles import copies the tiles of a folder byte by byte", async () => {
  await inScratch(async (directory) => {
    const data = await emptyCache(`${directory}/data`), folder = `${directory}/tiles`;
    await Deno.mkdir(`${folder}/15/19161`, { recursive: true });
    const grey = { create: { width: 256, height: 256, channels: 3, background: "#789" } } as const;
    const jpeg = await sharp(grey).jpeg().toBuffer();
    await Deno.writeFile(`${folder}/15/19161/11035.jpg`, jpeg);
    const half = new Uint8Array(256 * 256 * 4).map((_, i) =>
      i % 4 < 3 ? 90 : Math.floor(i / 4) % 256 < 128 ? 255 : 0
    );
    await writePng(`${folder}/15/19161/11036.png`, half, 256, 256, 4);
    const args = ["tiles", "import", folder, "--data", data, "--json", "--source", "bing"];
    const outcome = await operator(args, [folder], [data]);
    assert.equal(outcome.code, 0, outcome.err);
    assert.equal(JSON.parse(outcome.out).written, 2);
    {
      await using cache = await openTileCache({ dataFolder: data });
      const id = { zoom: 15, x: 19161, y: 11035, source: "bing" };
      using handle = await cache.store.readTilePixels(id);
      assert.deepEqual(new Uint8Array(handle.jpeg), new Uint8Array(jpeg));
      const metadata = await cache.metadata.getById({ ...id, y: 11036 });
      assert.equal(metadata?.coverage, 0.5);
    }
    await Deno.writeTextFile(`${directory}/secret.jpg`, "outside");
    await Deno.symlink(`${directory}/secret.jpg`, `${folder}/15/19161/11037.jpg`);
    const escaped = await operator(args, [directory], [data]);
    assert.equal(escaped.code, 65, escaped.err);
    assert.match(escaped.err, /11037\.jpg.*link/s);
  });
});
