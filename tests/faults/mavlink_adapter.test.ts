/**
 * Frames with right check sums and any content at all, from the controller that we listen to: the adapter
 * goes on, and gives on nothing that no estimator could take. `GDN_TEST_SEED` varies it.
 */
import assert from "node:assert/strict";
import { ManualClock, monotonicNs, seededRandom } from "../../src/core/mod.ts";
import {
  ArdupilotDialect,
  type Dialect,
  MavlinkAdapter,
  Px4Dialect,
} from "../../src/flight/flight_controller/mod.ts";
import {
  decodeMessage,
  MAV_AUTOPILOT,
  MavlinkEncoder,
  MavlinkSigning,
  MavlinkSplitter,
  type MessageName,
  MESSAGES,
  SigningKey,
} from "../../src/link/mavlink/mod.ts";
import type { ByteLink, Chunk } from "../../src/link/transport/mod.ts";
import { noise } from "../support/mavlink_stream.ts";
import { REFERENCE, referenceFrame } from "../support/mavlink_reference.ts";

const SEED = Deno.env.get("GDN_TEST_SEED") ?? "1";
const FRAMES = 20_000;
const NAMES = Object.keys(MESSAGES) as MessageName[];

/** A line that has said all this. */
function recordedLink(chunks: Iterable<Chunk>): ByteLink & { readonly written: Uint8Array[] } {
  const written: Uint8Array[] = [];
  return {
    address: "test",
    written,
    open: () => Promise.resolve(),
    async *chunks() {
      for (const chunk of chunks) yield await Promise.resolve(chunk);
    },
    write: (bytes) => written.push(bytes) > 0,
    health: () => ({
      connected: true,
      bytesIn: 0,
      bytesOut: 0,
      reconnects: 0,
      writesRefused: 0,
      bytesDropped: 0,
      fault: "",
    }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function* hostileChunks(autopilot: number, clock: ManualClock): Generator<Chunk> {
  const random = seededRandom(`${SEED}/adapter/${autopilot}`);
  const heartbeat = new MavlinkEncoder({ systemId: 1, componentId: 1 }).encode({
    name: "HEARTBEAT",
    customMode: 0,
    type: 2,
    autopilot,
    baseMode: 0,
    systemStatus: 4,
    mavlinkVersion: 3,
  });
  yield { receivedNs: clock.now(), bytes: heartbeat };
  for (let frame = 0; frame < FRAMES; frame++) {
    clock.set(monotonicNs(clock.now() + 1e6));
    const reference = REFERENCE.get(MESSAGES[NAMES[random.integer(NAMES.length)]].id)!;
    const payload = noise(random, reference.PAYLOAD_LENGTH);
    // Bytes of one kind make the numbers where laws break: 0, -1, NaN, the largest.
    if (random.integer(3) === 0) payload.fill([0, 0xff, 0x7f, 0x80][random.integer(4)]);
    const bytes = referenceFrame(reference, payload, { version: 2, sequence: frame & 0xff });
    yield { receivedNs: clock.now(), bytes };
  }
}

/** What no sensor measures, by the end of a number's path; the first that fits. */
const POSSIBLE: readonly (readonly [RegExp, (value: number) => boolean])[] = [
  [/Ns$/, (value) => Number.isSafeInteger(value) && value >= 0],
  [/latitudeDeg$/, (value) => Math.abs(value) <= 90],
  [/longitudeDeg$/, (value) => Math.abs(value) <= 180],
  [/specificForceMps2/, (value) => Math.abs(value) <= 400],
  [/angularRateRps/, (value) => Math.abs(value) <= 80],
  [/./, Number.isFinite],
];

function impossible(value: unknown, path: string): string[] {
  if (typeof value === "number") {
    const isPossible = POSSIBLE.find(([pattern]) => pattern.test(path))?.[1] ?? Number.isFinite;
    return isPossible(value) ? [] : [`${path}: ${value}`];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => impossible(each, `${path}.${key}`));
}

function say(adapter: MavlinkAdapter, clock: ManualClock, round: number): void {
  const extreme = [0, 1, 1e3, 1e9, 1e300][round % 5];
  adapter.emitPosition({
    timeNs: clock.now(),
    measuredNs: clock.now(),
    utc: round % 2 === 0 ? null : new Date(Date.UTC(2026, 0, 1)),
    quality: (["none", "2d", "3d"] as const)[round % 3],
    position: round % 7 === 0 ? null : { latitudeDeg: 48.5, longitudeDeg: 35, heightM: extreme },
    heightMslM: -extreme,
    velocityEnuMps: [extreme, -extreme, extreme],
    sigmaHorizontalM: extreme,
    sigmaVerticalM: extreme,
    sigmaSpeedMps: extreme,
    headingRad: round % 2 === 0 ? null : extreme,
    enuFromBody: null,
    smoothed: false,
  });
  adapter.alert("warning", "ü".repeat(round % 300));
  adapter.sendValue("value", extreme);
  adapter.selectSource(round % 2 === 0 ? "companion" : "controller_gps");
}

const DIALECTS: readonly (readonly [number, Dialect])[] = [
  [MAV_AUTOPILOT.ARDUPILOTMEGA, new ArdupilotDialect("gps_input")],
  [MAV_AUTOPILOT.PX4, new Px4Dialect()],
];

for (const [autopilot, dialect] of DIALECTS) {
  const { strategyLabel } = dialect;
  Deno.test(`${strategyLabel}: ${FRAMES} frames of any content leave the adapter alive, and only numbers come through`, async () => {
    const clock = new ManualClock({ now: monotonicNs(1e9) });
    const link = recordedLink(hostileChunks(autopilot, clock));
    await using adapter = new MavlinkAdapter({
      link,
      dialect,
      clock,
      targetSystemId: null,
      signing: null,
    });
    await adapter.open();
    const wrong: string[] = [], kinds = new Set<string>();
    let events = 0;
    for await (const event of adapter.events(new AbortController().signal)) {
      // What the controller said of itself goes into what it is sent.
      if (events++ % 50 === 0) say(adapter, clock, Math.floor(events / 50));
      kinds.add(event.kind);
      wrong.push(...impossible(event, event.kind));
    }
    assert.deepEqual(
      [...new Set(wrong.map((each) => each.split(":")[0]))],
      [],
      `GDN_TEST_SEED=${SEED}`,
    );
    const heard = new MavlinkSplitter();
    const said = link.written.flatMap((frame) => heard.push(frame)).map(decodeMessage);
    assert.equal(heard.counters.bytesSkipped, 0);
    const positions = said.filter((message) =>
      message?.name === "GPS_INPUT" || message?.name === "GLOBAL_POSITION_SENSOR"
    );
    assert.ok(positions.length > 10, `${positions.length} positions`);
    assert.deepEqual(positions.flatMap((message) => impossible(message, "sent")), []);
    for (const kind of ["imu", "attitude", "pressure", "controller_position"]) {
      assert.ok(kinds.has(kind), kind);
    }
  });
}

Deno.test("a signed line: what is unsigned, forged or sent again is refused and counted, and our frames are signed", async () => {
  const clock = new ManualClock({ now: monotonicNs(1e9) });
  const signing = (secret: number, utcMs: number | null) =>
    new MavlinkSigning({
      key: new SigningKey(new Uint8Array(32).fill(secret)),
      linkId: 0,
      utcMs: () => utcMs,
      acceptUnsigned: () => false,
    });
  const identity = { systemId: 1, componentId: 1 };
  const controller = new MavlinkEncoder({ ...identity, signing: signing(7, Date.UTC(2026, 0, 1)) });
  const forger = new MavlinkEncoder({ ...identity, signing: signing(8, Date.UTC(2027, 0, 1)) });
  const heartbeat = {
    name: "HEARTBEAT",
    customMode: 0,
    type: 2,
    autopilot: MAV_AUTOPILOT.ARDUPILOTMEGA,
    baseMode: 0,
    systemStatus: 4,
    mavlinkVersion: 3,
  } as const;
  const attitude = (timeBootMs: number, roll: number) =>
    ({
      name: "ATTITUDE",
      timeBootMs,
      roll,
      pitch: 0,
      yaw: 0,
      rollspeed: 0,
      pitchspeed: 0,
      yawspeed: 0,
    }) as const;
  const genuine = [controller.encode(heartbeat), controller.encode(attitude(1000, 0))];
  const frames = [
    new MavlinkEncoder(identity).encode(heartbeat),
    ...genuine,
    forger.encode(attitude(1100, 1)),
    new MavlinkEncoder(identity).encode(attitude(1200, 1)),
    genuine[1],
    controller.encode(attitude(1300, 0)),
  ];
  const link = recordedLink(frames.map((bytes) => ({ bytes, receivedNs: clock.now() })));
  await using adapter = new MavlinkAdapter({
    link,
    dialect: new ArdupilotDialect("gps_input"),
    clock,
    targetSystemId: null,
    signing: signing(7, null),
  });
  await adapter.open();
  const events = await Array.fromAsync(adapter.events(new AbortController().signal));
  const times = events.flatMap((event) => event.kind === "attitude" ? [event.controllerNs] : []);
  assert.deepEqual(times, [1000e6, 1300e6]);
  assert.equal(adapter.health().framesBad, 4);
  adapter.alert("warning", "test");
  const last = link.written.at(-1);
  assert.ok(last !== undefined);
  const station = new MavlinkSplitter({ signing: signing(7, Date.UTC(2026, 0, 1)) });
  assert.equal(station.push(last).length, 1);
});
