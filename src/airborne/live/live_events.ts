/**
 * From what a flight controller sends to what the flight loop takes: heights over the ellipsoid,
 * headings from the map's north, and nothing before it is decided where the flight starts.
 *
 * @module
 */
import {
  controllerNs,
  type LocalFrame,
  monotonicNs,
  type Quaternion,
  quaternionMultiply,
} from "../../core/mod.ts";
import type {
  AttitudeEvent,
  ControllerEvent,
  FlightEvent,
  GpsEvent,
  PressureEvent,
} from "../../flight/flight_events/mod.ts";
import type { FlightControllerAdapter } from "../../flight/flight_controller/mod.ts";
import type { CheckedUtc } from "./output_policy.ts";
import type { HeightReference } from "./height_reference.ts";
import type { FlightStart, StartOrigin } from "./start.ts";

interface LiveEventsOptions {
  readonly adapter: Pick<FlightControllerAdapter, "events">;
  readonly localFrame: LocalFrame;
  readonly heights: HeightReference;
  readonly start: FlightStart;
  readonly utc: CheckedUtc;
  /** Whether the controller's GPS may vouch for the time. */
  readonly isGpsTrusted: () => boolean;
  /**
   * Before the first event that the estimator gets; the height over the ellipsoid where it is known. Says by
   * how much heights are raised from then on, metres.
   */
  readonly onStart: (origin: StartOrigin, heightM: number | null) => number;
}

const STANDSTILL_INTERVAL_NS = 0.5e9;
/** Of an aircraft that stands: what its landing gear and the wind leave, m²/s². */
const STANDSTILL_VARIANCE = 0.05 ** 2;

export class LiveEvents {
  readonly #options: LiveEventsOptions;
  #started = false;
  #onGround = false;
  #standstillNs = -Infinity;
  #heightM: number | null = null;
  /** Grid north less true north where the aircraft is, radians. */
  #convergenceRad = 0;

  constructor(options: LiveEventsOptions) {
    this.#options = options;
  }

  async *events(signal: AbortSignal): AsyncGenerator<FlightEvent> {
    for await (const event of this.#options.adapter.events(signal)) {
      this.#observe(event);
      const translated = this.#translated(event);
      const raisedM = this.#started ? 0 : this.#begin(event);
      const taken = translated?.kind === "baro" && raisedM !== 0
        ? { ...translated, heightM: translated.heightM + raisedM }
        : translated;
      if (taken === null || (!this.#started && isMeasurement(taken))) continue;
      yield taken;
      if (taken.kind === "imu" && this.#isStandstillDue(taken.receivedNs)) {
        yield standstill(taken);
      }
    }
  }

  #observe(event: ControllerEvent): void {
    const { heights, utc, isGpsTrusted } = this.#options;
    if (event.kind === "flight_state") {
      this.#onGround = event.state === "on_ground";
      heights.observeState(event.state);
    } else if (event.kind === "controller_position") heights.observeController(event);
    else if (event.kind === "controller_utc" && isGpsTrusted()) {
      utc.observe(event.utcMs, event.receivedNs);
    }
  }

  #begin(event: ControllerEvent): number {
    const origin = this.#options.start.observe(event);
    if (origin === null) return 0;
    this.#started = true;
    if (origin.from !== "map") this.#convergenceRad = this.#convergence(origin);
    return this.#options.onStart(origin, this.#heightM);
  }

  #translated(event: ControllerEvent): FlightEvent | null {
    switch (event.kind) {
      case "pressure":
        return this.#height(event);
      case "baro":
        this.#heightM = event.heightM;
        return event;
      case "attitude":
        return this.#fromGridNorth(event);
      case "gps":
        return this.#gps(event);
      default:
        return event;
    }
  }

  #height(event: PressureEvent): FlightEvent | null {
    const heightM = this.#options.heights.height(event);
    if (heightM === null) return null;
    this.#heightM = heightM;
    const { receivedNs, controllerNs } = event;
    return { kind: "baro", receivedNs, controllerNs, heightM };
  }

  /** The controller's attitude counts from true north, the local frame's from the map's grid. */
  #fromGridNorth(event: AttitudeEvent): AttitudeEvent {
    const half = this.#convergenceRad / 2;
    // About up: a heading of the grid is the true one less the convergence.
    const gridFromTrue: Quaternion = [Math.cos(half), 0, 0, Math.sin(half)];
    return { ...event, localFromBody: quaternionMultiply(gridFromTrue, event.localFromBody) };
  }

  #gps(event: GpsEvent): GpsEvent {
    if (event.fix === "none") return event;
    this.#convergenceRad = this.#convergence(event.position);
    if (event.heightOver !== "mean_sea_level") {
      const heightM = this.#options.heights.ofGps(event);
      return { ...event, position: { ...event.position, heightM } };
    }
    const { heightOver: _msl, ...sample } = event;
    const heightM = this.#options.heights.ellipsoidM(event.position.heightM);
    return heightM === null
      ? { ...sample, heightUnknown: true }
      : { ...sample, position: { ...event.position, heightM } };
  }

  #convergence({ latitudeDeg, longitudeDeg }: {
    readonly latitudeDeg: number;
    readonly longitudeDeg: number;
  }): number {
    const radians = this.#options.localFrame.convergenceRad({
      latitudeDeg,
      longitudeDeg,
      heightM: 0,
    });
    // Far outside of the map, a spoofed position must not turn the attitude.
    return Math.abs(radians) < 0.05 ? radians : this.#convergenceRad;
  }

  #isStandstillDue(nowNs: number): boolean {
    if (!this.#onGround || nowNs - this.#standstillNs < STANDSTILL_INTERVAL_NS) return false;
    this.#standstillNs = nowNs;
    return true;
  }
}

/** What the estimator would begin with. */
function isMeasurement(event: FlightEvent): boolean {
  return ["imu", "attitude", "baro", "gps", "velocity"].includes(event.kind);
}

/** An aircraft that stands on the ground measures its velocity: none. */
function standstill(
  imu: { readonly receivedNs: number; readonly controllerNs: number },
): FlightEvent {
  const v = STANDSTILL_VARIANCE;
  return {
    kind: "velocity",
    receivedNs: monotonicNs(imu.receivedNs),
    controllerNs: controllerNs(imu.controllerNs),
    velocityBodyMps: [0, 0, 0],
    covariance: [v, 0, 0, 0, v, 0, 0, 0, v],
  };
}
