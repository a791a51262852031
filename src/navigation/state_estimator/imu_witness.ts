/**
 * The filter that does without the IMU: the turns of the controller's attitude, a velocity that may
 * change as it likes, and every measurement that the filter is given. Where the filter refuses what the camera
 * sees and this one has taken all of it for a while, the IMU is what is wrong.
 *
 * @module
 */
import {
  type Quaternion,
  quaternionConjugate,
  quaternionMultiply,
  rotationVectorFromQuaternion,
} from "../../core/mod.ts";
import type { EskfConfig } from "./config.ts";
import type { MeasurementOutcome, SourceName } from "./contract.ts";
import { pictureAgeS } from "./estimate_output.ts";
import type { FilterState } from "./filter_state.ts";
import type { ImuFault } from "./imu_checks.ts";
import type { ImuStream } from "./imu_stream.ts";
import type { MeasurementEvent } from "./measurement_log.ts";
import { ERROR } from "./state_table.ts";
import { Timeline } from "./timeline.ts";

const PICTURES: readonly SourceName[] = ["odometry", "anchor"];
/** Without a picture that it took for so long it is no witness. */
const BLIND_S = 2;
/** Pairs of frames in a row that the filter refused and this one took… */
const REFUSED_PAIRS = 2;
/** …which has refused one other picture at most within this time. */
const CREDIT_S = 3;
/**
 * The filter has taken no picture for so long and refused so many, and this one has taken every one for as long as
 * below. Without the IMU it soon takes anything: two bad fixes near the ground say nothing.
 */
const ALL_REFUSED_S = 2;
const ALL_REFUSED_PICTURES = 4;
const ALL_TAKEN_S = 1.2;
const CONTRADICTION = "the pictures and the attitude contradict it";
/**
 * Two filters that are turned by more than this against each other, and pictures in a row that the one with the IMU
 * refuses. Odometry stands on the tilt of that one, so that this one has nothing right to take either: a gyroscope
 * that bursts for a tenth of a second over ground without fixes would be believed for ever.
 */
const TURNED_OTHERWISE_RAD = 10 * Math.PI / 180;
const REFUSED_WHILE_TURNED = 2;
const TURNED_OTHERWISE = "it has turned otherwise than the attitude, and pictures are refused";

export class ImuWitness {
  readonly #config: EskfConfig["imuChecks"];
  readonly #main: Timeline;
  readonly #own: Timeline;
  readonly #substitutes: ImuStream;
  #running = false;
  /** Since when it has taken every picture. */
  #takenSinceNs: number | undefined;
  /** Of the last two pictures that it refused. */
  #refusedNs: readonly [number, number] = [-Infinity, -Infinity];
  /** Pairs of frames in a row that the filter has refused and this one has taken. */
  #refusedPairs = 0;
  /** Pictures that the filter has refused since it took one. */
  #refusedPictures = 0;

  /** `substitutes`: what stands for the IMU. `main`: the filter that is looked at. */
  constructor(config: EskfConfig, substitutes: ImuStream, main: Timeline) {
    this.#config = config.imuChecks;
    this.#main = main;
    this.#substitutes = substitutes;
    this.#own = new Timeline(config, substitutes);
  }

  onSubstitute(): void {
    if (this.#running) this.#own.onImu();
  }

  /** The filter's own motion is borne out by pictures of late. */
  isConfirmed(): boolean {
    return this.#refusedPictures === 0 && pictureAgeS(this.#main.head) < 1;
  }

  /** The state without the IMU; undefined where pictures do not bear it out, and out of its history. */
  stateAt(timeNs: number): FilterState | undefined {
    if (!this.#running || !(pictureAgeS(this.#own.head) < BLIND_S)) return undefined;
    return timeNs > this.#own.oldestNs ? this.#own.stateAt(timeNs) : undefined;
  }

  /** A measurement that the filter was given, and what it made of it; a fault: the IMU is to be left out. */
  insert(event: MeasurementEvent, byFilter: MeasurementOutcome): ImuFault | undefined {
    const own = this.#running && event.timeNs > this.#own.oldestNs
      ? this.#own.insertMeasurement(event)
      : undefined;
    const isPicture = PICTURES.includes(event.source) && byFilter.innovation.length > 0;
    if (!isPicture) return undefined;
    this.#refusedPictures = byFilter.fused ? 0 : this.#refusedPictures + 1;
    if (own !== undefined && own.innovation.length > 0) this.#note(event, own.fused);
    if (event.source === "odometry") {
      this.#refusedPairs = !byFilter.fused && own?.fused === true ? this.#refusedPairs + 1 : 0;
    }
    if (byFilter.fused) {
      const isBlind = !(pictureAgeS(this.#own.head) < BLIND_S);
      if (!this.#running || isBlind) this.#begin();
      return undefined;
    }
    const reason = this.#contradiction(event.timeNs);
    return reason === "" ? undefined : { reason, sinceNs: this.#own.oldestNs - 1 };
  }

  /** Doubt about the filter is doubt about this one too, which may take its place. */
  changeAll(change: (state: FilterState) => void): void {
    if (this.#running) this.#own.changeAll(change);
  }

  /** The filter becomes this one. */
  replaceMain(): void {
    this.#main.copyFrom(this.#own);
    this.#refusedPairs = 0;
    this.#refusedPictures = 0;
  }

  get isRunning(): boolean {
    return this.#running;
  }

  end(): void {
    this.#running = false;
    this.#takenSinceNs = undefined;
    this.#refusedNs = [-Infinity, -Infinity];
    this.#refusedPairs = 0;
  }

  #begin(): void {
    // It needs an attitude of late.
    this.end();
    if (!(this.#substitutes.newestNs > this.#main.head.timeNs - BLIND_S * 1e9 / 2)) return;
    this.#own.copyFrom(this.#main);
    this.#running = true;
  }

  #note({ timeNs }: MeasurementEvent, fused: boolean): void {
    if (fused) {
      this.#takenSinceNs ??= timeNs;
      return;
    }
    this.#takenSinceNs = undefined;
    this.#refusedNs = [this.#refusedNs[1], timeNs];
  }

  #contradiction(timeNs: number): string {
    if (!this.#running) return "";
    const isTurned = this.#refusedPictures >= REFUSED_WHILE_TURNED &&
      this.#turnedRad() > TURNED_OTHERWISE_RAD;
    if (isTurned) return TURNED_OTHERWISE;
    return this.#arePicturesTaken(timeNs) && this.#isMaterial() ? CONTRADICTION : "";
  }

  /** The pictures that the filter refuses fit without the IMU. */
  #arePicturesTaken(timeNs: number): boolean {
    if (this.#takenSinceNs === undefined) return false;
    const takenS = (timeNs - this.#takenSinceNs) * 1e-9;
    const pairs = this.#refusedPairs >= REFUSED_PAIRS &&
      this.#refusedNs[0] < timeNs - CREDIT_S * 1e9;
    const all = takenS >= ALL_TAKEN_S && this.#refusedPictures >= ALL_REFUSED_PICTURES &&
      pictureAgeS(this.#main.head) >= ALL_REFUSED_S;
    return pairs || all;
  }

  /** By how much the two are turned against each other. */
  #turnedRad(): number {
    const own = this.#own.head, main = this.#main.stateAt(own.timeNs);
    if (main === undefined) return 0;
    return angleBetween(main.quaternion("attitude"), own.quaternion("attitude"));
  }

  /** The two differ by more than the uncertainty of this one, and by more than matters. */
  #isMaterial(): boolean {
    const main = this.#main.stateAt(this.#own.head.timeNs);
    if (main === undefined) return false;
    const own = this.#own.head;
    const { contradictionM, contradictionMps, contradictionRad } = this.#config;
    const isApart = (block: "position" | "velocity", least: number) => {
      const a = main.vector(block), b = own.vector(block);
      const variance = [0, 1, 2].map((i) => own.covarianceOf(ERROR[block] + i, ERROR[block] + i));
      return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) >
        Math.max(least, 3 * Math.sqrt(Math.max(...variance)));
    };
    return this.#turnedRad() > contradictionRad || isApart("velocity", contradictionMps) ||
      isApart("position", contradictionM);
  }
}

function angleBetween(a: Quaternion, b: Quaternion): number {
  return Math.hypot(...rotationVectorFromQuaternion(quaternionMultiply(quaternionConjugate(a), b)));
}
