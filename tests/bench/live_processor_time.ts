/**
 * Processor time of the live chain without pictures: MAVLink bytes with an IMU at 400 Hz (or
 * `--imu-hz N`) through the adapter, the clock mapping and the estimator, positions at 10 Hz.
 *
 *     deno run -A tests/bench/live_processor_time.ts [--imu-hz 400] [--seconds 60]
 *
 * The clock is set, so it runs as fast as it can: what it costs is told as a share of one core in
 * real time.
 */
import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import { SensorFeed } from "../../src/airborne/sensor_feed.ts";
import { LocalFrame, ManualClock, monotonicNs } from "../../src/core/mod.ts";
import { LiveConfigSchema } from "../../src/airborne/live/config.ts";
import { MavlinkMeasurements } from "../../src/flight/flight_controller/mavlink/measurements.ts";
import {
  decodeMessage,
  MavlinkEncoder,
  MavlinkSplitter,
  type OutgoingMessage,
} from "../../src/link/mavlink/mod.ts";
import { Eskf } from "../../src/navigation/state_estimator/mod.ts";
import { defaultEskfConfig } from "../../src/navigation/state_estimator/config.ts";

const { values } = parseArgs({
  options: {
    "imu-hz": { type: "string", default: "400" },
    seconds: { type: "string", default: "60" },
  },
});
const imuHz = Number(values["imu-hz"]), seconds = Number(values.seconds);
const localFrame = new LocalFrame({ latitudeDeg: 48.5, longitudeDeg: 35, heightM: 0 });

/** An aircraft that flies eastward, level, at 15 m/s. */
function messagesAt(tick: number): OutgoingMessage[] {
  const timeS = tick / imuHz;
  const timeBootMs = Math.round(1e3 * timeS);
  const due = (hz: number) => tick % Math.round(imuHz / hz) === 0;
  const messages: OutgoingMessage[] = [{
    name: "HIGHRES_IMU",
    timeUsec: Math.round(1e6 * timeS),
    xacc: 0.01 * Math.sin(timeS),
    yacc: 0,
    zacc: -9.80665,
    xgyro: 0,
    ygyro: 0,
    zgyro: 0,
    xmag: 0,
    ymag: 0,
    zmag: 0,
    absPressure: 1000,
    diffPressure: 0,
    pressureAlt: 100,
    temperature: 20,
    fieldsUpdated: 63,
  }];
  if (due(50)) {
    messages.push({
      name: "ATTITUDE",
      timeBootMs,
      roll: 0,
      pitch: 0,
      yaw: Math.PI / 2,
      rollspeed: 0,
      pitchspeed: 0,
      yawspeed: 0,
    });
  }
  if (due(5)) {
    const place = localFrame.wgsFromLocal([15 * timeS, 0, 100]);
    messages.push({
      name: "GPS_RAW_INT",
      timeUsec: Math.round(1e6 * timeS),
      fixType: 3,
      lat: 1e7 * place.latitudeDeg,
      lon: 1e7 * place.longitudeDeg,
      alt: 1e5,
      eph: 80,
      epv: 120,
      vel: 1500,
      cog: 9000,
      satellitesVisible: 14,
      altEllipsoid: 1e5,
      hAcc: 1000,
      vAcc: 1500,
      velAcc: 300,
    });
  }
  return messages;
}

const encoder = new MavlinkEncoder({ systemId: 1, componentId: 1 });
const chunks = Array.from({ length: seconds * imuHz }, (_, tick) => {
  const frames = messagesAt(tick).map((message) => encoder.encode(message));
  return new Uint8Array(frames.flatMap((frame) => [...frame]));
});

const clock = new ManualClock();
const config = defaultEskfConfig();
const estimator = new Eskf({ config: { ...config, historyS: 8 }, localFrame });
estimator.setTakeoffOrigin({ positionLocalM: [0, 0, 100] }, 5, 5);
const feed = new SensorFeed(estimator, localFrame, LiveConfigSchema.parse({}));
const splitter = new MavlinkSplitter();
const measurements = new MavlinkMeasurements(1);
const before = cpuUsage();
let positions = 0, events = 0;
chunks.forEach((bytes, tick) => {
  const receivedNs = monotonicNs(Math.round((tick + 1) * 1e9 / imuHz) + 2e6);
  clock.set(receivedNs);
  for (const packet of splitter.push(bytes)) {
    const message = decodeMessage(packet);
    const event = message === undefined ? null : measurements.event(message, receivedNs);
    switch (event?.kind) {
      case "imu":
      case "attitude":
      case "gps":
        events++;
        feed.feed(event);
    }
  }
  if (tick % Math.round(imuHz / 10) === 0 && estimator.health().state === "active") {
    estimator.currentEstimate();
    positions++;
  }
});
const { user, system } = cpuUsage(before);
const share = (user + system) / 1e6 / seconds;
console.log(
  `${imuHz} Hz for ${seconds} s: ${events} events, ${positions} positions; ` +
    `${(100 * share).toFixed(1)} % of one core`,
);
