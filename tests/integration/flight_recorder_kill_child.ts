/**
 * Records under load until it is killed, and says on stdout how many records are on the disk.
 *
 * usage: flight_recorder_kill_child.ts FLIGHT_ROOT SEED
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom, SystemClock } from "../../src/core/mod.ts";
import { FdrConfigSchema, FlightRecorder } from "../../src/flight/flight_recorder/mod.ts";

const [flightRoot, seed] = Deno.args;
const random = seededRandom(`kill ${seed}`);
const clock = new SystemClock();
const recorder = new FlightRecorder({
  flightRoot,
  config: FdrConfigSchema.parse({
    segmentSizeBytes: 512 * 1024,
    queueSize: 16384,
    slotBytes: 1024,
  }),
});
await recorder.start();
const header = { name: "kill", software: "test", startUtc: "2026-11-21T10:00:00Z", strategies: {} };
const { flightId } = await recorder.openFlight({ clock, header });
const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
say(`ready ${flightId}`);

const client = recorder.client("nav");
const message = "x".repeat(200);
for (let number = 0;;) {
  for (let burst = random.integer(200); burst >= 0; burst--) {
    const fields = { number: number++ };
    const payload = { level: "WARN", component: "kill", message, fields } as const;
    client.enqueue({ kind: "log", timestampNs: clock.now(), payload });
  }
  const { producers } = await recorder.counters();
  say(`written ${producers.nav?.written ?? 0} of ${number}`);
  await sleep(random.integer(8));
}
