import { monotonicNs } from "../../src/core/mod.ts";
import { decodeMessage, encodeFrame, encodePayload, MspSplitter } from "../../src/link/msp/mod.ts";
import { Intake } from "../../src/flight/flight_controller/inav/intake.ts";
import { refusal, sensorGps } from "../../src/flight/flight_controller/inav/sensor_gps.ts";
import { position } from "../contract/flight_controller_suite.ts";

const answer = encodeFrame({
  version: 2,
  direction: "reply",
  flags: 0,
  function: 102,
  payload: encodePayload("MSP_RAW_IMU", {
    accelerationX: 12,
    accelerationY: -7,
    accelerationZ: 511,
    rateXDps: 3,
    rateYDps: -1,
    rateZDps: 12,
    magnetometerX: 0,
    magnetometerY: 0,
    magnetometerZ: 0,
  }),
});
const splitter = new MspSplitter(), intake = new Intake();
const now = monotonicNs(5e9);

Deno.bench("MSP: one IMU answer from bytes to event", () => {
  for (const frame of splitter.push(answer)) {
    const message = decodeMessage(frame);
    if (message !== undefined) intake.event(message, now, now);
  }
});

const output = position();

Deno.bench("MSP: one position from output to bytes", () => {
  if (refusal(output) !== undefined) return;
  const payload = encodePayload("MSP2_SENSOR_GPS", sensorGps(output));
  encodeFrame({ version: 2, direction: "request", flags: 0, function: 0x1F03, payload });
});
