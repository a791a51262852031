/**
 * The filter that does without GPS: it runs beside the filter for as long as GPS is trusted, on the
 * same samples, odometry and fixes. GPS against its position is a test of one hypothesis over the
 * whole time since it began: a GPS that walks away takes the filter along, this one not. When GPS
 * turns out to be wrong, it is also the state that GPS has taught nothing.
 *
 * @module
 */
import type { MonotonicNs, Vector3 } from "../../core/mod.ts";
import type { EskfConfig } from "./config.ts";
import type { ConflictReview } from "./conflict_review.ts";
import type { GpsSample, MeasurementOutcome, UnlearntGps } from "./contract.ts";
import {
  anchorAgeS,
  horizontal95M,
  pictureAgeS,
  positionM2,
  secondsBetween,
  seesGround,
} from "./estimate_output.ts";
import type { FilterState } from "./filter_state.ts";
import { differenceVariance, GpsDifferences } from "./gps_difference.ts";
import type { GpsFinding } from "./gps_finding.ts";
import type { ImuStream } from "./imu_stream.ts";
import type { MeasurementEvent } from "./measurement_log.ts";
import type { GpsFault } from "./sources/gps_trust.ts";
import { REINITIALISED } from "./sources/anchor.ts";
import { distance2, subtract2, type Symmetric2 } from "./horizontal.ts";
import { type MapDifference, MapDistortion } from "./map_distortion.ts";
import { Timeline } from "./timeline.ts";
import { doubtMapOffset, forgetMapOffset, widenPosition } from "./widening.ts";
import { WitnessFixes } from "./witness_fixes.ts";

/** A start that is known no better than this is no witness of anything. */
const KNOWN_95_M = 100;
/** Chi-square, 2 degrees of freedom, 99.9 %. */
const CONTRADICTION_GATE = 13.82;
/** Fixes count as present until the last one is this old. */
const ANCHORED_S = 10;
/** A filter that has had GPS within this time stands on it. */
const GPS_REMEMBERED_S = 60;
/** Without GPS for so long there is nothing to hold against it. */
const SILENCE_S = 10;

const NOTHING: GpsFinding = { kind: "none" };

export class GpsWitness {
  readonly #distortion = new MapDistortion();
  readonly #config: EskfConfig["gpsWitness"];
  readonly #whole: EskfConfig;
  readonly #aheadMaxNs: number;
  readonly #mapSigmaM: number;
  readonly #main: Timeline;
  readonly #stands: Pick<Timeline, "changeAll">;
  readonly #review: Pick<ConflictReview, "begin">;
  readonly #own: Timeline;
  #running = false;
  /** Nothing that GPS taught is in the filter. */
  #mainIsGpsFree = true;
  #beganNs = 0;
  #observedNs = -Infinity;
  #agreedS = 0;
  readonly #fixes: WitnessFixes;
  /** Position and velocity, of the last look: the larger squared distance. */
  #ratio = 0;
  #doubtSinceNs: number | undefined;
  /** The first sample was elsewhere than what was known of the start without GPS. */
  #contradictsStart: boolean | undefined;
  readonly #differences: GpsDifferences;
  #finding = NOTHING;
  /** What a conflict of GPS and map has widened the position by, variance of each horizontal axis. */
  #conflictM2 = 0;

  /** `main`: the filter that GPS is fused into; `stands`: the one that may take its place. */
  constructor(
    config: EskfConfig,
    stream: ImuStream,
    main: Timeline,
    stands: Pick<Timeline, "changeAll">,
    review: Pick<ConflictReview, "begin">,
  ) {
    this.#config = config.gpsWitness;
    this.#fixes = new WitnessFixes(config.gpsWitness.fixesMin);
    this.#whole = config;
    this.#differences = new GpsDifferences(config);
    this.#aheadMaxNs = config.aheadMaxS * 1e9;
    this.#mapSigmaM = config.anchor.mapConstantSigmaM;
    this.#main = main;
    this.#stands = stands;
    this.#review = review;
    this.#own = new Timeline(config, stream);
  }

  /** The head follows the IMU. */
  onImu(): void {
    if (!this.#running) return;
    this.#own.onImu();
    if (this.#own.head.timeNs - this.#observedNs > SILENCE_S * 1e9) this.end();
  }

  /** The samples after `timeNs` are other ones now. */
  replayAfter(timeNs: number): void {
    if (this.#running) this.#own.replayAfter(timeNs);
  }

  /** A measurement that the filter was given too; never one of GPS. */
  insert(event: MeasurementEvent, byFilter: MeasurementOutcome): void {
    if (!this.#running) return;
    const outcome = this.#own.insertMeasurement(event);
    if (outcome.source !== "anchor") return;
    this.#fixes.note(outcome, byFilter);
    // The fixes have moved it: whatever GPS agreed with until now was another place.
    if (outcome.reason === REINITIALISED) this.#agreedS = 0;
  }

  /** Looks at a sample of trusted GPS, before the filter takes it in. */
  observe(sample: GpsSample, positionLocalM: Vector3): GpsFinding {
    this.#contradictsStart ??= this.#isFarFromStart(sample, positionLocalM);
    if (!this.#running || this.#isBlind()) this.#begin(sample.timeNs);
    this.#mainIsGpsFree = false;
    if (!this.#running) return NOTHING;
    const elapsedS = (sample.timeNs - this.#observedNs) * 1e-9;
    if (elapsedS < this.#config.intervalS) return this.#finding;
    const state = this.#stateAt(sample.timeNs);
    if (state === undefined) return this.#finding;
    this.#observedNs = sample.timeNs;
    this.#note(sample, positionLocalM, state);
    this.#finding = this.#judge(state, Math.min(elapsedS, 1));
    return this.#finding;
  }

  /**
   * GPS is trusted no more. The filter becomes this one where what it was given was wrong, where it
   * had become suspect, and where a report of spoofing falls on a filter that has fixes enough to do
   * without GPS.
   */
  demoted(how: GpsFault): UnlearntGps | undefined {
    const unlearns = this.#running && (
      how === "wrong" || this.#isSuspect() ||
      (how === "reported_spoofed" && anchorAgeS(this.#own.head) < ANCHORED_S)
    );
    const unlearnt = unlearns ? this.#unlearn() : undefined;
    this.#mainIsGpsFree = unlearnt !== undefined;
    this.end();
    return unlearnt;
  }

  /**
   * Whether a contradiction between GPS and the fixes may as well be the map's fault: they never
   * agreed, and nothing that was known of the start speaks against GPS.
   */
  get mapIsInDoubt(): boolean {
    return (anchorAgeS(this.#main.head) < ANCHORED_S || this.#conflictM2 > 0) &&
      this.#contradictsStart !== true && this.#agreedS < this.#config.agreementS;
  }

  /**
   * Fixes that agree with each other have moved the filter by `movedM`: how far the map may be off
   * therefore, 0 where it is not in doubt. That is where the filter stood on GPS and GPS alone.
   */
  relocalised(movedM: number): number {
    const { head } = this.#main;
    const gpsAgeS = secondsBetween(head.lastFusedNs("gps"), head.timeNs);
    if (this.#mainIsGpsFree || gpsAgeS > GPS_REMEMBERED_S || !this.mapIsInDoubt) return 0;
    this.doubtMap(movedM);
    return movedM;
  }

  /** The map may be off by `disagreementM`: the 95 % radius says so from now on. */
  doubtMap(disagreementM: number): void {
    this.#review.begin(disagreementM);
    const varianceM2 = (disagreementM / 2) ** 2;
    this.#conflictM2 += varianceM2;
    for (const each of [this.#main, this.#stands]) {
      each.changeAll((state) => doubtMapOffset(state, varianceM2));
    }
  }

  /**
   * What GPS makes the filter surer by than this one is, variance of each horizontal axis, m²: whatever it lies by is found
   * out beyond 5 sigma of this one (`gate`), and not before. Where the camera has gone dark GPS may walk as far as no IMU
   * finds out; 0 in a flight without pictures.
   */
  get uncheckedM2(): number {
    const { head } = this.#own;
    if (!this.#running) return 0;
    if (!seesGround(head)) return this.#unseenM(head) ** 2;
    return Math.max(0, positionM2(head) - positionM2(this.#main.head));
  }

  /** How far GPS may have walked since the last picture, 1 sigma. */
  #unseenM(state: FilterState): number {
    const { blindAccelerationMps2, unseenWalkMps, unseenMaxM } = this.#config;
    const unseenS = pictureAgeS(state);
    if (unseenS === Infinity) return 0;
    const walkedM = Math.min(unseenWalkMps * unseenS, 0.5 * blindAccelerationMps2 * unseenS ** 2);
    return Math.min(walkedM, unseenMaxM);
  }

  /**
   * What a conflict leaves open that GPS alone has made sure since: the map's place and that of GPS are both to be inside,
   * until the two agree.
   */
  get openConflictM2(): number {
    if (!this.#running || this.#agreedS >= this.#config.agreementS) return 0;
    return Math.max(0, this.#conflictM2 - positionM2(this.#main.head));
  }

  /** GPS and map agree again. */
  conflictEnds(): void {
    this.#conflictM2 = 0;
    this.#distortion.end();
  }

  /** GPS is what lies, it seems: by how far the map may be off instead, turned or scaled as a whole, metres; 0: it is not. */
  parted(): number {
    return this.#distortion.parted();
  }

  /** A sample that is not trusted: whether what lies between GPS and the map is still a turn or a scale of that. */
  observeDemoted(sample: GpsSample, positionLocalM: Vector3, state: FilterState): void {
    this.#distortion.note(this.#seen(sample, positionLocalM, state, 0));
  }

  /** What a map that is turned or scaled would have the filter off by, beyond what a conflict has widened it by, m². */
  distortionM2(state: FilterState): number {
    const [east, north] = state.vector("position");
    return Math.max(0, (this.#distortion.offM([east, north]) / 2) ** 2 - this.#conflictM2);
  }

  /**
   * Whether a sample stands beyond 99.9 % of a state that GPS has no part in. What a conflict with the map has widened
   * the state by does not count: the same GPS would agree with it, and end the conflict in its own favour.
   */
  contradicts(sample: GpsSample, positionLocalM: Vector3, state: FilterState): boolean {
    const difference = subtract2(positionLocalM, state.vector("position"));
    return distance2(difference, this.#variance(sample, state, 0)) > CONTRADICTION_GATE;
  }

  #seen(
    sample: GpsSample,
    positionLocalM: Vector3,
    state: FilterState,
    blindM: number,
  ): MapDifference {
    const [east, north] = state.vector("position");
    const [ee, , nn] = this.#variance(sample, state, blindM);
    return {
      timeNs: sample.timeNs,
      place: [east, north],
      difference: subtract2(positionLocalM, [east, north, 0]),
      varianceM2: (ee + nn) / 2,
    };
  }

  /** Without what a conflict with the map has widened the state by. */
  #variance(sample: GpsSample, state: FilterState, blindM: number): Symmetric2 {
    const { gps } = this.#whole;
    const [ee, en, nn] = differenceVariance(this.#whole, sample, state, blindM);
    const leastM2 = Math.max(gps.horizontalFloorM, sample.sigmaHorizontalM) ** 2 +
      this.#mapSigmaM ** 2;
    const narrowed = (m2: number) => Math.max(Math.min(m2, leastM2), m2 - this.#conflictM2);
    const east = Math.sqrt(narrowed(ee) / ee), north = Math.sqrt(narrowed(nn) / nn);
    return [ee * east ** 2, en * east * north, nn * north ** 2];
  }

  end(): void {
    this.#running = false;
    this.#finding = NOTHING;
  }

  /** Nothing that would demote GPS by itself, but 95 % of honest ones look better. */
  #isSuspect(): boolean {
    const { agreementGate } = this.#config;
    const mapRatio = (this.#mapMovedM() / this.#mapSigmaM) ** 2;
    return Math.max(this.#ratio, mapRatio) > agreementGate;
  }

  /** What GPS and fixes make the offset of the whole map to be. */
  #mapMovedM(): number {
    const { head } = this.#main;
    return Math.hypot(head.value("mapOffset", 0), head.value("mapOffset", 1));
  }

  #unlearn(): UnlearntGps {
    const before = this.#main.head.vector("position");
    this.#main.copyFrom(this.#own, { without: "gps" });
    const after = this.#main.head.vector("position");
    return {
      sinceNs: this.#beganNs,
      movedM: Math.hypot(before[0] - after[0], before[1] - after[1]),
    };
  }

  #isFarFromStart(sample: GpsSample, positionLocalM: Vector3): boolean | undefined {
    const { head, hasStarted } = this.#main;
    return hasStarted ? this.contradicts(sample, positionLocalM, head) : undefined;
  }

  /** From the filter as it is: what GPS may have taught it is put in doubt. */
  #begin(timeNs: MonotonicNs): void {
    const main = this.#main;
    if (!main.hasStarted || !(horizontal95M(main.head) < KNOWN_95_M)) return;
    this.#own.copyFrom(main, { without: "gps" });
    if (!this.#mainIsGpsFree) {
      this.#own.changeAll((state) => {
        forgetMapOffset(state, this.#mapSigmaM);
        widenPosition(state, this.#config.renewSigmaM ** 2);
      });
    }
    this.#running = true;
    this.#beganNs = timeNs;
    this.#observedNs = -Infinity;
    this.#agreedS = 0;
    this.#fixes.begin();
    this.#ratio = 0;
    this.#doubtSinceNs = undefined;
    this.#differences.clear();
    this.#distortion.forget();
    this.#finding = NOTHING;
  }

  /** It has had no fix for so long that it says less than a new one would. */
  #isBlind(): boolean {
    const head = this.#own.head;
    if (anchorAgeS(head) <= ANCHORED_S) return false;
    return horizontal95M(head) > this.#config.renew95M ||
      this.#blindS(head) > this.#config.renewBlindS;
  }

  /** Since it began or a picture last told it anything. */
  #blindS(state: FilterState): number {
    return Math.min(pictureAgeS(state), secondsBetween(this.#beganNs, state.timeNs));
  }

  #stateAt(timeNs: MonotonicNs): FilterState | undefined {
    const isKnown = timeNs > this.#own.oldestNs &&
      timeNs <= this.#own.head.timeNs + this.#aheadMaxNs;
    return isKnown ? this.#own.stateAt(timeNs) : undefined;
  }

  #note(sample: GpsSample, positionLocalM: Vector3, state: FilterState): void {
    const { blindVelocityMps, blindAccelerationMps2 } = this.#config;
    const blindS = this.#blindS(state);
    const blindMps = seesGround(state) ? 0 : blindVelocityMps + blindAccelerationMps2 * blindS;
    this.#differences.add(sample, positionLocalM, state, { blindMps, blindS });
    this.#distortion.note(this.#seen(sample, positionLocalM, state, blindMps * blindS));
  }

  #judge(state: FilterState, elapsedS: number): GpsFinding {
    const config = this.#config;
    const means = this.#differences.means();
    if (means === undefined) return NOTHING;
    const { position, positionRatio: ratio, velocity, velocityRatio, furthestM } = means;
    const anchored = secondsBetween(state.lastFusedNs("anchor"), state.timeNs) < ANCHORED_S;
    if (anchored && ratio <= config.agreementGate) this.#agreedS += elapsedS;
    const apartM = Math.hypot(...position);
    const against = anchored ? "the satellite fixes" : "the motion without it";
    const away = ratio / config.gate >= velocityRatio / config.gate
      ? `${apartM.toFixed(1)} m from ${against}`
      : `${Math.hypot(...velocity).toFixed(1)} m/s from ${against}`;
    const mapMovedM = this.#mapMovedM();
    const mapSigmaM = Math.hypot(this.#mapSigmaM, Math.sqrt(this.#conflictM2));
    const mapIsTaken = mapMovedM > config.mapOffsetMax * mapSigmaM;
    this.#ratio = Math.max(ratio, velocityRatio);
    const mapInDoubt = (anchored || this.#conflictM2 > 0) && this.mapIsInDoubt;
    const doubtS = this.#noteDoubt(state);
    const neverAgreed = mapInDoubt && doubtS > config.doubtMaxS;
    const isSure = anchored ? this.#fixes.areSure : !this.#fixes.areRefused;
    if (isSure && (this.#ratio > config.gate || mapIsTaken || neverAgreed)) {
      const reason = mapIsTaken ? `it has moved the map by ${mapMovedM.toFixed(1)} m` : away;
      return { kind: "conflict", reason, disagreementM: furthestM, mapInDoubt };
    }
    if (doubtS > 0) {
      // It is told from now on, for it will be more by the time that it is a conflict.
      this.#distortion.parted();
      return { kind: "doubt", reason: `in doubt: ${away}` };
    }
    this.#distortion.end();
    return NOTHING;
  }

  /** Seconds for which GPS has been in doubt by now; 0: it is not. */
  #noteDoubt(state: FilterState): number {
    if (!(seesGround(state) && this.#ratio > this.#config.doubtGate)) {
      this.#doubtSinceNs = undefined;
      return 0;
    }
    this.#doubtSinceNs ??= state.timeNs - 1;
    return (state.timeNs - this.#doubtSinceNs) * 1e-9;
  }
}
