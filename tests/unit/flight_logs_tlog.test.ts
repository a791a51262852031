import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import { type FlightLog, openFlightLog } from "../../src/flight/flight_logs/mod.ts";
import { isTlog, TlogSplitter } from "../../src/flight/flight_logs/tlog/records.ts";
import {
  MAV_AUTOPILOT,
  MAV_TYPE,
  MavlinkEncoder,
  type MessageName,
  MESSAGES,
  type OutgoingMessage,
} from "../../src/link/mavlink/mod.ts";
import { concatenated, cuts, noise } from "../support/mavlink_stream.ts";
import { REFERENCE, referenceFrame } from "../support/mavlink_reference.ts";
import { inScratch } from "../support/scratch.ts";

const START_USEC = Date.UTC(2026, 5, 1) * 1e3;
const BOOT_MS = 20_000;

/** As a ground station writes it. */
function record(timeMs: number, frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + frame.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(START_USEC) + BigInt(timeMs) * 1000n);
  bytes.set(frame, 8);
  return bytes;
}

function heartbeat(type: number, autopilot: number, baseMode = 0): OutgoingMessage {
  return {
    name: "HEARTBEAT",
    customMode: 0,
    type,
    autopilot,
    baseMode,
    systemStatus: 4,
    mavlinkVersion: 3,
  };
}

/** One step of a plane that flies north at 20 m/s, 100 m over its home, 300 m over the sea. */
function vehicleMessages(timeMs: number): OutgoingMessage[] {
  const timeBootMs = BOOT_MS + timeMs;
  const lat = Math.round((48.5 + timeMs * 20e-3 / 111_200) * 1e7), lon = 240_000_000;
  return [
    {
      name: "RAW_IMU",
      timeUsec: timeBootMs * 1000,
      xacc: 10,
      yacc: -20,
      zacc: -1000,
      xgyro: 100,
      ygyro: 0,
      zgyro: -50,
      xmag: 0,
      ymag: 0,
      zmag: 0,
    },
    {
      name: "ATTITUDE",
      timeBootMs,
      roll: 0,
      pitch: 0,
      yaw: 0,
      rollspeed: 0,
      pitchspeed: 0,
      yawspeed: 0,
    },
    { name: "SCALED_PRESSURE", timeBootMs, pressAbs: 1000, pressDiff: 0, temperature: 2500 },
    {
      name: "GPS_RAW_INT",
      timeUsec: timeBootMs * 1000,
      fixType: 3,
      lat,
      lon,
      alt: 300_000,
      eph: 100,
      epv: 150,
      vel: 2000,
      cog: 0,
      satellitesVisible: 12,
      altEllipsoid: 340_000,
      hAcc: 1500,
      vAcc: 2500,
    },
    {
      name: "GLOBAL_POSITION_INT",
      timeBootMs,
      lat,
      lon,
      alt: 300_000,
      relativeAlt: 100_000,
      vx: 2000,
      vy: 0,
      vz: 0,
      hdg: 0,
    },
  ];
}

interface TlogOptions {
  readonly seconds?: number;
  readonly version?: 1 | 2;
}

/** A plane, the ground station that listens, and another aircraft on the same line. */
function tlogRecords({ seconds = 20, version = 2 }: TlogOptions = {}): Uint8Array[] {
  const plane = new MavlinkEncoder({ systemId: 3, componentId: 1, version });
  const ground = new MavlinkEncoder({ systemId: 255, componentId: 190 });
  const other = new MavlinkEncoder({ systemId: 9, componentId: 1 });
  const records: Uint8Array[] = [];
  for (let timeMs = 0; timeMs < seconds * 1000; timeMs += 100) {
    const write = (encoder: MavlinkEncoder, message: OutgoingMessage) =>
      records.push(record(timeMs, encoder.encode(message)));
    if (timeMs % 1000 === 0) {
      write(ground, heartbeat(MAV_TYPE.GCS, MAV_AUTOPILOT.INVALID));
      write(plane, heartbeat(MAV_TYPE.FIXED_WING, MAV_AUTOPILOT.ARDUPILOTMEGA, 128));
      write(other, heartbeat(MAV_TYPE.QUADROTOR, MAV_AUTOPILOT.PX4));
    }
    for (const message of vehicleMessages(timeMs)) write(plane, message);
    write(other, vehicleMessages(timeMs + 500_000)[1]);
  }
  return records;
}

function opened(
  bytes: Uint8Array,
  use: (log: FlightLog) => Promise<void>,
): Promise<void> {
  return inScratch(async (folder) => {
    const path = `${folder}/flight.tlog`;
    await Deno.writeFile(path, bytes);
    await use(await openFlightLog(path));
  });
}

for (const version of [1, 2] as const) {
  Deno.test(`a .tlog of MAVLink ${version} is read: the autopilot's messages as events, and nobody else's`, async () => {
    await opened(concatenated(tlogRecords({ version })), async (log) => {
      assert.equal(log.kind, "tlog");
      assert.equal(log.firmware, "ArduPilot");
      assert.equal(log.aircraft, "fixed_wing");
      assert.equal(log.startUtc?.getTime(), START_USEC / 1e3);
      assert.equal(log.parts.length, 1, "the other aircraft's time is no second part");
      assert.deepEqual(log.damage, { bytesSkipped: 0, samplesRefused: 0 });
      const { imu, attitude, gps, controller_position } = log.streams;
      assert.deepEqual(
        [imu, attitude, gps, controller_position].map(({ message, samples }) => [message, samples]),
        [
          ["RAW_IMU", 200],
          ["ATTITUDE", 200],
          ["GPS_RAW_INT", 200],
          ["GLOBAL_POSITION_INT", 200],
        ],
      );
      const events = await Array.fromAsync(log.events());
      const [imuEvent] = events.filter((event) => event.kind === "imu");
      assert.deepEqual(imuEvent.angularRateRps, [0.1, 0, -0.05]);
      assert.ok(Math.abs(imuEvent.specificForceMps2[2] + 9.80665) < 1e-9);
      const fixes = events.filter((event) => event.kind === "gps");
      const last = fixes.at(-1);
      assert.ok(last !== undefined && last.fix === "3d");
      assert.equal(last.position.heightM, 300, "over mean sea level, as in every log");
      assert.equal(last.sigmaHorizontalM, version === 2 ? 1.5 : 2.5);
      assert.ok(Math.abs(last.velocityEnuMps[1] - 20) < 1e-9);
      assert.equal(last.hasVerticalVelocity, false);
      const baro = events.filter((event) => event.kind === "baro");
      assert.ok(Math.abs(baro[5].heightM - 300) < 1, "moved to the heights of GPS");
      assert.deepEqual(
        events.filter((event) => event.kind === "flight_state").map(({ state }) => state),
        ["in_flight"],
      );
    });
  });
}

Deno.test("a .tlog is read wherever it begins, ends and is damaged: what is whole arrives", async () => {
  const records = tlogRecords();
  const whole = concatenated(records);
  const random = seededRandom("tlog");
  for (let round = 0; round < 12; round++) {
    const bytes = whole.slice(random.integer(500), whole.length - random.integer(500));
    const at = random.integer(bytes.length - 400);
    const length = 1 + random.integer(300);
    bytes.set(noise(random, length), at);
    await opened(bytes, async (log) => {
      assert.equal(log.kind, "tlog");
      const events = await Array.fromAsync(log.events());
      const samples = events.filter((event) => event.kind === "imu").length;
      assert.ok(samples >= 185, `round ${round}: ${samples} of 200`);
      assert.ok(log.damage.bytesSkipped <= 1500, `${log.damage.bytesSkipped}`);
      assert.ok(log.damage.bytesSkipped > 0);
    });
  }
});

Deno.test("TlogSplitter gives every frame with its time, however the file is read", () => {
  const records = tlogRecords({ seconds: 5 });
  const whole = concatenated(records);
  const splitter = new TlogSplitter();
  const found = [...cuts(whole, seededRandom("cuts"))].flatMap((bytes) => splitter.push(bytes));
  assert.equal(found.length + splitter.end().length, records.length);
  const stamps = found.map(({ stampUsec }) => stampUsec);
  const expected = records.map((bytes) => Number(new DataView(bytes.buffer).getBigUint64(0)));
  assert.deepEqual(stamps, expected.slice(0, stamps.length));
  assert.equal(splitter.bytesSkipped, 0);
});

Deno.test("a controller that starts anew is another boot; a message held back by the radio is not", async () => {
  const encoder = new MavlinkEncoder({ systemId: 1, componentId: 1 });
  const alive = encoder.encode(heartbeat(MAV_TYPE.QUADROTOR, MAV_AUTOPILOT.ARDUPILOTMEGA));
  const attitude = (timeMs: number) => encoder.encode(vehicleMessages(timeMs)[1]);
  const imu = (timeMs: number) => encoder.encode(vehicleMessages(timeMs)[0]);
  const flight = (fromMs: number, count: number) =>
    Array.from({ length: count }, (_, index) => index * 100 + fromMs)
      .flatMap((timeMs) => [imu(timeMs), attitude(timeMs + (timeMs % 700 === 0 ? -4000 : 0))]);
  const frames = [alive, ...flight(30_000, 300), alive, ...flight(-BOOT_MS + 1000, 100)];
  const bytes = concatenated(frames.map((frame, index) => record(index * 50, frame)));
  await opened(bytes, (log) => {
    assert.deepEqual(log.parts.map(({ imuSamples }) => imuSamples), [300, 99]);
    return Promise.resolve();
  });
});

Deno.test("isTlog() takes no MAVLink without times, and no other file", () => {
  const records = tlogRecords({ seconds: 2 });
  assert.ok(isTlog(concatenated(records)));
  assert.ok(isTlog(concatenated(records).subarray(37)), "cut at its beginning");
  assert.ok(!isTlog(concatenated(records.map((each) => each.subarray(8)))));
  assert.ok(!isTlog(noise(seededRandom(1), 60_000)));
  assert.ok(!isTlog(new Uint8Array()));
});

Deno.test("a .tlog of any content under right check sums is read: no event holds what cannot be", async () => {
  const random = seededRandom("tlog content");
  const alive = new MavlinkEncoder({ systemId: 1, componentId: 1 })
    .encode(heartbeat(MAV_TYPE.QUADROTOR, MAV_AUTOPILOT.ARDUPILOTMEGA));
  const names = Object.keys(MESSAGES) as MessageName[];
  const records = Array.from({ length: 20_000 }, (_, index) => {
    const reference = REFERENCE.get(MESSAGES[names[random.integer(names.length)]].id)!;
    const payload = noise(random, reference.PAYLOAD_LENGTH);
    if (random.integer(3) === 0) payload.fill([0, 0xff, 0x7f, 0x80][random.integer(4)]);
    const frame = index % 10 === 0 ? alive : referenceFrame(reference, payload, { version: 2 });
    // Times from 2026 to 2099.
    return record(random.integer(2) * random.integer(73) * 365 * 86_400_000, frame);
  });
  await opened(concatenated(records), async (log) => {
    assert.ok(log.damage.samplesRefused > 1000);
    for await (const event of log.events()) {
      assert.ok(Number.isSafeInteger(event.receivedNs) && event.receivedNs >= 0);
      if ("controllerNs" in event) assert.ok(Number.isSafeInteger(event.controllerNs));
      if (event.kind === "imu") assert.ok(Math.abs(event.specificForceMps2[0]) <= 400);
      if (event.kind === "gps") assert.ok(Math.abs(event.position.latitudeDeg) <= 90);
    }
  });
});
