/**
 * Where a live flight starts: the operator's word, the last position of a flight that was interrupted,
 * the flight controller's GPS, where the package says, or anywhere on the map. Where GPS and a package
 * contradict each other on the ground neither is believed: pictures must tell.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";
import type { ControllerEvent, FlightState, GpsEvent } from "../../flight/flight_events/mod.ts";
import type { LastPosition } from "./live_state_file.ts";
import type { Manifest } from "../../flight/flight_package/mod.ts";
import { besideTakeoffM } from "../mission.ts";
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
  | {
    readonly from: "package";
    readonly latitudeDeg: number;
    readonly longitudeDeg: number;
    readonly sigmaHorizontalM: number;
    /** The flight controller's GPS says otherwise, by so much; null: it says nothing. */
    readonly gpsBesideM: number | null;
  }
  | { readonly from: "map" };

interface FlightStartOptions {
  readonly config: LiveConfig;
  /** Of the command line or the recording; null where neither names one. */
  readonly area: NamedStartArea | null;
  /** Of a flight that did not end; null where there is none. */
  readonly interrupted: LastPosition | null;
  /** What the package says of the take-off. */
  readonly planned: Pick<Manifest, "takeoff">;
  /** UTC in milliseconds of a moment on the canonical clock. */
  readonly utcMs: (at: MonotonicNs) => number;
}

/** A radius that somebody names holds the place for sure: about two sigma. */
export const SIGMAS_PER_RADIUS = 2;
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
const AIRBORNE_STATES: ReadonlySet<FlightState> = new Set(["taking_off", "in_flight", "landing"]);

export class FlightStart {
  readonly #options: FlightStartOptions;
  #firstNs: number | null = null;
  #attitude = false;
  #gps: GpsEvent[] = [];
  #hasLeft = false;

  constructor(options: FlightStartOptions) {
    this.#options = options;
  }

  /** The origin as soon as it is known; null while it is waited for. */
  observe(event: ControllerEvent): StartOrigin | null {
    if (event.kind === "attitude") this.#attitude = true;
    if (event.kind === "gps") this.#observeGps(event);
    if (event.kind === "flight_state") this.#hasLeft ||= AIRBORNE_STATES.has(event.state);
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
    const isWaited = waitedNs > config.startWaitS * 1e9;
    return this.#planned(gps, isWaited) ?? gps ?? (isWaited ? { from: "map" } : null);
  }

  /** null in the air, where nobody takes off any more, and where GPS says the same and better. */
  #planned(gps: StartOrigin | null, isWaited: boolean): StartOrigin | null {
    const { planned: { takeoff } } = this.#options;
    if (takeoff === undefined || this.#hasLeft) return null;
    const { latitudeDeg, longitudeDeg, sigmaHorizontalM } = takeoff;
    const place = { from: "package", latitudeDeg, longitudeDeg, sigmaHorizontalM } as const;
    if (gps === null || gps.from === "map") return isWaited ? { ...place, gpsBesideM: null } : null;
    const gpsBesideM = besideTakeoffM({ takeoff }, gps);
    if (gpsBesideM === null) return null;
    // One of the two is wrong, and nothing says which: 1 sigma reaches from one to the other.
    return {
      ...place,
      sigmaHorizontalM: Math.hypot(sigmaHorizontalM, gpsBesideM),
      gpsBesideM,
    };
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
    package: "as the package says",
  }[origin.from];
  return `starts ${within} of ${place}, ${why}`;
}

/** For a person; null where GPS agrees with the start, or says nothing. */
export function startWarning(origin: StartOrigin): string | null {
  if (origin.from !== "package" || origin.gpsBesideM === null) return null;
  return `the flight controller's GPS lies ${origin.gpsBesideM.toFixed(0)} m from the package's ` +
    "take-off origin: one of the two is wrong. NEITHER is believed until pictures tell; where you know the " +
    "place, end the flight and give --start";
}
