/**
 * iNav's satellite receiver (`io/gps.c`, `io/gps_msp.c`): positions by MSP where `gps_provider` is MSP, else
 * of a receiver on a port of its own. One or the other, for the whole flight.
 *
 * @module
 */
import type { MspValues } from "../../link/msp/mod.ts";
import type { InavSolution } from "./inav_answers.ts";

export type GpsProvider = "msp" | "own";

/** `gps_min_sats` as it comes. */
const SATELLITES_MIN = 6;
const TIMEOUT_S = 1;
/** After a time-out, until it is started again. */
const RESTART_S = 0.5;
const ACCURACY_MAX_CM = 9999;
const FIX_3D = 2;

const NOTHING: InavSolution = {
  fixType: 0,
  satellites: 0,
  latitudeE7: 0,
  longitudeE7: 0,
  heightMslCm: 0,
  velocityNedCmps: [0, 0, 0],
  groundCourseDecidegrees: 0,
  hdop: ACCURACY_MAX_CM,
  horizontalAccuracyCm: ACCURACY_MAX_CM,
  verticalAccuracyCm: ACCURACY_MAX_CM,
};

export class InavReceiver {
  readonly #provider: GpsProvider;
  #solution = NOTHING;
  #messageS = -Infinity;
  #readyS = -Infinity;
  #timeouts = 0;

  constructor(provider: GpsProvider) {
    this.#provider = provider;
  }

  get solution(): InavSolution {
    return this.#solution;
  }

  get timeouts(): number {
    return this.#timeouts;
  }

  /** GPS_FIX: what the navigation goes by. */
  get hasFix(): boolean {
    const { fixType, satellites } = this.#solution;
    return fixType === FIX_3D && satellites >= SATELLITES_MIN;
  }

  /** Whether the navigation gets it. It is shown in any case. */
  takePosition(values: MspValues<"MSP2_SENSOR_GPS">, timeS: number): boolean {
    this.#solution = {
      fixType: values.fixType === 2 ? 1 : values.fixType >= 3 ? FIX_3D : 0,
      satellites: values.satellites,
      latitudeE7: values.latitudeE7,
      longitudeE7: values.longitudeE7,
      heightMslCm: values.heightMslCm,
      velocityNedCmps: [
        int16(values.velocityNorthCmps),
        int16(values.velocityEastCmps),
        int16(values.velocityDownCmps),
      ],
      groundCourseDecidegrees: Math.trunc(values.groundCourseCentidegrees / 10),
      hdop: Math.min(values.hdop, ACCURACY_MAX_CM),
      horizontalAccuracyCm: Math.min(Math.trunc(values.horizontalAccuracyMm / 10), ACCURACY_MAX_CM),
      verticalAccuracyCm: Math.min(Math.trunc(values.verticalAccuracyMm / 10), ACCURACY_MAX_CM),
    };
    return this.#provider === "msp" && this.#heard(timeS);
  }

  /** Of a receiver on a port of its own. Whether the navigation gets it. */
  takeOwn(solution: InavSolution, timeS: number): boolean {
    if (this.#provider !== "own") return false;
    this.#solution = solution;
    return this.#heard(timeS);
  }

  advance(timeS: number): void {
    if (timeS - this.#messageS <= TIMEOUT_S || this.#messageS === -Infinity) return;
    this.#messageS = -Infinity;
    this.#readyS = timeS + RESTART_S;
    this.#timeouts++;
    // The place stays shown; nothing goes by it.
    this.#solution = {
      ...this.#solution,
      fixType: 0,
      satellites: 0,
      hdop: ACCURACY_MAX_CM,
      horizontalAccuracyCm: ACCURACY_MAX_CM,
      verticalAccuracyCm: ACCURACY_MAX_CM,
    };
  }

  #heard(timeS: number): boolean {
    if (timeS < this.#readyS) return false;
    this.#messageS = timeS;
    return true;
  }
}

/** As C converts to int16_t. */
function int16(value: number): number {
  return (value << 16) >> 16;
}
