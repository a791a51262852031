/**
 * The whole recorder on a real disk without space, without inodes, and with space again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { createLogger, SystemClock } from "../../src/core/mod.ts";
import {
  type ClosedFlight,
  type FdrAlert,
  type FdrConfig,
  FdrConfigSchema,
  FdrOpenError,
  FdrTileError,
  FlightRecorder,
  startFlightRecorder,
} from "../../src/flight/flight_recorder/mod.ts";
import { salvage, segmentsOf } from "../support/mcap_records.ts";
import { canMountSmallDisk, onSmallDisk } from "../support/small_disk.ts";

const ignore = !await canMountSmallDisk();
const HEADER = {
  name: "full disk",
  software: "test",
  startUtc: new Date().toISOString(),
  strategies: {},
};

class Flight {
  readonly alerts: FdrAlert[] = [];
  readonly errors: string[] = [];
  readonly clock = new SystemClock();
  readonly recorder: FlightRecorder;
  flightId = "";
  folder = "";
  produced = 0;

  constructor(flightRoot: string, config: Partial<FdrConfig>) {
    const sink = (line: string) => {
      const { level, kind } = JSON.parse(line);
      if (level === "error") this.errors.push(kind);
    };
    this.recorder = new FlightRecorder({
      flightRoot,
      config: FdrConfigSchema.parse(config),
      logger: createLogger({ component: "test", sink, now: () => new Date() }),
      onAlert: (alert) => this.alerts.push(alert),
    });
  }

  async open(): Promise<void> {
    await this.recorder.start();
    const opened = await this.recorder.openFlight({ header: HEADER, clock: this.clock });
    this.flightId = opened.flightId;
    this.folder = opened.folder;
  }

  /** About 1 MB a second. */
  async fly(ms: number, until: () => boolean = () => false): Promise<void> {
    const client = this.recorder.client("nav");
    const endMs = performance.now() + ms;
    while (performance.now() < endMs && !until()) {
      for (let i = 0; i < 10; i++) {
        client.enqueue({
          kind: "log",
          timestampNs: this.clock.now(),
          payload: {
            level: "WARN",
            component: "test",
            message: "x".repeat(600),
            fields: { number: this.produced++ },
          },
        });
      }
      await sleep(8);
    }
  }

  async close(): Promise<ClosedFlight> {
    return await this.recorder.closeFlight({ flightId: this.flightId, cleanShutdown: true });
  }

  /** The counters, the files and the producer agree to the last record. */
  assertExact({ counters }: ClosedFlight): void {
    const segments = segmentsOf(this.folder);
    const records = segments.flatMap(({ bytes }) => [...salvage(bytes).records]);
    const { nav } = counters.producers;
    assert.equal(nav.produced, this.produced);
    const lost = nav.droppedOverrun + nav.droppedDisk + nav.droppedInvalid + nav.droppedPolicy;
    assert.equal(nav.written + lost, nav.produced);
    assert.equal(records.filter(({ producerId }) => producerId === "nav").length, nav.written);
    const told = records.filter(({ kind, payload }) =>
      kind === "overrun" && payload.reason === "disk" && payload.producerId === "nav"
    ).reduce((sum, { payload }) => sum + Number(payload.droppedCount), 0);
    assert.equal(told, nav.droppedDisk);
    const footer = records.at(-1);
    assert.equal(footer?.kind, "flight_footer");
    assert.deepEqual(footer?.payload.producers, counters.producers);
  }
}

Deno.test({
  name:
    "the recorder continues when its disk is full, reports it once, and writes again when there is space",
  ignore,
  fn: () =>
    onSmallDisk({ kilobytes: 1200 }, async (disk) => {
      const flight = new Flight(disk.path, { segmentSizeBytes: 256 * 1024 });
      await using _recorder = flight.recorder;
      await flight.open();
      await flight.fly(5000, () => flight.alerts.length > 0);
      await flight.fly(1200);
      assert.deepEqual(flight.alerts.map(({ reason }) => reason), ["disk_full"]);
      assert.ok(flight.errors.length >= 1 && flight.errors.length <= 2, flight.errors.join());
      const { producers, recordsDroppedDisk } = await flight.recorder.counters();
      assert.ok(producers.nav.droppedDisk > 300 && recordsDroppedDisk >= 300);
      for (const { bytes, name } of segmentsOf(flight.folder)) {
        assert.ok(salvage(bytes).records.length > 0, `${name} is readable`);
      }
      const tile = { tileId: "t", jpeg: jpegOf(300_000) };
      await assert.rejects(flight.recorder.saveTile(tile), FdrTileError);

      await disk.enlarge();
      await flight.fly(1500);
      assert.equal((await flight.recorder.saveTile(tile)).file, "tiles/t.jpg");
      const closed = await flight.close();
      assert.ok(closed.complete);
      flight.assertExact(closed);
      assert.equal(flight.alerts.length, 1);
      assert.deepEqual([...Deno.readDirSync(`${flight.folder}/tiles`)].map((e) => e.name), [
        "t.jpg",
      ]);
    }),
});

Deno.test({
  name: "the recorder stays in its segment when no file can be made, and moves on when one can",
  ignore,
  // The root, the lock, the flight's folder and two segments.
  fn: () =>
    onSmallDisk({ kilobytes: 20_000, inodes: 5 }, async (disk) => {
      const flight = new Flight(disk.path, { segmentSizeBytes: 128 * 1024 });
      await using _recorder = flight.recorder;
      await flight.open();
      await flight.fly(5000, () => flight.alerts.length > 0);
      await flight.fly(500);
      assert.deepEqual(flight.alerts.map(({ reason }) => reason), ["disk_full"]);
      assert.equal(segmentsOf(flight.folder).length, 2);
      await disk.enlarge();
      await flight.fly(1600);
      const closed = await flight.close();
      flight.assertExact(closed);
      assert.equal(closed.counters.recordsDroppedDisk, 0, "nothing is lost for want of inodes");
      assert.ok(closed.counters.rolloverCount > 2);
      assert.equal(flight.alerts.length, 1);
    }),
});

Deno.test({
  name: "an aircraft does not take off with a full disk: FATAL on stderr, exit code 2, no remains",
  ignore,
  fn: () =>
    onSmallDisk({ kilobytes: 8 }, async (disk) => {
      await Deno.writeFile(`${disk.path}/full`, new Uint8Array(8192));
      const stderr: string[] = [];
      const start = startFlightRecorder({
        flightRoot: disk.path,
        config: FdrConfigSchema.parse({}),
        flight: { header: HEADER, clock: new SystemClock() },
        stderr: (line) => stderr.push(line),
      });
      await assert.rejects(start, (error) => error instanceof FdrOpenError && error.exitCode === 2);
      assert.equal(stderr.length, 1);
      assert.match(stderr[0], /^FATAL: flight recorder cannot open .*: .*No space left on device/);
      assert.deepEqual([...Deno.readDirSync(disk.path)].map(({ name }) => name).sort(), [
        "full",
        "recorder.lock",
      ]);
    }),
});

/** A header and as many bytes. */
function jpegOf(length: number): Uint8Array {
  const jpeg = new Uint8Array(length);
  jpeg.set([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0]);
  return jpeg;
}
