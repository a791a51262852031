/**
 * The whole recorder: clients, the writer's thread, files, and the program's permissions.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inScratch } from "../support/scratch.ts";
import { ManualClock, monotonicNs, SystemClock } from "../../src/core/mod.ts";
import {
  type FdrAlert,
  FdrConfigSchema,
  FdrFlightMismatchError,
  FdrFlightStateError,
  FdrOpenError,
  FdrTileError,
  FdrWriterDiedError,
  FlightRecorder,
  type FlightRecorderOptions,
  startFlightRecorder,
} from "../../src/flight/flight_recorder/mod.ts";
import { indexed, type ReadRecord, salvage, segmentsOf } from "../support/mcap_records.ts";
import { REPOSITORY } from "../support/paths.ts";

const HEADER = {
  name: "test",
  software: "test",
  startUtc: "2026-11-21T10:00:00.000Z",
  strategies: { vio: "klt" },
};

function recorderIn(flightRoot: string, more: Partial<FlightRecorderOptions> = {}): FlightRecorder {
  return new FlightRecorder({ flightRoot, config: FdrConfigSchema.parse({}), ...more });
}

function recordsIn(folder: string): ReadRecord[] {
  return segmentsOf(folder).flatMap(({ bytes }) => [...salvage(bytes).records]);
}

const warn = (message: string, timestampNs = 0) => ({
  kind: "log" as const,
  timestampNs: monotonicNs(timestampNs),
  payload: { level: "WARN" as const, component: "test", message },
});

/** The beginning of a JPEG; its header is all that is looked at. */
function jpegOf(length: number): Uint8Array {
  const jpeg = new Uint8Array(length);
  jpeg.set([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0]);
  return jpeg;
}

Deno.test("a flight by a replay's clock is recorded on the clock's own time, from two threads", () =>
  inScratch(async (root) => {
    await using recorder = recorderIn(`${root}/flights`);
    const early = recorder.client("early");
    early.enqueue(warn("before the start"));
    await recorder.start();
    const clock = new ManualClock({ startUtc: new Date(HEADER.startUtc), now: monotonicNs(5e9) });
    const { flightId, folder } = await recorder.openFlight({ header: HEADER, clock });
    assert.equal(recorder.client("early"), early, "one client per producer");

    const worker = new Worker(new URL("../support/recording_worker.ts", import.meta.url), {
      type: "module",
    });
    const done = new Promise((resolve) => worker.onmessage = resolve);
    worker.postMessage({ ring: recorder.client("elsewhere").ring, count: 1000 });
    early.enqueue(warn("later", 7_123_456_789));
    await done;
    worker.terminate();
    clock.set(monotonicNs(60e9));
    const extra = { reason: "landed" };
    const closed = await recorder.closeFlight({ flightId, cleanShutdown: true, extra });

    assert.equal(folder, `${root}/flights/${flightId}`);
    assert.ok(closed.complete);
    const records = recordsIn(folder);
    const times = (kind: string) => records.filter((r) => r.kind === kind).map((r) => r.wallTime);
    assert.deepEqual(times("flight_header"), ["2026-11-21T10:00:05.000Z"]);
    assert.deepEqual(times("flight_footer"), ["2026-11-21T10:01:00.000Z"]);
    const own = records.filter(({ producerId }) => producerId === "early");
    assert.deepEqual(own.map(({ payload }) => payload.message), ["before the start", "later"]);
    assert.equal(own[1].wallTime, "2026-11-21T10:00:07.123Z");
    const { elsewhere } = closed.counters.producers;
    assert.equal(elsewhere.produced, 1000);
    assert.equal(elsewhere.written, 1000 - elsewhere.droppedOverrun);
    const footer = records.at(-1)?.payload;
    assert.equal(footer?.cleanShutdown, true);
    assert.equal(footer?.reason, "landed");
    assert.equal(footer?.recordsWritten, records.length - 1);
    const reader = await indexed(segmentsOf(folder)[0].bytes);
    assert.equal(Number(reader.statistics?.messageCount), records.length);

    const next = await recorder.openFlight({ header: HEADER, clock });
    assert.notEqual(next.flightId, flightId);
    await recorder.stop();
    const [last] = recordsIn(next.folder).slice(-1);
    assert.equal(last.payload.cleanShutdown, false, "stop() ends an open flight uncleanly");
    await recorder.stop();
  }));

Deno.test("calls in the wrong order are typed errors", () =>
  inScratch(async (root) => {
    await using recorder = recorderIn(root);
    const clock = new SystemClock();
    const end = (flightId: string) => ({ flightId, cleanShutdown: true });
    await assert.rejects(recorder.openFlight({ header: HEADER, clock }), FdrFlightStateError);
    await recorder.start();
    await assert.rejects(recorder.start(), FdrFlightStateError);
    await assert.rejects(recorder.closeFlight(end("x")), FdrFlightStateError);
    await assert.rejects(recorder.saveTile({ tileId: "a", jpeg: jpegOf(99) }), FdrFlightStateError);
    await assert.rejects(recorder.counters(), /Cannot count records: no flight is open/);
    const noUuid = "01234567-89ab-cdef-0123-456789abcdef",
      upper = crypto.randomUUID().toUpperCase();
    for (const flightId of ["../../etc", "", "x".repeat(36), noUuid, upper]) {
      const opening = recorder.openFlight({ header: HEADER, clock, flightId });
      await assert.rejects(opening, FdrOpenError, flightId);
    }
    const bad = { ...HEADER, name: 7 } as unknown as typeof HEADER;
    await assert.rejects(recorder.openFlight({ header: bad, clock }), FdrOpenError);
    const { flightId } = await recorder.openFlight({ header: HEADER, clock });
    await assert.rejects(recorder.openFlight({ header: HEADER, clock }), FdrFlightStateError);
    await assert.rejects(recorder.closeFlight(end(crypto.randomUUID())), FdrFlightMismatchError);
    await recorder.closeFlight(end(flightId));
    // What is there is never written over.
    const again = recorder.openFlight({ header: HEADER, clock, flightId });
    await assert.rejects(again, /already exists|exists already/);
    assert.equal(recordsIn(`${root}/${flightId}`).length, 2);
  }));

Deno.test("a second writer is refused with the holder's pid, in this process and in another", () =>
  inScratch(async (root) => {
    await using recorder = recorderIn(root);
    await recorder.start();
    await assert.rejects(recorderIn(root).start(), new RegExp(`process ${Deno.pid} holds it`));
    const module = `${REPOSITORY}/src/flight/flight_recorder/mod.ts`;
    const code = `
      import { FdrConfigSchema, FlightRecorder } from "${module}";
      const recorder = new FlightRecorder({ flightRoot: ${JSON.stringify(root)},
        config: FdrConfigSchema.parse({}) });
      try { await recorder.start(); } catch (error) { console.log(error.name, error.message);
        Deno.exit(error.exitCode); }`;
    const script = `${root}/second.ts`;
    await Deno.writeTextFile(script, code);
    const args = ["run", "-A", "-q", "--no-check", "--cached-only"];
    const second = await new Deno.Command(Deno.execPath(), {
      args: [...args, `--config=${REPOSITORY}/deno.json`, script],
    }).output();
    const out = new TextDecoder().decode(second.stdout);
    assert.match(out, new RegExp(`^FdrOpenError .*: process ${Deno.pid} holds it; wait until`));
    assert.equal(second.code, 2);
    await recorder.stop();
    await using third = recorderIn(root);
    await third.start();
  }));

Deno.test("tiles are stored complete and referenced, and above the budget the oldest are deleted", () =>
  inScratch(async (root) => {
    const config = FdrConfigSchema.parse({ tileSnapshotsBytesMax: 1024 * 1024 });
    await using recorder = recorderIn(root, { config });
    await recorder.start();
    const { flightId, folder } = await recorder.openFlight({
      header: HEADER,
      clock: new SystemClock(),
    });
    const hostile = ["../x", "a/b", "/etc/x", "..", ".hidden", "a..b", "", "x".repeat(121), "a\0b"];
    for (const tileId of hostile) {
      await assert.rejects(recorder.saveTile({ tileId, jpeg: jpegOf(99) }), FdrTileError);
    }
    const noJpeg = { tileId: "a", jpeg: new Uint8Array(99) };
    await assert.rejects(recorder.saveTile(noJpeg), /its bytes are not a JPEG/);
    const huge = { tileId: "a", jpeg: jpegOf(1024 * 1024 + 1) };
    await assert.rejects(recorder.saveTile(huge), /all tiles of a flight may have 1048576/);
    for (let i = 0; i < 5; i++) {
      const tile = { tileId: `18_${i}_5`, jpeg: jpegOf(300_000), frameId: i };
      const { file, removed } = await recorder.saveTile(tile);
      assert.equal(file, `tiles/18_${i}_5.jpg`);
      assert.deepEqual(removed, i < 3 ? [] : [`18_${i - 3}_5`]);
    }
    await recorder.closeFlight({ flightId, cleanShutdown: true });
    const files = [...Deno.readDirSync(`${folder}/tiles`)].map(({ name }) => name).sort();
    assert.deepEqual(files, ["18_2_5.jpg", "18_3_5.jpg", "18_4_5.jpg"]);
    const pointers = recordsIn(folder).filter(({ kind }) => kind === "mid_flight_tile_snapshot");
    assert.deepEqual(pointers.map(({ payload }) => payload.frameId), [0, 1, 2, 3, 4]);
  }));

Deno.test("a writer that dies is reported once, and the flight continues", () =>
  inScratch(async (root) => {
    const alerts: FdrAlert[] = [];
    await using recorder = recorderIn(root, {
      onAlert: (alert) => alerts.push(alert),
      writerModule: new URL("../support/dying_writer.ts", import.meta.url),
    });
    await recorder.start();
    const { flightId, folder } = await recorder.openFlight({
      header: HEADER,
      clock: new SystemClock(),
    });
    const client = recorder.client("nav");
    for (let i = 0; i < 20_000 && alerts.length === 0; i++) {
      client.enqueue(warn("flying", i));
      if (i % 20 === 0) await sleep(2);
    }
    assert.equal(alerts.length, 1);
    assert.equal(alerts[0].reason, "writer_died");
    assert.match(alerts[0].message, /ended unexpectedly: .*the writer's last words/);
    for (let i = 0; i < 5000; i++) client.enqueue(warn("flying on", i));
    const end = { flightId, cleanShutdown: true };
    await assert.rejects(recorder.closeFlight(end), FdrWriterDiedError);
    await recorder.stop();
    assert.equal(alerts.length, 1);
    assert.ok(recordsIn(folder).length > 1);
    await using next = recorderIn(root);
    await next.start();
  }));

Deno.test("take-off: what cannot open is FATAL on stderr and an error with exit code 2", () =>
  inScratch(async (root) => {
    await Deno.writeTextFile(`${root}/file`, "no folder");
    const stderr: string[] = [];
    const options = {
      config: FdrConfigSchema.parse({}),
      flight: { header: HEADER, clock: new SystemClock() },
      stderr: (line: string) => stderr.push(line),
    };
    const failing = startFlightRecorder({ ...options, flightRoot: `${root}/file` });
    await assert.rejects(failing, (e) => e instanceof FdrOpenError && e.exitCode === 2);
    assert.equal(stderr.length, 1);
    assert.match(stderr[0], new RegExp(`^FATAL: flight recorder cannot open ${root}/file: \\S`));
    const { recorder, flight } = await startFlightRecorder({ ...options, flightRoot: root });
    await recorder.closeFlight({ flightId: flight.flightId, cleanShutdown: true });
    await recorder.stop();
    assert.equal(stderr.length, 1);
  }));

Deno.test("the recorder runs under the permissions of airborne and the flight root alone", () =>
  inScratch(async (root) => {
    const code = `
      import { SystemClock } from "${REPOSITORY}/src/core/mod.ts";
      import { FdrConfigSchema, FlightRecorder } from "${REPOSITORY}/src/flight/flight_recorder/mod.ts";
      const clock = new SystemClock();
      const recorder = new FlightRecorder({ flightRoot: ${JSON.stringify(`${root}/flights`)},
        config: FdrConfigSchema.parse({}) });
      await recorder.start();
      const { flightId } = await recorder.openFlight({ clock, header: ${JSON.stringify(HEADER)} });
      const client = recorder.client("nav");
      const payload = { level: "WARN", component: "x", message: "y" };
      for (let i = 0; i < 500; i++) {
        client.enqueue({ kind: "log", timestampNs: clock.now(), payload });
      }
      const { counters } = await recorder.closeFlight({ flightId, cleanShutdown: true });
      await recorder.stop();
      console.log(JSON.stringify(counters.producers.nav));`;
    await Deno.writeTextFile(`${root}/program.ts`, code);
    const { permissions } = JSON.parse(await Deno.readTextFile(`${REPOSITORY}/deno.json`));
    const read = permissions.airborne.read.map((path: string) => `${REPOSITORY}/${path}`);
    const { code: exitCode, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--cached-only", "--no-remote", "--no-check"],
        ...[`--config=${REPOSITORY}/deno.json`, "--permission-set=airborne"],
        ...[`--allow-read=${[...read, `${root}/flights`]}`, `--allow-write=${root}/flights`],
        `${root}/program.ts`,
      ],
    }).output();
    assert.equal(exitCode, 0, new TextDecoder().decode(stderr));
    assert.equal(JSON.parse(new TextDecoder().decode(stdout)).written, 500);
  }));
