/**
 * Heights of a live flight: air pressure to height over the ellipsoid, and that to height over mean sea
 * level as the flight controller counts it.
 *
 * A barometer says how far one has climbed, not where one began. The beginning is the ground of the
 * map while the aircraft stands on it; in the air it is the controller's own height over the place where
 * it was armed, which rests on the barometer and not on GPS.
 *
 * @module
 */
import type {
  ControllerPositionEvent,
  FlightState,
  PressureEvent,
} from "../../flight/flight_events/mod.ts";

/** ISO 2533 (standard atmosphere), troposphere: h = T₀/L · (1 − (p/p₀)^(R·L/g)). */
const TEMPERATURE_OVER_LAPSE_M = 288.15 / 0.0065;
const EXPONENT = 0.190263;
/** Weight of a new reading in the mean on the ground: 10 s at 10 Hz. */
const GROUND_MEAN_SHARE = 0.01;
/** Lowest and highest pressure that air has where aircraft fly, hPa. */
const PRESSURE_MIN_HPA = 150;
const PRESSURE_MAX_HPA = 1100;

interface HeightReferenceOptions {
  /** Height of the map's ground over the ellipsoid, metres. */
  readonly groundHeightM: number;
}

export class HeightReference {
  readonly #groundHeightM: number;
  /** The pressure at a known height; null until one is known. */
  #reference: { readonly pressureHpa: number; readonly heightM: number } | null = null;
  /** On the ground, before it has flown: where it lands need not be where it began. */
  #onGround = false;
  #hasFlown = false;
  #pressureHpa: number | null = null;
  /** Height over mean sea level less height over the ellipsoid, metres. */
  #mslOffsetM: number | null = null;

  constructor({ groundHeightM }: HeightReferenceOptions) {
    this.#groundHeightM = groundHeightM;
  }

  observeState(state: FlightState): void {
    if (state === "in_flight") this.#hasFlown = true;
    this.#onGround = state === "on_ground" && !this.#hasFlown;
  }

  /** Height over the ellipsoid; null while nothing says where the climb began, or for no air's pressure. */
  height({ pressureHpa }: PressureEvent): number | null {
    if (!(pressureHpa >= PRESSURE_MIN_HPA && pressureHpa <= PRESSURE_MAX_HPA)) return null;
    this.#pressureHpa = pressureHpa;
    if (this.#onGround) {
      const before = this.#reference?.pressureHpa ?? pressureHpa;
      const mean = before + GROUND_MEAN_SHARE * (pressureHpa - before);
      this.#reference = { pressureHpa: mean, heightM: this.#groundHeightM };
    }
    if (this.#reference === null) return null;
    return this.#reference.heightM + climbM(pressureHpa, this.#reference.pressureHpa);
  }

  /** In the air without a reference, the controller's height over the place of arming gives it, once. */
  observeController({ heightMslM, heightAboveHomeM }: ControllerPositionEvent): void {
    if (Number.isFinite(heightMslM) && Number.isFinite(heightAboveHomeM)) {
      this.#mslOffsetM ??= heightMslM - heightAboveHomeM - this.#groundHeightM;
    }
    if (this.#reference !== null || this.#onGround || this.#pressureHpa === null) return;
    if (!Number.isFinite(heightAboveHomeM)) return;
    this.#reference = {
      pressureHpa: this.#pressureHpa,
      heightM: this.#groundHeightM + heightAboveHomeM,
    };
  }

  /** From mean sea level; null while the controller has not told the difference. */
  ellipsoidM(heightMslM: number): number | null {
    return this.#mslOffsetM === null ? null : heightMslM - this.#mslOffsetM;
  }

  /** Over mean sea level; over the ellipsoid where the controller never told the difference. */
  mslM(heightM: number): number {
    return heightM + (this.#mslOffsetM ?? 0);
  }
}

/** Metres from the level of `referenceHpa` up to that of `pressureHpa`. */
function climbM(pressureHpa: number, referenceHpa: number): number {
  return TEMPERATURE_OVER_LAPSE_M * (1 - (pressureHpa / referenceHpa) ** EXPONENT);
}
