/**
 * What iNav's position estimator makes of positions (`navigation/navigation_pos_estimator.c`): a
 * complementary filter with fixed weights, without a gate. Whatever is a 3D fix of enough satellites and
 * said to be better than 10 m is followed.
 *
 * The filter carries its error against the truth. A position counts as one of the moment at which it came,
 * until the next: the estimate lags behind by what the position is old.
 *
 * @module
 */
import type { LocalFrame, Vector3 } from "../../core/mod.ts";
import type { MspValues } from "../../link/msp/mod.ts";
import type {
  CompanionPosition,
  Firmware,
  FirmwareEstimate,
  FirmwareText,
  Flight,
  GpsFix,
  Verdict,
} from "./contract.ts";
import type { InavSolution } from "./inav_answers.ts";
import { type GpsProvider, InavReceiver } from "./inav_receiver.ts";

interface InavFirmwareOptions {
  readonly provider: GpsProvider;
  readonly isFlying: boolean;
  /** Height of mean sea level over the ellipsoid, metres. */
  readonly undulationM: number;
}

/** Defaults: inav_max_eph_epv, inav_w_xy_gps_p, inav_w_xy_gps_v, inav_w_xy_res_v. */
const ACCURACY_MAX_M = 10;
const WEIGHT_POSITION = 1;
const WEIGHT_VELOCITY = 2;
const WEIGHT_DECAY = 0.5;
const GPS_TIMEOUT_S = 1.5;
/** Accelerometer and attitude: how fast the velocity's error wanders, m/s per √s. */
const WANDER_MPS = 0.1;
const STEP_S = 0.01;
const JUMP_S = 1;

interface Taken {
  readonly timeS: number;
  readonly positionLocalM: Vector3;
  readonly velocityEnuMps: Vector3;
  readonly sigmaHorizontalM: number;
}

export class InavFirmware implements Firmware {
  readonly parameters: Map<string, number>;
  readonly customMode = 0;
  readonly streamRateMaxHz = 0;
  readonly requestRateMaxHz = 0;
  readonly answerDelayS = 0;
  readonly receiver: InavReceiver;
  isArmed: boolean;
  /** Whether it has an origin: the first fix. */
  hasOrigin = false;
  packets = 0;
  readonly #provider: GpsProvider;
  readonly #flight: Flight;
  readonly #frame: LocalFrame;
  readonly #undulationM: number;
  readonly #random: { normal(): number };
  readonly #texts: FirmwareText[] = [];
  #timeS: number;
  #taken: Taken | null = null;
  #errorM: [number, number] = [0, 0];
  #velocityErrorMps: [number, number] = [0, 0];
  /** eph of the estimator. */
  #accuracyM = ACCURACY_MAX_M + 0.001;

  constructor(
    random: { normal(): number },
    flight: Flight,
    { provider, isFlying, undulationM }: InavFirmwareOptions,
  ) {
    this.parameters = new Map([["gps_provider", provider === "msp" ? 1 : 0]]);
    this.#provider = provider;
    this.#flight = flight;
    this.#frame = flight.localFrame;
    this.#undulationM = undulationM;
    this.#random = random;
    this.#timeS = flight.startS;
    this.receiver = new InavReceiver(provider);
    this.isArmed = isFlying;
  }

  /** As with `nav_extra_arming_safety = ALLOW_BYPASS`: it warns, and arms. */
  arm(): boolean {
    if (!this.receiver.hasFix) {
      this.#texts.push({ severity: 4, text: "NAVIGATION IS UNSAFE: armed without a GPS fix" });
    }
    this.isArmed = true;
    return true;
  }

  disarm(): void {
    this.isArmed = false;
  }

  advance(timeS: number): void {
    this.receiver.advance(timeS);
    if (timeS - this.#timeS > JUMP_S) this.#timeS = timeS - JUMP_S;
    while (this.#timeS < timeS) {
      const stepS = Math.min(STEP_S, timeS - this.#timeS);
      this.#timeS += stepS;
      this.#step(stepS);
    }
  }

  takeFix(fix: GpsFix, timeS: number): Verdict {
    const solution = solutionOf(fix, this.#undulationM);
    if (this.#provider !== "own") return { made: "unused", why: "gps_provider is MSP" };
    this.packets++;
    this.receiver.takeOwn(solution, timeS);
    return this.#navigate(timeS);
  }

  /** By {@link takeSensorGps}, with all that the message says. */
  takePosition(_position: CompanionPosition, _timeS: number): Verdict {
    return { made: "unused", why: "iNav takes MSP2_SENSOR_GPS alone" };
  }

  takeSensorGps(values: MspValues<"MSP2_SENSOR_GPS">, timeS: number): Verdict {
    if (this.receiver.takePosition(values, timeS)) return this.#navigate(timeS);
    const why = this.#provider === "msp" ? "starting again" : "gps_provider is not MSP";
    return { made: "unused", why };
  }

  takeCommand(): undefined {
    return undefined;
  }

  shownFix(): undefined {
    return undefined;
  }

  estimate(): FirmwareEstimate {
    const truth = this.#flight.truthAt(this.#timeS);
    const [east, north] = this.#errorM, [ve, vn] = this.#velocityErrorMps;
    const p = truth.positionLocalM, v = truth.velocityLocalMps;
    return {
      position: this.#frame.wgsFromLocal([p[0] + east, p[1] + north, p[2]]),
      velocityEnuMps: [v[0] + ve, v[1] + vn, v[2]],
      errorHorizontalM: Math.hypot(east, north),
      isUsable: this.#accuracyM < ACCURACY_MAX_M,
      sigmaHorizontalM: this.#accuracyM,
    };
  }

  takeTexts(): FirmwareText[] {
    return this.#texts.splice(0);
  }

  #navigate(timeS: number): Verdict {
    const { solution, hasFix } = this.receiver;
    if (!hasFix) {
      this.#taken = null;
      return { made: "unused", why: solution.fixType === 2 ? "too few satellites" : "no 3D fix" };
    }
    this.hasOrigin = true;
    const [north, east, down] = solution.velocityNedCmps;
    this.#taken = {
      timeS,
      positionLocalM: this.#frame.localFromWgs({
        latitudeDeg: solution.latitudeE7 / 1e7,
        longitudeDeg: solution.longitudeE7 / 1e7,
        heightM: solution.heightMslCm / 100 + this.#undulationM,
      }),
      velocityEnuMps: [east / 100, north / 100, -down / 100],
      sigmaHorizontalM: solution.horizontalAccuracyCm / 100,
    };
    if (this.#taken.sigmaHorizontalM >= ACCURACY_MAX_M) {
      return { made: "unused", why: "accuracy of 10 m or more" };
    }
    return { made: this.#accuracyM < ACCURACY_MAX_M ? "fused" : "reset" };
  }

  #step(stepS: number): void {
    for (const axis of [0, 1]) {
      this.#errorM[axis] += this.#velocityErrorMps[axis] * stepS;
      this.#velocityErrorMps[axis] += WANDER_MPS * Math.sqrt(stepS) * this.#random.normal();
    }
    const taken = this.#taken;
    const isValid = taken !== null && this.#timeS - taken.timeS <= GPS_TIMEOUT_S &&
      taken.sigmaHorizontalM < ACCURACY_MAX_M;
    if (isValid) this.#correct(taken, stepS);
    else this.#coast(stepS);
  }

  #correct(taken: Taken, stepS: number): void {
    const { positionLocalM: p, velocityLocalMps: v } = this.#flight.truthAt(this.#timeS);
    const errorM = [taken.positionLocalM[0] - p[0], taken.positionLocalM[1] - p[1]];
    const errorMps = [taken.velocityEnuMps[0] - v[0], taken.velocityEnuMps[1] - v[1]];
    if (this.#accuracyM >= ACCURACY_MAX_M) {
      this.#errorM = [errorM[0], errorM[1]];
      this.#velocityErrorMps = [errorMps[0], errorMps[1]];
      this.#accuracyM = taken.sigmaHorizontalM;
      return;
    }
    let residualM = 0;
    for (const axis of [0, 1]) {
      const residual = errorM[axis] - this.#errorM[axis];
      residualM = Math.hypot(residualM, residual);
      this.#errorM[axis] += residual * WEIGHT_POSITION * stepS;
      this.#velocityErrorMps[axis] += stepS * (residual * WEIGHT_POSITION ** 2 +
        (errorMps[axis] - this.#velocityErrorMps[axis]) * WEIGHT_VELOCITY);
    }
    const measuredM = Math.max(taken.sigmaHorizontalM, residualM);
    this.#accuracyM += (measuredM - this.#accuracyM) * WEIGHT_POSITION * stepS;
  }

  /** Nothing to go by: the accuracy grows, and the velocity decays to zero. */
  #coast(stepS: number): void {
    if (this.#accuracyM <= ACCURACY_MAX_M) this.#accuracyM *= 1 + stepS;
    const { velocityLocalMps } = this.#flight.truthAt(this.#timeS);
    for (const axis of [0, 1]) {
      const estimated = velocityLocalMps[axis] + this.#velocityErrorMps[axis];
      this.#velocityErrorMps[axis] -= estimated * WEIGHT_DECAY * stepS;
    }
  }
}

function solutionOf(fix: GpsFix, undulationM: number): InavSolution {
  const [east, north, up] = fix.velocityEnuMps.map((mps) => Math.round(mps * 100));
  const course = Math.round(Math.atan2(east, north) * 1800 / Math.PI);
  return {
    fixType: Math.min(2, Math.max(0, fix.fixType - 1)),
    satellites: fix.satellites,
    latitudeE7: Math.round(fix.position.latitudeDeg * 1e7),
    longitudeE7: Math.round(fix.position.longitudeDeg * 1e7),
    heightMslCm: Math.round((fix.position.heightM - undulationM) * 100),
    velocityNedCmps: [north, east, -up],
    groundCourseDecidegrees: (course + 3600) % 3600,
    hdop: Math.min(9999, Math.round(fix.hdop * 100)),
    horizontalAccuracyCm: Math.min(9999, Math.round(fix.sigmaHorizontalM * 100)),
    verticalAccuracyCm: Math.min(9999, Math.round(fix.sigmaVerticalM * 100)),
  };
}
