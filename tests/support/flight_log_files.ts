/**
 * Writes dataflash logs and ULogs, as the formats are described, for tests.
 *
 * @module
 */

type Value = number | string;

/** Bytes and writers of dataflash's format characters, with their scales undone. */
function dataflashValue(view: DataView, at: number, character: string, value: Value): number {
  const put = (text: Value, bytes: number) => {
    for (let i = 0; i < bytes; i++) view.setUint8(at + i, String(text).charCodeAt(i) || 0);
    return bytes;
  };
  const number = Number(value);
  switch (character) {
    case "b":
    case "B":
    case "M":
      view.setUint8(at, number);
      return 1;
    case "h":
    case "H":
      view.setUint16(at, number, true);
      return 2;
    case "c":
    case "C":
      view.setUint16(at, Math.round(number * 100), true);
      return 2;
    case "i":
    case "I":
      view.setUint32(at, number, true);
      return 4;
    case "e":
    case "E":
      view.setInt32(at, Math.round(number * 100), true);
      return 4;
    case "L":
      view.setInt32(at, Math.round(number * 1e7), true);
      return 4;
    case "f":
      view.setFloat32(at, number, true);
      return 4;
    case "Q":
      view.setBigUint64(at, BigInt(number), true);
      return 8;
    case "n":
      return put(value, 4);
    case "N":
      return put(value, 16);
    case "Z":
      return put(value, 64);
    default:
      throw new Error(`no character ${character}`);
  }
}

/** Messages are described when they are first written, as by `describe`. */
export class DataflashFile {
  readonly #bytes: number[] = [];
  readonly #formats = new Map<string, { type: number; characters: string }>();
  #nextType = 129;

  describe(name: string, characters: string, labels: string): this {
    const type = this.#nextType++;
    this.#formats.set(name, { type, characters });
    const view = new DataView(new ArrayBuffer(1024));
    let length = 3;
    for (const character of characters) length += dataflashValue(view, length, character, 0);
    this.#message(128, "BBnNZ", [type, length, name, characters, labels]);
    return this;
  }

  add(name: string, ...values: readonly Value[]): this {
    const { type, characters } = this.#formats.get(name)!;
    this.#message(type, characters, values);
    return this;
  }

  raw(...bytes: readonly number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }

  /** So far. */
  get length(): number {
    return this.#bytes.length;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }

  #message(type: number, characters: string, values: readonly Value[]): void {
    const view = new DataView(new ArrayBuffer(300));
    view.setUint8(0, 0xa3);
    view.setUint8(1, 0x95);
    view.setUint8(2, type);
    let length = 3;
    [...characters].forEach((character, i) => {
      length += dataflashValue(view, length, character, values[i] ?? 0);
    });
    this.#bytes.push(...new Uint8Array(view.buffer, 0, length));
  }
}

/** The messages of an ArduCopter of 2023 that a replay needs. */
export function modernDataflash(): DataflashFile {
  return new DataflashFile()
    .describe("FMT", "BBnNZ", "Type,Length,Name,Format,Columns")
    .describe("MSG", "QZ", "TimeUS,Message")
    .describe("IMU", "QBffffff", "TimeUS,I,GyrX,GyrY,GyrZ,AccX,AccY,AccZ")
    .describe("ATT", "QccccCCCC", "TimeUS,DesRoll,Roll,DesPitch,Pitch,DesYaw,Yaw,ErrRP,ErrYaw")
    .describe("BARO", "QBffcf", "TimeUS,I,Alt,Press,Temp,CRt")
    .describe(
      "GPS",
      "QBBIHBcLLeffffB",
      "TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt,Spd,GCrs,VZ,Yaw,U",
    )
    .describe("GPA", "QBCCCC", "TimeUS,I,VDop,HAcc,VAcc,SAcc")
    .describe("EV", "QB", "TimeUS,Id")
    .add("MSG", 1e6, "ArduCopter V4.5.1 (abcd1234)");
}

/** Of an aircraft that hovers: IMU at 50 Hz, attitude and barometer at 10, GPS at 5. */
export function hover(log: DataflashFile, { fromS, seconds }: { fromS: number; seconds: number }) {
  for (let i = 0; i < seconds * 50; i++) {
    const us = Math.round((fromS + i / 50) * 1e6);
    log.add("IMU", us, 0, 0.01, -0.02, 0.03, 0.1, -0.2, -9.8);
    if (i % 5 === 0) log.add("ATT", us, 0, 1.25, 0, -2.5, 0, 90, 0, 0);
    if (i % 5 === 0) log.add("BARO", us, 0, 3, 100_000, 20, 0);
    if (i % 10 !== 0) continue;
    log.add("GPA", us, 0, 1.5, 0.8, 1.2, 0.3);
    log.add(
      "GPS",
      ...[us, 0, 3, 200_000_000 + i * 20, 2280, 12, 0.9, 48.5, 35.1, 150.5, 2, 90, -0.5, 0, 1],
    );
  }
  return log;
}

const ULOG_BYTES: Readonly<Record<string, number>> = {
  uint8_t: 1,
  bool: 1,
  int32_t: 4,
  uint32_t: 4,
  float: 4,
  double: 8,
  uint64_t: 8,
};

export class UlogFile {
  readonly #bytes: number[] = [0x55, 0x4c, 0x6f, 0x67, 0x01, 0x12, 0x35, 1];
  readonly #fields = new Map<number, readonly string[]>();

  constructor(startUs = 1_000_000) {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt(startUs), true);
    this.#bytes.push(...new Uint8Array(view.buffer));
  }

  message(type: string, payload: readonly number[]): this {
    this.#bytes.push(payload.length & 255, payload.length >> 8, type.charCodeAt(0), ...payload);
    return this;
  }

  describe(topic: string, fields: string): this {
    return this.message("F", ascii(`${topic}:${fields}`));
  }

  /** `types` are those of the fields that `data` is given, in their order. */
  subscribe(id: number, topic: string, types: readonly string[], instance = 0): this {
    this.#fields.set(id, types);
    return this.message("A", [instance, id & 255, id >> 8, ...ascii(topic)]);
  }

  data(id: number, ...values: readonly number[]): this {
    const types = this.#fields.get(id)!;
    const view = new DataView(new ArrayBuffer(1024));
    let at = 0;
    types.forEach((type, i) => {
      const value = values[i] ?? 0;
      if (type === "uint64_t") view.setBigUint64(at, BigInt(value), true);
      else if (type === "double") view.setFloat64(at, value, true);
      else if (type === "float") view.setFloat32(at, value, true);
      else if (type.endsWith("32_t")) view.setInt32(at, value, true);
      else view.setUint8(at, value);
      at += ULOG_BYTES[type];
    });
    return this.message("D", [id & 255, id >> 8, ...new Uint8Array(view.buffer, 0, at)]);
  }

  raw(...bytes: readonly number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }

  get length(): number {
    return this.#bytes.length;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

const floats = (count: number) => new Array<string>(count).fill("float");

/** Topics of a PX4 of 2023: the GPS has its fields in degrees and metres. */
export function modernUlog(startUs = 1_000_000): UlogFile {
  return new UlogFile(startUs)
    .message("B", new Array(40).fill(0))
    .describe(
      "sensor_combined",
      "uint64_t timestamp;float[3] gyro_rad;uint32_t gyro_integral_dt;" +
        "int32_t accelerometer_timestamp_relative;float[3] accelerometer_m_s2;uint8_t[4] _padding0;",
    )
    .describe("vehicle_attitude", "uint64_t timestamp;float[4] q;")
    .describe("vehicle_air_data", "uint64_t timestamp;float baro_alt_meter;")
    .describe(
      "sensor_gps",
      "uint64_t timestamp;uint64_t time_utc_usec;double latitude_deg;double longitude_deg;" +
        "double altitude_msl_m;float eph;float epv;float vel_n_m_s;float vel_e_m_s;float vel_d_m_s;" +
        "uint8_t fix_type;uint8_t satellites_used;uint8_t jamming_state;uint8_t spoofing_state;",
    )
    .describe("vehicle_land_detected", "uint64_t timestamp;bool landed;")
    .subscribe(0, "sensor_combined", [
      "uint64_t",
      ...floats(3),
      "uint32_t",
      "int32_t",
      ...floats(3),
    ])
    .subscribe(1, "vehicle_attitude", ["uint64_t", ...floats(4)])
    .subscribe(2, "vehicle_air_data", ["uint64_t", "float"])
    .subscribe(3, "sensor_gps", [
      ...["uint64_t", "uint64_t", "double", "double", "double"],
      ...floats(5),
      ...["uint8_t", "uint8_t", "uint8_t", "uint8_t"],
    ])
    .subscribe(4, "vehicle_land_detected", ["uint64_t", "bool"]);
}

/** IMU at 200 Hz, attitude at 50, barometer at 20, GPS at 5. */
export function hoverUlog(log: UlogFile, { fromUs, seconds }: { fromUs: number; seconds: number }) {
  for (let i = 0; i < seconds * 200; i++) {
    const us = fromUs + i * 5000;
    log.data(0, us, 0.01, -0.02, 0.03, 5000, 0, 0.1, -0.2, -9.8);
    if (i % 4 === 0) log.data(1, us, Math.SQRT1_2, 0, 0, Math.SQRT1_2);
    if (i % 10 === 0) log.data(2, us, 153);
    if (i % 40 !== 0) continue;
    const utcUs = 1.7e15 + i * 5000;
    log.data(3, us, utcUs, 48.5, 35.1, 150.5, 0.8, 1.2, 1, 2, 0.5, 3, 12, 1, 1);
    log.data(4, us, i < 200 ? 1 : 0);
  }
  return log;
}
