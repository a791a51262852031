/**
 * Downloads against the real provider process over HTTP: planned, interrupted, refused, with
 * damaged answers.
 */
import assert from "node:assert/strict";
import { RateLimit } from "../../src/tiles/workstation/tile_manager/mod.ts";
import { FreshnessRejectionError } from "../../src/tiles/workstation/tile_cache/freshness/mod.ts";
import type { TileMetadata } from "../../src/tiles/tile_contract/mod.ts";
import { openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import {
  type Block,
  type DownloadRigOptions,
  layTiles,
  makeDownloadRig,
  ZOOM,
} from "../support/download_rig.ts";
import { CLIENT_TOKEN, ProviderProcess } from "../support/provider.ts";

let provider: ProviderProcess;
let vision: VisionLibrary;
let folder: string;

/** All tiles of the provider; each test uses a block of them. */
const WORLD: Block = { x: 152_000, y: 88_000, columns: 12, rows: 12 };
const block = (columns: number, rows: number): Block => ({ ...WORLD, columns, rows });
const ABSENT: Block = { ...WORLD, x: WORLD.x + WORLD.columns };

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "gdn-download-" });
  await layTiles(folder, WORLD);
  provider = await ProviderProcess.start(["--tiles", folder]);
  vision = openVision();
});
Deno.test.afterAll(async () => {
  vision[Symbol.dispose]();
  await provider[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

const makeRig = (options: Partial<DownloadRigOptions> = {}) =>
  makeDownloadRig({ url: provider.url, vision, ...options });
const template = () => `${provider.url}tiles/{z}/{x}/{y}`;
const tileRequests = async () => (await provider.state()).requests.tiles ?? 0;
const held = async (rig: { store: { statistics(): Promise<readonly { tiles: number }[]> } }) =>
  (await rig.store.statistics()).reduce((sum, { tiles }) => sum + tiles, 0);

Deno.test("the plan needs only the inventory: what exists, what is absent, how many bytes", async () => {
  const rig = makeRig();
  const before = await provider.state();
  const half: Block = { ...WORLD, x: WORLD.x + 6, columns: 12 };
  const plan = await rig.downloader.plan(rig.request(half));
  assert.equal(plan.tiles, 144);
  assert.equal(plan.toFetch, 72);
  assert.equal(plan.absent, 72);
  assert(plan.bytes !== null && plan.bytes > 72 * 5000);
  const after = await provider.state();
  assert.equal(after.requests.tiles ?? 0, before.requests.tiles ?? 0);
  assert.equal(await held(rig), 0);
  const coverage = await rig.downloader.enumerateRemoteCoverage(rig.request(half).area, [ZOOM]);
  assert.equal(coverage?.available, 72);
  assert.equal(coverage?.bytes, plan.bytes);
});

Deno.test("what the inventory lists is fetched, the rest is never requested; a second run fetches nothing", async () => {
  const rig = makeRig();
  const before = await tileRequests();
  const wide: Block = { ...WORLD, columns: 14 };
  const report = await rig.downloader.download(rig.request(wide));
  assert.deepEqual(
    [report.fetched, report.absent, report.failed.length, report.refused.length],
    [144, 24, 0, 0],
  );
  assert.equal(await tileRequests() - before, 144);
  assert(rig.asked.every(({ authorization }) => authorization === `Bearer ${CLIENT_TOKEN}`));
  const again = await rig.downloader.download(rig.request(wide));
  assert.deepEqual([again.fetched, again.kept, again.absent], [0, 144, 24]);
  assert.equal(await tileRequests() - before, 144);
});

Deno.test("interrupted at any tile and resumed: every tile is fetched exactly once", async () => {
  for (const at of [1, 37, 100, 143]) {
    const rig = makeRig({ url: template() });
    const before = await tileRequests();
    const stop = new AbortController();
    const first = rig.downloader.download(rig.request(WORLD), {
      signal: stop.signal,
      onProgress: (done) => done === at && stop.abort(new Error("interrupted")),
    });
    await assert.rejects(first, /interrupted/);
    const kept = await held(rig);
    assert(kept >= at && kept <= 144, `${kept} tiles after an interruption at ${at}`);
    const report = await rig.downloader.download(rig.request(WORLD));
    assert.equal(report.kept, kept);
    assert.equal(report.fetched, 144 - kept);
    assert.equal(await tileRequests() - before, 144, `interrupted at ${at}`);
  }
});

Deno.test("a plain template needs no inventory; 404 counts as absent and is requested once", async () => {
  const rig = makeRig({ url: template(), token: CLIENT_TOKEN });
  const before = await provider.state();
  const edge: Block = { ...WORLD, columns: 14, rows: 3 };
  assert.equal((await rig.downloader.plan(rig.request(edge))).bytes, null);
  const report = await rig.downloader.download(rig.request(edge));
  assert.deepEqual([report.fetched, report.absent, report.retryCount], [36, 6, 0]);
  const after = await provider.state();
  assert.equal((after.requests.tiles ?? 0) - (before.requests.tiles ?? 0), 42);
  assert.equal(after.requests.inventory ?? 0, before.requests.inventory ?? 0);
  assert.deepEqual(rig.slept, []);
});

Deno.test("one picture at many places of a plain template is a placeholder, not ground", async () => {
  const row: Block = { ...WORLD, x: WORLD.x + 60, columns: 12, rows: 1 };
  await layTiles(folder, row);
  const path = (column: number) => `${folder}/${ZOOM}/${row.x + column}/${row.y}.jpg`;
  for (let column = 1; column < 10; column++) await Deno.copyFile(path(0), path(column));
  const rig = makeRig({ url: template(), token: CLIENT_TOKEN });
  const { fetched, absent, placeholders } = await rig.downloader.download(rig.request(row));
  assert.deepEqual({ fetched, absent, placeholders }, { fetched: 2, absent: 10, placeholders: 10 });
  assert.equal(await held(rig), 2, "those that came first are taken back");
  const listed = makeRig();
  assert.equal((await listed.downloader.download(listed.request(row))).fetched, 12, "an inventory");
});

Deno.test("a provider without an inventory is queried tile by tile", async () => {
  for (const status of [404, 405]) {
    const rig = makeRig();
    const told = { route: "inventory", act: { kind: "status", status } } as const;
    await provider.misbehave(told);
    assert.equal(
      await rig.downloader.enumerateRemoteCoverage(rig.request(WORLD).area, [ZOOM]),
      null,
    );
    await provider.misbehave(told);
    const before = await tileRequests();
    const edge: Block = { ...WORLD, columns: 14, rows: 2 };
    const report = await rig.downloader.download(rig.request(edge));
    assert.deepEqual([report.fetched, report.absent, report.retryCount], [24, 4, 0]);
    assert.equal(await tileRequests() - before, 28, "each tile once, those that are absent too");
    assert.deepEqual(rig.slept, []);
  }
});

Deno.test("an outage ends with 75 and keeps what came before it; the next run continues from there", async () => {
  const rig = makeRig({ url: template() });
  await provider.misbehave(
    { route: "tiles", after: 50, times: 10_000, act: { kind: "status", status: 503 } },
  );
  await assert.rejects(rig.downloader.download(rig.request(WORLD)), {
    code: "SATELLITE_PROVIDER",
    exitCode: 75,
  });
  assert.equal(await held(rig), 50);
  await provider.misbehave();
  const before = await tileRequests();
  const report = await rig.downloader.download(rig.request(WORLD));
  assert.deepEqual([report.kept, report.fetched], [50, 94]);
  assert.equal(await tileRequests() - before, 94);
});

Deno.test("a failing inventory counts as an outage of the provider: 75, nothing is fetched", async () => {
  const rig = makeRig();
  await provider.misbehave({ route: "inventory", times: 5, act: { kind: "status", status: 500 } });
  await assert.rejects(rig.downloader.download(rig.request(WORLD)), { exitCode: 75 });
  assert.deepEqual(rig.slept, [1000, 2000, 4000, 8000]);
  assert.equal(await held(rig), 0);
});

Deno.test("single tiles that fail are reported, the others are written, and only they are fetched again", async () => {
  const rig = makeRig({ url: template() });
  await provider.misbehave(
    { route: "tiles", after: 7, times: 5, act: { kind: "status", status: 500 } },
    { route: "tiles", after: 20, times: 5, act: { kind: "cut_body" } },
  );
  const report = await rig.downloader.download(rig.request(block(8, 8), { concurrency: 1 }));
  assert.equal(report.failed.length, 2);
  assert.equal(report.fetched, 62);
  const only = report.failed.map(({ tileId }) => tileId);
  const before = await tileRequests();
  // Named twice, as in a list that was put together by hand.
  const again = await rig.downloader.download(rig.request(block(1, 1), {
    only: [...only, ...only],
  }));
  assert.deepEqual([again.fetched, again.kept, again.failed.length], [2, 0, 0]);
  assert.equal(await tileRequests() - before, 2);
  assert.equal(await held(rig), 64);
});

Deno.test("slow headers, cut bodies, 429 and 5xx cost a retry, and no tile", async () => {
  const acts = [
    { act: { kind: "slow_headers", ms: 1000 }, sleptMs: 1000 },
    { act: { kind: "cut_body" }, sleptMs: 1000 },
    { act: { kind: "status", status: 500 }, sleptMs: 1000 },
    { act: { kind: "status", status: 429, headers: { "retry-after": "3" } }, sleptMs: 3000 },
  ] as const;
  for (const { act, sleptMs } of acts) {
    const rig = makeRig({ requestTimeoutMs: 400 });
    await provider.misbehave({ route: "tiles", act });
    const report = await rig.downloader.download(rig.request(block(2, 2)));
    assert.deepEqual([report.fetched, report.retryCount], [4, 1], act.kind);
    assert.deepEqual(rig.slept, [sleptMs], act.kind);
  }
});

Deno.test("a provider that asks for a long wait ends the run, which says when to try again", async () => {
  const rig = makeRig();
  const headers = { "retry-after": "3600" };
  await provider.misbehave({ route: "tiles", act: { kind: "status", status: 429, headers } });
  await assert.rejects(rig.downloader.download(rig.request(block(2, 2), { concurrency: 1 })), {
    code: "RATE_LIMITED",
    exitCode: 75,
    message: /again after 20\d\d-/,
  });
  assert.deepEqual(rig.slept, []);
});

Deno.test("an answer 200 without a picture is refused by name; the others are written", async () => {
  const spoilt: Block = { ...WORLD, x: WORLD.x + 40, columns: 6, rows: 1 };
  await layTiles(folder, spoilt);
  const place = (column: number) => `${folder}/${ZOOM}/${spoilt.x + column}/${spoilt.y}.jpg`;
  const whole = await Deno.readFile(place(5));
  await Deno.writeTextFile(place(0), "<html>out of order</html>");
  await Deno.writeFile(place(1), whole.subarray(0, whole.length >> 1));
  await Deno.writeFile(place(2), new Uint8Array(0));
  const poisoned = whole.slice();
  // A marker inside the picture's data: only a decoder notices it.
  poisoned.set([0xff, 0xd9], poisoned.length >> 1);
  await Deno.writeFile(place(3), poisoned);
  const rig = makeRig();
  const report = await rig.downloader.download(rig.request(spoilt));
  assert.equal(report.fetched, 2);
  assert.deepEqual(
    report.refused.map(({ tileId }) => tileId.x - spoilt.x).sort(),
    [0, 1, 3],
  );
  assert.equal(report.absent, 1, "an answer of no bytes is a hole");
  for (const { tileId, reason } of report.refused) {
    assert(reason.includes(`${ZOOM}/${tileId.x}/${tileId.y}`), reason);
  }
  assert.deepEqual(rig.slept, [], "what is no picture will not become one");
  await provider.misbehave({ route: "tiles", act: { kind: "html_in_200" } });
  const page = await makeRig().downloader.download(rig.request(block(1, 1)));
  assert.equal(page.refused.length, 1);
});

Deno.test("401, 403 and redirects end at once with 77; no token goes to another host", async () => {
  const elsewhere: (string | null)[] = [];
  await using other = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => {
      elsewhere.push(request.headers.get("authorization"));
      return new Response("x");
    },
  );
  const location = `http://127.0.0.1:${other.addr.port}/tile`;
  for (const route of ["tiles", "inventory"] as const) {
    for (const status of [301, 302, 307, 308, 401, 403]) {
      const rig = makeRig();
      const headers: Record<string, string> = status < 400 ? { location } : {};
      await provider.misbehave({ route, times: 64, act: { kind: "status", status, headers } });
      await assert.rejects(
        rig.downloader.download(rig.request(block(4, 4))),
        (error) => {
          const { exitCode, message } = error as Error & { exitCode: number };
          return exitCode === 77 && !message.includes(CLIENT_TOKEN);
        },
        `${route} ${status}`,
      );
      assert.deepEqual(rig.slept, []);
      assert(rig.asked.length <= 1 + 8, `${rig.asked.length} requests after ${status}`);
      assert(rig.asked.every(({ url }) => url.startsWith(provider.url)));
    }
  }
  await provider.misbehave();
  assert.deepEqual(elsewhere, []);
});

Deno.test("one tile that is too old for its sector does not affect the others", async () => {
  const tooOld = (tile: TileMetadata) => (tile.tileId.x + tile.tileId.y) % 16 === 0;
  const rig = makeRig({
    collaborators: {
      freshnessGate: {
        admit(tile) {
          if (!tooOld(tile)) return "fresh";
          throw new FreshnessRejectionError(tile.tileId, {
            outcome: "rejected",
            ageS: 1e8,
            sectors: [],
            rule: { classification: "active_conflict", ageSMax: 1, outcomeBeyond: "rejected" },
            // deno-lint-ignore no-explicit-any
          } as any);
        },
        judgeAt: () => ({ outcome: "fresh" }),
      },
    },
  });
  const report = await rig.downloader.download(rig.request(WORLD));
  const refused = 8;
  assert.deepEqual(
    new Set(report.refused.map(({ tileId }) => (tileId.x + tileId.y) % 16)),
    new Set([0]),
  );
  assert.equal(report.refused.length, refused);
  assert.equal(report.fetched, 144 - refused);
  assert.equal(await held(rig), 144 - refused);
});

Deno.test("a zoom that is too coarse is refused before any request", async () => {
  const rig = makeRig();
  await assert.rejects(rig.downloader.plan(rig.request(WORLD, { zooms: [14] })), {
    code: "RESOLUTION_REJECTED",
    exitCode: 65,
  });
  assert.deepEqual(rig.asked, []);
});

Deno.test("a refresh sends the date of each tile; only newer ones are fetched", async () => {
  const place: Block = { ...WORLD, x: WORLD.x + 60, columns: 3, rows: 1 };
  await layTiles(folder, place);
  const path = (column: number) => `${folder}/${ZOOM}/${place.x + column}/${place.y}.jpg`;
  const monthAgo = new Date(Date.now() - 30 * 86_400_000);
  for (const column of [0, 1, 2]) await Deno.utime(path(column), monthAgo, monthAgo);
  const first = makeRig();
  assert.equal((await first.downloader.download(first.request(place))).fetched, 3);
  await Deno.copyFile(path(1), path(0));
  const rig = makeRig({ store: first.store, change: { refresh: true } });
  const report = await rig.downloader.download(rig.request(place));
  assert.deepEqual([report.fetched, report.unchanged], [1, 2]);
  assert.equal(await held(rig), 3);
});

Deno.test("no more requests a second than the limit", async () => {
  let nowMs = 0;
  const turns: number[] = [];
  const limit = new RateLimit(10, () => nowMs, (ms) => {
    turns.push(ms);
    return Promise.resolve();
  });
  const rig = makeRig({ url: template(), limit });
  await rig.downloader.download(rig.request(block(4, 4)));
  // The clock does not move: the n-th request has to wait for n tenths of a second.
  assert.deepEqual(turns.map(Math.round), Array.from({ length: 15 }, (_, i) => 100 * (i + 1)));
  nowMs = 10_000;
  await limit.turn();
  assert.equal(turns.length, 15, "a pause is no credit, and no debt");
});

Deno.test("a corridor along a route needs part of the tiles of its box", async () => {
  const rig = makeRig();
  const route = [
    { latitudeDeg: 50.4, longitudeDeg: 30.4 },
    { latitudeDeg: 50.5, longitudeDeg: 30.6 },
  ];
  const area = { kind: "corridor", route, halfWidthM: 300 } as const;
  const plan = await rig.downloader.plan(rig.request(ABSENT, { area }));
  assert(plan.tiles > 500 && plan.tiles < plan.boxTiles / 5, `${plan.tiles} of ${plan.boxTiles}`);
  assert.equal(plan.absent, plan.tiles);
});
