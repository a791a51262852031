/**
 * Heights of a live flight: air pressure to height over the ellipsoid, and that to height over mean sea
 * level as the flight controller counts it.
 *
 * Where GPS says that the take-off ground lies far from the map's (a hill, or a package whose ground was
 * given wrongly), the heights of GPS count from that ground, too: it is no fault of GPS.
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
  GpsEvent,
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

/** What GPS and a flat map differ by anyway. */
const GROUND_DIFFERENCE_MAX_M = 25;
/** No ground of a map lies so far from it. */
const GROUND_DIFFERENCE_LIMIT_M = 2000;
/** Samples before the first answer, and their weight in the mean. */
const GPS_SAMPLES_MIN = 3;
const GPS_MEAN_SHARE = 0.05;
const GPS_SATELLITES_MIN = 5;

interface HeightReferenceOptions {
  /** Height of the take-off ground over the ellipsoid, metres: the map's, until terrain says better. */
  readonly groundHeightM: number;
  /** Told once where the take-off ground lies far from the map's by GPS, metres above it. */
  readonly onOtherGround: (aboveM: number) => void;
}

export class HeightReference {
  #groundHeightM: number;
  /** The pressure at a known height; null until one is known. */
  #reference: { readonly pressureHpa: number; readonly heightM: number } | null = null;
  /** On the ground, before it has flown: where it lands need not be where it began. */
  #onGround = false;
  #hasFlown = false;
  #hasStood = false;
  /** On the ground as far as is known: GPS comes before the first word of the state. */
  #mayStand = true;
  #pressureHpa: number | null = null;
  /** Height over mean sea level less height over the ellipsoid, metres. */
  #mslOffsetM: number | null = null;
  readonly #onOtherGround: (aboveM: number) => void;
  /** Of the take-off ground by GPS over that of the map, metres: a mean of so many samples. */
  #groundByGpsM = 0;
  #gpsSamples = 0;
  #otherGroundTold = false;

  constructor({ groundHeightM, onOtherGround }: HeightReferenceOptions) {
    this.#groundHeightM = groundHeightM;
    this.#onOtherGround = onOtherGround;
  }

  /** Height over the ellipsoid of the ground that heights count from, metres. */
  get takeoffGroundM(): number {
    return this.#groundHeightM;
  }

  /** Whether the aircraft has not left the ground, as far as is known. */
  get stands(): boolean {
    return this.#onGround;
  }

  /** Whether heights are those of a barometer over the take-off ground. */
  get countsFromTakeoff(): boolean {
    return this.#reference !== null;
  }

  /** Where terrain says how high the take-off ground is. Returns by how much heights are raised, metres. */
  tookOffFrom(groundHeightM: number): number {
    const raisedM = groundHeightM - this.#groundHeightM;
    this.#groundHeightM = groundHeightM;
    this.#groundByGpsM -= raisedM;
    if (this.#mslOffsetM !== null) this.#mslOffsetM -= raisedM;
    if (this.#reference === null) return 0;
    this.#reference = { ...this.#reference, heightM: this.#reference.heightM + raisedM };
    return raisedM;
  }

  observeState(state: FlightState): void {
    if (state === "in_flight") this.#hasFlown = true;
    this.#onGround = state === "on_ground" && !this.#hasFlown;
    this.#hasStood ||= this.#onGround;
    this.#mayStand = this.#onGround || (state === "unknown" && !this.#hasFlown);
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

  /** Of a GPS that tells them over the ellipsoid: as one that stood on the map's ground would tell it. */
  ofGps({ fix, position, satellites }: GpsEvent): number {
    const aboveM = position.heightM - this.#groundHeightM;
    const isHealthy = fix === "3d" && satellites >= GPS_SATELLITES_MIN &&
      Math.abs(aboveM) < GROUND_DIFFERENCE_LIMIT_M;
    if (this.#mayStand && isHealthy) {
      this.#gpsSamples++;
      const share = Math.max(1 / this.#gpsSamples, GPS_MEAN_SHARE);
      this.#groundByGpsM += share * (aboveM - this.#groundByGpsM);
    }
    const isOther = this.#hasStood && this.#gpsSamples >= GPS_SAMPLES_MIN &&
      Math.abs(this.#groundByGpsM) > GROUND_DIFFERENCE_MAX_M;
    if (!isOther) return position.heightM;
    if (!this.#otherGroundTold) this.#onOtherGround(this.#groundByGpsM);
    this.#otherGroundTold = true;
    return position.heightM - this.#groundByGpsM;
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
