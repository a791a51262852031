/** One second of a flight controller's telemetry: what splitting and decoding costs of one core. */
import {
  decodeMessage,
  MavlinkEncoder,
  MavlinkSigning,
  MavlinkSplitter,
  type OutgoingMessage,
  SigningKey,
} from "../../src/link/mavlink/mod.ts";

/** Messages of one second. */
const SECOND: readonly (readonly [number, OutgoingMessage])[] = [
  [400, {
    name: "HIGHRES_IMU",
    timeUsec: 1_234_567_890,
    xacc: 0.1,
    yacc: -0.2,
    zacc: -9.8,
    xgyro: 0.01,
    ygyro: 0.02,
    zgyro: 0.03,
    xmag: 0.2,
    ymag: 0.1,
    zmag: 0.4,
    absPressure: 1001.5,
    diffPressure: 0,
    pressureAlt: 99.5,
    temperature: 31,
    fieldsUpdated: 0xffff,
  }],
  [50, {
    name: "ATTITUDE",
    timeBootMs: 1234,
    roll: 0.1,
    pitch: 0.2,
    yaw: 0.3,
    rollspeed: 0,
    pitchspeed: 0,
    yawspeed: 0,
  }],
  [10, {
    name: "GLOBAL_POSITION_INT",
    timeBootMs: 1234,
    lat: 481_234_567,
    lon: 241_234_567,
    alt: 300_000,
    relativeAlt: 100_000,
    vx: 1,
    vy: 2,
    vz: 3,
    hdg: 4500,
  }],
  [10, { name: "TIMESYNC", tc1: 0, ts1: 987_654_321 }],
  [10, {
    name: "SCALED_PRESSURE",
    timeBootMs: 1234,
    pressAbs: 1001.5,
    pressDiff: 0,
    temperature: 3100,
  }],
  [1, {
    name: "HEARTBEAT",
    customMode: 4,
    type: 2,
    autopilot: 3,
    baseMode: 209,
    systemStatus: 4,
    mavlinkVersion: 3,
  }],
];

const key = new SigningKey(new Uint8Array(32));
const options = { key, linkId: 0, utcMs: () => Date.UTC(2026, 0, 1), acceptUnsigned: () => false };

function second(signing?: MavlinkSigning): Uint8Array[] {
  const encoder = new MavlinkEncoder({ systemId: 1, componentId: 1, signing });
  return SECOND.flatMap(([count, message]) =>
    Array.from({ length: count }, () => encoder.encode(message))
  );
}

const plain = second();
const splitter = new MavlinkSplitter();

Deno.bench("one second of telemetry (481 frames): split and decode", () => {
  for (const frame of plain) for (const packet of splitter.push(frame)) decodeMessage(packet);
});

const signed = second(new MavlinkSigning(options));

Deno.bench("the same, signed: split, verify and decode", () => {
  const verifying = new MavlinkSplitter({ signing: new MavlinkSigning(options) });
  for (const frame of signed) for (const packet of verifying.push(frame)) decodeMessage(packet);
});

Deno.bench("the same: encode", () => {
  second();
});

/** A header of HEARTBEAT that claims 255 bytes, every 5 bytes: no closer do they fit into each other. */
const worst = Uint8Array.from({ length: 100_000 }, (_, at) => [0xfd, 255, 0, 0, 0][at % 5]);

Deno.bench("100,000 bytes made to cost the most", () => {
  new MavlinkSplitter().push(worst);
});
