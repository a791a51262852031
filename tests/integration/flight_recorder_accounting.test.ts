/**
 * Exact accounting from the producers to the files: many producers, some on threads of their own, a
 * writer that stalls, rings that overrun, segments that roll. Every record is read back or counted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Random, seededRandom } from "../../src/core/mod.ts";
import {
  type FdrClient,
  FdrConfigSchema,
  makeFdrClient,
} from "../../src/flight/flight_recorder/mod.ts";
import { realDisk } from "../../src/flight/flight_recorder/disk.ts";
import { Writer } from "../../src/flight/flight_recorder/writer.ts";
import type { ClientEnded, ClientTask } from "../support/fdr_client_worker.ts";
import { produceLogs } from "../support/fdr_producer.ts";
import { type ReadRecord, salvage, segmentsOf } from "../support/mcap_records.ts";

/** The campaign flies more. */
const SEEDS = Number(Deno.env.get("GDN_ACCOUNTING_SEEDS") ?? 10);
const FIRST = Number(Deno.env.get("GDN_TEST_SEED") ?? "1");
const RECORDS = 600;
const LOCAL = ["nav", "vio", "c6.cache"];
const THREADS = ["camera", "sensors"];

/** A thread that produces once per flight. */
class ProducerThread {
  readonly #worker = new Worker(new URL("../support/fdr_client_worker.ts", import.meta.url), {
    type: "module",
  });

  async run(task: ClientTask): Promise<void> {
    const ended = await new Promise<ClientEnded>((resolve) => {
      this.#worker.onmessage = ({ data }) => resolve(data);
      this.#worker.postMessage(task);
    });
    assert.ok("produced" in ended, `the thread failed: ${JSON.stringify(ended)}`);
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

function below(random: Random, bound: number): number {
  return Math.floor(random.uniform() * bound);
}

/** What the files say of one producer, in the order of the files. */
function readBack(records: readonly ReadRecord[], producerId: string) {
  let written = 0, lost = 0, expected = 0;
  for (const { kind, producerId: from, payload } of records) {
    if (kind === "overrun" && payload.producerId === producerId) {
      const { droppedCount, reason } = payload as { droppedCount: number; reason: string };
      assert.equal(reason, "ring");
      lost += droppedCount;
      expected += droppedCount;
    } else if (kind === "log" && from === producerId) {
      const { sequence } = payload.fields as { sequence: number };
      assert.equal(
        sequence,
        expected,
        `${producerId}: the marker stands where records are missing`,
      );
      expected++;
      written++;
    }
  }
  return { written, lost };
}

async function fly(seed: number, folder: string, threads: readonly ProducerThread[]) {
  const random = seededRandom(`accounting/${seed}`);
  const capacity = () => 2 ** (3 + below(random, 7));
  const ids = [...LOCAL, ...THREADS];
  const config = FdrConfigSchema.parse({
    perProducerCapacity: Object.fromEntries(ids.map((id) => [id, capacity()])),
    slotBytes: 600,
    segmentSizeBytes: 64 * 1024,
    batchSize: 1 + below(random, 100),
    durabilityMs: 10 + below(random, 200),
  });
  const faults: string[] = [];
  const writer = new Writer({
    flightRoot: folder,
    config,
    disk: realDisk,
    nowMs: () => performance.now(),
    events: {
      alert: ({ message }) => faults.push(message),
      log: (level, _kind, _fields, message) => level !== "info" && faults.push(message),
    },
  });
  const host = {
    overrun: () => {},
    registerRing: (ring: SharedArrayBuffer) => writer.register(ring),
  };
  const clients = new Map(ids.map((id) => [id, makeFdrClient(id, config, host)]));
  const clientOf = (id: string) => clients.get(id) as FdrClient;
  const flightId = crypto.randomUUID();
  writer.openFlight({
    flightId,
    header: {
      name: "accounting",
      software: "test",
      startUtc: "2026-11-21T10:00:00Z",
      strategies: {},
    },
    timestampNs: 0,
    utcOfZeroMs: 0,
  });
  let producing = true;
  const all = Promise.all([
    ...LOCAL.map((id) => produceLogs(clientOf(id), seededRandom(`${seed}/${id}`), RECORDS)),
    ...THREADS.map((id, index) =>
      threads[index].run({ ring: clientOf(id).ring, seed: `${seed}/${id}`, records: RECORDS })
    ),
  ]).finally(() => producing = false);
  const stallMsMax = below(random, 20);
  while (producing) {
    await sleep(random.uniform() * stallMsMax);
    writer.poll();
  }
  await all;
  const closed = writer.closeFlight({ flightId, cleanShutdown: true });
  // A producer that works while a pass begins once made the age of its records endless.
  assert.ok(Number.isFinite(closed.durabilityMsMax), `seed ${seed}: ${closed.durabilityMsMax}`);
  return { closed, faults, ids, clientOf };
}

async function check(seed: number, threads: readonly ProducerThread[]) {
  const folder = await Deno.makeTempDir({ prefix: "gdn-accounting-" });
  try {
    const { closed, faults, ids, clientOf } = await fly(seed, folder, threads);
    const { counters } = closed;
    assert.deepEqual(faults, [], "no fault, no alert");
    assert.ok(closed.complete);
    const segments = segmentsOf(closed.folder).map(({ bytes }) => salvage(bytes));
    assert.ok(segments.every(({ whole }) => whole));
    assert.equal(counters.rolloverCount, segments.length - 1);
    const records = segments.flatMap((segment) => segment.records);
    let dropped = 0;
    for (const id of ids) {
      const { written, lost } = readBack(records, id);
      assert.deepEqual(counters.producers[id], {
        produced: RECORDS,
        written,
        droppedOverrun: lost,
        droppedDisk: 0,
        droppedPolicy: 0,
        droppedInvalid: 0,
      });
      assert.equal(clientOf(id).produced, RECORDS);
      assert.equal(written + lost, RECORDS, "produced = written + dropped");
      if (LOCAL.includes(id)) assert.equal(clientOf(id).dropped, lost);
      dropped += lost;
    }
    assert.equal(counters.recordsDroppedOverrun, dropped);
    const footer = records.at(-1);
    assert.equal(footer?.kind, "flight_footer");
    assert.deepEqual(footer?.payload.producers, counters.producers);
    return { dropped, rolls: counters.rolloverCount };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test(`produced = written + dropped for every producer, over ${SEEDS} flights`, async () => {
  using threads = new DisposableStack();
  const producers = THREADS.map(() => threads.use(new ProducerThread()));
  let dropped = 0, rolls = 0, exactFlights = 0;
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    try {
      const flight = await check(seed, producers);
      dropped += flight.dropped;
      rolls += flight.rolls;
      if (flight.dropped === 0) exactFlights++;
    } catch (error) {
      throw new Error(`accounting fails at GDN_TEST_SEED=${seed}`, { cause: error });
    }
  }
  // The seeds must have reached what they are for.
  assert.ok(dropped > 20 * SEEDS, `only ${dropped} records were lost`);
  assert.ok(rolls > SEEDS, `only ${rolls} segments rolled`);
  assert.ok(exactFlights < SEEDS);
});
