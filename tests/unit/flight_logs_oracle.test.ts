/**
 * Logs held against a second reading of their formats, in Python: numbers of samples, and sums of their
 * values. The real logs lie beside the checkout.
 */
import assert from "node:assert/strict";
import { rollPitchYaw } from "../../src/core/mod.ts";
import { type FlightLog, openFlightLog } from "../../src/flight/flight_logs/mod.ts";
import { hover, hoverUlog, modernDataflash, modernUlog } from "../support/flight_log_files.ts";
import { REPOSITORY, sharedData } from "../support/paths.ts";
import { PYTHON, python } from "../support/python.ts";
import { inScratch } from "../support/scratch.ts";

interface Read {
  readonly counts: Readonly<Record<string, number>>;
  readonly sums: Readonly<Record<string, number>>;
}

async function readByPython(path: string): Promise<Read> {
  return JSON.parse(await python([`${REPOSITORY}/tests/support/flight_log_reader.py`, path]));
}

function close(actual: number, expected: number, what: string): void {
  const within = 1e-6 * Math.max(1, Math.abs(expected));
  assert.ok(Math.abs(actual - expected) <= within, `${what}: ${actual}, by Python ${expected}`);
}

/** Sums over the events of a log, by the names that Python gives them. */
async function sumsOf(log: FlightLog): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  const add = (name: string, value: number) => (sums[name] = (sums[name] ?? 0) + value);
  for await (const event of log.events()) {
    if (event.kind === "imu") {
      event.specificForceMps2.forEach((value, i) => add(`acc${i}`, value));
      event.angularRateRps.forEach((value, i) => add(`gyr${i}`, value));
      add("imuUs", event.controllerNs / 1e3);
    } else if (event.kind === "attitude") {
      const { rollRad, pitchRad } = rollPitchYaw(event.localFromBody);
      add("roll", rollRad * 180 / Math.PI);
      add("pitch", pitchRad * 180 / Math.PI);
    } else if (event.kind === "gps") {
      add("lat", event.position.latitudeDeg);
      add("lng", event.position.longitudeDeg);
      add("alt", event.position.heightM);
      add("down", -event.velocityEnuMps[2]);
      add("speed", Math.hypot(event.velocityEnuMps[0], event.velocityEnuMps[1]));
    }
  }
  return sums;
}

async function holdDataflash(path: string, timeMs: boolean): Promise<void> {
  const [byPython, log] = [await readByPython(path), await openFlightLog(path)];
  const { counts, sums } = byPython;
  assert.equal(log.streams.imu.samples, counts.IMU);
  assert.equal(log.streams.attitude.samples, counts.ATT);
  assert.equal(log.streams.baro.samples, counts.BARO);
  assert.equal(log.streams.gps.samples, counts.GPS);
  const ours = await sumsOf(log);
  const pairs: readonly (readonly [string, string])[] = [
    ...["X", "Y", "Z"].map((axis, i) => [`acc${i}`, `IMU.Acc${axis}`] as const),
    ...["X", "Y", "Z"].map((axis, i) => [`gyr${i}`, `IMU.Gyr${axis}`] as const),
    ...[["roll", "ATT.Roll"], ["pitch", "ATT.Pitch"], ["lat", "GPS.Lat"], [
      "lng",
      "GPS.Lng",
    ]] as const,
    ...[["alt", "GPS.Alt"], ["down", "GPS.VZ"], ["speed", "GPS.Spd"]] as const,
  ];
  for (const [our, their] of pairs) close(ours[our], sums[their], `${path} ${their}`);
  close(ours.imuUs, timeMs ? 1e3 * sums["IMU.TimeMS"] : sums["IMU.TimeUS"], "times");
}

for (const name of ["copter_clean.BIN", "copter_gps_fault.BIN"]) {
  const path = sharedData(`flight_logs/${name}`);
  Deno.test({
    name: `${name} is read as Python reads it`,
    ignore: PYTHON === undefined || path === undefined, // needs ../shared/data/flight_logs
    fn: () => holdDataflash(path!, true),
  });
}

Deno.test({
  name: "a dataflash log of ours is read as Python reads it",
  ignore: PYTHON === undefined,
  fn: () =>
    inScratch(async (folder) => {
      const path = `${folder}/1.BIN`;
      await Deno.writeFile(path, hover(modernDataflash(), { fromS: 3, seconds: 3 }).bytes());
      await holdDataflash(path, false);
    }),
});

Deno.test({
  name: "a ULog of ours is read as Python reads it",
  ignore: PYTHON === undefined,
  fn: () =>
    inScratch(async (folder) => {
      const path = `${folder}/1.ulg`;
      await Deno.writeFile(path, hoverUlog(modernUlog(), { fromUs: 2e6, seconds: 3 }).bytes());
      const { counts, sums } = await readByPython(path);
      const log = await openFlightLog(path);
      assert.equal(log.streams.imu.samples, counts.sensor_combined);
      assert.equal(log.streams.attitude.samples, counts.vehicle_attitude);
      assert.equal(log.streams.baro.samples, counts.vehicle_air_data);
      assert.equal(log.streams.gps.samples, counts.sensor_gps);
      const ours = await sumsOf(log);
      for (const axis of [0, 1, 2]) {
        close(ours[`acc${axis}`], sums[`sensor_combined.accelerometer_m_s2.${axis}`], "force");
        close(ours[`gyr${axis}`], sums[`sensor_combined.gyro_rad.${axis}`], "rate");
      }
      close(ours.imuUs, sums["sensor_combined.timestamp"], "times");
      close(ours.lat, sums["sensor_gps.latitude_deg"], "latitude");
      close(ours.alt, sums["sensor_gps.altitude_msl_m"], "height");
      close(ours.down, sums["sensor_gps.vel_d_m_s"], "down");
    }),
});
