/**
 * The recorder under load: a producer that enqueues at a fixed rate, as a flight loop does, and the
 * writer on its own thread. No record may be dropped, and every record must be in the files.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { McapIndexedReader } from "@mcap/core";
import { SystemClock } from "../../src/core/mod.ts";
import { FdrConfigSchema, FlightRecorder } from "../../src/flight/flight_recorder/mod.ts";
import { benchRecord } from "../../tests/support/fdr_bench_record.ts";
import { type PartHost, type PartResult, seedsOf } from "./part.ts";

const RECORDS_PER_S = Number(Deno.env.get("GDN_RECORDER_RATE") ?? "100000");
const SECONDS = Number(Deno.env.get("GDN_RECORDER_SECONDS") ?? "60");
/**
 * 1.3 s at full rate: a writer that has just started runs uncompiled code, and its disk may pause.
 */
const QUEUE_SIZE = 131_072;
const SLOT_BYTES = 512;
const TICK_MS = 1;

export async function recorderLoad(host: PartHost): Promise<PartResult> {
  const failures: string[] = [];
  let runs = 0;
  for (const seed of seedsOf(host)) {
    runs++;
    const fault = await run(seed, host);
    if (fault === null) continue;
    host.print(`seed ${seed}: ${fault}`);
    failures.push(
      `GDN_RECORDER_RATE=${RECORDS_PER_S} GDN_RECORDER_SECONDS=${SECONDS} ` +
        `deno task campaign --only load --seeds 1 --first ${seed}`,
    );
  }
  return { runs, failures };
}

/** The fault, or null. */
async function run(seed: number, host: PartHost): Promise<string | null> {
  const flightRoot = await Deno.makeTempDir({ prefix: "gdn-recorder-load-" });
  try {
    const config = FdrConfigSchema.parse({ queueSize: QUEUE_SIZE, slotBytes: SLOT_BYTES });
    const alerts: string[] = [];
    await using recorder = new FlightRecorder({
      flightRoot,
      config,
      onAlert: ({ message }) => alerts.push(message),
    });
    await recorder.start();
    const { flightId, folder } = await recorder.openFlight({
      header: {
        name: "load",
        software: "campaign",
        startUtc: new Date().toISOString(),
        strategies: {},
      },
      clock: new SystemClock(),
    });
    const client = recorder.client("load");
    const { produced, tookS, lateMsMax } = await produce(client);
    const closed = await recorder.closeFlight({ flightId, cleanShutdown: true });
    const { load } = closed.counters.producers;
    const read = await messagesOf(folder);
    host.print(
      `seed ${seed}: ${produced} records in ${tookS.toFixed(1)} s ` +
        `(${
          Math.round(produced / tookS)
        }/s), dropped ${load.droppedOverrun}, written ${load.written}, ` +
        `read back ${read.get("sensor.gps") ?? 0} with check sums; producer at most ` +
        `${lateMsMax.toFixed(0)} ms late; disk at most ${
          closed.durabilityMsMax.toFixed(0)
        } ms behind; ` +
        `${(closed.counters.bytesWritten / 2 ** 20 / tookS).toFixed(0)} MiB/s`,
    );
    if (alerts.length > 0) return `alerts: ${alerts.join("; ")}`;
    if (!Number.isFinite(closed.durabilityMsMax)) return "the age of what waited is not known";
    if (load.produced !== produced) return `${produced} enqueued, ${load.produced} counted`;
    if (load.written + load.droppedOverrun !== produced) return "the account does not close";
    if (read.get("sensor.gps") !== load.written) return "the files do not hold what was written";
    if (load.droppedOverrun > 0) return `${load.droppedOverrun} records dropped`;
    return null;
  } finally {
    await Deno.remove(flightRoot, { recursive: true });
  }
}

/** At a fixed rate; records that a late tick missed are made up for in the next one. */
async function produce(client: ReturnType<FlightRecorder["client"]>) {
  const startMs = performance.now();
  let produced = 0, lateMsMax = 0, tickMs = startMs;
  for (;;) {
    const nowMs = performance.now();
    lateMsMax = Math.max(lateMsMax, nowMs - tickMs - TICK_MS);
    tickMs = nowMs;
    if (nowMs - startMs >= SECONDS * 1000) break;
    const due = Math.floor((nowMs - startMs) * RECORDS_PER_S / 1000);
    while (produced < due) client.enqueue(benchRecord(produced++));
    await sleep(TICK_MS);
  }
  return { produced, tookS: (performance.now() - startMs) / 1000, lateMsMax };
}

/** Messages by kind in all segments, with CRCs checked. */
async function messagesOf(folder: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".mcap")) continue;
    const bytes = await Deno.readFile(`${folder}/${name}`);
    const reader = await McapIndexedReader.Initialize({
      readable: {
        size: () => Promise.resolve(BigInt(bytes.length)),
        read: (offset, length) =>
          Promise.resolve(bytes.subarray(Number(offset), Number(offset + length))),
      },
    });
    for await (const { channelId } of reader.readMessages({ validateCrcs: true })) {
      const kind = reader.channelsById.get(channelId)?.topic ?? "?";
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  }
  return counts;
}
