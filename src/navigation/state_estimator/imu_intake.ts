/**
 * What of the IMU reaches the filter. A sample that cannot be right is left out; after several, or where
 * everything else contradicts it, the IMU as a whole is, and the turns of the controller's attitude stand
 * for it (`substitutes`) until it has agreed with the filter for a while. They do too where no sample comes.
 *
 * @module
 */
import { type MonotonicNs, rotate, type Vector3 } from "../../core/mod.ts";
import { AttitudeMotion, substituteOf } from "./attitude_motion.ts";
import type { EskfConfig } from "./config.ts";
import type { AttitudeSample, EstimatorEvent, ImuSample } from "./contract.ts";
import type { FilterState } from "./filter_state.ts";
import { ImuChecks, type ImuFault } from "./imu_checks.ts";
import { ImuStream } from "./imu_stream.ts";
import { GRAVITY_MPS2 } from "./propagation.ts";

/** So many faulty samples within the time below are no single outliers. */
const FAULTY_SAMPLES = 4;
const FAULTY_WITHIN_NS = 0.25e9;
/** A sample after a gap waits so long for an attitude that bridges the gap. */
const HOLD_NS = 0.3e9;
/** What comes before a sample that cannot be right may be wrong as well: so much is taken back, too. */
const BEFORE_FAULTY_NS = 0.3e9;
/** Of an IMU that became suspect so much is taken back. */
const SUSPECT_NS = 1.5e9;
/** An attitude is expected within this time. */
const NO_ATTITUDE_NS = 0.5e9;
const AT_REST: Vector3 = [0, 0, 0];
/** Left out again within this time the IMU has to prove itself for longer. */
const RELAPSE_NS = 60e9;
/** For so long after its return gyroscopes that do not agree with the attitude are enough to leave it out again. */
const WATCHED_NS = 10e9;
const PROBATION_S = 1;
const PROBATION_MAX_S = 32;

/** What the intake asks of the filter. */
export interface IntakeFilter {
  /** The newest state. */
  readonly head: FilterState;
  /** The filter's own motion is borne out by the pictures of late. */
  isConfirmed(): boolean;
  /** All after `sinceNs` was computed with samples that are replaced now. */
  rewrite(sinceNs: number, substitutes: ImuStream): void;
}

/** Agreement of an IMU that is left out with the filter. */
interface Probation {
  /** The time that it has to agree for. */
  readonly neededS: number;
  sinceNs: number;
  /** Acceleration by the IMU, integrated, local, m/s. */
  gained: [number, number, number];
  startVelocity: Vector3;
}

export class ImuIntake {
  readonly stream: ImuStream;
  /** The same times by the attitude alone. */
  readonly substitutes = new ImuStream();
  readonly #config: EskfConfig["imuChecks"];
  readonly #filter: IntakeFilter;
  readonly #onEvent: (event: EstimatorEvent) => void;
  readonly #checks: ImuChecks;
  readonly #motion = new AttitudeMotion();
  readonly #faultyNs: number[] = [];
  #probation: Probation | undefined;
  #neededS = PROBATION_S;
  #returnedNs = -Infinity;
  #heldSinceNs: number | undefined;
  #usualIntervalNs = 0;
  #lastImuNs = -Infinity;
  #lastTakenNs = -Infinity;
  #reason = "";
  refused = 0;

  constructor(
    config: EskfConfig,
    filter: IntakeFilter,
    onEvent: (event: EstimatorEvent) => void,
  ) {
    this.#config = config.imuChecks;
    this.#filter = filter;
    this.#onEvent = onEvent;
    this.#checks = new ImuChecks(config.imuChecks);
    this.stream = new ImuStream({ sampling: config.imu.sampling });
  }

  /** Why the IMU is left out; "" while it is used. */
  get reason(): string {
    return this.#reason;
  }

  /** True where the stream has a new sample. */
  take(sample: ImuSample): boolean {
    const { stream } = this;
    const isFinite = [...sample.specificForceMps2, ...sample.angularRateRps].every(Number.isFinite);
    if (!(sample.timeNs > this.#lastImuNs) || !isFinite) return this.#refuse();
    this.#noteInterval(sample.timeNs);
    const fault = this.#checks.judge(sample);
    if (this.#probation === undefined && fault === undefined) {
      if (this.#waits(sample.timeNs)) return false;
      if (!stream.push(sample)) return this.#refuse();
      this.#lastTakenNs = sample.timeNs;
      return true;
    }
    this.refused++;
    if (this.#probation !== undefined) this.#prove(this.#probation, sample, fault);
    else if (fault !== undefined) this.#noteFaulty(fault, sample.timeNs);
    return this.#goOn(sample.timeNs);
  }

  /** True where the stream has a new sample. */
  observeAttitude(sample: AttitudeSample): boolean {
    const turn = this.#motion.observe(sample);
    this.#checks.observeAttitude(sample, turn);
    if (turn === undefined) return false;
    const substitute = substituteOf(turn);
    this.substitutes.push(substitute, true);
    if (this.#probation === undefined) {
      const suspicion = this.#relapse(sample.timeNs) ??
        (this.#filter.isConfirmed() ? undefined : this.#checks.suspicion(sample.timeNs));
      if (suspicion !== undefined) {
        // It began before it could be told.
        const sinceNs = Math.min(suspicion.sinceNs, sample.timeNs - SUSPECT_NS);
        this.leaveOut({ ...suspicion, sinceNs }, sample.timeNs);
      }
    }
    const isMissing = this.#lastTakenNs < turn.toNs - this.#bridgedNs();
    if (this.#probation === undefined && !isMissing) return false;
    this.#heldSinceNs = undefined;
    this.stream.replaceAfter(this.stream.newestNs, this.substitutes);
    return true;
  }

  /** From `sinceNs` on the attitude stands for it. */
  leaveOut({ reason, sinceNs }: ImuFault, nowNs: number): void {
    if (this.#probation !== undefined) return;
    const isRelapse = nowNs - this.#returnedNs < RELAPSE_NS;
    this.#neededS = isRelapse ? Math.min(PROBATION_MAX_S, 2 * this.#neededS) : PROBATION_S;
    this.#reason = reason;
    this.#probation = {
      neededS: this.#neededS,
      sinceNs: nowNs,
      gained: [0, 0, 0],
      startVelocity: this.#filter.head.vector("velocity"),
    };
    this.#onEvent({ type: "imu.left_out", timeNs: nowNs, reason });
    this.#filter.rewrite(sinceNs, this.substitutes);
  }

  /** What leaves an IMU out again that has only just come back, whatever the pictures say. */
  #relapse(nowNs: MonotonicNs): ImuFault | undefined {
    if (nowNs - this.#returnedNs > WATCHED_NS) return undefined;
    const apartRad = this.#checks.turnedApartRad(nowNs);
    if (!(apartRad > this.#config.agreementRad)) return undefined;
    const degrees = (apartRad * 180 / Math.PI).toFixed(1);
    return { reason: `it turned by ${degrees}° otherwise than the attitude again`, sinceNs: nowNs };
  }

  #refuse(): false {
    this.refused++;
    return false;
  }

  /** Without attitude either the time must go on all the same. */
  #goOn(timeNs: MonotonicNs): boolean {
    if (timeNs - this.substitutes.newestNs < NO_ATTITUDE_NS) return false;
    const sample = { timeNs, specificForceMps2: AT_REST, angularRateRps: AT_REST };
    this.substitutes.push(sample, true);
    return this.stream.push(sample, true);
  }

  #noteInterval(timeNs: number): void {
    const intervalNs = timeNs - this.#lastImuNs;
    this.#lastImuNs = timeNs;
    if (intervalNs === Infinity) return;
    const share = this.#usualIntervalNs === 0 ? 1 : 0.05;
    this.#usualIntervalNs += share * (Math.min(intervalNs, 1e9) - this.#usualIntervalNs);
  }

  /** A longer gap than this is bridged by the attitude. */
  #bridgedNs(): number {
    return Math.max(this.#config.missingS * 1e9, 5 * this.#usualIntervalNs);
  }

  #waits(timeNs: number): boolean {
    const { newestNs } = this.stream;
    if (newestNs < 0 || timeNs - newestNs <= this.#bridgedNs()) {
      this.#heldSinceNs = undefined;
      return false;
    }
    this.#heldSinceNs ??= timeNs;
    return timeNs - this.#heldSinceNs < HOLD_NS;
  }

  #noteFaulty(fault: ImuFault, timeNs: number): void {
    const faulty = this.#faultyNs;
    while (faulty.length > 0 && faulty[0] < timeNs - FAULTY_WITHIN_NS) faulty.shift();
    faulty.push(timeNs);
    if (faulty.length < FAULTY_SAMPLES) return;
    this.leaveOut({ ...fault, sinceNs: fault.sinceNs - BEFORE_FAULTY_NS }, timeNs);
  }

  /** An IMU that is left out is held against the filter, which does without it. */
  #prove(probation: Probation, sample: ImuSample, fault: ImuFault | undefined): void {
    const { head } = this.#filter, { timeNs } = sample;
    const a = rotate(head.quaternion("attitude"), sample.specificForceMps2);
    const dt = this.#usualIntervalNs * 1e-9;
    for (let i = 0; i < 3; i++) probation.gained[i] += (a[i] - (i === 2 ? GRAVITY_MPS2 : 0)) * dt;
    const spanS = (timeNs - probation.sinceNs) * 1e-9;
    const isSound = fault === undefined && this.#checks.suspicion(timeNs) === undefined;
    if (isSound && spanS < probation.neededS) return;
    const velocity = head.vector("velocity"), { gained, startVelocity } = probation;
    const apart = Math.hypot(
      ...gained.map((value, i) => value - (velocity[i] - startVelocity[i])),
    );
    const { agreementMps, agreementMps2, agreementRad, blindMps2 } = this.#config;
    const limit = this.#filter.isConfirmed()
      ? agreementMps + agreementMps2 * spanS
      : blindMps2 * spanS;
    probation.sinceNs = timeNs;
    probation.gained = [0, 0, 0];
    probation.startVelocity = velocity;
    if (!isSound || apart > limit || this.#checks.turnedApartRad(timeNs) > agreementRad) return;
    this.#probation = undefined;
    this.#returnedNs = timeNs;
    this.#faultyNs.length = 0;
    this.#reason = "";
    this.#onEvent({ type: "imu.used_again", timeNs });
  }
}
