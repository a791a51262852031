/**
 * Events of the companion computer, as records, log lines, notes and alerts.
 *
 * @module
 */
import type { Clock, Logger, MonotonicNs } from "../core/mod.ts";
import type { FdrSink } from "../flight/flight_recorder/mod.ts";
import type { CompanionEvent } from "./companion.ts";
import type { FlightOutput } from "./flight_output.ts";
import type { Note } from "./notes.ts";

export function recordCompanionEvent(
  to: { readonly sink: FdrSink; readonly logger: Logger },
  event: CompanionEvent,
  timestampNs: MonotonicNs,
): void {
  const { sink, logger } = to;
  switch (event.type) {
    case "fallback_to_onnx_trt_ep": {
      const { type: _, ...payload } = event;
      const kind = "c7.fallback_to_onnx_trt_ep";
      sink.enqueue({ kind, timestampNs, payload });
      logger.warn(kind, payload, companionWarning(event) ?? "");
      return;
    }
    case "cpu_fallback": {
      const { type: _, ...rest } = event;
      const payload = { ...rest, providers: [...rest.providers] };
      sink.enqueue({ kind: "c7.cpu_fallback", timestampNs, payload });
      logger.warn("c7.cpu_fallback", payload, companionWarning(event) ?? "");
      return;
    }
    case "thermal_transition": {
      const payload = { ...event.state };
      sink.enqueue({ kind: "c7.thermal_transition", timestampNs, payload });
      const text = companionWarning(event);
      if (text !== null) logger.warn("c7.thermal_transition", payload, text);
      else logger.info("c7.thermal_transition", payload, "the computer throttles no more");
      return;
    }
    case "thermal_unavailable":
      logger.warn("c7.thermal_unavailable", {}, companionWarning(event) ?? "");
      return;
    case "work_level": {
      const { reason, limits } = event;
      sink.enqueue({ kind: "nav.work_level", timestampNs, payload: { ...limits, reason } });
      return;
    }
    default:
      event satisfies never;
  }
}

/** What the crew should hear of the event; null where it is nothing for them. */
export function companionAlert({ type }: CompanionEvent): string | null {
  if (type === "fallback_to_onnx_trt_ep") return "inference: ONNX Runtime instead of TensorRT";
  return type === "cpu_fallback" ? "inference: models run on the CPU, slower" : null;
}

/** Alerts of a flight that has no ground station: recorded as not sent. */
export class UnsentAlerts implements FlightOutput {
  readonly name = "alerts";
  readonly #sink: FdrSink;
  readonly #clock: Clock;

  constructor(sink: FdrSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  onCompanionEvents(events: readonly CompanionEvent[]): void {
    for (const event of events) {
      const text = companionAlert(event);
      if (text === null) continue;
      const payload = { severity: "warning", text, sent: false, reason: "no link" } as const;
      this.#sink.enqueue({ kind: "c8.alert", timestampNs: this.#clock.now(), payload });
    }
  }
}

/** The event in words where it is a warning, for the log and for the person at the terminal. */
function companionWarning(event: CompanionEvent): string | null {
  switch (event.type) {
    case "fallback_to_onnx_trt_ep":
      return `TensorRT does not run ${event.engine}; ONNX Runtime does, slower: ${event.reason}`;
    case "cpu_fallback":
      return `${event.model} runs on the CPU, slower: ${event.reason}`;
    case "thermal_transition": {
      const { throttled, temperatureC } = event.state;
      const at = temperatureC === null ? "" : ` at ${temperatureC} °C`;
      return throttled ? `the computer throttles${at}: less work is asked of it` : null;
    }
    case "thermal_unavailable":
      return "no temperature can be read: the computer counts as not throttled";
    case "work_level":
      return null;
    default:
      return event satisfies never;
  }
}

/** Warnings of the companion computer for the person at the terminal. */
export class CompanionNotes implements FlightOutput {
  readonly name = "companion";
  readonly #note: Note;

  constructor(note: Note) {
    this.#note = note;
  }

  onCompanionEvents(events: readonly CompanionEvent[]): void {
    for (const event of events) {
      const text = companionWarning(event);
      if (text !== null) this.#note(text);
    }
  }
}
