/**
 * What PX4's EKF2 makes of positions: GNSS, and GLOBAL_POSITION_SENSOR as auxiliary global position.
 *
 * Rules read in its sources (ekf2/EKF/aid_sources/aux_global_position, common.h, July 2026): a source
 * is stopped, starting or active; it starts with the first position that passes its gate, or by a reset
 * where nothing else gives a position; without a fused one for 7 s it resets, where it may, or stops; 5 s
 * without data stop it; 5 s without any horizontal aid make the estimate invalid.
 *
 * @module
 */
import type { Random } from "../../core/mod.ts";
import type {
  CompanionPosition,
  Firmware,
  FirmwareCommand,
  FirmwareEstimate,
  FirmwareText,
  Flight,
  GpsFix,
  Verdict,
} from "./contract.ts";
import { fixErrors, positionErrorM } from "./position_errors.ts";
import { PositionFilter } from "./position_filter.ts";

interface Px4Options {
  /** Whether it flies already, with its own receiver in use. */
  readonly isFlying: boolean;
  /** The waits after the start, divided by this. */
  readonly startCompression: number;
}

const RESET_AFTER_S = 7;
const STOPPED_AFTER_S = 5;
const INVALID_AFTER_S = 5;
const GNSS_STOPPED_AFTER_S = 1;
/** How long a receiver must be good before its first use. */
const GNSS_START_S = 10;
const GNSS_GATE = 5;
const GNSS_NOISE_M = 0.5, GNSS_VELOCITY_NOISE_MPS = 0.3;
/** EKF2_REQ_EPH, EKF2_REQ_NSATS, EKF2_REQ_SACC. */
const GNSS_START_LIMITS = { horizontalM: 3, satellites: 6, speedMps: 0.5 };
const SIGMA_MAX_M = 100;
/** Custom modes: main mode in bits 16 to 23, sub-mode above. */
const MODE_AUTO_LOITER = 4 << 16 | 3 << 24;
const MODE_AUTO_LAND = 4 << 16 | 6 << 24;
/** EKF2_AGPn_MODE 0: reset where nothing else gives a position; 1: nothing else any horizontal aid. */
const MODE_AUTO = 0;
const CONTROL_HORIZONTAL = 1;
const SLOTS = [0, 1, 2, 3] as const;
const ANSWER_DELAY_S = 0.004;
const STREAM_RATE_MAX_HZ = 250;

interface AuxiliarySource {
  state: "stopped" | "starting" | "active";
  lastDataS: number;
  lastFuseS: number;
}

export class Px4Firmware implements Firmware {
  readonly parameters = px4Parameters();
  readonly streamRateMaxHz = STREAM_RATE_MAX_HZ;
  readonly requestRateMaxHz = Infinity;
  readonly answerDelayS = ANSWER_DELAY_S;
  customMode = MODE_AUTO_LOITER;
  isArmed: boolean;
  readonly #flight: Flight;
  readonly #options: Px4Options;
  readonly #filter: PositionFilter;
  readonly #texts: FirmwareText[] = [];
  readonly #sources: readonly AuxiliarySource[] = SLOTS.map(() => ({
    state: "stopped",
    lastDataS: -Infinity,
    lastFuseS: -Infinity,
  }));
  #timeS: number;
  #fix: GpsFix | undefined;
  #gnssActive: boolean;
  #gnssGoodSinceS: number | undefined;
  #gnssHeardS = -Infinity;
  #gnssFusedS = -Infinity;
  #aidedS: number;
  #hasOrigin: boolean;
  #isInvalid = false;

  constructor(random: Random, flight: Flight, options: Px4Options) {
    this.#flight = flight;
    this.#options = options;
    this.#filter = new PositionFilter({ accelerationDensity: 0.35, wanderMps: 0.05 }, random);
    this.#timeS = this.#aidedS = flight.startS;
    this.#gnssActive = this.#hasOrigin = this.isArmed = options.isFlying;
  }

  arm(): boolean {
    this.isArmed = this.#hasOrigin && !this.#isInvalid;
    if (!this.isArmed) this.#say(2, "Arming denied: no global position");
    return this.isArmed;
  }

  get hasOrigin(): boolean {
    return this.#hasOrigin;
  }

  disarm(): void {
    this.isArmed = false;
  }

  advance(timeS: number): void {
    this.#filter.predict(timeS - this.#timeS);
    this.#timeS = timeS;
    const usesGnss = (this.parameters.get("EKF2_GPS_CTRL") ?? 0) !== 0;
    if (this.#gnssActive && (!usesGnss || timeS - this.#gnssHeardS > GNSS_STOPPED_AFTER_S)) {
      this.#gnssActive = false;
      this.#gnssGoodSinceS = undefined;
    }
    for (const source of this.#sources) {
      if (timeS - source.lastDataS > STOPPED_AFTER_S) source.state = "stopped";
    }
    const isInvalid = this.#hasOrigin && timeS - this.#aidedS > INVALID_AFTER_S;
    if (isInvalid && !this.#isInvalid && this.isArmed) {
      this.#say(2, "Global position estimate invalid");
      this.customMode = MODE_AUTO_LAND;
    }
    this.#isInvalid = isInvalid;
  }

  takeFix(fix: GpsFix, timeS: number): Verdict {
    this.#fix = fix;
    this.#gnssHeardS = timeS;
    if ((this.parameters.get("EKF2_GPS_CTRL") ?? 0) === 0) {
      return { made: "unused", why: "EKF2_GPS_CTRL is 0" };
    }
    if (fix.fixType < 3) return { made: "unused", why: `fix_type ${fix.fixType}` };
    const isGood = fix.sigmaHorizontalM <= GNSS_START_LIMITS.horizontalM &&
      fix.satellites >= GNSS_START_LIMITS.satellites &&
      fix.sigmaSpeedMps <= GNSS_START_LIMITS.speedMps;
    if (!isGood) this.#gnssGoodSinceS = undefined;
    else this.#gnssGoodSinceS ??= timeS;
    const errors = fixErrors(this.#flight, fix, fix.timeS);
    const sigmaM = Math.max(fix.sigmaHorizontalM, GNSS_NOISE_M);
    const sigmaMps = Math.max(fix.sigmaSpeedMps, GNSS_VELOCITY_NOISE_MPS);
    const velocity = errors.velocityMps ?? [0, 0, 0];
    if (!this.#gnssActive) {
      const neededS = this.#hasOrigin ? 1 : GNSS_START_S / this.#options.startCompression;
      const goodS = this.#gnssGoodSinceS === undefined ? -1 : timeS - this.#gnssGoodSinceS;
      if (goodS < neededS) return { made: "unused", why: "not good for long enough" };
      this.#gnssActive = this.#hasOrigin = true;
      return this.#resetToGnss(errors.positionM, velocity, { sigmaM, sigmaMps, timeS });
    }
    if (!Number.isFinite(this.#gnssFusedS)) {
      return this.#resetToGnss(errors.positionM, velocity, { sigmaM, sigmaMps, timeS });
    }
    if (this.#filter.velocityRatio(velocity, sigmaMps, GNSS_GATE) <= 1) {
      this.#filter.fuseVelocity(velocity, sigmaMps);
      this.#aidedS = timeS;
    }
    if (this.#filter.positionRatio(errors.positionM, sigmaM, GNSS_GATE) > 1) {
      if (timeS - this.#gnssFusedS <= RESET_AFTER_S || !isGood) {
        return { made: "refused", why: "innovation gate of the position" };
      }
      return this.#resetToGnss(errors.positionM, velocity, { sigmaM, sigmaMps, timeS });
    }
    this.#filter.fusePosition(errors.positionM, sigmaM);
    this.#aidedS = this.#gnssFusedS = timeS;
    return { made: "fused" };
  }

  #resetToGnss(
    positionM: readonly [number, number, number],
    velocityMps: readonly [number, number, number],
    { sigmaM, sigmaMps, timeS }: { sigmaM: number; sigmaMps: number; timeS: number },
  ): Verdict {
    this.#filter.resetPosition(positionM, sigmaM);
    this.#filter.resetVelocity(velocityMps, sigmaMps);
    this.#aidedS = this.#gnssFusedS = timeS;
    return { made: "reset", why: "GNSS" };
  }

  takePosition(position: CompanionPosition, timeS: number): Verdict {
    if (position.message !== "GLOBAL_POSITION_SENSOR") {
      return { made: "unused", why: "no message of positions" };
    }
    const slot = SLOTS.find((n) => this.#parameter(`EKF2_AGP${n}_ID`) === position.receiver);
    if (slot === undefined || position.receiver === 0) {
      return { made: "unused", why: `no EKF2_AGPn_ID is ${position.receiver}` };
    }
    const source = this.#sources[slot];
    source.lastDataS = timeS;
    const isUsed = (this.#parameter(`EKF2_AGP${slot}_CTRL`) & CONTROL_HORIZONTAL) !== 0;
    const notFinite = Object.entries(position.fields).find(([, value]) => !Number.isFinite(value));
    if (!isUsed) return { made: "unused", why: `EKF2_AGP${slot}_CTRL` };
    if (notFinite !== undefined) return { made: "abort", why: `${notFinite[0]} is not finite` };
    if (position.fixType < 3) return { made: "unused", why: "flagged unhealthy" };
    return this.#fuseAuxiliary(source, slot, position, timeS);
  }

  #fuseAuxiliary(
    source: AuxiliarySource,
    slot: number,
    position: CompanionPosition,
    timeS: number,
  ): Verdict {
    const sampleS = timeS - (position.processingS ?? 0) -
      this.#parameter(`EKF2_AGP${slot}_DELAY`) / 1000;
    const errorM = positionErrorM(this.#flight, position, sampleS);
    const noiseM = this.#parameter(`EKF2_AGP${slot}_NOISE`);
    const sigmaM = Math.max(position.sigmaHorizontalM ?? 0, noiseM, 0.01);
    const gate = Math.max(this.#parameter(`EKF2_AGP${slot}_GATE`), 1);
    const mayReset = this.#parameter(`EKF2_AGP${slot}_MODE`) === MODE_AUTO
      ? !this.#gnssActive
      : timeS - this.#aidedS > INVALID_AFTER_S;
    if (!this.#hasOrigin) {
      this.#hasOrigin = true;
      return this.#resetToAuxiliary(source, errorM, { sigmaM, timeS, why: "origin" });
    }
    if (this.#filter.positionRatio(errorM, sigmaM, gate) <= 1) {
      this.#filter.fusePosition(errorM, sigmaM);
      source.state = "active";
      source.lastFuseS = this.#aidedS = timeS;
      return { made: "fused" };
    }
    const isTimedOut = timeS - source.lastFuseS > RESET_AFTER_S;
    if (source.state !== "active" ? mayReset : isTimedOut && mayReset) {
      return this.#resetToAuxiliary(source, errorM, { sigmaM, timeS, why: "nothing else aids" });
    }
    source.state = source.state === "active" && isTimedOut ? "stopped" : source.state;
    return { made: "refused", why: "innovation gate of the position" };
  }

  #resetToAuxiliary(
    source: AuxiliarySource,
    errorM: readonly [number, number, number],
    { sigmaM, timeS, why }: { sigmaM: number; timeS: number; why: string },
  ): Verdict {
    this.#filter.resetPosition(errorM, sigmaM);
    source.state = "active";
    source.lastFuseS = this.#aidedS = timeS;
    return { made: "reset", why };
  }

  takeCommand(_command: FirmwareCommand, _timeS: number): undefined {
    return undefined;
  }

  shownFix(receiver: 0 | 1): GpsFix | undefined {
    return receiver === 0 && this.#timeS - this.#gnssHeardS < STOPPED_AFTER_S
      ? this.#fix
      : undefined;
  }

  estimate(): FirmwareEstimate {
    const { positionLocalM: [east, north, up], velocityLocalMps } = this.#flight.truthAt(
      this.#timeS,
    );
    const [errorEast, errorNorth] = this.#hasOrigin ? this.#filter.positionErrorM : [0, 0];
    const [fasterEast, fasterNorth] = this.#hasOrigin ? this.#filter.velocityErrorMps : [0, 0];
    return {
      position: this.#flight.localFrame.wgsFromLocal([east + errorEast, north + errorNorth, up]),
      velocityEnuMps: [
        velocityLocalMps[0] + fasterEast,
        velocityLocalMps[1] + fasterNorth,
        velocityLocalMps[2],
      ],
      errorHorizontalM: Math.hypot(errorEast, errorNorth),
      isUsable: this.#hasOrigin && !this.#isInvalid,
      sigmaHorizontalM: Math.min(this.#filter.sigmaHorizontalM, SIGMA_MAX_M),
    };
  }

  takeTexts(): FirmwareText[] {
    return this.#texts.splice(0);
  }

  #parameter(name: string): number {
    return this.parameters.get(name) ?? 0;
  }

  #say(severity: number, text: string): void {
    this.#texts.push({ severity, text });
  }
}

/** One slot is set up for a companion with id 1, as preflight asks for it. */
function px4Parameters(): Map<string, number> {
  const slot = (n: number) => ({
    [`EKF2_AGP${n}_ID`]: n === 0 ? 1 : 0,
    [`EKF2_AGP${n}_CTRL`]: n === 0 ? CONTROL_HORIZONTAL : 0,
    [`EKF2_AGP${n}_MODE`]: MODE_AUTO,
    [`EKF2_AGP${n}_DELAY`]: 0,
    [`EKF2_AGP${n}_NOISE`]: 1,
    [`EKF2_AGP${n}_GATE`]: 3,
  });
  return new Map(Object.entries({
    ...Object.assign({}, ...SLOTS.map(slot)),
    EKF2_GPS_CTRL: 7,
    EKF2_DELAY_MAX: 300,
  }));
}
