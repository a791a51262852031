import assert from "node:assert/strict";
import { tileUuid } from "../../src/tiles/tile_contract/mod.ts";
import {
  EtagNotes,
  type EtagStore,
  usableEtag,
} from "../../src/tiles/workstation/tile_manager/download/etag_notes.ts";
import { HttpTileSource, RateLimit } from "../../src/tiles/workstation/tile_manager/mod.ts";

Deno.test("usableEtag() accepts entity tags of RFC 9110, and nothing that could inject a header", () => {
  for (const good of ['""', '"abc"', 'W/"33a64df5"', '"ümlaut"']) {
    assert.equal(usableEtag(good), good);
  }
  const bad = [null, "", "abc", '"a"b"', '"a b"', '"a\\r\\nx: y"'.replaceAll("\\r\\n", "\r\n")];
  for (const value of [...bad, 'w/"x"', `"${"x".repeat(400)}"`]) {
    assert.equal(usableEtag(value), null, String(value));
  }
});

Deno.test("EtagNotes keeps ETags for each provider separately, and nothing without a store", async () => {
  const kept = new Map<string, string>();
  const store: EtagStore = {
    remember: (origin, marks) => {
      for (const { tileId, etag } of marks) kept.set(`${origin} ${tileUuid(tileId)}`, etag);
      return Promise.resolve();
    },
    of: (origin, tileIds) =>
      Promise.resolve(
        new Map(tileIds.flatMap((tileId) => {
          const etag = kept.get(`${origin} ${tileUuid(tileId)}`);
          return etag === undefined ? [] : [[tileUuid(tileId), etag] as const];
        })),
      ),
  };
  const tileId = { zoom: 18, x: 1, y: 2, source: "survey" };
  const notes = new EtagNotes(store, "a.example");
  notes.add(tileId, "0".repeat(64), '"one"');
  notes.add({ ...tileId, x: 2 }, "0".repeat(64), null);
  assert.equal(kept.size, 0, "before the tiles are written nothing is kept");
  await notes.flush();
  assert.equal(kept.size, 1);
  assert.equal((await notes.of([tileId]))(tileId), '"one"');
  assert.equal((await new EtagNotes(store, "b.example").of([tileId]))(tileId), null);
  const none = new EtagNotes(null, "a.example");
  none.add(tileId, "0".repeat(64), '"one"');
  await none.flush();
  assert.equal((await none.of([tileId]))(tileId), null);
});

Deno.test("a source's origin is the hash of its whole URL", () => {
  const never = () => Promise.reject(new Error("nothing is asked"));
  const originOf = (url: string) =>
    new HttpTileSource(url, {
      http: { fetch: never, sleep: never, nowMs: () => 0 },
      limit: new RateLimit(0, () => 0, never),
      token: null,
      requestTimeoutMs: 1,
    }).originSha256;
  const urls = [
    "https://maps.example/2025/{z}/{x}/{y}.jpg",
    "https://maps.example/2026/{z}/{x}/{y}.jpg",
    "https://maps.example/2026/{z}/{x}/{y}.jpg?layer=night",
    "https://maps.example/2026/{z}/{x}/{y}.jpg?key=secret",
    "https://maps.example/2026",
    "https://maps.example/",
    "https://other.example/",
  ];
  const origins = urls.map(originOf);
  assert.equal(new Set(origins).size, urls.length);
  for (const origin of origins) assert.match(origin, /^[0-9a-f]{64}$/);
  assert.equal(originOf("https://maps.example"), originOf("https://maps.example/"));
});
