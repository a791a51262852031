/**
 * The upload contract, case by case, against the real provider process over HTTP.
 */
import assert from "node:assert/strict";
import { createLogger, SystemClock } from "../../src/core/mod.ts";
import type { TileId } from "../../src/tiles/tile_contract/mod.ts";
import {
  type HttpTileUploaderParts,
  RetryingTileUploader,
  type UploadBatchReport,
  UploadRetryConfigSchema,
} from "../../src/tiles/workstation/tile_manager/mod.ts";
import { CLIENT_TOKEN, ProviderProcess } from "../support/provider.ts";
import {
  freshFlight,
  madeTile,
  makeRig as makeUploadRig,
  type Rig,
  type RigOptions,
} from "../support/upload_rig.ts";

let provider: ProviderProcess;
Deno.test.beforeAll(async () => {
  provider = await ProviderProcess.start();
});
Deno.test.afterAll(() => provider[Symbol.asyncDispose]());

const makeRig = (options: Partial<RigOptions> = {}) => makeUploadRig({ provider, ...options });

const kinds = (rig: Rig) => rig.sink.allRecordsEver.map(({ kind }) => kind);
const pendingOf = async (rig: Rig) => (await rig.store.pendingUploads(null)).length;
const statusesOf = (report: UploadBatchReport) => report.perTileStatus.map(({ status }) => status);

Deno.test("50 tiles: all queued, all marked, one session, the key announced before any tile", async () => {
  const rig = await makeRig({ tiles: 50 });
  const report = await rig.upload(20);
  assert.equal(report.outcome, "success");
  assert.deepEqual(new Set(statusesOf(report)), new Set(["queued"]));
  assert.equal(report.perTileStatus.length, 50);
  assert.equal(report.batchUuids.length, 3);
  assert.equal(report.sessions.length, 1);
  assert.match(report.publicKeyFingerprint ?? "", /^[0-9a-f]{16}$/);
  assert.equal(await pendingOf(rig), 0);
  const order = kinds(rig);
  assert.equal(order[0], "c11.upload.session.key.public");
  assert.equal(order.filter((kind) => kind === "c11.upload.tile.queued").length, 50);
  assert.equal(order.filter((kind) => kind === "c11.upload.batch.complete").length, 3);
  assert.equal(order.at(-1), "c11.upload.session.key.zeroised");
  assert.deepEqual(rig.acts.slice(0, 3), ["gate", "enumerate", "announce"]);
});

Deno.test("not on the ground: nothing is read, nothing is sent, nothing changes", async () => {
  for (const state of ["IN_FLIGHT", "UNKNOWN", "LANDING", "TAKING_OFF"] as const) {
    const rig = await makeRig({ state });
    await assert.rejects(rig.upload(), { code: "FLIGHT_STATE_NOT_ON_GROUND", exitCode: 77 });
    assert.deepEqual(rig.acts, ["gate"]);
    assert.deepEqual(kinds(rig), []);
    assert.equal(await pendingOf(rig), 5);
  }
});

Deno.test("one tile rejected for its signature: partial result, alert, record, not marked", async () => {
  const rig = await makeRig();
  await provider.misbehave({
    route: "ingest",
    act: { kind: "acknowledge", how: "reject_signature" },
  });
  const report = await rig.upload();
  assert.equal(report.outcome, "partial");
  assert.equal(statusesOf(report)[0], "rejected");
  assert.equal(await pendingOf(rig), 1);
  assert(kinds(rig).includes("c11.upload.signature_rejected"));
  assert(rig.lines.some((line) => line.includes('"error","component":"tile_manager"')));
});

Deno.test("a lost acknowledgement: the same request again gives the same answer, nothing is duplicated", async () => {
  const rig = await makeRig();
  await provider.misbehave({ route: "ingest", act: { kind: "lost_answer" } });
  const report = await rig.upload();
  assert.equal(report.outcome, "success");
  assert.equal(report.retryCount, 1);
  assert.equal(await pendingOf(rig), 0);
  const { acceptances } = await provider.state();
  for (const { tileId } of report.perTileStatus) {
    const tile = await rig.store.getById(tileId);
    assert.equal(acceptances[tile?.tileUuid ?? ""], 1);
  }
});

Deno.test("tiles that the provider has from an earlier try are duplicates, and marked", async () => {
  const rig = await makeRig({ tiles: 5 });
  // An uploader that stops after the POST: the acknowledgement never reaches the cache.
  const pending = await rig.store.pendingUploads(rig.flightId);
  const mute: HttpTileUploaderParts["tiles"] = {
    pendingUploads: () => Promise.resolve(pending),
    readTilePixels: (id: TileId) => rig.store.readTilePixels(id),
    markUploaded: () => Promise.reject(new Error("killed")),
  };
  const killed = await makeRig({ tiles: 0, change: { tiles: mute } });
  await assert.rejects(killed.upload(), /killed/);
  const report = await rig.upload();
  assert.equal(report.outcome, "success");
  assert.deepEqual(new Set(statusesOf(report)), new Set(["duplicate"]));
  assert.equal(await pendingOf(rig), 0);
});

Deno.test("an older picture of a place is superseded, and marked: it is never sent again", async () => {
  const newer = await makeRig({ tiles: 1 });
  await newer.upload();
  const rig = await makeRig({ tiles: 0 });
  const { metadata, jpeg } = await madeTile(0, rig.flightId);
  const capturedAt = new Date(Date.now() - 24 * 3_600_000);
  await rig.store.writeTile({ ...metadata, capturedAt }, jpeg);
  const report = await rig.upload();
  assert.deepEqual(statusesOf(report), ["superseded"]);
  assert.equal(report.outcome, "success");
  assert.equal(await pendingOf(rig), 0);
});

Deno.test("nothing pending: success without session, key or POST", async () => {
  const rig = await makeRig({ tiles: 0 });
  const report = await rig.upload();
  assert.equal(report.outcome, "success");
  assert.equal(report.batchUuid, null);
  assert.equal(report.publicKeyFingerprint, null);
  assert.deepEqual(rig.acts, ["gate", "enumerate"]);
  assert.deepEqual(kinds(rig), []);
});

Deno.test("every flight has a session and a key of its own", async () => {
  const rig = await makeRig({ tiles: 2 });
  const other = freshFlight();
  const { metadata, jpeg } = await madeTile(0, other);
  await rig.store.writeTile(metadata, jpeg);
  const report = await rig.upload(50, null);
  assert.equal(report.outcome, "success");
  assert.equal(report.sessions.length, 2);
  assert.equal(new Set(report.sessions.map((one) => one.publicKeyFingerprint)).size, 2);
});

Deno.test("an unknown key: the batch is refused as a whole, recorded, nothing marked, key gone", async () => {
  const rig = await makeRig({ enrol: false });
  await assert.rejects(rig.upload(), { code: "SIGNATURE_REJECTED", exitCode: 77 });
  assert.equal(await pendingOf(rig), 5);
  assert(kinds(rig).includes("c11.upload.signature_rejected"));
  assert.equal(kinds(rig).at(-1), "c11.upload.session.key.zeroised");
});

Deno.test("acknowledgements that do not fit what was sent mark nothing wrongly", async () => {
  const cases = [
    { how: "unsent", left: 0, outcome: "success" },
    { how: "twice", left: 0, outcome: "success" },
    { how: "missing", left: 1, outcome: "partial" },
    { how: "contradict", left: 1, outcome: "partial" },
    { how: "new_word", left: 1, outcome: "partial" },
  ] as const;
  for (const { how, left, outcome } of cases) {
    const rig = await makeRig();
    await provider.misbehave({ route: "ingest", act: { kind: "acknowledge", how } });
    const report = await rig.upload();
    assert.equal(report.outcome, outcome, how);
    assert.equal(report.perTileStatus.length, 5, how);
    assert.equal(await pendingOf(rig), left, how);
    if (how !== "twice") assert(rig.lines.some((line) => line.includes("odd_answer")), how);
    // Then the provider recovers: it already holds the rest.
    const again = await rig.upload();
    assert.equal(again.outcome, "success", how);
    assert.equal(await pendingOf(rig), 0, how);
  }
});

Deno.test("429 and 5xx are retried after the wait that the header states, not later", async () => {
  const inTenSeconds = new Date(Date.now() + 10_500).toUTCString();
  const anHourAgo = new Date(Date.now() - 3_600_000).toUTCString();
  const cases: { headers: Record<string, string>; status: number; waits: [number, number] }[] = [
    { status: 429, headers: { "retry-after": "3" }, waits: [3000, 3000] },
    { status: 429, headers: { "retry-after": inTenSeconds }, waits: [8000, 11_000] },
    { status: 429, headers: { "retry-after": anHourAgo }, waits: [0, 0] },
    { status: 429, headers: { "retry-after": "soon" }, waits: [1000, 1000] },
    { status: 503, headers: { "retry-after": "2" }, waits: [2000, 2000] },
    { status: 500, headers: {}, waits: [1000, 1000] },
  ];
  for (const { status, headers, waits } of cases) {
    const rig = await makeRig({ tiles: 1 });
    await provider.misbehave({ route: "ingest", act: { kind: "status", status, headers } });
    const report = await rig.upload();
    assert.equal(report.outcome, "success");
    assert.equal(report.retryCount, 1);
    const [ms] = rig.slept;
    assert(ms >= waits[0] && ms <= waits[1], `${status} ${JSON.stringify(headers)}: ${ms} ms`);
  }
});

Deno.test("a provider that keeps failing ends the call after 1, 2, 4, 8 s; nothing is lost", async () => {
  const rig = await makeRig({ tiles: 3 });
  await provider.misbehave({ route: "ingest", times: 5, act: { kind: "status", status: 502 } });
  await assert.rejects(rig.upload(), { code: "SATELLITE_PROVIDER", exitCode: 75 });
  assert.deepEqual(rig.slept, [1000, 2000, 4000, 8000]);
  assert.equal(await pendingOf(rig), 3);
  assert.equal(kinds(rig).at(-1), "c11.upload.session.key.zeroised");
  assert.equal((await rig.upload()).outcome, "success");
});

Deno.test("a provider that asks for a long wait ends the call, which says when to try again", async () => {
  const rig = await makeRig({ tiles: 1 });
  const headers = { "retry-after": "3600" };
  await provider.misbehave({ route: "ingest", act: { kind: "status", status: 429, headers } });
  await assert.rejects(rig.upload(), (error) => {
    assert.equal((error as { code: string }).code, "RATE_LIMITED");
    const waitS = (error as { retryAtS: number }).retryAtS - Date.now() / 1000;
    assert(waitS > 3500 && waitS < 3700, `${waitS}`);
    return true;
  });
  assert.deepEqual(rig.slept, []);
});

Deno.test("slow headers and cut answers are tried again, an error inside a 200 does not count as an acknowledgement", async () => {
  for (const act of [{ kind: "slow_headers", ms: 1000 }, { kind: "cut_body" }] as const) {
    const rig = await makeRig({ tiles: 2, change: { requestTimeoutMs: 400 } });
    await provider.misbehave({ route: "ingest", act });
    const report = await rig.upload();
    assert.equal(report.outcome, "success", act.kind);
    assert.equal(report.retryCount, 1, act.kind);
    assert.equal(await pendingOf(rig), 0);
  }
  for (const kind of ["error_in_200", "html_in_200"] as const) {
    const rig = await makeRig({ tiles: 2 });
    await provider.misbehave({ route: "ingest", act: { kind } });
    await assert.rejects(rig.upload(), { code: "SATELLITE_PROVIDER", exitCode: 65 });
    assert.equal(await pendingOf(rig), 2);
  }
});

Deno.test("a redirect is never followed; 401 and 403 end at once; no token goes elsewhere", async () => {
  const elsewhere: Headers[] = [];
  await using other = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => {
      elsewhere.push(request.headers);
      return new Response("{}");
    },
  );
  const location = `http://127.0.0.1:${other.addr.port}/api/satellite/tiles/ingest`;
  for (const status of [301, 302, 307, 308, 401, 403]) {
    const rig = await makeRig({ tiles: 1 });
    const headers: Record<string, string> = status < 400 ? { location } : {};
    await provider.misbehave({ route: "ingest", act: { kind: "status", status, headers } });
    await assert.rejects(rig.upload(), { code: "SATELLITE_PROVIDER", exitCode: 77 }, `${status}`);
    assert.equal(await pendingOf(rig), 1);
    assert.deepEqual(rig.slept, []);
  }
  assert.equal(elsewhere.length, 0);
});

Deno.test("only TLS, or plain HTTP to this machine", async () => {
  const rig = await makeRig({ tiles: 1 });
  for (const url of ["http://203.0.113.7/", "ftp://127.0.0.1/", "http://user:secret@127.0.0.1/"]) {
    await assert.rejects(
      rig.uploader.uploadPendingTiles({
        flightId: null,
        batchSize: 1,
        satelliteProviderUrl: url,
      }),
      (error) => error instanceof Error && !error.message.includes("secret"),
    );
  }
  assert(!rig.acts.includes("post"));
});

Deno.test("the secret is zeroed after the session in every case, and appears nowhere", async () => {
  for (const fail of [false, true]) {
    const rig = await makeRig({ tiles: 2 });
    const secrets: Uint8Array[] = [], copies: string[] = [];
    const start = rig.keys.startSession.bind(rig.keys);
    rig.keys.startSession = (flightId) => {
      const session = start(flightId);
      const { secret } = session as unknown as { secret: Uint8Array };
      assert(secret.some((byte) => byte !== 0));
      secrets.push(secret);
      copies.push(secret.toHex(), secret.toBase64());
      return session;
    };
    if (fail) {
      await provider.misbehave({ route: "ingest", times: 5, act: { kind: "status", status: 500 } });
      await assert.rejects(rig.upload());
    } else await rig.upload();
    assert.equal(secrets.length, 1);
    assert(secrets[0].every((byte) => byte === 0));
    const told = JSON.stringify([rig.lines, rig.sink.allRecordsEver]);
    for (const copy of copies) assert(!told.includes(copy));
    assert(!told.includes(CLIENT_TOKEN));
  }
});

Deno.test("RetryingTileUploader gives up a tile that is always refused, and only that one", async () => {
  const rig = await makeRig({ tiles: 3 });
  const config = UploadRetryConfigSchema.parse({ maxInCallRetries: 2, maxPerTileAttempts: 5 });
  const slept: number[] = [];
  const uploader = new RetryingTileUploader(rig.uploader, {
    bookkeeping: rig.store,
    config,
    sink: rig.sink,
    clock: new SystemClock(),
    logger: createLogger({ component: "tile_manager", sink: () => {}, now: () => new Date() }),
    nowMs: () => 1_000_000,
    sleep: (ms) => {
      slept.push(ms);
      return Promise.resolve();
    },
  });
  const request = { flightId: rig.flightId, batchSize: 50, satelliteProviderUrl: provider.url };
  await provider.misbehave({
    route: "ingest",
    times: 1,
    act: { kind: "acknowledge", how: "reject_signature" },
  }, { route: "ingest", times: 100, act: { kind: "acknowledge", how: "contradict" } });
  // First call: partial, then two attempts with the tile that is left; a failure ends them.
  const first = await uploader.uploadPendingTiles(request);
  assert.equal(first.outcome, "partial");
  assert.deepEqual(slept, [2000]);
  assert.equal((await rig.store.pendingUploads(null)).length, 1);
  for (let call = 0; call < 3; call++) await uploader.uploadPendingTiles(request);
  assert.equal((await rig.store.pendingUploads(null)).length, 0);
  assert.equal(kinds(rig).filter((kind) => kind === "c11.upload.giveup").length, 1);
  const posts = rig.acts.filter((act) => act === "post").length;
  await provider.misbehave();
  assert.equal((await uploader.uploadPendingTiles(request)).outcome, "success");
  assert.equal(rig.acts.filter((act) => act === "post").length, posts, "it is not sent again");
});
