/**
 * The whole recorder at a steady rate: records of 256 bytes from a flight loop to the disk, with
 * encoding, decoding, JSON, MCAP, check sums and fsync. Not a `deno bench`: it takes as long as asked.
 *
 * usage: deno run -A tests/bench/flight_recorder_sustained.ts [--seconds N] [--rate HZ] [--capacity N]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { SystemClock } from "../../src/core/mod.ts";
import { FdrConfigSchema, FlightRecorder } from "../../src/flight_recorder/mod.ts";
import { RecordEncoder } from "../../src/flight_recorder/record_encoder.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    rate: { type: "string", default: "100000" },
    capacity: { type: "string", default: "65536" },
  },
});
const seconds = Number(values.seconds), rate = Number(values.rate);
const SLOT_BYTES = 512, RECORD_BYTES = 256;

const folder = await Deno.makeTempDir({ prefix: "gdn-fdr-bench-" });
try {
  await run();
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** A payload that takes RECORD_BYTES in its slot. */
function payloadOf(bytes: number) {
  const payload = (message: string) =>
    ({
      level: "WARN",
      component: "bench",
      message,
      fields: { latitudeDeg: 50.4501, longitudeDeg: 30.5234, heightM: 812.25, tracks: 131 },
    }) as const;
  const encoder = new RecordEncoder(SLOT_BYTES);
  let message = "";
  while (encoder.encode("log", 123_456_789_012, payload(message)).length < bytes) message += "x";
  return payload(message);
}

async function run(): Promise<void> {
  const clock = new SystemClock();
  const config = FdrConfigSchema.parse({
    slotBytes: SLOT_BYTES,
    perProducerCapacity: { nav: Number(values.capacity) },
  });
  await using recorder = new FlightRecorder({ flightRoot: folder, config });
  await recorder.start();
  const { flightId } = await recorder.openFlight({
    clock,
    header: {
      name: "bench",
      software: "bench",
      startUtc: clock.utc(clock.now()).toISOString(),
      strategies: {},
    },
  });
  const client = recorder.client("nav");
  const payload = payloadOf(RECORD_BYTES);
  const startMs = performance.now();
  let produced = 0, busyMs = 0;
  for (let atMs = 0; atMs < seconds * 1000; atMs = performance.now() - startMs) {
    const due = Math.floor(atMs / 1000 * rate);
    const fromMs = performance.now();
    for (; produced < due; produced++) {
      client.enqueue({ kind: "log", timestampNs: clock.now(), payload });
    }
    busyMs += performance.now() - fromMs;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const loopS = (performance.now() - startMs) / 1000;
  const { counters, durabilityMsMax } = await recorder.closeFlight({
    flightId,
    cleanShutdown: true,
  });
  const { nav } = counters.producers;
  console.log(
    `${produced} records in ${loopS.toFixed(1)} s (${Math.round(produced / loopS)}/s); ` +
      `written ${nav.written}, dropped ${nav.droppedOverrun + nav.droppedDisk}; ` +
      `${counters.rolloverCount + 1} segments, ` +
      `${(counters.bytesWritten / 1e6 / loopS).toFixed(0)} MB/s; ` +
      `oldest record not on the disk ${durabilityMsMax.toFixed(0)} ms; ` +
      `the loop spent ${(busyMs / produced * 1000).toFixed(2)} µs per record`,
  );
}
