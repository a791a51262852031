/**
 * Decides which records are events, and formats them.
 *
 * @module
 */
import type { FdrRecord } from "../../flight/flight_recorder/mod.ts";
import type { EventSeverity } from "./contract.ts";
import { durationText } from "./figure_text.ts";
import { numberOf, type Payload, payloadText, textOf } from "./payload.ts";

interface EventWords {
  readonly severity: EventSeverity;
  readonly text: string;
  readonly topic?: string;
}

type Teller = (payload: Payload) => EventWords;

/** Streams of measurements; changes in them are reported by other modules. */
const STREAMS: ReadonlySet<string> = new Set([
  ...["sensor.imu", "sensor.attitude", "sensor.baro", "sensor.gps", "frame.meta", "nav.fix"],
  ...["nav.state", "nav.smoothed", "c8.position_out", "vio.health"],
]);

/** null for a record of a stream. */
export function eventWords({ kind, payload }: FdrRecord): EventWords | null {
  if (STREAMS.has(kind)) return null;
  const teller = Object.hasOwn(TELLERS, kind) ? TELLERS[kind] : undefined;
  return teller?.(payload) ?? { severity: severityOf(kind), text: payloadText(payload) };
}

/** For kinds without a text of their own, by name. */
function severityOf(kind: string): EventSeverity {
  if (/failed|rejected|giveup|fallback|unavailable/.test(kind)) return "warning";
  return "info";
}

const ALERT_SEVERITY: Readonly<Record<string, EventSeverity>> = {
  emergency: "error",
  alert: "error",
  critical: "error",
  error: "error",
  warning: "warning",
  notice: "notice",
};

const words = (...parts: readonly string[]) => parts.filter((part) => part !== "").join(": ");

const TELLERS: Readonly<Record<string, Teller>> = {
  log(payload) {
    const component = textOf(payload, "component");
    const error = payload.error as Payload | null | undefined;
    const cause = typeof error === "object" && error !== null
      ? words(textOf(error, "type"), textOf(error, "message"))
      : "";
    const message = textOf(payload, "message");
    return {
      severity: payload.level === "ERROR" ? "error" : "warning",
      text: words(component, message) + (cause === "" ? "" : ` (${cause})`),
      topic: component,
    };
  },
  flight_header: (payload) => ({
    severity: "info",
    text: words("the flight begins", textOf(payload, "name")),
  }),
  flight_footer: (payload) =>
    payload.cleanShutdown === true
      ? { severity: "info", text: "the flight ends, shut down cleanly" }
      : { severity: "warning", text: "the flight ends, not shut down cleanly" },
  overrun: (payload) => ({
    severity: "warning",
    text: `${(numberOf(payload, "droppedCount") ?? 0).toLocaleString("en")} records of ${
      textOf(payload, "producerId")
    } are missing (${textOf(payload, "reason") || "its ring was full"})`,
    topic: textOf(payload, "producerId"),
  }),
  segment_rollover: (payload) => ({
    severity: "warning",
    text: `${textOf(payload, "segment")} with ${
      numberOf(payload, "droppedRecords") ?? "unknown"
    } records was dropped: the flight is over its capacity cap`,
  }),
  "c5.source_label": (payload) => ({
    severity: payload.to === "dead_reckoned" ? "warning" : "notice",
    text: words(
      `${textOf(payload, "from") || "nothing"} → ${textOf(payload, "to")}`,
      textOf(payload, "reason"),
    ),
  }),
  "nav.estimate_gap"(payload) {
    const from = numberOf(payload, "fromNs"), to = numberOf(payload, "toNs");
    const length = from === null || to === null ? "begins" : durationText((to - from) / 1e9);
    return {
      severity: "error",
      text: words(`no usable estimate, ${length}`, textOf(payload, "reason")),
    };
  },
  "c5.cold_start_origin.unavailable": (payload) => ({
    severity: "warning",
    text: words("no position to start from", textOf(payload, "reason")),
  }),
  "c5.gps_demoted"(payload) {
    const movedM = numberOf(payload, "movedM");
    const moved = movedM === null ? "" : `, estimate moved by ${movedM.toFixed(1)} m`;
    return { severity: "warning", text: words("GPS demoted", textOf(payload, "reason")) + moved };
  },
  "c5.imu_left_out": (payload) => ({
    severity: "warning",
    text: words("IMU left out", textOf(payload, "reason")),
  }),
  "c5.imu_used_again": () => ({ severity: "notice", text: "IMU used again" }),
  "c5.picture_delay": (payload) => ({
    severity: "warning",
    text: `pictures are ${(numberOf(payload, "delayS") ?? NaN).toFixed(2)} s older than stamped`,
  }),
  "c5.heading_correction": (payload) => ({
    severity: "warning",
    text: `heading turned by ${(numberOf(payload, "turnDeg") ?? NaN).toFixed(0)}°`,
  }),
  "c5.restarted": (payload) => ({
    severity: "error",
    text: words("the state estimator began anew", textOf(payload, "reason")),
  }),
  "c5.map_conflict": (payload) => ({
    severity: "error",
    text: `GPS and the map are ${(numberOf(payload, "disagreementM") ?? NaN).toFixed(0)} m apart`,
  }),
  "c5.map_conflict_settled": () => ({
    severity: "notice",
    text: "GPS and the map agree after all",
  }),
  "c5.gps_bounded_delta.accept": (payload) => gpsDelta(payload, "notice", "GPS agrees"),
  "c5.gps_bounded_delta.reject": (payload) => gpsDelta(payload, "warning", "GPS does not agree"),
  "c8.link": (payload) => ({
    severity: payload.state === "lost" ? "error" : "notice",
    text: words(
      `${textOf(payload, "adapter")} ${textOf(payload, "state")}`,
      textOf(payload, "reason"),
    ),
  }),
  "c8.alert": (payload) => ({
    severity: ALERT_SEVERITY[textOf(payload, "severity")] ?? "info",
    text: words(textOf(payload, "severity"), textOf(payload, "text")) +
      (payload.sent === false ? " (not sent)" : ""),
  }),
  "c9.reloc_hint": (payload) => ({
    severity: "notice",
    text: words(
      `position from the crew ${payload.accepted === true ? "accepted" : "refused"}`,
      textOf(payload, "text"),
      textOf(payload, "reason"),
    ),
  }),
  "c7.thermal_transition": (payload) => ({
    severity: payload.throttled === true ? "warning" : "notice",
    text: payload.throttled === true ? "thermal throttling begins" : "thermal throttling ends",
  }),
  failed_tile_thumbnail: (payload) => ({
    severity: "notice",
    text: words("a tile could not be made", textOf(payload, "reason")),
  }),
  mid_flight_tile_snapshot: (payload) => ({
    severity: "info",
    text: `tile ${textOf(payload, "tileId")} made in flight`,
  }),
};

function gpsDelta(payload: Payload, severity: EventSeverity, verdict: string): EventWords {
  const delta = numberOf(payload, "deltaM");
  const by = delta === null ? "" : `, ${delta.toFixed(1)} m from the estimate`;
  return { severity, text: words(verdict + by, textOf(payload, "reason")) };
}
