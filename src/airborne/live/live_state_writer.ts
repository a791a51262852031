/**
 * Writes the state of the flight each second, beside its record.
 *
 * @module
 */
import { type Clock, horizontalCovarianceM2, percentile } from "../../core/mod.ts";
import type { CameraSource } from "../../flight/camera_source/mod.ts";
import type { FlightControllerAdapter } from "../../flight/flight_controller/mod.ts";
import type { ControllerEvent } from "../../flight/flight_events/mod.ts";
import type { PictureLight } from "../../navigation/camera/mod.ts";
import type { SigningStamps } from "../../link/mavlink/mod.ts";
import type { FlightEnding, FlightOutput } from "../flight_output.ts";
import type { LiveMonitor } from "./live_monitor.ts";
import { type LastPosition, type LiveState, writeLiveState } from "./live_state_file.ts";
import type { LiveStatus } from "./live_status.ts";
import type { SentPosition } from "./position_sender.ts";
import type { SourceSwitch } from "./source_switch.ts";

interface LiveStateWriterOptions {
  readonly recorderFolder: string;
  readonly clock: Clock;
  readonly monitor: LiveMonitor;
  readonly adapter: Pick<FlightControllerAdapter, "health" | "strategyLabel">;
  readonly endpoint: string;
  readonly camera: Pick<CameraSource, "health" | "address"> | null;
  readonly light: () => PictureLight | null;
  readonly sourceSwitch: SourceSwitch;
  readonly signingStamps: () => SigningStamps | null;
  /** Height over the ellipsoid of the ground that heights count from, metres. */
  readonly takeoffGroundM: () => number;
  /** Hears of the first state that cannot be written. */
  readonly onFault: (error: unknown) => void;
}

const PERIOD_NS = 1e9;
/** A minute of positions at 10 Hz. */
const KEPT = 600;
/** A place that is less certain is no place to go on from. */
const LAST_SIGMA_MAX_M = 300;

export class LiveStateWriter implements FlightOutput {
  readonly name = "live state";
  readonly #options: LiveStateWriterOptions;
  readonly #gapsMs: number[] = [];
  readonly #latenciesMs: number[] = [];
  #controllerOffsetNs: number | null = null;
  #sent: SentPosition | null = null;
  #last: LastPosition | null = null;
  #writtenNs = -Infinity;
  #writing: Promise<void> = Promise.resolve();
  #busy = false;
  #failed = false;

  constructor(options: LiveStateWriterOptions) {
    this.#options = options;
  }

  onControllerEvent(event: ControllerEvent): void {
    if (event.kind !== "clock_sync") return;
    this.#controllerOffsetNs = event.controllerNs - (event.receivedNs - event.roundTripNs / 2);
  }

  positionSent(sent: SentPosition): void {
    if (this.#sent !== null) keep(this.#gapsMs, (sent.nowNs - this.#sent.nowNs) / 1e6);
    if (sent.estimate !== null) {
      keep(this.#latenciesMs, (sent.nowNs - sent.output.measuredNs) / 1e6);
    }
    this.#sent = sent;
    if (sent.nowNs - this.#writtenNs < PERIOD_NS || this.#busy) return;
    this.#writtenNs = sent.nowNs;
    this.#write(false);
  }

  async end({ completed }: FlightEnding): Promise<void> {
    await this.#writing;
    this.#write(completed);
    await this.#writing;
  }

  #write(ended: boolean): void {
    this.#busy = true;
    const state: LiveState = {
      format: "gdn-live-state",
      formatVersion: 1,
      ended,
      last: this.#lastPosition(),
      signing: this.#options.signingStamps(),
      status: this.#status(),
    };
    this.#writing = writeLiveState(this.#options.recorderFolder, state)
      .catch((error) => {
        if (!this.#failed) this.#options.onFault(error);
        this.#failed = true;
      })
      .finally(() => this.#busy = false);
  }

  #lastPosition(): LastPosition | null {
    const sent = this.#sent;
    if (sent === null || sent.estimate === null || sent.output.position === null) return this.#last;
    const { estimate, output: { position, velocityEnuMps }, nowNs } = sent;
    const [eastEast, eastNorth, northNorth] = horizontalCovarianceM2(estimate.covariance);
    const sigmaHorizontalM = Math.sqrt(
      (eastEast + northNorth) / 2 + Math.hypot((eastEast - northNorth) / 2, eastNorth),
    );
    if (sigmaHorizontalM > LAST_SIGMA_MAX_M) return this.#last;
    this.#last = {
      latitudeDeg: position.latitudeDeg,
      longitudeDeg: position.longitudeDeg,
      sigmaHorizontalM,
      velocityEnMps: [velocityEnuMps[0], velocityEnuMps[1]],
      utcMs: this.#options.clock.utc(nowNs).getTime(),
      controllerNs: this.#controllerOffsetNs === null
        ? null
        : Math.round(nowNs + this.#controllerOffsetNs),
      takeoffGroundM: this.#options.takeoffGroundM(),
      gpsDistrusted: this.#options.monitor.gps.trust === "demoted",
    };
    return this.#last;
  }

  #status(): LiveStatus {
    const { clock, monitor, adapter, endpoint, sourceSwitch } = this.#options;
    const nowNs = clock.now();
    const health = adapter.health();
    return {
      time: clock.utc(nowNs).toISOString(),
      upS: nowNs / 1e9,
      controller: {
        adapter: adapter.strategyLabel,
        endpoint,
        connected: health.connected,
        firmware: health.firmware,
        flightState: monitor.flightState,
        ratesHz: health.ratesHz,
        framesBad: health.framesBad,
        framesLost: health.framesLost,
        reconnects: health.reconnects,
        roundTripMs: health.roundTripMs,
      },
      camera: this.#camera(),
      estimate: this.#estimate(nowNs),
      gps: { ...monitor.gps, source: sourceSwitch.asked ?? "not_asked" },
      output: {
        sent: health.positionsSent,
        refused: health.positionsRefused,
        withheld: this.#sent?.withheld ?? "no_estimate",
        gapMsP95: percentile(this.#gapsMs, 0.95) ?? 0,
        gapMsMax: Math.max(0, ...this.#gapsMs),
        latencyMsP95: percentile(this.#latenciesMs, 0.95) ?? 0,
      },
      memoryMb: Deno.memoryUsage().rss / 1e6,
    };
  }

  #camera(): LiveStatus["camera"] {
    const { camera, monitor } = this.#options;
    if (camera === null) return null;
    const { connected, fault, rateHz, frames, dropped } = camera.health();
    const { fixes, failed } = monitor.frames;
    const light = this.#options.light();
    return {
      address: camera.address,
      connected,
      fault,
      rateHz,
      frames,
      dropped,
      failed,
      fixes,
      light,
    };
  }

  #estimate(nowNs: number): LiveStatus["estimate"] {
    const estimate = this.#sent?.estimate ?? null;
    const position = this.#sent?.output.position ?? null;
    if (estimate === null || position === null) return null;
    return {
      label: estimate.label,
      ...position,
      horizontal95M: estimate.horizontal95M,
      anchorAgeS: Number.isFinite(estimate.anchorAgeS) ? estimate.anchorAgeS : null,
      ageMs: (nowNs - estimate.timeNs) / 1e6,
    };
  }
}

function keep(values: number[], value: number): void {
  values.push(value);
  if (values.length > KEPT) values.shift();
}
