import assert from "node:assert/strict";
import { controllerNs, localFromBody, ManualClock, monotonicNs } from "../../src/core/mod.ts";
import type { PositionOutput } from "../../src/flight/flight_controller/mod.ts";
import { ArdupilotDialect } from "../../src/flight/flight_controller/mavlink/ardupilot.ts";
import type { DialectContext } from "../../src/flight/flight_controller/mavlink/dialect.ts";
import { MavlinkFlightState } from "../../src/flight/flight_controller/mavlink/flight_state.ts";
import { MavlinkMeasurements } from "../../src/flight/flight_controller/mavlink/measurements.ts";
import { Parameters } from "../../src/flight/flight_controller/mavlink/parameters.ts";
import { Px4Dialect } from "../../src/flight/flight_controller/mavlink/px4.ts";
import { StreamRequests } from "../../src/flight/flight_controller/mavlink/stream_requests.ts";
import { TextAssembler, textMessages } from "../../src/flight/flight_controller/mavlink/texts.ts";
import { TimeSync } from "../../src/flight/flight_controller/mavlink/time_sync.ts";
import { readHint } from "../../src/flight/flight_controller/hint.ts";
import {
  MAV_RESULT,
  type MessageOf,
  MESSAGES,
  type OutgoingMessage,
} from "../../src/link/mavlink/mod.ts";

const TARGET = { systemId: 1, componentId: 1 };
const at = (s: number) => monotonicNs(Math.round(s * 1e9));

function parametersWith(values: Readonly<Record<string, number>>): Parameters {
  const parameters = new Parameters();
  for (const [paramId, paramValue] of Object.entries(values)) {
    parameters.read(paramId);
    parameters.observe(value(paramId, paramValue));
  }
  return parameters;
}

function value(paramId: string, paramValue: number): MessageOf<"PARAM_VALUE"> {
  return {
    name: "PARAM_VALUE",
    paramId,
    paramValue,
    paramType: 9,
    paramInt32: 0,
    paramCount: 1,
    paramIndex: 0,
  };
}

const context = (parameters: Parameters, nowS = 10): DialectContext => ({
  parameters,
  target: TARGET,
  nowNs: at(nowS),
  origin: { latitudeDeg: 48.5, longitudeDeg: 35, heightMslM: 100 },
});

const OUTPUT: PositionOutput = {
  timeNs: at(10),
  measuredNs: at(9.99),
  utc: new Date("2026-06-15T09:30:00.250Z"),
  quality: "3d",
  position: { latitudeDeg: 48.51, longitudeDeg: 35.02, heightM: 230 },
  heightMslM: 210.5,
  velocityEnuMps: [3, 4, -0.5],
  sigmaHorizontalM: 1.5,
  sigmaVerticalM: 2.5,
  sigmaSpeedMps: 0.2,
  headingRad: null,
  enuFromBody: localFromBody({ rollRad: 0, pitchRad: 0, yawRad: Math.PI / 2 }),
  smoothed: false,
};

Deno.test("GPS_INPUT holds the position in the units and axes of the message", () => {
  const dialect = new ArdupilotDialect("gps_input");
  const parameters = parametersWith({ GPS1_TYPE: 1, GPS2_TYPE: 14 });
  const [message] = dialect.positionMessages(OUTPUT, context(parameters));
  // 2026-06-15T09:30:00.250 UTC is 1,465,551,018.25 s of GPS time.
  const gpsS = Date.UTC(2026, 5, 15, 9, 30, 0, 250) / 1e3 - 315_964_800 + 18;
  assert.deepEqual(message, {
    name: "GPS_INPUT",
    timeUsec: 10_000_000,
    timeWeek: Math.floor(gpsS / 604_800),
    timeWeekMs: Math.round((gpsS % 604_800) * 1e3),
    gpsId: 1,
    ignoreFlags: 0,
    fixType: 3,
    lat: 485_100_000,
    lon: 350_200_000,
    alt: 210.5,
    hdop: 0.7,
    vdop: 2.5 * (1 / 3),
    vn: 4,
    ve: 3,
    vd: 0.5,
    speedAccuracy: 0.2,
    horizAccuracy: 1.5,
    vertAccuracy: 2.5,
    satellitesVisible: 10,
    yaw: 0,
  });
  const north = dialect.positionMessages({ ...OUTPUT, headingRad: 0 }, context(parameters))[0];
  assert.equal(north.name === "GPS_INPUT" && north.yaw, 36_000);
});

Deno.test("before the first estimate GPS_INPUT says fix_type 1, with a velocity and no time", () => {
  const dialect = new ArdupilotDialect("gps_input");
  const nothing: PositionOutput = {
    ...OUTPUT,
    utc: null,
    quality: "none",
    position: null,
    heightMslM: 0,
    velocityEnuMps: [0, 0, 0],
    sigmaHorizontalM: 999,
  };
  const [message] = dialect.positionMessages(nothing, context(parametersWith({})));
  assert.ok(message.name === "GPS_INPUT");
  assert.deepEqual(
    [message.fixType, message.ignoreFlags, message.timeWeek, message.horizAccuracy],
    [1, 0, 0, 999],
  );
});

Deno.test("the receiver whose positions are taken is never the one that is ours", () => {
  const dialect = new ArdupilotDialect("gps_input");
  const receiver = (values: Readonly<Record<string, number>>) =>
    dialect.ownReceiver(parametersWith(values));
  assert.equal(receiver({}), null);
  assert.equal(receiver({ GPS1_TYPE: 1 }), 1);
  assert.equal(receiver({ GPS1_TYPE: 14, GPS2_TYPE: 1 }), 2);
  assert.equal(receiver({ GPS1_TYPE: 14, GPS2_TYPE: 0 }), null);
  assert.equal(receiver({ GPS_TYPE: 14 }), null);
});

Deno.test("two receivers: GPS_PRIMARY is set to ours and back, and only where nothing else switches", () => {
  const dialect = new ArdupilotDialect("gps_input");
  const both = { GPS1_TYPE: 1, GPS2_TYPE: 14, GPS_AUTO_SWITCH: 0 };
  const parameters = parametersWith(both);
  const ours = dialect.selectSource("companion", context(parameters));
  assert.ok(ours.kind === "asked");
  assert.deepEqual(
    ours.messages.map((m) => m.name === "PARAM_SET" && [m.paramId, m.paramValue]),
    [["GPS_PRIMARY", 1]],
  );
  parameters.observe(value("GPS_PRIMARY", 1));
  assert.deepEqual(parameters.poll(at(20), TARGET), []);
  const back = dialect.selectSource("controller_gps", context(parameters, 30));
  assert.ok(back.kind === "asked");
  assert.deepEqual(back.messages.map((m) => m.name === "PARAM_SET" && m.paramValue), [0]);
  const automatic = parametersWith({ ...both, GPS_AUTO_SWITCH: 1 });
  assert.equal(dialect.selectSource("companion", context(automatic)).kind, "nothing");
});

Deno.test("ODOMETRY is north-aligned, in metres from the controller's origin", () => {
  const dialect = new ArdupilotDialect("odometry");
  const [message] = dialect.positionMessages(OUTPUT, context(parametersWith({})));
  assert.ok(message.name === "ODOMETRY");
  assert.equal(message.frameId, 20);
  assert.equal(message.childFrameId, 12);
  assert.ok(Math.abs(message.x - 1113.188) < 0.01, `${message.x}`);
  assert.ok(Math.abs(message.y - 1475.2) < 0.5, `${message.y}`);
  assert.equal(message.z, -110.5);
  // Nose to the east: 3 m/s east are forward, 4 m/s north are to the left.
  assert.deepEqual([message.vx, message.vy, message.vz].map((v) => Number(v.toFixed(6))), [
    3,
    -4,
    0.5,
  ]);
});

Deno.test("43003 goes as COMMAND_INT without a height, once a second, and only with a position", () => {
  const dialect = new ArdupilotDialect("external_position");
  const parameters = parametersWith({});
  const [message] = dialect.positionMessages(OUTPUT, context(parameters, 10));
  assert.ok(message.name === "COMMAND_INT");
  assert.deepEqual([message.command, message.frame, message.param3], [43003, 0, 1.5]);
  assert.ok(Number.isNaN(message.z));
  assert.deepEqual(dialect.positionMessages(OUTPUT, context(parameters, 10.5)), []);
  const none = { ...OUTPUT, quality: "none" as const };
  assert.deepEqual(dialect.positionMessages(none, context(parameters, 12)), []);
});

Deno.test("GLOBAL_POSITION_SENSOR speaks of the moment of sending, from vision", () => {
  const parameters = parametersWith({ EKF2_AGP0_ID: 3 });
  const [message] = new Px4Dialect().positionMessages(OUTPUT, context(parameters));
  assert.ok(message.name === "GLOBAL_POSITION_SENSOR");
  assert.deepEqual(
    [message.id, message.source, message.flags, message.lat, message.lon, message.altEllipsoid],
    [3, 2, 0, 485_100_000, 350_200_000, 230],
  );
  assert.deepEqual([message.eph, message.epv, message.processingTime], [1.5, 2.5, 0]);
  const none = { ...OUTPUT, quality: "none" as const };
  const [unhealthy] = new Px4Dialect().positionMessages(none, context(parameters));
  assert.equal(unhealthy.name === "GLOBAL_POSITION_SENSOR" && unhealthy.flags, 1);
});

const interval = (messages: readonly OutgoingMessage[]) =>
  messages.map((m) => m.name === "COMMAND_LONG" && [m.param1, 1e6 / m.param2]);
const ack = (result: number): MessageOf<"COMMAND_ACK"> => ({
  name: "COMMAND_ACK",
  command: 511,
  result,
  progress: 0,
  resultParam2: 0,
  targetSystem: 0,
  targetComponent: 0,
});

Deno.test("a rate that is denied is asked for lower, and what is unknown in another message", () => {
  const requests = new StreamRequests();
  requests.start();
  const imu = MESSAGES.HIGHRES_IMU.id;
  assert.deepEqual(interval(requests.poll(at(1), TARGET)), [[imu, 200]]);
  assert.deepEqual(requests.poll(at(1.1), TARGET), []);
  requests.observe(ack(MAV_RESULT.DENIED));
  assert.deepEqual(interval(requests.poll(at(1.2), TARGET)), [[imu, 100]]);
  for (let i = 0; i < 4; i++) {
    requests.observe(ack(MAV_RESULT.DENIED));
    requests.poll(at(1.3), TARGET);
  }
  requests.observe(ack(MAV_RESULT.DENIED));
  const next = interval(requests.poll(at(1.4), TARGET));
  assert.deepEqual(next, [[MESSAGES.RAW_IMU.id, 200]]);
  requests.observe(ack(MAV_RESULT.ACCEPTED));
  assert.deepEqual(interval(requests.poll(at(1.5), TARGET)), [[MESSAGES.ATTITUDE.id, 50]]);
});

Deno.test("a controller that answers no command is asked for data streams", () => {
  const requests = new StreamRequests();
  requests.start();
  const names = new Set<string>();
  for (let s = 0; s < 60; s += 0.6) {
    for (const { name } of requests.poll(at(s), TARGET)) names.add(name);
  }
  assert.ok(names.has("REQUEST_DATA_STREAM"));
});

Deno.test("TIMESYNC: only answers to questions count, and the quickest is told", () => {
  const sync = new TimeSync();
  assert.deepEqual(sync.poll(at(1), TARGET).map(({ name }) => name), ["TIMESYNC"]);
  const answer = (tc1: number, ts1: number): MessageOf<"TIMESYNC"> => ({
    name: "TIMESYNC",
    tc1,
    ts1,
    targetSystem: 0,
    targetComponent: 0,
  });
  const event = sync.observe(answer(7e9, 1e9), at(1.004));
  assert.deepEqual(event, {
    kind: "clock_sync",
    receivedNs: at(1.004),
    controllerNs: controllerNs(7e9),
    roundTripNs: 4e6,
  });
  assert.equal(sync.observe(answer(7e9, 5e9), at(1.01)), null);
  assert.equal(sync.observe(answer(7e9, 1e9), at(3)), null);
  sync.observe(answer(8e9, 2e9), at(2.009));
  assert.equal(sync.roundTripMs, 4);
});

Deno.test("GPS_RAW_INT that repeats a fix, or has no position, gives no measurement of it", () => {
  const measurements = new MavlinkMeasurements(1);
  const raw = (change: Partial<MessageOf<"GPS_RAW_INT">>): MessageOf<"GPS_RAW_INT"> => ({
    name: "GPS_RAW_INT",
    timeUsec: 5_000_000,
    fixType: 3,
    lat: 485_000_000,
    lon: 350_000_000,
    alt: 200_000,
    altEllipsoid: 221_000,
    eph: 90,
    epv: 150,
    vel: 500,
    cog: 9000,
    satellitesVisible: 12,
    hAcc: 1200,
    vAcc: 2000,
    velAcc: 300,
    hdgAcc: 0,
    yaw: 0,
    ...change,
  });
  const event = measurements.event(raw({}), at(1));
  assert.ok(event?.kind === "gps");
  assert.deepEqual(event.position, { latitudeDeg: 48.5, longitudeDeg: 35, heightM: 221 });
  assert.deepEqual(event.velocityEnuMps.map((v) => Number(v.toFixed(6))), [5, 0, 0]);
  assert.deepEqual([event.sigmaHorizontalM, event.sigmaVerticalM], [1.2, 2]);
  assert.equal(event.hasVerticalVelocity, false);
  assert.equal(measurements.event(raw({}), at(1.2)), null);
  const lost = measurements.event(raw({ timeUsec: 6_000_000, fixType: 1 }), at(1.4));
  assert.equal(lost?.kind === "gps" && lost.fix, "none");
  const msl = measurements.event(raw({ timeUsec: 7_000_000, altEllipsoid: 0 }), at(1.6));
  assert.equal(msl?.kind === "gps" && msl.heightOver, "mean_sea_level");
});

Deno.test("whether it flies: by its landed state, else by arming and motion, and unknown when stale", () => {
  const state = new MavlinkFlightState();
  const heartbeat = (baseMode: number): MessageOf<"HEARTBEAT"> => ({
    name: "HEARTBEAT",
    type: 2,
    autopilot: 3,
    baseMode,
    customMode: 0,
    systemStatus: 4,
    mavlinkVersion: 3,
  });
  assert.equal(state.at(at(0)), "unknown");
  state.observe(heartbeat(0), at(0));
  assert.equal(state.at(at(1)), "on_ground");
  state.observe(heartbeat(128), at(1));
  assert.equal(state.at(at(1.1)), "unknown");
  state.observe({ name: "EXTENDED_SYS_STATE", vtolState: 0, landedState: 2 }, at(1.2));
  assert.equal(state.at(at(1.3)), "in_flight");
  assert.equal(state.at(at(4)), "unknown");
});

Deno.test("long texts travel in chunks and come out whole; a chunk that is missing makes them nothing", () => {
  const text = "GPS NOT TRUSTED: its height is 60 m off the barometer, and it jumped by 400 m";
  const assembler = new TextAssembler();
  const chunks = textMessages("critical", text, 7) as MessageOf<"STATUSTEXT">[];
  assert.equal(chunks.length, 2);
  assert.deepEqual(chunks.map((chunk) => assembler.add("1/191", chunk)), [null, text]);
  assert.equal(assembler.add("1/191", chunks[1]), null);
});

Deno.test("a hint is a place and a radius, and nothing else", () => {
  const clock = new ManualClock();
  assert.deepEqual(readHint("RELOC:48.51,-35.02,500", clock.now()), {
    kind: "hint",
    receivedNs: 0,
    latitudeDeg: 48.51,
    longitudeDeg: -35.02,
    radiusM: 500,
  });
  for (
    const text of [
      "RELOC:48.51,35.02",
      "RELOC:98.51,35.02,500",
      "RELOC:48.51,35.02,-5",
      "RELOC:48.51,35.02,1e9",
      "RELOC:NaN,35.02,500",
      "reloc:48,35,500",
    ]
  ) assert.equal(readHint(text, clock.now()), null, text);
});
