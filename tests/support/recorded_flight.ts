/**
 * A flight, recorded by the real recorder with its writer on its own thread.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ManualClock, monotonicNs } from "../../src/core/mod.ts";
import {
  type ClosedFlight,
  FdrConfigSchema,
  type FdrKind,
  type FdrPayload,
  FlightRecorder,
  type NewRecord,
} from "../../src/flight/flight_recorder/mod.ts";
import { FDR_FIXTURES } from "./flight_recorder_fixtures.ts";

/** Those that the recorder makes itself. */
export const RECORDERS_OWN: readonly string[] = [
  "flight_header",
  "flight_footer",
  "overrun",
  "segment_rollover",
  "mid_flight_tile_snapshot",
];

export interface RecordedFlight extends ClosedFlight {
  /** Records that producers enqueued, by kind; the recorder's own are not among them. */
  readonly enqueued: ReadonlyMap<string, number>;
}

export interface FlightPlan {
  /** Estimates at 10 Hz, with a fix every second and GPS at 5 Hz. */
  readonly estimates: number;
  readonly segmentSizeBytes?: number;
  readonly flightCapBytes?: number;
  readonly cleanShutdown?: boolean;
}

const PERIOD_NS = 1e8;

/** Begins with one record of every kind; then estimates, a pause of 6 s in their middle. */
export async function recordFlight(
  flightRoot: string,
  plan: FlightPlan,
): Promise<RecordedFlight> {
  const clock = new ManualClock({ startUtc: new Date("2026-01-01T00:00:00Z") });
  const config = FdrConfigSchema.parse({
    segmentSizeBytes: plan.segmentSizeBytes ?? 64 * 1024,
    ...plan.flightCapBytes === undefined ? {} : { flightCapBytes: plan.flightCapBytes },
  });
  await using recorder = new FlightRecorder({ flightRoot, config });
  await recorder.start();
  const header = FDR_FIXTURES.flight_header;
  const { flightId } = await recorder.openFlight({ clock, header });
  const enqueued = new Map<string, number>();
  const enqueue = <K extends FdrKind>(producer: string, kind: K, payload: FdrPayload<K>) => {
    const record: NewRecord<K> = { kind, timestampNs: clock.now(), payload };
    recorder.client(producer).enqueue(record);
    enqueued.set(kind, (enqueued.get(kind) ?? 0) + 1);
  };
  for (const [kind, payload] of Object.entries(FDR_FIXTURES)) {
    if (RECORDERS_OWN.includes(kind)) continue;
    // deno-lint-ignore no-explicit-any
    enqueue("every_kind", kind as FdrKind, payload as any);
  }
  for (let i = 0; i < plan.estimates; i++) {
    clock.set(monotonicNs((i + 1) * PERIOD_NS + (i > plan.estimates / 2 ? 6e9 : 0)));
    const validNs = clock.now();
    const place = { latitudeDeg: 48 + i * 1e-5, longitudeDeg: 11 + i * 2e-5, heightM: 640 };
    enqueue("state_estimator", "nav.state", { ...FDR_FIXTURES["nav.state"], ...place, validNs });
    if (i % 2 === 0) enqueue("sensors", "sensor.gps", { ...FDR_FIXTURES["sensor.gps"], ...place });
    if (i % 10 === 0) enqueue("navigator", "nav.fix", { ...FDR_FIXTURES["nav.fix"], sequence: i });
    // The writer has its rings emptied before they are full.
    if (i % 1000 === 999) await sleep(60);
  }
  const cleanShutdown = plan.cleanShutdown ?? true;
  return { ...await recorder.closeFlight({ flightId, cleanShutdown }), enqueued };
}
