/**
 * What is known of a live flight at any moment: label, aids, trust in GPS, link, camera. Others ask it:
 * the sender of positions, the ground station's telemetry, the status.
 *
 * @module
 */
import type { Clock, MonotonicNs } from "../../core/mod.ts";
import type { ControllerEvent, FlightState, FrameEvent } from "../../flight/flight_events/mod.ts";
import type {
  EstimatorEvent,
  SourceLabel,
  SourceName,
} from "../../navigation/state_estimator/mod.ts";
import type { FlightFault, FlightOutput } from "../flight_output.ts";
import type { FrameOutcome } from "../navigator.ts";

/** GPS counts as an aid until its last fused sample is this old. */
const GPS_AID_NS = 3e9;

export class LiveMonitor implements FlightOutput {
  readonly name = "monitor";
  readonly #clock: Clock;
  #label: SourceLabel = "dead_reckoned";
  #flightState: FlightState = "unknown";
  #linkUp = false;
  #gps: "absent" | "trusted" | "demoted" = "absent";
  #gpsReason = "";
  readonly #fusedNs = new Map<SourceName, number>();
  #deadReckonedNs: number | null = null;
  #frames = 0;
  #fixes = 0;
  #framesFailed = 0;
  /** Frames in a row that neither map nor odometry could place, and when the first of them came. */
  #unplaced = 0;
  #placedNs: MonotonicNs | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get label(): SourceLabel {
    return this.#label;
  }
  get flightState(): FlightState {
    return this.#flightState;
  }
  get linkUp(): boolean {
    return this.#linkUp;
  }
  get gps(): { readonly trust: "absent" | "trusted" | "demoted"; readonly reason: string } {
    return this.#gps === "trusted" && !this.#hasGps()
      ? { trust: "absent", reason: "no usable sample of late" }
      : { trust: this.#gps, reason: this.#gpsReason };
  }
  get frames(): { readonly processed: number; readonly fixes: number; readonly failed: number } {
    return { processed: this.#frames, fixes: this.#fixes, failed: this.#framesFailed };
  }
  /** Frames in a row that nothing could place, and for how long that has been so. */
  unplaced(): { readonly frames: number; readonly seconds: number } {
    const sinceNs = this.#placedNs ?? this.#clock.now();
    return { frames: this.#unplaced, seconds: (this.#clock.now() - sinceNs) * 1e-9 };
  }

  /** How long the estimate has rested on the IMU alone, seconds; 0 on the ground. */
  unaidedS(): number {
    const nowNs = this.#clock.now();
    const aided = this.#label !== "dead_reckoned" || this.#flightState === "on_ground" ||
      (this.#gps !== "demoted" && this.#hasGps());
    if (aided) this.#deadReckonedNs = null;
    else this.#deadReckonedNs ??= nowNs;
    return this.#deadReckonedNs === null ? 0 : (nowNs - this.#deadReckonedNs) * 1e-9;
  }

  #hasGps(): boolean {
    return this.#clock.now() - (this.#fusedNs.get("gps") ?? -Infinity) < GPS_AID_NS;
  }

  /** From the start: an earlier part of this flight has found it out. */
  gpsDistrusted(reason: string): void {
    this.#trust("demoted", reason);
  }

  onEstimatorEvents(events: readonly EstimatorEvent[]): void {
    for (const event of events) this.#estimatorEvent(event);
  }

  onControllerEvent(event: ControllerEvent): void {
    if (event.kind === "flight_state") this.#flightState = event.state;
    else if (event.kind === "link") this.#linkUp = event.up;
  }

  onFrame({ receivedNs }: FrameEvent): void {
    this.#placedNs ??= receivedNs;
  }

  onOutcome(_event: FrameEvent, outcome: FrameOutcome): void {
    this.#frames++;
    const fused = outcome.fixOutcome?.fused ?? false;
    if (fused) this.#fixes++;
    if (fused || outcome.vio.state === "tracking") this.#placed();
    else this.#unplaced++;
  }

  onSkipped(): void {
    this.#unplaced++;
  }

  onFault({ source }: FlightFault): void {
    if (source !== "frame") return;
    this.#framesFailed++;
    this.#unplaced++;
  }

  #placed(): void {
    this.#unplaced = 0;
    this.#placedNs = this.#clock.now();
  }

  #estimatorEvent(event: EstimatorEvent): void {
    switch (event.type) {
      case "measurement": {
        const { source, fused } = event.outcome;
        if (!fused) return;
        this.#fusedNs.set(source, this.#clock.now());
        if (source === "gps") this.#trust("trusted", "");
        return;
      }
      case "label":
        this.#label = event.to;
        return;
      case "gps.demoted":
        return this.#trust("demoted", event.reason);
      case "gps_bounded_delta.accept":
        return this.#trust("trusted", "");
    }
  }

  #trust(trust: "trusted" | "demoted", reason: string): void {
    this.#gps = trust;
    this.#gpsReason = reason;
  }
}
