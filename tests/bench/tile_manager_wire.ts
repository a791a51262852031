/**
 * The tile manager beside bare loops over the same wire, turn by turn so that all see the same machine:
 *
 *     deno run -q --no-prompt -P=tasks --allow-net tests/bench/tile_manager_wire.ts \
 *       [--tiles 10000] [--turns 3] [--uploads 600] [--folder DIR]
 *
 * Download: `HttpTileDownloader` into a cache in memory, and into real ones (PGlite and, where one is
 * installed, a PostgreSQL server; composed as the command does, files synced), against bare fetch
 * loops of the same concurrency: one that drops what it fetches, one that decodes it, and one that
 * syncs and renames a file for each. Upload: `HttpTileUploader`, signed, against the same POSTs
 * unsigned, both to a provider that checks nothing.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { FakeTileStore } from "../../src/tiles/workstation/tile_cache/fake_tile_store.ts";
import { CLIENT_TOKEN, ProviderProcess } from "../support/provider.ts";
import { madeTile, makeRig } from "../support/upload_rig.ts";
import { sideBySide } from "./side_by_side.ts";
import { compareDownloads } from "./tile_manager_wire_downloads.ts";

const { values } = parseArgs({
  options: {
    tiles: { type: "string", default: "10000" },
    turns: { type: "string", default: "3" },
    uploads: { type: "string", default: "600" },
    folder: { type: "string" },
  },
});
const TURNS = Number(values.turns);
const UPLOADS = Number(values.uploads);
const BATCH = 50;
const authorization = { authorization: `Bearer ${CLIENT_TOKEN}` };

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
  await sideBySide({ count: UPLOADS, turns: TURNS, otherPid: provider.pid }, {
    "the same POSTs, unsigned": (measured) =>
      measured(() => bareUpload(provider.url, bare.store, "AA==")),
    "uploader": async (measured) => {
      const rig = await fresh();
      await measured(async () => {
        const { outcome } = await rig.upload(BATCH);
        if (outcome !== "success") throw new Error(outcome);
      });
    },
  });
}

const load = () => console.log(`load: ${Deno.loadavg().map((one) => one.toFixed(1)).join(" ")}`);
load();
if (Number(values.tiles) > 0) {
  const folder = await Deno.makeTempDir({ dir: values.folder, prefix: "gdn-wire-" });
  try {
    await compareDownloads({ tiles: Number(values.tiles), turns: TURNS, folder });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
if (UPLOADS > 0) await compareUploads();
load();
