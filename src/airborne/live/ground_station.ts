/**
 * C9: what the ground station hears of a live flight: alerts, each once and at a bounded rate, and a
 * few numbers each second.
 *
 * @module
 */
import { type Clock, degreesFromRadians } from "../../core/mod.ts";
import type { AlertSeverity, FlightControllerAdapter } from "../../flight/flight_controller/mod.ts";
import type { ControllerEvent } from "../../flight/flight_events/mod.ts";
import type { FdrSink } from "../../flight/flight_recorder/mod.ts";
import {
  type EstimatorEvent,
  NoEstimateAlert,
  type SourceLabel,
} from "../../navigation/state_estimator/mod.ts";
import type { CompanionEvent } from "../companion.ts";
import { companionAlert } from "../companion_records.ts";
import type { FlightFault, FlightOutput } from "../flight_output.ts";
import type { Note } from "../notes.ts";
import type { LiveMonitor } from "./live_monitor.ts";
import type { SentPosition } from "./position_sender.ts";

interface GroundStationOptions {
  readonly adapter: Pick<FlightControllerAdapter, "alert" | "sendValue" | "health">;
  readonly monitor: LiveMonitor;
  readonly sink: FdrSink;
  readonly note: Note;
  readonly clock: Clock;
}

/** The same text is not sent again within this time… */
const REPEAT_NS = 30e9;
/** …and not more texts than these within the time below, but for critical ones. */
const BURST = 5;
const BURST_NS = 10e9;
const TELEMETRY_NS = 0.9e9;
/** Criterion 3.4: frames in a row, and seconds, that nothing could place. */
const UNPLACED_FRAMES = 3;
const UNPLACED_S = 2;

/** What `gdn_label` holds. */
const LABEL_CODES: Readonly<Record<SourceLabel, number>> = {
  dead_reckoned: 0,
  visual_propagated: 1,
  satellite_anchored: 2,
};

export class GroundStation implements FlightOutput {
  readonly name = "ground station";
  readonly #options: GroundStationOptions;
  readonly #noEstimate = new NoEstimateAlert();
  readonly #sentNs = new Map<string, number>();
  #recentNs: number[] = [];
  #telemetryNs = -Infinity;
  #gapFromNs: number | null = null;
  #relocRequested = false;
  #withheld = "";

  constructor(options: GroundStationOptions) {
    this.#options = options;
  }

  alert(severity: AlertSeverity, text: string): void {
    const { adapter, sink, clock, note } = this.#options;
    const nowNs = clock.now();
    const reason = this.#suppressed(severity, text, nowNs);
    const connected = adapter.health().connected;
    if (reason === "") {
      adapter.alert(severity, text);
      note(`${severity}: ${text}`);
    }
    sink.enqueue({
      kind: "c8.alert",
      timestampNs: nowNs,
      payload: {
        severity,
        text,
        sent: reason === "" && connected,
        ...(reason === "" && connected ? {} : { reason: reason || "no link" }),
      },
    });
  }

  /** After each position that was sent. */
  positionSent({ output, withheld, estimate, nowNs }: SentPosition): void {
    const usable = estimate === null || output.quality === "none"
      ? undefined
      : estimate.horizontal95M;
    const alert = this.#noEstimate.update(nowNs, usable);
    if (alert !== undefined) this.#estimateAlert(alert, withheld);
    if (withheld === "blackout" && this.#withheld !== "blackout") {
      this.alert("critical", "POSITION LOST: no aid for too long, no fix is sent");
    }
    this.#withheld = withheld;
    if (nowNs - this.#telemetryNs < TELEMETRY_NS || estimate === null) return;
    this.#telemetryNs = nowNs;
    const { adapter } = this.#options;
    adapter.sendValue("gdn_label", LABEL_CODES[estimate.label]);
    adapter.sendValue("gdn_age_s", Math.min(estimate.anchorAgeS, 9999));
    adapter.sendValue("gdn_r95_m", Math.min(estimate.horizontal95M, 99_999));
  }

  onOutcome(): void {
    this.#checkPlaced();
  }

  onSkipped(): void {
    this.#checkPlaced();
  }

  onFault(fault: FlightFault): void {
    if (fault.source === "estimator") {
      this.alert("critical", "ESTIMATOR FAILED: no position any more");
    }
    this.#checkPlaced();
  }

  onEstimatorEvents(events: readonly EstimatorEvent[]): void {
    for (const event of events) {
      if (event.type === "gps.demoted") {
        this.alert("critical", `GPS NOT TRUSTED: ${event.reason}`);
      } else if (event.type === "map_conflict") {
        this.alert(
          "critical",
          `MAP CONFLICT: map and GPS differ by ${event.disagreementM.toFixed(0)} m`,
        );
      } else if (event.type === "map_conflict_settled") {
        this.alert("notice", "MAP AND GPS AGREE AFTER ALL");
      } else if (event.type === "imu.left_out") {
        this.alert("warning", `IMU NOT USED: ${event.reason}`);
      } else if (event.type === "picture_delay") {
        this.alert("warning", `CAMERA IS ${event.delayS.toFixed(1)} s LATE`);
      } else if (event.type === "heading_correction") {
        this.alert(
          "warning",
          `HEADING TURNED BY ${degreesFromRadians(event.turnRad).toFixed(0)} DEG`,
        );
      } else if (event.type === "restarted") {
        this.alert("critical", "POSITION FILTER BEGAN ANEW");
      } else if (event.type === "gps_bounded_delta.accept") {
        this.alert("notice", "GPS trusted again");
      } else if (event.type === "label") {
        this.alert("info", `Position ${event.to.replaceAll("_", " ")}`);
      }
    }
  }

  onCompanionEvents(events: readonly CompanionEvent[]): void {
    for (const event of events) {
      const text = companionAlert(event);
      if (text !== null) this.alert("warning", text);
    }
  }

  onControllerEvent(event: ControllerEvent): void {
    // Of a lost line the ground station hears nothing, but the person at the terminal does.
    if (event.kind === "link") {
      this.#options.note(`${event.up ? "link" : "LINK LOST"}: ${event.text}`);
    }
    if (event.kind !== "hint") return;
    this.alert("notice", `RELOC taken: searching within ${event.radiusM.toFixed(0)} m`);
  }

  #estimateAlert(
    { severity, text, timeNs }: NonNullable<ReturnType<NoEstimateAlert["update"]>>,
    reason: string,
  ): void {
    this.alert(severity, text);
    if (severity === "critical") {
      this.#gapFromNs = timeNs;
      return;
    }
    this.#options.sink.enqueue({
      kind: "nav.estimate_gap",
      timestampNs: this.#options.clock.now(),
      payload: { fromNs: this.#gapFromNs ?? timeNs, toNs: timeNs, reason: reason || "no_estimate" },
    });
  }

  #checkPlaced(): void {
    const { frames, seconds } = this.#options.monitor.unplaced();
    const lost = frames >= UNPLACED_FRAMES && seconds >= UNPLACED_S &&
      this.#options.monitor.flightState !== "on_ground";
    if (lost && !this.#relocRequested) this.alert("critical", "OPERATOR_RELOC_REQUEST");
    this.#relocRequested = lost;
  }

  /** Why it is not sent; empty when it is. */
  #suppressed(severity: AlertSeverity, text: string, nowNs: number): string {
    if (nowNs - (this.#sentNs.get(text) ?? -Infinity) < REPEAT_NS) return "sent already";
    this.#recentNs = this.#recentNs.filter((sentNs) => nowNs - sentNs < BURST_NS);
    if (severity !== "critical" && this.#recentNs.length >= BURST) return "too many alerts";
    this.#recentNs.push(nowNs);
    if (this.#sentNs.size > 256) this.#sentNs.clear();
    this.#sentNs.set(text, nowNs);
    return "";
  }
}
