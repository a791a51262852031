import assert from "node:assert/strict";
import { monotonicNs } from "../../src/core/mod.ts";
import {
  attachFdrClient,
  type FdrClientHost,
  type FdrConfig,
  FdrConfigSchema,
  FdrProducerIdError,
  type FdrSink,
  FdrSpscViolationError,
  makeFdrClient,
  type OverrunNotice,
} from "../../src/flight/flight_recorder/mod.ts";
import { RingConsumer } from "../../src/flight/flight_recorder/ring.ts";
import type { ClientEnded, ClientTask } from "../support/fdr_client_worker.ts";

const config = FdrConfigSchema.parse({ queueSize: 4, slotBytes: 256 });

class Host implements FdrClientHost {
  readonly rings: SharedArrayBuffer[] = [];
  readonly notices: OverrunNotice[] = [];
  atMs = 0;
  nowMs = () => this.atMs;
  overrun = (notice: OverrunNotice): void => {
    this.notices.push(notice);
  };

  registerRing(ring: SharedArrayBuffer): void {
    this.rings.push(ring);
  }
}

function record(sink: FdrSink, times = 1): string[] {
  return Array.from({ length: times }, () =>
    sink.enqueue({
      kind: "c5.cold_start_origin.unavailable",
      timestampNs: monotonicNs(1),
      payload: { reason: "none" },
    }));
}

/** How many records fit before the oldest is evicted. */
function capacityOf(sink: FdrSink): number {
  let count = 0;
  while (record(sink)[0] === "ok") count++;
  return count;
}

Deno.test("makeFdrClient() gives one client per producer and recorder, and registers its ring once", () => {
  const host = new Host(), other = new Host();
  const client = makeFdrClient("vio", config, host);
  assert.equal(makeFdrClient("vio", config, host), client);
  assert.notEqual(makeFdrClient("nav", config, host), client);
  assert.notEqual(makeFdrClient("vio", config, other), client);
  assert.deepEqual(host.rings.map((ring) => new RingConsumer(ring).producerId), ["vio", "nav"]);
  assert.equal(other.rings.length, 1);
});

Deno.test("a producer has the capacity that the configuration gives it, else the common one", () => {
  const own: FdrConfig = { ...config, perProducerCapacity: { vio: 16, "c5.gps": 2 } };
  const host = new Host();
  assert.equal(capacityOf(makeFdrClient("vio", own, host)), 16);
  assert.equal(capacityOf(makeFdrClient("c5.gps", own, host)), 2);
  assert.equal(capacityOf(makeFdrClient("nav", own, host)), 4);
  // Not a key of the table, whatever objects inherit.
  assert.equal(capacityOf(makeFdrClient("constructor", own, host)), 4);
});

Deno.test("a producer's name is letters, digits, '_', '.' and '-'; the recorder's own is taken", () => {
  const host = new Host();
  for (const id of ["", "1st", "../up", "a b", "a/b", "x".repeat(65), "é", "flight_recorder"]) {
    assert.throws(() => makeFdrClient(id, config, host), FdrProducerIdError);
  }
  assert.equal(host.rings.length, 0);
});

Deno.test("a client whose ring the recorder refuses is not kept", () => {
  const host = new Host();
  const register = host.registerRing;
  host.registerRing = () => {
    throw new Error("refused");
  };
  assert.throws(() => makeFdrClient("vio", config, host), /refused/);
  host.registerRing = register;
  makeFdrClient("vio", config, host);
  assert.equal(host.rings.length, 1);
});

Deno.test("lost records are reported at once, then at most once a second, up to the last one", () => {
  const host = new Host();
  const client = makeFdrClient("vio", config, host);
  record(client, 4);
  assert.equal(host.notices.length, 0);
  record(client, 10);
  assert.deepEqual(host.notices.map(({ dropped }) => dropped), [1]);
  host.atMs = 999;
  record(client, 10);
  host.atMs = 1000;
  record(client, 1);
  host.atMs = 1999;
  record(client, 3);
  assert.deepEqual(host.notices.map(({ dropped }) => dropped), [1, 20]);
  // Space again: losses not reported yet are reported with the next record.
  new RingConsumer(host.rings[0]).drain(4, () => {});
  host.atMs = 2000;
  assert.deepEqual(record(client, 2), ["ok", "ok"]);
  assert.deepEqual(
    host.notices.map(({ dropped, droppedTotal }) => [dropped, droppedTotal]),
    [[1, 1], [20, 21], [3, 24]],
  );
  assert.match(host.notices[0].message, /ring of vio is full/);
  assert.equal(client.dropped, 24);
});

Deno.test("enqueue() survives a diagnostic callback that throws, and one that records", () => {
  const host = new Host();
  const client = makeFdrClient("log", config, host);
  let told = 0;
  host.overrun = () => {
    told++;
    record(client, 3);
    throw new Error("of the diagnostics");
  };
  assert.equal(record(client, 6).at(-1), "dropped_oldest");
  assert.equal(told, 1);
  assert.equal(client.produced, 9);
});

Deno.test("with fdr.spscGuard a second producer is refused, until the first one releases the ring", () => {
  const host = new Host();
  const client = makeFdrClient("vio", { ...config, spscGuard: true }, host);
  const other = attachFdrClient(client.ring, host);
  record(client);
  assert.throws(() => record(other), FdrSpscViolationError);
  client.release();
  record(other);
  assert.throws(() => record(client), FdrSpscViolationError);
  assert.equal(client.produced, 2);
});

async function produceOnThread(task: ClientTask): Promise<ClientEnded> {
  const worker = new Worker(new URL("../support/fdr_client_worker.ts", import.meta.url), {
    type: "module",
  });
  try {
    return await new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(task);
    });
  } finally {
    worker.terminate();
  }
}

Deno.test("a producer on another thread records through the ring of its client", async () => {
  const host = new Host();
  const large = FdrConfigSchema.parse({ queueSize: 64 });
  const client = makeFdrClient("thread", { ...large, spscGuard: true }, host);
  const ended = await produceOnThread({ ring: client.ring, seed: "1", records: 100 });
  assert.deepEqual(ended, { produced: 100, dropped: 36 });
  assert.equal(client.produced, 100);
  // The thread ended without letting go: the guard does not know that it is dead.
  assert.throws(() => record(client), FdrSpscViolationError);
  const again = await produceOnThread({ ring: client.ring, seed: "1", records: 1 });
  assert.ok("error" in again && /another producer/.test(again.error));
});
