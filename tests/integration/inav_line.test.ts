/**
 * iNav over real lines: a serial line (a pseudo-terminal) and TCP, which is cut and comes back. Events come
 * in, positions go out and are seen to arrive.
 */
import assert from "node:assert/strict";
import { SystemClock } from "../../src/core/mod.ts";
import type { ControllerEvent } from "../../src/flight/flight_events/mod.ts";
import { type ByteLink, createLink, createPseudoTerminal } from "../../src/link/transport/mod.ts";
import { openDevice } from "../../src/native/device/mod.ts";
import { InavRig } from "../contract/flight_controller_inav.ts";
import { position } from "../contract/flight_controller_suite.ts";

const WAIT_MS = 30_000;
const clock = new SystemClock();
const parts = { clock, openDevice };
const VERSION = [9, 0, 0] as const;
// Native libraries stay mapped until the process ends.
openDevice();

async function until(what: string, isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + WAIT_MS;
  while (!isSo()) {
    assert.ok(performance.now() < endMs, `waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Runs `body` with everything that the adapter tells, while it sends ten positions a second. */
async function flying(rig: InavRig, body: (events: ControllerEvent[]) => Promise<void>) {
  const end = new AbortController(), events: ControllerEvent[] = [];
  await rig.adapter.open();
  const reading = (async () => {
    for await (const event of rig.adapter.events(end.signal)) events.push(event);
  })();
  const sending = setInterval(() => rig.adapter.emitPosition(position()), 100);
  try {
    await body(events);
  } finally {
    clearInterval(sending);
    end.abort();
    await reading;
  }
}

const has = (events: ControllerEvent[], kind: ControllerEvent["kind"], count: number) =>
  events.filter((event) => event.kind === kind).length >= count;

Deno.test("iNav on a serial line: all that it tells arrives, and all that it is sent", async () => {
  const theirs = createPseudoTerminal(parts);
  const ours = createLink(theirs.address, parts);
  await using rig = new InavRig({ clock, version: VERSION, ends: [ours, theirs] });
  await rig.open();
  await flying(rig, async (events) => {
    await until(
      "a second of everything",
      () =>
        has(events, "imu", 40) && has(events, "attitude", 10) && has(events, "pressure", 3) &&
        has(events, "flight_state", 1) && has(events, "controller_position", 1) &&
        has(events, "clock_sync", 1) && rig.taken.length >= 10,
    );
    assert.ok(rig.taken.every(({ isFix }) => isFix));
    const { framesBad, framesLost, positionsSent, positionsRefused } = rig.adapter.health();
    assert.deepEqual([framesBad, framesLost], [0, 0]);
    assert.ok(positionsSent >= rig.taken.length && positionsRefused <= 2);
  });
});

Deno.test("iNav on TCP: the line is cut, and comes back with the same controller", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const ours = createLink(`tcp:127.0.0.1:${port}`, parts);
  const server = (): ByteLink => createLink(`tcpin:127.0.0.1:${port}`, parts);
  const first = new InavRig({ clock, version: VERSION, ends: [ours, server()] });
  await flying(first, async (events) => {
    const links = () => events.filter((event) => event.kind === "link").map(({ up }) => up);
    await first.open();
    await until("it is heard", () => links().join() === "true" && first.taken.length > 0);
    await first.hangUp();
    await until("it is lost", () => links().join() === "true,false");
    assert.equal(first.adapter.health().connected, false);
    const restarted = new InavRig({ clock, version: VERSION, ends: [ours, server()] });
    await restarted.open();
    await until("it is back", () => links().join() === "true,false,true");
    await until("positions arrive again", () => restarted.taken.length > 0);
    assert.ok(first.adapter.health().reconnects >= 1);
    await restarted.hangUp();
  });
  await first.adapter[Symbol.asyncDispose]();
});
