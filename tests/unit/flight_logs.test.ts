/** Logs of flight controllers: what they hold as events, and what is said of what they lack. */
import assert from "node:assert/strict";
import { matrixFromQuaternion, matrixVector, rollPitchYaw } from "../../src/core/mod.ts";
import type { ControllerEvent } from "../../src/flight/flight_events/mod.ts";
import { type FlightLog, openFlightLog } from "../../src/flight/flight_logs/mod.ts";
import {
  DataflashFile,
  hover,
  hoverUlog,
  modernDataflash,
  modernUlog,
  type UlogFile,
} from "../support/flight_log_files.ts";
import { inScratch } from "../support/scratch.ts";

type Kind = ControllerEvent["kind"];

async function opened(
  file: DataflashFile | UlogFile | Uint8Array,
  body: (log: FlightLog, events: ControllerEvent[], path: string) => void | Promise<void>,
): Promise<void> {
  await inScratch(async (folder) => {
    const path = `${folder}/00000001.BIN`;
    await Deno.writeFile(path, file instanceof Uint8Array ? file : file.bytes());
    const log = await openFlightLog(path);
    await body(log, await Array.fromAsync(log.events()), path);
  });
}

function of<K extends Kind>(events: readonly ControllerEvent[], kind: K) {
  return events.filter((event): event is Extract<ControllerEvent, { kind: K }> =>
    event.kind === kind
  );
}

function near(actual: readonly number[], expected: readonly number[], within = 1e-6): void {
  actual.forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]) <= within, `${actual} is not ${expected}`)
  );
}

const counts = (log: FlightLog) =>
  Object.fromEntries(Object.entries(log.streams).map(([name, { samples }]) => [name, samples]));

Deno.test("dataflash: units, frames and rates of a log of 2023", () =>
  opened(hover(modernDataflash(), { fromS: 10, seconds: 4 }).add("EV", 13e6, 28), (log, events) => {
    assert.equal(log.kind, "dataflash");
    assert.equal(log.firmware, "ArduCopter V4.5.1 (abcd1234)");
    assert.equal(log.aircraft, "multirotor");
    near([log.imuRateHz], [50], 1e-9);
    assert.deepEqual(log.notes, []);
    const [imu] = of(events, "imu");
    near(imu.specificForceMps2, [0.1, -0.2, -9.8]);
    near(imu.angularRateRps, [0.01, -0.02, 0.03]);
    assert.deepEqual([imu.receivedNs, imu.controllerNs], [0, 10e9]);
    const [{ localFromBody }] = of(events, "attitude");
    const { rollRad, pitchRad, yawRad } = rollPitchYaw(localFromBody);
    near([rollRad, pitchRad, yawRad].map((angle) => angle * 180 / Math.PI), [1.25, -2.5, 90], 1e-9);
    const [gps] = of(events, "gps");
    near([gps.position.latitudeDeg, gps.position.longitudeDeg, gps.position.heightM], [
      ...[48.5, 35.1, 150.5],
    ]);
    // East at 2 m/s, and up: VZ counts downwards.
    near(gps.velocityEnuMps, [2, 0, 0.5]);
    near([gps.sigmaHorizontalM, gps.sigmaVerticalM, gps.satellites], [0.8, 1.2, 12]);
    assert.equal(gps.integrity, "unknown");
    // The barometer counts from its own place: it is moved to the height of the GPS.
    near(of(events, "baro").map(({ heightM }) => heightM), new Array(40).fill(150.5));
    assert.deepEqual(of(events, "flight_state").map(({ state }) => state), ["in_flight"]);
    // GPS week 2280 and 200,000 s into it, 18 leap seconds earlier.
    assert.equal(log.startUtc?.toISOString(), "2023-09-19T07:33:02.000Z");
  }));

/** As ArduCopter 3.1 and 3.2 wrote in 2014. */
function oldDataflash(): DataflashFile {
  return new DataflashFile()
    .describe("FMT", "BBnNZ", "Type,Length,Name,Format,Columns")
    .describe("MSG", "Z", "Message")
    .describe("IMU", "Iffffff", "TimeMS,GyrX,GyrY,GyrZ,AccX,AccY,AccZ")
    .describe("ATT", "IccccCC", "TimeMS,DesRoll,Roll,DesPitch,Pitch,DesYaw,Yaw")
    .describe(
      "CTUN",
      "Ihhhffecchh",
      "TimeMS,ThrIn,AngBst,ThrOut,DAlt,Alt,BarAlt,DSAlt,SAlt,DCRt,CRt",
    )
    .describe(
      "GPS",
      "BIHBcLLeeEefI",
      "Status,TimeMS,Week,NSats,HDop,Lat,Lng,RelAlt,Alt,Spd,GCrs,VZ,T",
    )
    .describe("EV", "B", "Id")
    .add("MSG", "ArduCopter V3.1.3 (92cdd2a3)");
}

Deno.test("dataflash: the messages of 2014, times in milliseconds, dilution instead of accuracy", () => {
  const file = oldDataflash();
  for (let ms = 5000; ms < 7000; ms += 20) {
    file.add("IMU", ms, 0.1, 0.2, 0.3, 1, 2, -9.8);
    if (ms % 100 !== 0) continue;
    file.add("ATT", ms, 0, -3, 0, 4, 0, 270);
    file.add("CTUN", ms, 0, 0, 0, 0, 0, 12.5, 0, 0, 0, 0);
    file.add("GPS", 3, 400_000_000 + ms, 1820, 9, 1.5, -35.3, 149.1, 12, 600.25, 3, 180, 1.5, ms);
  }
  return opened(file.add("EV", 18), (log, events) => {
    assert.equal(log.firmware, "ArduCopter V3.1.3 (92cdd2a3)");
    assert.deepEqual(counts(log), {
      imu: 100,
      attitude: 20,
      baro: 20,
      gps: 20,
      controller_position: 0,
      flight_state: 1,
    });
    assert.deepEqual(log.notes, ["the barometer is that of CTUN: the log has no BARO"]);
    const [gps] = of(events, "gps");
    near([gps.position.latitudeDeg, gps.position.heightM], [-35.3, 600.25]);
    near(gps.velocityEnuMps, [0, -3, -1.5]);
    near([gps.sigmaHorizontalM, gps.sigmaVerticalM], [3, 4.5]);
    near([of(events, "baro")[0].heightM], [600.25]);
    // 16 leap seconds in 2014.
    assert.equal(log.startUtc?.toISOString(), "2014-11-27T15:06:29.000Z");
    assert.equal(of(events, "flight_state")[0].receivedNs, 1.98e9);
  });
});

Deno.test("dataflash: attitude from the estimator's message where there is no ATT", () => {
  const file = modernDataflash()
    .describe("XKF1", "QBccC", "TimeUS,C,Roll,Pitch,Yaw");
  for (let i = 0; i < 100; i++) {
    file.add("IMU", 1e6 + i * 2e4, 0, 0, 0, 0, 0, 0, -9.8);
    file.add("XKF1", 1e6 + i * 2e4, 0, 10, 20, 30).add("XKF1", 1e6 + i * 2e4, 1, 11, 21, 31);
  }
  return opened(file, (log, events) => {
    assert.equal(log.streams.attitude.message, "XKF1");
    const attitudes = of(events, "attitude");
    assert.equal(attitudes.length, 100);
    const { rollRad } = rollPitchYaw(attitudes[0].localFromBody);
    near([rollRad * 180 / Math.PI], [10], 1e-9);
    assert.match(log.notes.join(), /no barometer.*no GPS/);
  });
});

Deno.test("dataflash: a rate that UNIT and FMTU call degrees is one", () => {
  const file = new DataflashFile()
    .describe("FMT", "BBnNZ", "Type,Length,Name,Format,Columns")
    .describe("UNIT", "QbZ", "TimeUS,Id,Label")
    .describe("FMTU", "QBNN", "TimeUS,FmtType,UnitIds,MultIds")
    .describe("IMU", "Qffffff", "TimeUS,GyrX,GyrY,GyrZ,AccX,AccY,AccZ")
    .add("UNIT", 1, "k".charCodeAt(0), "deg/s")
    .add("FMTU", 1, 132, "skkkooo", "F000000");
  for (let i = 0; i < 10; i++) file.add("IMU", 1e6 + i * 2e4, 90, 0, -180, 0, 0, -9.8);
  return opened(file, (_log, events) => {
    near(of(events, "imu")[0].angularRateRps, [Math.PI / 2, 0, -Math.PI], 1e-6);
  });
});

Deno.test("a second boot in the file is another flight; the longer one is read", async () => {
  const file = hover(modernDataflash(), { fromS: 500, seconds: 2 });
  hover(file, { fromS: 20, seconds: 4 });
  await opened(file, async (log, events, path) => {
    assert.equal(log.parts.length, 2);
    assert.equal(log.part, 1);
    assert.match(log.notes.join(), /holds 2 parts .*: part 2, the one with the most IMU samples/);
    // The first sample after the step is not believed yet.
    assert.equal(of(events, "imu").length, 199);
    assert.ok(events.every(({ receivedNs }, i) => receivedNs >= (events[i - 1]?.receivedNs ?? 0)));
    const other = await openFlightLog(path, { part: 0 });
    assert.equal(of(await Array.fromAsync(other.events()), "imu").length, 100);
    await assert.rejects(openFlightLog(path, { part: 2 }), /there is no part 3/);
  });
});

Deno.test("where nothing was logged for longer than 10 s another part begins", async () => {
  const file = hover(modernDataflash(), { fromS: 10, seconds: 3 });
  hover(file, { fromS: 18, seconds: 1 });
  hover(file, { fromS: 40, seconds: 2 });
  await opened(file, (log, events) => {
    assert.deepEqual(log.parts.map(({ imuSamples }) => imuSamples), [200, 99]);
    assert.equal(log.part, 0);
    assert.equal(of(events, "imu").length, 200);
  });
});

Deno.test("one sample with a wrong time is damage and no part", () => {
  const file = hover(modernDataflash(), { fromS: 100, seconds: 1 });
  file.add("IMU", 3e6, 0, 0, 0, 0, 0, 0, -9.8).add("IMU", 9e15, 0, 0, 0, 0, 0, 0, -9.8);
  hover(file, { fromS: 101, seconds: 1 });
  return opened(file, (log) => {
    assert.equal(log.parts.length, 1);
    assert.equal(log.streams.imu.samples, 100);
    assert.equal(log.damage.samplesRefused, 2);
  });
});

Deno.test("dataflash: after damage the next whole message is read, and the end may be cut", () => {
  const whole = hover(modernDataflash(), { fromS: 10, seconds: 2 }).bytes();
  const at = Math.floor(whole.length / 2);
  // 40 bytes are lost in the middle, noise comes in, and the last message is not whole.
  const noise = [0xa3, 0x95, 0xa3, 0x95, 0x82, 1, 2, 3, 0xa3];
  const damaged = Uint8Array.from([
    ...whole.subarray(0, at),
    ...noise,
    ...whole.subarray(at + 40, whole.length - 5),
  ]);
  return opened(damaged, (log) => {
    const { imu } = counts(log);
    assert.ok(imu >= 97 && imu <= 99, String(imu));
    assert.ok(log.damage.bytesSkipped > 0 && log.damage.bytesSkipped < 300);
    assert.match(log.notes.join(), /belong to no whole message/);
  });
});

Deno.test("what no sensor can have measured is refused and counted", () => {
  const file = hover(modernDataflash(), { fromS: 10, seconds: 1 });
  file.add("IMU", 11e6, 0, NaN, 0, 0, 0, 0, -9.8).add("IMU", 11e6, 0, 0, 0, 0, 0, 1e30, -9.8)
    .add("GPS", 11e6, 0, 3, 1, 2280, 12, 1, 48.5, 200, 150, 0, 0, 0, 0, 1)
    .add("BARO", 11e6, 0, Infinity, 0, 0, 0);
  return opened(file, (log) => {
    assert.equal(log.damage.samplesRefused, 4);
    assert.equal(log.streams.imu.samples, 50);
  });
});

Deno.test("ULog: units, frames and rates of a log of 2023", () =>
  opened(hoverUlog(modernUlog(), { fromUs: 2e6, seconds: 2 }), (log, events) => {
    assert.equal(log.kind, "ulog");
    near([log.imuRateHz], [200], 1e-9);
    assert.equal(log.imuSampling, "interval_mean");
    assert.deepEqual(log.damage, { bytesSkipped: 0, samplesRefused: 0 });
    assert.equal(log.streams.gps.message, "sensor_gps");
    near(of(events, "imu")[0].specificForceMps2, [0.1, -0.2, -9.8]);
    // Turned by 90° about down: the nose looks east.
    const [{ localFromBody }] = of(events, "attitude");
    near(matrixVector(matrixFromQuaternion(localFromBody), [1, 0, 0]), [1, 0, 0], 1e-6);
    near(matrixVector(matrixFromQuaternion(localFromBody), [0, 0, 1]), [0, 0, -1], 1e-6);
    const [gps] = of(events, "gps");
    near([gps.position.latitudeDeg, gps.position.longitudeDeg, gps.position.heightM], [
      ...[48.5, 35.1, 150.5],
    ]);
    near(gps.velocityEnuMps, [2, 1, -0.5]);
    near([gps.sigmaHorizontalM, gps.sigmaVerticalM], [0.8, 1.2], 1e-6);
    assert.equal(gps.integrity, "ok");
    near([of(events, "baro")[0].heightM], [150.5], 1e-5);
    assert.deepEqual(of(events, "flight_state").map(({ state }) => state), [
      "on_ground",
      "in_flight",
    ]);
    assert.equal(log.startUtc?.getTime(), 1.7e12);
  }));

Deno.test("ULog: the GPS of older logs counts in 1e-7 degrees and millimetres; spoofing is told", () => {
  const file = hoverUlog(modernUlog(), { fromUs: 2e6, seconds: 1 })
    .describe(
      "vehicle_gps_position",
      "uint64_t timestamp;uint64_t time_utc_usec;int32_t lat;int32_t lon;int32_t alt;float eph;" +
        "float epv;float vel_n_m_s;float vel_e_m_s;float vel_d_m_s;uint8_t fix_type;" +
        "uint8_t satellites_used;uint8_t jamming_state;uint8_t spoofing_state;",
    )
    .subscribe(9, "vehicle_gps_position", [
      ...["uint64_t", "uint64_t", "int32_t", "int32_t", "int32_t"],
      ...new Array<string>(5).fill("float"),
      ...["uint8_t", "uint8_t", "uint8_t", "uint8_t"],
    ]);
  for (let i = 0; i < 5; i++) {
    const us = 3e6 + i * 2e5;
    file.data(9, us, 1.7e15, -353_000_000, 1_491_000_000, 600_250, 1, 2, 0, 0, 0, 3, 9, 1, 2);
  }
  return opened(file, (log, events) => {
    assert.equal(log.streams.gps.message, "vehicle_gps_position");
    const [gps] = of(events, "gps");
    near([gps.position.latitudeDeg, gps.position.longitudeDeg, gps.position.heightM], [
      ...[-35.3, 149.1, 600.25],
    ]);
    assert.equal(gps.integrity, "spoofed");
  });
});

Deno.test("ULog: a simulated PX4 counts from 1970", () => {
  const startUs = 1_710_773_000_000_000;
  const file = hoverUlog(modernUlog(startUs), { fromUs: startUs + 1e6, seconds: 1 });
  return opened(file, (log, events) => {
    assert.equal(of(events, "imu").length, 200);
    assert.equal(of(events, "imu")[1].receivedNs, 5e6);
    assert.equal(log.parts.length, 1);
  });
});

Deno.test("ULog: after damage the next whole message is read", () => {
  const whole = hoverUlog(modernUlog(), { fromUs: 2e6, seconds: 2 }).bytes();
  const at = Math.floor(whole.length / 2);
  const damaged = Uint8Array.from([
    ...whole.subarray(0, at),
    ...[68, 0, 255, 255, 68, 0, 0],
    ...whole.subarray(at + 60, whole.length - 7),
  ]);
  return opened(damaged, (log) => {
    const { imu } = counts(log);
    assert.ok(imu >= 396 && imu <= 399, String(imu));
    assert.ok(log.damage.bytesSkipped > 0 && log.damage.bytesSkipped < 200);
  });
});

Deno.test("ULog: data that was appended after a crash begins at its offset", () => {
  const before = hoverUlog(modernUlog(), { fromUs: 2e6, seconds: 1 });
  // The message before it was cut.
  const cutAt = before.length - 10;
  const appended = hoverUlog(modernUlog(), { fromUs: 3e6, seconds: 1 });
  const head = modernUlog().length;
  const flags = new DataView(new ArrayBuffer(40));
  flags.setUint8(8, 1);
  flags.setBigUint64(16, BigInt(cutAt), true);
  const bytes = Uint8Array.from([
    ...before.bytes().subarray(0, cutAt),
    ...appended.bytes().subarray(head),
  ]);
  bytes.set(new Uint8Array(flags.buffer), 16 + 3);
  return opened(bytes, (log) => {
    // All but the one that is cut, of which 44 - 10 bytes are there.
    assert.equal(log.streams.imu.samples, 399);
    assert.equal(log.damage.bytesSkipped, before.length - cutAt === 10 ? 35 : NaN);
  });
});

Deno.test("ULog: descriptions that go round in circles or are huge are no topics", () => {
  const file = modernUlog()
    .describe("round", "uint64_t timestamp;round again;")
    .describe("huge", "uint64_t timestamp;float[99999] numbers;")
    .describe("unknown", "uint64_t timestamp;nothing here;")
    .message("A", [0, 50, 0, ...[..."round"].map((c) => c.charCodeAt(0))])
    .message("A", [0, 51, 0, ...[..."huge"].map((c) => c.charCodeAt(0))])
    .message("A", [0, 52, 0, ...[..."unknown"].map((c) => c.charCodeAt(0))]);
  return opened(hoverUlog(file, { fromUs: 2e6, seconds: 1 }), (log) => {
    assert.equal(log.streams.imu.samples, 200);
    assert.equal(log.damage.bytesSkipped, 0);
  });
});

Deno.test("what is no log is refused in words", () =>
  inScratch(async (folder) => {
    const cases: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
      ["empty.BIN", "", /is empty/],
      ["text.ulg", "This is a text.\n", /is no flight log/],
      ["exported.BIN", "FMT, 128, 89, FMT, BBnNZ, Type,Length,Name\n", /converted to text/],
      ["head.ulg", modernUlog().bytes(), /holds no message of IMU/],
      ["head.BIN", modernDataflash().bytes(), /holds no message of IMU/],
    ];
    for (const [name, content, says] of cases) {
      const path = `${folder}/${name}`;
      await Deno.writeFile(path, typeof content === "string" ? bytesOf(content) : content);
      await assert.rejects(openFlightLog(path), says);
    }
    await assert.rejects(openFlightLog(folder), /is a folder/);
    await assert.rejects(openFlightLog("/dev/zero"), /no plain file/);
  }));

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
