/**
 * What ArduPilot's EKF3 makes of positions, by the rules that were measured on Copter and Plane 4.7.
 *
 * @module
 */
import type { Random } from "../../core/mod.ts";
import { ArduPilotReceiver } from "./ardupilot_receiver.ts";
import {
  type CompanionPosition,
  type Firmware,
  type FirmwareCommand,
  type FirmwareEstimate,
  type FirmwareText,
  type Flight,
  type GpsFix,
  RESULT,
  type Verdict,
} from "./contract.ts";
import {
  ardupilotParameters,
  GPS_TYPE_MAV,
  SOURCE_EXTERNAL,
  SOURCE_GPS,
} from "./ardupilot_parameters.ts";
import { type FixErrors, fixErrors, positionErrorM } from "./position_errors.ts";
import { PositionFilter } from "./position_filter.ts";

interface ArduPilotOptions {
  readonly vehicle: "copter" | "plane";
  /** Which receiver the companion poses as; `only`: the first, and there is no other. */
  readonly companionReceiver: "first" | "second" | "only";
  /** Whether it flies already, with its own receiver in use. */
  readonly isFlying: boolean;
  /** The waits after the start, divided by this. */
  readonly startCompression: number;
  /** Height of mean sea level over the ellipsoid, metres. */
  readonly undulationM: number;
}

/** After the first good message: origin, use. Measured with a full packet at 10 Hz. */
const ORIGIN_AFTER_S = 14.5;
const USE_AFTER_S = 41.7;
const GATE = 5;
/** With its gate: a jump of 14 m is absorbed, one of 20 m refused, as measured. */
const POSITION_SIGMA_MIN_M = 3.2;
const VELOCITY_SIGMA_MIN_MPS = 0.3;
const SIGMA_MAX_M = 100;
/** Without any aid for so long Copter lands. */
const LAND_AFTER_S = 8;
/** Velocities that fail their gate for so long make Copter land. */
const VELOCITY_LAND_AFTER_S = 5;
/** Largest delay that the filter compensates, and what GPSn_DELAY_MS 0 means. */
const DELAY_MAX_MS = 250;
const DELAY_DEFAULT_MS = 200;

/** By vehicle: after how long a refused position is taken over, its modes, and when it takes 43003. */
const VEHICLES = {
  copter: {
    takenOverAfterS: 10,
    guidedMode: 4,
    landMode: 9,
    externalFromS: 1.7,
    externalToS: 13,
    rateMaxHz: 200,
    requestMaxHz: 250,
    answerDelayS: 0.003,
  },
  plane: {
    takenOverAfterS: 4,
    guidedMode: 10,
    landMode: undefined,
    externalFromS: 1.5,
    externalToS: Infinity,
    rateMaxHz: 40,
    requestMaxHz: 40,
    answerDelayS: 0.016,
  },
} as const;

const COMMAND_SET_EKF_SOURCE_SET = 42007;
const COMMAND_EXTERNAL_POSITION_ESTIMATE = 43003;
const FRAME_GLOBAL = 0;

export class ArduPilotFirmware implements Firmware {
  readonly parameters: Map<string, number>;
  readonly streamRateMaxHz: number;
  readonly requestRateMaxHz: number;
  readonly answerDelayS: number;
  customMode: number;
  isArmed: boolean;
  readonly #flight: Flight;
  readonly #options: ArduPilotOptions;
  readonly #rules: typeof VEHICLES[keyof typeof VEHICLES];
  readonly #filter: PositionFilter;
  readonly #receivers = [new ArduPilotReceiver(0), new ArduPilotReceiver(1)] as const;
  readonly #texts: FirmwareText[] = [];
  #timeS: number;
  #isAided: boolean;
  #primary: 0 | 1 = 0;
  #sourceSet = 1;
  /** The next position is taken without a gate. */
  #mustReset = true;
  #lastPassS: number;
  #lastVelocityPassS: number;
  #hasFailed = false;
  #isGlitching = false;

  constructor(random: Random, flight: Flight, options: ArduPilotOptions) {
    this.#flight = flight;
    this.#options = options;
    this.#rules = VEHICLES[options.vehicle];
    this.#filter = new PositionFilter({ accelerationDensity: 0.35, wanderMps: 0.05 }, random);
    this.#timeS = flight.startS;
    this.#lastPassS = this.#lastVelocityPassS = flight.startS;
    this.#isAided = options.isFlying;
    this.isArmed = options.isFlying;
    this.customMode = this.#rules.guidedMode;
    this.streamRateMaxHz = this.#rules.rateMaxHz;
    this.requestRateMaxHz = this.#rules.requestMaxHz;
    this.answerDelayS = this.#rules.answerDelayS;
    this.parameters = ardupilotParameters(options);
  }

  arm(): boolean {
    const primary = this.#receivers[this.#primary];
    const fault = !primary.isHealthy(this.#timeS)
      ? `GPS ${this.#primary + 1}: not healthy`
      : this.#isAided
      ? undefined
      : "AHRS: waiting for home";
    if (fault !== undefined) this.#say(2, `PreArm: ${fault}`);
    this.isArmed = fault === undefined;
    return this.isArmed;
  }

  get hasOrigin(): boolean {
    return this.#isAided;
  }

  disarm(): void {
    this.isArmed = false;
  }

  advance(timeS: number): void {
    this.#filter.predict(timeS - this.#timeS);
    this.#timeS = timeS;
    this.#choosePrimary();
    if (!this.#isAided || !this.isArmed || this.#hasFailed) return;
    const { landMode } = this.#rules;
    const unaidedS = timeS - this.#lastPassS;
    const velocityS = timeS - this.#lastVelocityPassS;
    if (landMode === undefined) return;
    if (
      unaidedS > LAND_AFTER_S && this.#isJumpOver() || velocityS > VELOCITY_LAND_AFTER_S + unaidedS
    ) {
      this.#hasFailed = true;
      this.customMode = landMode;
      this.#say(2, "EKF variance");
      this.#say(2, "EKF Failsafe: changed to LAND Mode");
    }
  }

  /** A refused position that still comes is taken over before the fail-safe. */
  #isJumpOver(): boolean {
    return !this.#receivers[this.#primary].hasFix(this.#timeS);
  }

  takeFix(fix: GpsFix, timeS: number): Verdict {
    const own = this.#ownReceiver();
    if (own === undefined) return { made: "unused", why: "no receiver of its own" };
    own.take(fix, timeS);
    return this.#use(own, fix, fixErrors(this.#flight, fix, fix.timeS), timeS);
  }

  takePosition(position: CompanionPosition, timeS: number): Verdict {
    const notFinite = Object.entries(position.fields).find(([, value]) => !Number.isFinite(value));
    if (notFinite !== undefined) return { made: "abort", why: `${notFinite[0]} is not finite` };
    if (position.message === "ODOMETRY") return this.#useOdometry(position, timeS);
    if (position.message !== "GPS_INPUT") return { made: "unused", why: "no message of positions" };
    const receiver = this.#receivers[position.receiver === 1 ? 1 : 0];
    if (this.#typeOf(receiver) !== GPS_TYPE_MAV) {
      return { made: "unused", why: `GPS${receiver.index + 1}_TYPE is not ${GPS_TYPE_MAV}` };
    }
    const fix = receiver.takeInput(position, timeS);
    const error = fixErrors(this.#flight, fix, timeS - this.#delayS(receiver));
    const isPrimary = receiver.index === this.#primary;
    if (isPrimary && fix.fixType >= 3 && fix.sigmaSpeedMps >= 3) this.#glitch();
    return this.#use(receiver, fix, error, timeS);
  }

  takeCommand(command: FirmwareCommand, timeS: number) {
    if (command.command === COMMAND_SET_EKF_SOURCE_SET) {
      const set = command.parameters[0];
      if (set !== 1 && set !== 2 && set !== 3) return { result: RESULT.denied };
      if (set !== this.#sourceSet) this.#mustReset = true;
      this.#sourceSet = set;
      return { result: RESULT.accepted };
    }
    if (command.command !== COMMAND_EXTERNAL_POSITION_ESTIMATE) return undefined;
    if (!command.isInt) return { result: RESULT.unsupported };
    const [, processingS, sigmaM, , latitudeDeg, longitudeDeg, z] = command.parameters;
    if (command.frame !== FRAME_GLOBAL || !Number.isNaN(z)) return { result: RESULT.denied };
    const { externalFromS, externalToS } = this.#rules;
    const lostS = timeS - this.#lastPassS;
    if (!this.#isAided || lostS < externalFromS || lostS > externalToS) {
      return { result: RESULT.failed };
    }
    const place = { latitudeDeg, longitudeDeg, heightM: 0 };
    this.#filter.resetPosition(
      positionErrorM(this.#flight, place, timeS - processingS),
      sigmaM || 1,
    );
    return { result: RESULT.accepted, verdict: { made: "reset" } as const };
  }

  shownFix(receiver: 0 | 1): GpsFix | undefined {
    return this.#receivers[receiver].shown(this.#timeS);
  }

  estimate(): FirmwareEstimate {
    const truth = this.#flight.truthAt(this.#timeS);
    const [east, north, up] = truth.positionLocalM;
    const [errorEast, errorNorth] = this.#isAided ? this.#filter.positionErrorM : [0, 0];
    const velocityError = this.#isAided ? this.#filter.velocityErrorMps : [0, 0, 0];
    return {
      position: this.#flight.localFrame.wgsFromLocal([east + errorEast, north + errorNorth, up]),
      velocityEnuMps: [
        truth.velocityLocalMps[0] + velocityError[0],
        truth.velocityLocalMps[1] + velocityError[1],
        truth.velocityLocalMps[2],
      ],
      errorHorizontalM: Math.hypot(errorEast, errorNorth),
      isUsable: this.#isAided && this.#timeS - this.#lastPassS < LAND_AFTER_S,
      sigmaHorizontalM: Math.min(this.#filter.sigmaHorizontalM, SIGMA_MAX_M),
    };
  }

  takeTexts(): FirmwareText[] {
    return this.#texts.splice(0);
  }

  #typeOf(receiver: ArduPilotReceiver): number {
    return this.parameters.get(`GPS${receiver.index + 1}_TYPE`) ?? 0;
  }

  #ownReceiver(): ArduPilotReceiver | undefined {
    return this.#receivers.find((one) => {
      const type = this.#typeOf(one);
      return type !== 0 && type !== GPS_TYPE_MAV;
    });
  }

  #delayS(receiver: ArduPilotReceiver): number {
    const set = this.parameters.get(`GPS${receiver.index + 1}_DELAY_MS`) ?? 0;
    return Math.min(set === 0 ? DELAY_DEFAULT_MS : set, DELAY_MAX_MS) / 1000;
  }

  /** AUTO_SWITCH 0 follows GPS_PRIMARY without any gate; otherwise whichever has the better fix. */
  #choosePrimary(): void {
    const asked = this.parameters.get("GPS_PRIMARY") === 1 ? 1 : 0;
    let chosen: 0 | 1 = asked;
    if ((this.parameters.get("GPS_AUTO_SWITCH") ?? 0) !== 0) {
      const rank = (index: 0 | 1) => this.#rank(this.#receivers[index]);
      const other = asked === 0 ? 1 : 0;
      chosen = rank(other) > rank(asked) ? other : asked;
    }
    if (chosen === this.#primary) return;
    this.#primary = chosen;
    this.#mustReset = true;
  }

  #rank(receiver: ArduPilotReceiver): number {
    if (!receiver.hasFix(this.#timeS)) return 0;
    return 100 * (receiver.fix?.fixType ?? 0) + (receiver.fix?.satellites ?? 0);
  }

  #activeSource(what: "POSXY" | "VELXY"): number {
    return this.parameters.get(`EK3_SRC${this.#sourceSet}_${what}`) ?? 0;
  }

  #use(receiver: ArduPilotReceiver, fix: GpsFix, error: FixErrors, timeS: number): Verdict {
    if (receiver.index !== this.#primary) {
      return { made: "unused", why: `GPS_PRIMARY is ${this.#primary}` };
    }
    if (this.#activeSource("POSXY") !== SOURCE_GPS) {
      return { made: "unused", why: `source set ${this.#sourceSet} uses no GPS` };
    }
    if (!this.#isAided) {
      const why = receiver.startFault() ?? this.#startWait(receiver, timeS);
      if (why !== undefined) return { made: "unused", why };
      this.#isAided = true;
      this.#mustReset = true;
      this.#say(6, `EKF3 IMU0 is using GPS`);
    }
    if (fix.fixType < 3) return { made: "unused", why: `fix_type ${fix.fixType}` };
    return this.#fuse(error, fix, timeS);
  }

  #startWait(receiver: ArduPilotReceiver, timeS: number): string | undefined {
    const waitedS = (timeS - receiver.heardSinceS) * this.#options.startCompression;
    if (waitedS < ORIGIN_AFTER_S) return "before the origin is set";
    return waitedS < USE_AFTER_S ? "origin set, not in use yet" : undefined;
  }

  #useOdometry(position: CompanionPosition, timeS: number): Verdict {
    if (this.#activeSource("POSXY") !== SOURCE_EXTERNAL) {
      return { made: "unused", why: `source set ${this.#sourceSet} uses no external navigation` };
    }
    const place = { ...position, heightM: 0 };
    const delayS = (this.parameters.get("VISO_DELAY_MS") ?? 10) / 1000;
    const positionM = positionErrorM(this.#flight, place, timeS - delayS);
    this.#isAided = true;
    return this.#fuse({ positionM, velocityMps: undefined }, {
      sigmaHorizontalM: position.sigmaHorizontalM ?? 1,
      sigmaSpeedMps: position.sigmaSpeedMps ?? 1,
    }, timeS);
  }

  #fuse(
    { positionM, velocityMps }: FixErrors,
    sigmas: Pick<GpsFix, "sigmaHorizontalM" | "sigmaSpeedMps">,
    timeS: number,
  ): Verdict {
    const sigmaM = clamp(sigmas.sigmaHorizontalM, POSITION_SIGMA_MIN_M, SIGMA_MAX_M);
    const sigmaMps = Math.max(sigmas.sigmaSpeedMps, VELOCITY_SIGMA_MIN_MPS);
    const filter = this.#filter;
    if (this.#mustReset || timeS - this.#lastPassS > this.#rules.takenOverAfterS) {
      const why = this.#mustReset ? "source changed" : "refused for too long";
      this.#mustReset = false;
      filter.resetPosition(positionM, sigmaM);
      if (velocityMps !== undefined) filter.resetVelocity(velocityMps, sigmaMps);
      this.#lastPassS = this.#lastVelocityPassS = timeS;
      return { made: "reset", why };
    }
    if (velocityMps === undefined || filter.velocityRatio(velocityMps, sigmaMps, GATE) <= 1) {
      if (velocityMps !== undefined) filter.fuseVelocity(velocityMps, sigmaMps);
      this.#lastVelocityPassS = timeS;
    }
    if (filter.positionRatio(positionM, sigmaM, GATE) > 1) {
      this.#glitch();
      return { made: "refused", why: "innovation gate of the position" };
    }
    filter.fusePosition(positionM, sigmaM);
    this.#lastPassS = timeS;
    this.#isGlitching = false;
    return { made: "fused" };
  }

  #glitch(): void {
    if (!this.#isGlitching) this.#say(2, "GPS Glitch or Compass error");
    this.#isGlitching = true;
  }

  #say(severity: number, text: string): void {
    this.#texts.push({ severity, text });
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
