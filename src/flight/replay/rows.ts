/**
 * Converts rows of the streams to events: every field is checked, every error names file, line and
 * remedy.
 *
 * @module
 */
import {
  controllerNs,
  DataError,
  monotonicNs,
  quaternionNormalise,
  type Vector3,
} from "../../core/mod.ts";
import { STREAM_COLUMNS, type StreamFile } from "./contract.ts";
import { type CsvRow, quote } from "./csv_stream.ts";
import type {
  AttitudeEvent,
  BaroEvent,
  GpsEvent,
  ImuEvent,
  VelocityEvent,
} from "../flight_events/mod.ts";

const DECIMAL = /^-?\d+(\.\d*)?([eE][-+]?\d+)?$/;

/** Reads the fields of one row by their column index. */
export class RowFields {
  readonly #path: string;
  readonly #row: CsvRow;
  readonly #columns: readonly string[];

  constructor(path: string, name: StreamFile, row: CsvRow) {
    this.#path = path;
    this.#row = row;
    this.#columns = STREAM_COLUMNS[name];
  }

  fault(message: string): DataError {
    return new DataError(this.#path, `line ${this.#row.line}: ${message}`);
  }

  number(index: number, minimum: number, maximum: number): number {
    const text = this.#text(index);
    if (!DECIMAL.test(text)) {
      throw this.fault(
        `${this.#columns[index]} is ${quote(text)}, a finite decimal number is needed; ` +
          "drop the sample or record again",
      );
    }
    const value = Number(text);
    if (!(value >= minimum && value <= maximum)) {
      throw this.fault(
        `${this.#columns[index]} is ${quote(text)}, it must be in [${minimum}, ${maximum}]`,
      );
    }
    return value;
  }

  integer(index: number, minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.number(index, minimum, maximum);
    if (!Number.isSafeInteger(value)) {
      throw this.fault(
        `${this.#columns[index]} is ${quote(this.#text(index))}, a whole number is needed`,
      );
    }
    return value;
  }

  vector(index: number, magnitudeMax: number): Vector3 {
    return [0, 1, 2].map((i) =>
      this.number(index + i, -magnitudeMax, magnitudeMax)
    ) as unknown as Vector3;
  }

  /** What was not measured: an empty field. */
  isEmpty(index: number): boolean {
    return this.#row.fields[index] === "";
  }

  oneOf<const T extends string>(index: number, values: readonly T[]): T {
    const text = this.#text(index);
    const found = values.find((value) => value === text);
    if (found === undefined) {
      throw this.fault(
        `${this.#columns[index]} is ${quote(text)}, it must be one of ${values.join(", ")}`,
      );
    }
    return found;
  }

  text(index: number): string {
    return this.#text(index);
  }

  times() {
    return {
      controllerNs: controllerNs(this.integer(0, -Number.MAX_SAFE_INTEGER)),
      receivedNs: monotonicNs(this.integer(1, 0)),
    };
  }

  #text(index: number): string {
    const text = this.#row.fields[index];
    if (text === "") {
      throw this.fault(`${this.#columns[index]} is missing; fill it or drop the row`);
    }
    return text;
  }
}

const ACCELERATION_MAX_MPS2 = 1000;
const RATE_MAX_RPS = 200;
const SPEED_MAX_MPS = 1000;
const SIGMA_MAX_M = 1e6;
const VARIANCE_MAX_M2PS2 = 1e6;

export function imuEvent(row: RowFields): ImuEvent {
  return {
    kind: "imu",
    ...row.times(),
    specificForceMps2: row.vector(2, ACCELERATION_MAX_MPS2),
    angularRateRps: row.vector(5, RATE_MAX_RPS),
  };
}

export function attitudeEvent(row: RowFields): AttitudeEvent {
  const q = [2, 3, 4, 5].map((i) => row.number(i, -1.01, 1.01));
  const length = Math.hypot(...q);
  if (Math.abs(length - 1) > 0.01) {
    throw row.fault(`the quaternion has length ${length.toFixed(4)}, it must be 1`);
  }
  return {
    kind: "attitude",
    ...row.times(),
    localFromBody: quaternionNormalise([q[0], q[1], q[2], q[3]]),
  };
}

export function baroEvent(row: RowFields): BaroEvent {
  return { kind: "baro", ...row.times(), heightM: row.number(2, -20_000, 100_000) };
}

/** Without a height, or without the velocity's last component, where these fields are empty. */
export function gpsEvent(row: RowFields): GpsEvent {
  const hasHeight = !row.isEmpty(5), hasVerticalVelocity = !row.isEmpty(8);
  const speedMps = (index: number) => row.number(index, -SPEED_MAX_MPS, SPEED_MAX_MPS);
  return {
    kind: "gps",
    ...row.times(),
    fix: row.oneOf(2, ["none", "2d", "3d"]),
    position: {
      latitudeDeg: row.number(3, -90, 90),
      longitudeDeg: row.number(4, -180, 180),
      heightM: hasHeight ? row.number(5, -20_000, 1_000_000) : 0,
    },
    ...(hasHeight ? {} : { heightUnknown: true }),
    velocityEnuMps: [speedMps(6), speedMps(7), hasVerticalVelocity ? speedMps(8) : 0],
    ...(hasVerticalVelocity ? {} : { hasVerticalVelocity: false }),
    sigmaHorizontalM: row.number(9, 0, SIGMA_MAX_M),
    sigmaVerticalM: row.number(10, 0, SIGMA_MAX_M),
    satellites: row.integer(11, 0, 1000),
    integrity: row.oneOf(12, ["ok", "jammed", "spoofed", "unknown"]),
  };
}

export function velocityEvent(row: RowFields): VelocityEvent {
  const velocityBodyMps = row.vector(2, SPEED_MAX_MPS);
  const [xx, xy, xz, yy, yz, zz] = [5, 6, 7, 8, 9, 10].map((i) =>
    row.number(i, -VARIANCE_MAX_M2PS2, VARIANCE_MAX_M2PS2)
  );
  const minors = [
    xx,
    xx * yy - xy * xy,
    xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz),
  ];
  if (!minors.every((minor) => minor > 0)) {
    throw row.fault("the covariance is not positive definite; correct the sensor's variances");
  }
  return {
    kind: "velocity",
    ...row.times(),
    velocityBodyMps,
    covariance: [xx, xy, xz, xy, yy, yz, xz, yz, zz],
  };
}
