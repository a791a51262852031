/**
 * Refreshes against HTTP servers in this process that use ETags: other layers, and tiles evicted
 * meanwhile.
 */
import assert from "node:assert/strict";
import { tileUuid } from "../../src/tiles/tile_contract/mod.ts";
import type { DownloadCache, EtagStore } from "../../src/tiles/workstation/tile_manager/mod.ts";
import { openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import { type Block, type DownloadRigOptions, makeDownloadRig } from "../support/download_rig.ts";
import { jpegOf } from "./operator_cache_fixture.ts";

let vision: VisionLibrary;
Deno.test.beforeAll(() => {
  vision = openVision();
});
Deno.test.afterAll(() => vision[Symbol.dispose]());

const PLACE: Block = { x: 152_000, y: 88_000, columns: 2, rows: 1 };
const makeRig = (options: Omit<DownloadRigOptions, "vision">) =>
  makeDownloadRig({ vision, ...options });
const held = async (rig: { store: { statistics(): Promise<readonly { tiles: number }[]> } }) =>
  (await rig.store.statistics()).reduce((sum, { tiles }) => sum + tiles, 0);

/** A server whose layers have the same ETag for everything, but different pictures. */
async function layersOfOneHost() {
  const pictures = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [layer, shade] of [["2025", 60], ["2026", 180]] as const) {
    pictures.set(layer, await jpegOf(shade));
  }
  const asked: { readonly path: string; readonly status: number }[] = [];
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => {
      const path = new URL(request.url).pathname, layer = path.split("/")[1];
      const lastModified = new Date(`${layer}-06-01T00:00:00Z`).toUTCString();
      const headers = { etag: '"v1"', "last-modified": lastModified };
      const status = request.headers.get("if-none-match") === '"v1"' ? 304 : 200;
      asked.push({ path, status });
      return new Response(status === 304 ? null : pictures.get(layer), { status, headers });
    },
  );
  const url = (layer: string) =>
    `http://127.0.0.1:${server.addr.port}/${layer}/{z}/{x}/{y}.jpg?key=secret`;
  return { asked, url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** ETags as the cache keeps them, one for each tile. */
function etagsInMemory(): EtagStore & { readonly origins: readonly string[] } {
  const kept = new Map<string, { readonly origin: string; readonly etag: string }>();
  const origins: string[] = [];
  return {
    origins,
    remember(origin, marks) {
      origins.push(origin);
      for (const { tileId, etag } of marks) kept.set(tileUuid(tileId), { origin, etag });
      return Promise.resolve();
    },
    of(origin, tileIds) {
      const known = tileIds.map(tileUuid).filter((uuid) => kept.get(uuid)?.origin === origin);
      return Promise.resolve(new Map(known.map((uuid) => [uuid, kept.get(uuid)!.etag])));
    },
  };
}

Deno.test("a refresh from another layer of the same host is not answered by the old layer's ETags", async () => {
  await using host = await layersOfOneHost();
  const etags = etagsInMemory();
  const first = makeRig({ url: host.url("2025"), change: { etags } });
  assert.equal((await first.downloader.download(first.request(PLACE))).fetched, 2);
  const refresh = async (layer: string) => {
    const rig = makeRig({
      url: host.url(layer),
      store: first.store,
      change: { refresh: true, etags },
    });
    const { fetched, unchanged } = await rig.downloader.download(rig.request(PLACE));
    return [fetched, unchanged];
  };
  assert.deepEqual(await refresh("2025"), [0, 2]);
  assert.deepEqual(await refresh("2026"), [2, 0]);
  assert.deepEqual(await refresh("2026"), [0, 2], "the marks are the new layer's now");
  assert.deepEqual(host.asked.map(({ status }) => status), [
    200,
    200,
    304,
    304,
    200,
    200,
    304,
    304,
  ]);
  assert(etags.origins.length > 0 && !etags.origins.join().includes("secret"));
});

Deno.test("a tile that is evicted during a refresh is fetched and written as a new one", async () => {
  await using host = await layersOfOneHost();
  // Equal by date and ETag: answered with 304; equal but without an ETag: sent whole; a newer
  // layer.
  const cases = [
    { layer: "2025", etags: etagsInMemory(), statuses: [200, 304, 304] },
    { layer: "2025", etags: undefined, statuses: [200, 200] },
    { layer: "2026", etags: undefined, statuses: [200, 200] },
  ];
  for (const { layer, etags, statuses } of cases) {
    const noted = etags === undefined ? {} : { etags };
    const first = makeRig({ url: host.url("2025"), change: noted });
    await first.downloader.download(first.request(PLACE));
    const { store } = first;
    const cache: DownloadCache = {
      async queryByBbox(box, zoom) {
        const found = await store.queryByBbox(box, zoom);
        // Another process evicts the tiles after the run has queried the cache.
        if (found.length === 2) await store.deleteTile(found[0].tileId);
        return found;
      },
      writeTiles: (tiles, how) => store.writeTiles(tiles, how),
      renewTile: (tile, jpeg) => store.renewTile(tile, jpeg),
      deleteTile: (tileId) => store.deleteTile(tileId),
      budgetBytes: null,
      usedBytes: () => Promise.resolve(0),
    };
    const rig = makeRig({
      url: host.url(layer),
      store,
      change: { refresh: true, cache, ...noted },
    });
    const before = host.asked.length;
    const report = await rig.downloader.download(rig.request(PLACE));
    const isNew = layer === "2026";
    assert.deepEqual([report.fetched, report.unchanged], isNew ? [2, 0] : [1, 1]);
    assert.deepEqual([report.refused, report.failed], [[], []]);
    assert.equal(await held(first), 2);
    assert.deepEqual(host.asked.slice(before).map(({ status }) => status).sort(), statuses);
  }
});

Deno.test("304 to a request without conditions is refused", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(null, { status: 304 }),
  );
  const rig = makeRig({ url: `http://127.0.0.1:${server.addr.port}/{z}/{x}/{y}` });
  const { unchanged, refused } = await rig.downloader.download(
    rig.request({ ...PLACE, columns: 1 }),
  );
  assert.deepEqual([unchanged, refused.map(({ reason }) => reason)], [0, ["status 304"]]);
});
