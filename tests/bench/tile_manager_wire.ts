/**
 * The tile manager beside bare loops over the same wire, turn by turn so that both see the same machine:
 *
 *     deno run -q -P=tasks --allow-net=127.0.0.1 tests/bench/tile_manager_wire.ts [--tiles 10000] [--turns 3]
 *
 * Download: `HttpTileDownloader` into a cache in memory, and into a real one (PGlite, files synced),
 * against a bare fetch loop of the same concurrency. Upload: `HttpTileUploader`, signed, against the
 * same POSTs unsigned, both to a provider that checks nothing.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { SystemClock } from "../../src/core/mod.ts";
import { FakeTileStore } from "../../src/tile_cache/fake_tile_store.ts";
import { openTileCache } from "../../src/tile_cache/mod.ts";
import { tilesOfArea } from "../../src/tile_manager/mod.ts";
import { openVision, type VisionLibrary } from "../../src/vision/mod.ts";
import { type Block, boxOf, makeDownloadRig, ZOOM } from "../support/download_rig.ts";
import { CLIENT_TOKEN, ProviderProcess } from "../support/provider.ts";
import { madeTile, makeRig } from "../support/upload_rig.ts";

const { values } = parseArgs({
  options: {
    tiles: { type: "string", default: "10000" },
    turns: { type: "string", default: "3" },
    uploads: { type: "string", default: "600" },
  },
});
const SIDE = Math.round(Math.sqrt(Number(values.tiles)));
const TURNS = Number(values.turns);
const UPLOADS = Number(values.uploads);
const CONCURRENCY = 8;
const BATCH = 50;
const BLOCK: Block = { x: 152_000, y: 88_000, columns: SIDE, rows: SIDE };
const authorization = { authorization: `Bearer ${CLIENT_TOKEN}` };

type Measured = () => Promise<number>;

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const beginMs = performance.now();
  await work();
  return (performance.now() - beginMs) / 1000;
}

/** Median seconds of each, in turns; the ratio of the first to the others is what counts. */
async function sideBySide(count: number, ways: Readonly<Record<string, Measured>>): Promise<void> {
  const taken = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [name, way] of Object.entries(ways)) taken.get(name)?.push(await way());
  }
  const medians = [...taken].map(([name, list]) =>
    [name, list.sort((a, b) => a - b)[list.length >> 1]] as const
  );
  for (const [name, seconds] of medians) {
    const rate = (count / seconds).toFixed(0), ratio = (medians[0][1] / seconds).toFixed(2);
    console.log(`${name.padEnd(34)} ${seconds.toFixed(2)} s, ${rate} tiles a second, ${ratio}`);
  }
}

async function bareDownload(url: string): Promise<void> {
  const queue = tilesOfArea({ kind: "box", box: boxOf(BLOCK) }, ZOOM)[Symbol.iterator]();
  const worker = async () => {
    for (const { zoom, x, y } of queue) {
      const response = await fetch(`${url}tiles/${zoom}/${x}/${y}`, { headers: authorization });
      if ((await response.bytes()).length === 0) throw new Error("an empty tile");
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

async function download(
  url: string,
  vision: VisionLibrary,
  cache: Pick<FakeTileStore, "queryByBbox" | "writeTiles" | "renewTile">,
  look: boolean,
): Promise<void> {
  const unseen = {
    checkTile: (_name: string, jpeg: Uint8Array<ArrayBuffer>) =>
      Promise.resolve({ jpeg, coverage: 1 }),
  };
  const rig = makeDownloadRig({
    url,
    vision,
    change: {
      cache: {
        queryByBbox: (box, zoom) => cache.queryByBbox(box, zoom),
        writeTiles: (tiles, how) => cache.writeTiles(tiles, how),
        renewTile: (tile, jpeg) => cache.renewTile(tile, jpeg),
        budgetBytes: null,
        usedBytes: () => Promise.resolve(0),
      },
      ...look ? {} : unseen,
    },
  });
  const report = await rig.downloader.download(rig.request(BLOCK, { concurrency: CONCURRENCY }));
  if (report.fetched !== SIDE * SIDE) throw new Error(`${report.fetched} tiles fetched`);
}

async function compareDownloads(): Promise<void> {
  await using provider = await ProviderProcess.start(["--synthetic", "64"]);
  using vision = openVision();
  const inMemory = () => new FakeTileStore({ clock: new SystemClock() });
  await sideBySide(SIDE * SIDE, {
    "bare fetch loop": () => secondsOf(() => bareDownload(provider.url)),
    "downloader, pictures not looked at": () =>
      secondsOf(() => download(provider.url, vision, inMemory(), false)),
    "downloader, cache in memory": () =>
      secondsOf(() => download(provider.url, vision, inMemory(), true)),
    "downloader, real cache": async () => {
      const folder = await Deno.makeTempDir({ prefix: "gdn-wire-" });
      try {
        await using opened = await openTileCache({ dataFolder: folder });
        const { store, metadata } = opened;
        return await secondsOf(() =>
          download(provider.url, vision, {
            queryByBbox: (box, zoom) => metadata.queryByBbox(box, zoom).then((all) => [...all]),
            writeTiles: (tiles, how) => store.writeTiles(tiles, how),
            renewTile: (tile, jpeg) => store.renewTile(tile, jpeg),
          }, true)
        );
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** The same bytes in the same requests, without digest and signatures. */
async function bareUpload(url: string, store: FakeTileStore, unsigned: string): Promise<void> {
  const pending = await store.pendingUploads(null);
  for (let at = 0; at < pending.length; at += BATCH) {
    const form = new FormData();
    const tiles = pending.slice(at, at + BATCH).map((tile, index) => ({
      part: `tile_${index}`,
      // Another name each turn: the provider takes it as new.
      tileId: crypto.randomUUID(),
      zoom: tile.tileId.zoom,
      x: tile.tileId.x,
      y: tile.tileId.y,
      captureTimestampNs: "1",
      contentSha256: tile.contentSha256,
      quality: { ...tile.quality },
      signature: unsigned,
    }));
    form.append(
      "manifest",
      JSON.stringify({
        flightId: pending[0].tileId.flightId,
        companionId: "companion-1",
        publicKey: unsigned,
        nonce: "0123456789abcdef",
        tiles,
      }),
    );
    for (let index = 0; index < tiles.length; index++) {
      using pixels = await store.readTilePixels(pending[at + index].tileId);
      form.append(`tile_${index}`, new Blob([pixels.jpeg.slice()], { type: "image/jpeg" }));
    }
    const target = new URL("api/satellite/tiles/ingest", url);
    const answer = await fetch(target, { method: "POST", headers: authorization, body: form });
    if (answer.status !== 202) throw new Error(`status ${answer.status}: ${await answer.text()}`);
    await answer.bytes();
  }
}

async function compareUploads(): Promise<void> {
  await using provider = await ProviderProcess.start(["--no-checks"]);
  const pictures = await Promise.all(
    Array.from({ length: 16 }, (_, i) => madeTile(i, crypto.randomUUID())),
  );
  const fresh = async () => {
    const rig = await makeRig({ provider, tiles: 0, enrol: false });
    for (let i = 0; i < UPLOADS; i++) {
      const { jpeg, metadata } = pictures[i % pictures.length];
      const tileId = { ...metadata.tileId, x: i, flightId: rig.flightId };
      await rig.store.writeTile({ ...metadata, tileId }, jpeg);
    }
    return rig;
  };
  const bare = await fresh();
  await sideBySide(UPLOADS, {
    "the same POSTs, unsigned": () => secondsOf(() => bareUpload(provider.url, bare.store, "AA==")),
    "uploader": async () => {
      const rig = await fresh();
      return await secondsOf(async () => {
        const { outcome } = await rig.upload(BATCH);
        if (outcome !== "success") throw new Error(outcome);
      });
    },
  });
}

console.log(`load of this machine: ${Deno.loadavg().map((one) => one.toFixed(1)).join(" ")}`);
await compareDownloads();
await compareUploads();
console.log(`load of this machine: ${Deno.loadavg().map((one) => one.toFixed(1)).join(" ")}`);
