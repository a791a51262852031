/**
 * Invalid data presented as tiles is refused by name, and nothing of it is stored.
 *
 * @module
 */
import assert from "node:assert/strict";
import { seededRandom, sha256Hex } from "../../src/core/mod.ts";
import { TileFsError, type TileId, TileMetadataError } from "../../src/tiles/tile_contract/mod.ts";
import { openTileCache, type TileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { decodeJpeg, encodeJpeg, openVision } from "../../src/native/vision/mod.ts";
import { makeTile } from "../contract/tile_fixture.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";

const postgres = postgresForFile();

interface InvalidTileWorld {
  readonly cache: TileCache;
  readonly folder: string;
  /** A real picture of 256×256. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
  encode(widthPx: number, heightPx: number): Promise<Uint8Array<ArrayBuffer>>;
}

function test(name: string, body: (world: InvalidTileWorld) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !postgresAvailable(),
    fn: () =>
      postgres.database(async (dsn) => {
        using vision = openVision();
        const folder = await Deno.makeTempDir({ prefix: "gdn-invalid-tile-" });
        try {
          const random = seededRandom(7);
          const encode = (widthPx: number, heightPx: number) => {
            const pixels = new Uint8Array(widthPx * heightPx * 3).map(() => random.integer(256));
            return encodeJpeg(vision, { widthPx, heightPx, channels: 3, pixels }, 80);
          };
          await using cache = await openTileCache({
            dataFolder: `${folder}/cache`,
            dsn,
            decodePicture: (jpeg, name) => decodeJpeg(vision, jpeg, { name, channels: 3 }),
          });
          await body({ cache, folder, jpeg: await encode(256, 256), encode });
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      }),
  });
}

function write(
  { cache }: InvalidTileWorld,
  jpeg: Uint8Array,
  id: Partial<TileId> = {},
): Promise<void> {
  const { metadata } = makeTile(id);
  const truth = { contentSha256: sha256Hex(jpeg), diskBytes: Math.max(1, jpeg.length) };
  return cache.store.writeTile({ ...metadata, ...truth }, jpeg);
}

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await filesBelow(`${folder}/${name}`));
    else found.push(`${folder}/${name}`);
  }
  return found;
}

async function nothingStored({ cache, folder }: InvalidTileWorld): Promise<void> {
  assert.equal(await cache.metadata.totalDiskBytes(), 0);
  assert.deepEqual(await cache.catalogue.listTiles({ limit: 10 }), []);
  const files = await filesBelow(folder);
  assert.deepEqual(files.filter((file) => !/cache\.(json|lock)$|\/unclean\//.test(file)), []);
}

/** Start of frame with any size before a body that is real. */
function resized(jpeg: Uint8Array, widthPx: number, heightPx: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(jpeg);
  const at = bytes.findIndex((byte, i) => byte === 0xff && (bytes[i + 1] === 0xc0));
  const view = new DataView(bytes.buffer);
  view.setUint16(at + 5, heightPx);
  view.setUint16(at + 7, widthPx);
  return bytes;
}

function cut(jpeg: Uint8Array, share: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...jpeg.subarray(0, Math.floor(jpeg.length * share)), 0xff, 0xd9]);
}

test("invalid pictures are refused by name", async (world) => {
  const { jpeg, encode } = world;
  const page = "<!DOCTYPE html><title>503 Service Unavailable</title>";
  const cases: Record<string, [Uint8Array, RegExp]> = {
    "an HTTP error page": [new TextEncoder().encode(page), /not a JPEG/],
    "nothing": [new Uint8Array(0), /not a JPEG/],
    "a PNG": [Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]), /not a JPEG/],
    "a JPEG cut at its end": [jpeg.subarray(0, jpeg.length / 2), /cut short/],
    "a JPEG cut in its coded data": [cut(jpeg, 0.5), /premature end/],
    "a JPEG cut late in its coded data": [cut(jpeg, 0.97), /premature end/],
    "a JPEG with junk in the middle": [
      Uint8Array.from([
        ...jpeg.subarray(0, 9000),
        ...jpeg.subarray(0, 300),
        ...jpeg.subarray(9000),
      ]),
      /damaged|cannot|JPEG/,
    ],
    "a decompression bomb": [resized(jpeg, 65_500, 65_500), /65500×65500/],
    "a picture of one pixel": [await encode(1, 1), /1×1/],
    "a picture of the wrong size": [await encode(512, 256), /512×256/],
    "a header without a picture": [makeTile({}).jpeg, /JPEG/],
    "a picture of ten megabytes": [
      Uint8Array.from([...jpeg.subarray(0, -2), ...new Uint8Array(5_000_000), 0xff, 0xd9]),
      /at most/,
    ],
  };
  for (const [name, [bytes, words]] of Object.entries(cases)) {
    await assert.rejects(write(world, bytes), (error) => {
      assert.ok(error instanceof TileMetadataError, `${name}: ${error}`);
      assert.match(error.message, words, name);
      assert.match(error.message, /18\/77213\/106845/, name);
      return true;
    }, name);
  }
  await nothingStored(world);
  await write(world, jpeg);
});

test("path tricks in ids are refused by name", async (world) => {
  const tricks: Record<string, unknown>[] = [
    ...["../../etc", "..", "a/b", "a\\b", "osm\0", ".", "", "%2e%2e", "OSM"].map((source) => ({
      source,
    })),
    ...["../../../x", "3f2504e0-4f89-11d3-9a0c-0305e82c3301/..", ""].map((flightId) => ({
      source: "onboard_ingest",
      flightId,
    })),
    ...["../1", "1/2", NaN, Infinity, -1, 0.5, 2 ** 18, "0x10"].map((x) => ({ x })),
    { y: "../../../../tmp/evil" },
    { zoom: "18/.." },
    { zoom: 23 },
    { folder: "/tmp" },
  ];
  for (const trick of tricks) {
    const id = trick as Partial<TileId>, { tileId } = makeTile({}).metadata;
    const asked = { ...tileId, ...id };
    const store = world.cache.store;
    await assert.rejects(write(world, world.jpeg, id), TileMetadataError, JSON.stringify(trick));
    const answers: Promise<unknown>[] = [
      store.readTilePixels(asked),
      store.deleteTile(asked),
      store.tileExists(asked),
    ];
    for (const answer of answers) {
      await assert.rejects(answer, TileMetadataError, JSON.stringify(trick));
    }
  }
  await nothingStored(world);
});

test("a symbolic link out of the cache is refused by name, written through and read through", async (world) => {
  const { cache, folder, jpeg } = world;
  const outside = `${folder}/outside`;
  await Deno.mkdir(outside);
  await Deno.mkdir(`${folder}/cache/tiles/local_import`, { recursive: true });
  await Deno.symlink(outside, `${folder}/cache/tiles/local_import/18`);
  const leadsOut = (error: unknown) =>
    error instanceof TileFsError && /symbolic link leads out/.test(error.message);
  await assert.rejects(write(world, jpeg), leadsOut);
  assert.deepEqual([...Deno.readDirSync(outside)], []);
  assert.equal(await cache.metadata.totalDiskBytes(), 0);
  await Deno.remove(`${folder}/cache/tiles/local_import/18`);

  await write(world, jpeg);
  const { tileId } = makeTile({}).metadata;
  const picture = `${folder}/cache/tiles/local_import/18/77213/106845.jpg`;
  await Deno.rename(picture, `${outside}/stolen.jpg`);
  await Deno.symlink(`${outside}/stolen.jpg`, picture);
  await assert.rejects(cache.store.readTilePixels(tileId), leadsOut);
  await cache.store.deleteTile(tileId);
  assert.deepEqual(await filesBelow(outside), [`${outside}/stolen.jpg`]);
});
