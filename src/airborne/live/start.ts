/**
 * Where a live flight starts: the operator's word, the last position of a flight that was interrupted,
 * the flight controller's GPS, or anywhere on the map.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";
import type { ControllerEvent, GpsEvent } from "../../flight/flight_events/mod.ts";
import type { LastPosition } from "./live_state_file.ts";
import type { LiveConfig } from "./config.ts";

export interface StartArea {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly radiusM: number;
}

/** Who says it. */
export interface NamedStartArea extends StartArea {
  readonly from: "operator" | "recording";
}

export type StartOrigin =
  | {
    readonly from: NamedStartArea["from"] | "interrupted_flight" | "controller_gps";
    readonly latitudeDeg: number;
    readonly longitudeDeg: number;
    readonly sigmaHorizontalM: number;
  }
  | { readonly from: "map" };

interface FlightStartOptions {
  readonly config: LiveConfig;
  /** Of the command line or the recording; null where neither names one. */
  readonly area: NamedStartArea | null;
  /** Of a flight that did not end; null where there is none. */
  readonly interrupted: LastPosition | null;
  /** UTC in milliseconds of a moment on the canonical clock. */
  readonly utcMs: (at: MonotonicNs) => number;
}

/** A radius that somebody names holds the place for sure: about two sigma. */
const SIGMAS_PER_RADIUS = 2;
/** Healthy samples in a row that agree with each other. */
const GPS_SAMPLES = 3;
const GPS_SATELLITES_MIN = 5;
const GPS_SIGMA_MAX_M = 15;
/** Between a sample and the one before it, beyond what its speed explains. */
const GPS_STEP_MAX_M = 10;
/** For the controller's clock to be known, which tells how long the interruption was. */
const RESUME_WAIT_NS = 2e9;
/** It has flown on as it did, or has turned: 1 sigma is half of the way. */
const RESUME_FLOWN_SHARE = 0.5;
const RESUME_SPEED_MIN_MPS = 5;

const METRES_PER_DEGREE = 111_320;

export class FlightStart {
  readonly #options: FlightStartOptions;
  #firstNs: number | null = null;
  #attitude = false;
  #gps: GpsEvent[] = [];

  constructor(options: FlightStartOptions) {
    this.#options = options;
  }

  /** The origin as soon as it is known; null while it is waited for. */
  observe(event: ControllerEvent): StartOrigin | null {
    if (event.kind === "attitude") this.#attitude = true;
    if (event.kind === "gps") this.#observeGps(event);
    if (!this.#attitude) return null;
    this.#firstNs ??= event.receivedNs;
    const waitedNs = event.receivedNs - this.#firstNs;
    const { area, config } = this.#options;
    const interrupted = this.#interrupted(event.receivedNs);
    if (area !== null) {
      const { radiusM, ...place } = area;
      return { ...place, sigmaHorizontalM: radiusM / SIGMAS_PER_RADIUS };
    }
    if (interrupted !== null) {
      if (event.kind !== "clock_sync" && waitedNs < RESUME_WAIT_NS) return null;
      const resumed = this.#resumed(interrupted, event);
      if (resumed !== null) return resumed;
    }
    const gps = interrupted?.gpsDistrusted ? null : this.#fromGps();
    return gps ?? (waitedNs > config.startWaitS * 1e9 ? { from: "map" } : null);
  }

  /** Whether GPS was found out in the flight that this one goes on from. */
  distrustsGps(nowNs: MonotonicNs): boolean {
    return this.#interrupted(nowNs)?.gpsDistrusted ?? false;
  }

  /**
   * null where the wall clock says that it was another flight, long ago: the controller's clock may have
   * begun anew since. A wall clock that went back says nothing.
   */
  #interrupted(nowNs: MonotonicNs): LastPosition | null {
    const { interrupted, config, utcMs } = this.#options;
    if (interrupted === null) return null;
    return (utcMs(nowNs) - interrupted.utcMs) * 1e-3 > config.resumeMaxS ? null : interrupted;
  }

  /** null where the interruption was too long, or how long it was is not known. */
  #resumed(last: LastPosition, event: ControllerEvent): StartOrigin | null {
    const { config, utcMs } = this.#options;
    // The controller did not restart: its clock is the better witness.
    const byController = event.kind === "clock_sync" && last.controllerNs !== null
      ? (event.controllerNs - last.controllerNs) * 1e-9
      : NaN;
    const byWallClock = (utcMs(event.receivedNs) - last.utcMs) * 1e-3;
    const ageS = [byController, byWallClock].find((age) => age >= 0 && age <= config.resumeMaxS);
    if (ageS === undefined) return null;
    const [eastMps, northMps] = last.velocityEnMps;
    const speedMps = Math.max(RESUME_SPEED_MIN_MPS, Math.hypot(eastMps, northMps));
    const { latitudeDeg } = last;
    const metresPerDegreeEast = METRES_PER_DEGREE * Math.cos(latitudeDeg * Math.PI / 180);
    return {
      from: "interrupted_flight",
      latitudeDeg: latitudeDeg + northMps * ageS / METRES_PER_DEGREE,
      longitudeDeg: last.longitudeDeg + eastMps * ageS / metresPerDegreeEast,
      sigmaHorizontalM: Math.hypot(
        last.sigmaHorizontalM,
        RESUME_FLOWN_SHARE * speedMps * ageS,
        config.startSigmaM,
      ),
    };
  }

  #fromGps(): StartOrigin | null {
    const newest = this.#gps.at(-1);
    if (newest === undefined || this.#gps.length < GPS_SAMPLES) return null;
    const { latitudeDeg, longitudeDeg } = newest.position;
    return {
      from: "controller_gps",
      latitudeDeg,
      longitudeDeg,
      sigmaHorizontalM: Math.max(this.#options.config.startSigmaM, newest.sigmaHorizontalM),
    };
  }

  #observeGps(sample: GpsEvent): void {
    const before = this.#gps.at(-1);
    const healthy = sample.fix === "3d" && sample.satellites >= GPS_SATELLITES_MIN &&
      sample.sigmaHorizontalM <= GPS_SIGMA_MAX_M &&
      sample.integrity !== "jammed" && sample.integrity !== "spoofed";
    const follows = before === undefined || stepM(before, sample) <= GPS_STEP_MAX_M;
    this.#gps = healthy && follows ? [...this.#gps.slice(1 - GPS_SAMPLES), sample] : [];
  }
}

/** Between two samples beyond what the speed explains, metres. */
function stepM(a: GpsEvent, b: GpsEvent): number {
  const dt = (b.controllerNs - a.controllerNs) * 1e-9;
  const north = (b.position.latitudeDeg - a.position.latitudeDeg) * METRES_PER_DEGREE;
  const east = (b.position.longitudeDeg - a.position.longitudeDeg) * METRES_PER_DEGREE *
    Math.cos(a.position.latitudeDeg * Math.PI / 180);
  return Math.hypot(
    east - 0.5 * (a.velocityEnuMps[0] + b.velocityEnuMps[0]) * dt,
    north - 0.5 * (a.velocityEnuMps[1] + b.velocityEnuMps[1]) * dt,
  );
}

/** For a person: where the flight starts, and why there. */
export function startText(origin: StartOrigin): string {
  if (origin.from === "map") return "starts anywhere on the map: the camera must find the place";
  const within = `within ${(SIGMAS_PER_RADIUS * origin.sigmaHorizontalM).toFixed(0)} m`;
  const place = `${origin.latitudeDeg.toFixed(5)},${origin.longitudeDeg.toFixed(5)}`;
  const why = {
    operator: "as --start says",
    recording: "as the recording says",
    interrupted_flight: "where the interrupted flight was last",
    controller_gps: "where the flight controller's GPS is",
  }[origin.from];
  return `starts ${within} of ${place}, ${why}`;
}
