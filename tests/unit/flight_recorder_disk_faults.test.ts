/**
 * A disk that refuses: exact counts, one alert, a file that stays readable, and recovery.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ClosedFlight } from "../../src/flight/flight_recorder/mod.ts";
import { WriterBench } from "../support/flight_writer_bench.ts";
import { type DiskAction, JournalDisk } from "../support/journal_disk.ts";
import { type ReadRecord, salvage } from "../support/mcap_records.ts";
import { property } from "../support/properties.ts";

class DiskError extends Error {
  constructor(readonly code: "ENOSPC" | "EIO") {
    super(code === "ENOSPC" ? "No space left on device (os error 28)" : "Input/output error");
  }
}

/** Every file reads whole up to its end as far as it goes; gives all records. */
function recordsOf(disk: JournalDisk): ReadRecord[] {
  return [...disk.names.keys()].filter((path) => path.endsWith(".mcap")).sort()
    .flatMap((path) => [...salvage(disk.read(path)).records]);
}

/** What the file says and what the counters say are the same, for every producer. */
function assertExact(disk: JournalDisk, { counters }: ClosedFlight, produced: number): void {
  const records = recordsOf(disk).filter(({ kind }) => kind !== "flight_footer");
  assert.equal(records.length, counters.recordsWritten - counters.recordsDroppedCap);
  for (const [producerId, counts] of Object.entries(counters.producers)) {
    const dropped = counts.droppedOverrun + counts.droppedDisk + counts.droppedPolicy +
      counts.droppedInvalid;
    assert.equal(counts.produced, counts.written + dropped, producerId);
    if (counters.recordsDroppedCap > 0) continue;
    const there = records.filter((record) => record.producerId === producerId).length;
    assert.equal(there, counts.written, `${producerId} in the file`);
  }
  assert.equal(counters.producers.nav?.produced, produced);
}

/** Sum of what `overrun` records say was lost for a reason. */
function told(records: readonly ReadRecord[], producerId: string, reason: string): number {
  return records.filter(({ kind, payload }) =>
    kind === "overrun" && payload.producerId === producerId && payload.reason === reason
  ).reduce((sum, { payload }) => sum + Number(payload.droppedCount), 0);
}

for (const code of ["ENOSPC", "EIO"] as const) {
  Deno.test(`Writer goes on draining after ${code}, reports it once, and recovers by itself`, () => {
    const disk = new JournalDisk();
    const on = new WriterBench(disk);
    on.open();
    let broken = false, produced = 0;
    disk.before = (action) => {
      if (broken && action === "write") throw new DiskError(code);
    };
    const fly = (seconds: number) => {
      for (let i = 0; i < seconds * 100; i++) {
        on.record("nav", produced++);
        on.advance(10);
      }
    };
    fly(2);
    broken = true;
    fly(20);
    const reason = code === "ENOSPC" ? "disk_full" : "disk_failed";
    assert.deepEqual(on.alerts.map((alert) => alert.reason), [reason]);
    assert.match(on.alerts[0].message, /cannot write records in .*: .*lost records are counted/);
    const errors = on.logs.filter(({ level }) => level === "error").length;
    assert.ok(errors >= 2 && errors <= 5, `${errors} log lines in 20 s`);
    const before = recordsOf(disk).length;
    broken = false;
    fly(5);
    assert.ok(recordsOf(disk).length > before + 300);
    assert.ok(on.logs.some(({ kind }) => kind === "c13.disk_recovered"));
    const closed = on.close();
    assert.ok(closed.complete);
    assertExact(disk, closed, produced);
    const { droppedDisk } = closed.counters.producers.nav;
    assert.ok(droppedDisk > 1900 && droppedDisk < 2150, `${droppedDisk}`);
    const records = recordsOf(disk);
    assert.equal(told(records, "nav", "disk"), droppedDisk);
    const alerts = records.filter(({ kind }) => kind === "c8.alert");
    assert.deepEqual(alerts.map(({ payload }) => payload.reason), [reason]);
  });
}

Deno.test("Writer truncates what a failed fsync may have lost, and counts it", () => {
  const disk = new JournalDisk();
  const on = new WriterBench(disk);
  on.open();
  let broken = false;
  disk.before = (action) => {
    if (broken && action === "sync") throw new DiskError("EIO");
  };
  for (let i = 0; i < 1000; i++) {
    broken = i >= 300 && i < 600;
    on.record("nav", i);
    on.advance(10);
  }
  const closed = on.close();
  assertExact(disk, closed, 1000);
  assert.ok(closed.counters.producers.nav.droppedDisk >= 300);
  assert.equal(
    told(recordsOf(disk), "nav", "disk"),
    closed.counters.producers.nav.droppedDisk,
  );
});

Deno.test("Writer stays in its segment while the next cannot be made, and moves on when it can", () => {
  const disk = new JournalDisk();
  const on = new WriterBench(disk, { segmentSizeBytes: 64 * 1024 });
  on.open();
  let broken = true;
  disk.before = (action) => {
    if (broken && action === "create") throw new DiskError("ENOSPC");
  };
  for (let i = 0; i < 2000; i++) {
    broken = i < 1000;
    on.record("nav", i);
    on.advance(10);
  }
  assert.deepEqual(on.alerts.map(({ reason }) => reason), ["disk_full"]);
  const closed = on.close();
  assertExact(disk, closed, 2000);
  assert.equal(closed.counters.recordsDroppedDisk, 0);
  assert.ok(disk.read(`${on.folder}/segment_0000.mcap`).length > 150 * 1024);
  assert.ok(closed.counters.rolloverCount >= 2);
});

Deno.test("closeFlight() on a disk that refuses counts the losses, and leaves a readable file", () => {
  for (const action of ["write", "sync"] as const) {
    const disk = new JournalDisk();
    const on = new WriterBench(disk);
    on.open();
    for (let i = 0; i < 200; i++) {
      on.record("nav", i);
      on.advance(10);
    }
    disk.before = (each) => {
      if (each === action) throw new DiskError("ENOSPC");
    };
    for (let i = 200; i < 230; i++) on.record("nav", i);
    const closed = on.close();
    assert.equal(closed.complete, false);
    assertExact(disk, closed, 230);
    assert.ok(closed.counters.producers.nav.droppedDisk >= 30);
    assert.deepEqual(on.alerts.map(({ reason }) => reason), ["disk_full"]);
    const footers = recordsOf(disk).filter(({ kind }) => kind === "flight_footer");
    // After a failed fsync it may be there, and may be not.
    if (action === "write") assert.equal(footers.length, 0);
    disk.before = () => {};
    on.writer.openFlight({
      flightId: crypto.randomUUID(),
      header: { name: "next", software: "test", startUtc: "2026-11-21T11:00:00Z", strategies: {} },
      timestampNs: on.nowNs,
      utcOfZeroMs: 0,
    });
  }
});

Deno.test("openFlight() leaves nothing behind when any step of it fails", () => {
  const actions: DiskAction[] = ["makeFolder", "create", "write", "sync", "syncFolder"];
  for (const action of actions) {
    for (let skip = 0; skip < 4; skip++) {
      const disk = new JournalDisk();
      const on = new WriterBench(disk);
      let seen = 0, failed = false;
      disk.before = (each) => {
        if (each !== action || seen++ !== skip) return;
        failed = true;
        throw new DiskError("EIO");
      };
      try {
        on.open();
        assert.ok(!failed, `${action} ${skip} must be heard of`);
      } catch (error) {
        assert.ok(error instanceof DiskError);
        assert.deepEqual([...disk.names.keys()], []);
        disk.before = () => {};
        on.open();
        assert.ok(on.close().complete, "a second attempt succeeds");
      }
    }
  }
});

Deno.test("Writer counts every record, whatever the disk refuses and whenever", () => {
  property((random) => {
    const disk = new JournalDisk();
    const on = new WriterBench(disk, {
      segmentSizeBytes: 64 * 1024,
      flightCapBytes: 1024 * 1024,
      queueSize: 32,
    });
    on.open();
    let broken: DiskAction | null = null;
    disk.before = (action) => {
      if (action === broken && random.uniform() < 0.7) {
        throw new DiskError(random.uniform() < 0.5 ? "ENOSPC" : "EIO");
      }
    };
    const actions: (DiskAction | null)[] = [null, null, "write", "sync", "create", "truncate"];
    let produced = 0;
    for (let phase = 0; phase < 12; phase++) {
      broken = actions[random.integer(actions.length)];
      const message = "x".repeat(random.integer(600));
      for (let i = random.integer(120); i > 0; i--) {
        const burst = random.uniform() < 0.05 ? 60 : 1 + random.integer(3);
        for (let j = 0; j < burst; j++) on.record("nav", produced++, message);
        on.advance(10);
      }
    }
    broken = null;
    // A file whose end could not be cut is cut before anything is written to it.
    on.advance(1000);
    if (produced === 0) on.record("nav", produced++);
    const closed = on.close();
    assertExact(disk, closed, produced);
    const reasons = on.alerts.map(({ reason }) => reason);
    assert.equal(new Set(reasons).size, reasons.length, "each alert once");
    const numbers = recordsOf(disk).filter(({ producerId }) => producerId === "nav")
      .map(({ payload }) => (payload.fields as { number: number }).number);
    assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b), "in order");
  }, 15);
});
