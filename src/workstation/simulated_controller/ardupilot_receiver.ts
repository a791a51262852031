/**
 * One receiver as ArduPilot sees it: one of its own, or a companion that poses as one with GPS_INPUT
 * (GPSn_TYPE 14).
 *
 * @module
 */
import type { Vector3 } from "../../core/mod.ts";
import type { CompanionPosition, GpsFix } from "./contract.ts";

/** GPS_MAX_DELTA_MS of the firmware: mean distance of messages above which a receiver is unhealthy. */
const DELTA_MAX_S = 0.245;
/** How much of the old mean distance stays with each message. */
const DELTA_KEEP = 0.9;
/** A receiver that is silent for so long is gone. */
const SILENT_S = 4;

/** What the filter asks for before its first use of a receiver: 6 m, 8 m and 1.2 m/s were measured to fail. */
const START_LIMITS = { hdop: 2.5, satellites: 6, horizontalM: 5.9, verticalM: 7.9, speedMps: 1.1 };

export class ArduPilotReceiver {
  readonly index: 0 | 1;
  fix: GpsFix | undefined;
  #firstS: number | undefined;
  #lastS = -Infinity;
  #meanDeltaS = 0;
  #firstFixType: number | undefined;
  #velocity: Vector3 = [0, 0, 0];

  constructor(index: 0 | 1) {
    this.index = index;
  }

  take(fix: GpsFix, timeS: number): void {
    if (Number.isFinite(this.#lastS)) {
      const deltaS = timeS - this.#lastS;
      this.#meanDeltaS = this.#meanDeltaS === 0
        ? deltaS
        : DELTA_KEEP * this.#meanDeltaS + (1 - DELTA_KEEP) * deltaS;
    }
    this.#firstS ??= timeS;
    this.#lastS = timeS;
    this.#firstFixType ??= fix.fixType;
    this.fix = fix;
  }

  /** What the driver makes of GPS_INPUT: what is ignored stays as it was. */
  takeInput(position: CompanionPosition, timeS: number): GpsFix {
    const [east, north, up] = position.velocityEnuMps ?? [];
    const velocity: Vector3 = [
      east ?? this.#velocity[0],
      north ?? this.#velocity[1],
      up ?? this.#velocity[2],
    ];
    this.#velocity = velocity;
    const fix: GpsFix = {
      timeS,
      fixType: position.fixType,
      position: {
        latitudeDeg: position.latitudeDeg,
        longitudeDeg: position.longitudeDeg,
        heightM: position.heightMslM ?? 0,
      },
      velocityEnuMps: velocity,
      sigmaHorizontalM: position.sigmaHorizontalM ?? 0,
      sigmaVerticalM: position.sigmaVerticalM ?? 0,
      sigmaSpeedMps: position.sigmaSpeedMps ?? 0,
      satellites: position.satellites ?? 10,
      // Ignored, it stays at the driver's largest value.
      hdop: position.hdop ?? 99.99,
    };
    this.take(fix, timeS);
    return fix;
  }

  hasFix(timeS: number): boolean {
    return timeS - this.#lastS < SILENT_S && (this.fix?.fixType ?? 0) >= 3;
  }

  isHealthy(timeS: number): boolean {
    return timeS - this.#lastS < SILENT_S && this.#meanDeltaS < DELTA_MAX_S && this.#meanDeltaS > 0;
  }

  /** The last fix, again and again; nothing once it has been silent for long. */
  shown(timeS: number): GpsFix | undefined {
    return timeS - this.#lastS < SILENT_S ? this.fix : undefined;
  }

  get heardSinceS(): number {
    return this.#firstS ?? Infinity;
  }

  /** A receiver that said 0 first counts as one that has no configuration yet, for ever. */
  get blocksStart(): boolean {
    return this.#firstFixType === 0;
  }

  /** Why the filter does not begin with it; undefined where it does. */
  startFault(): string | undefined {
    const { fix } = this;
    if (fix === undefined) return "no fix";
    if (this.blocksStart) return "waiting for GPS config data (fix_type 0 from boot)";
    if (fix.fixType < 3) return `fix_type ${fix.fixType}`;
    if (fix.hdop > START_LIMITS.hdop) return `hdop ${fix.hdop.toFixed(1)}`;
    if (fix.satellites < START_LIMITS.satellites) return `${fix.satellites} satellites`;
    if (fix.sigmaHorizontalM > START_LIMITS.horizontalM) {
      return `horizontal accuracy ${fix.sigmaHorizontalM}`;
    }
    if (fix.sigmaVerticalM > START_LIMITS.verticalM) {
      return `vertical accuracy ${fix.sigmaVerticalM}`;
    }
    if (fix.sigmaSpeedMps > START_LIMITS.speedMps) return `speed accuracy ${fix.sigmaSpeedMps}`;
    return undefined;
  }
}
