/**
 * Events of the companion computer, as records, log lines and alerts.
 *
 * @module
 */
import type { Logger, MonotonicNs } from "../core/mod.ts";
import type { FdrSink } from "../flight/flight_recorder/mod.ts";
import type { ThermalState } from "../navigation/inference/mod.ts";
import type { CompanionEvent } from "./companion.ts";

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
      logger.warn(kind, payload, "TensorRT cannot run its engine; ONNX Runtime is used, slower");
      alert(sink, timestampNs, "inference: ONNX Runtime instead of TensorRT");
      return;
    }
    case "cpu_fallback": {
      const { type: _, ...rest } = event;
      const payload = { ...rest, providers: [...rest.providers] };
      sink.enqueue({ kind: "c7.cpu_fallback", timestampNs, payload });
      logger.warn("c7.cpu_fallback", payload, "models run on the CPU, slower");
      alert(sink, timestampNs, "inference: models run on the CPU, slower");
      return;
    }
    case "thermal_transition": {
      const payload = { ...event.state };
      sink.enqueue({ kind: "c7.thermal_transition", timestampNs, payload });
      const text = transitionText(event.state);
      if (payload.throttled) logger.warn("c7.thermal_transition", payload, text);
      else logger.info("c7.thermal_transition", payload, text);
      return;
    }
    case "thermal_unavailable":
      logger.warn(
        "c7.thermal_unavailable",
        {},
        "no temperature can be read: the computer counts as not throttled",
      );
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

/** For the crew: recorded here, sent by whoever has the link to the ground station. */
function alert(sink: FdrSink, timestampNs: MonotonicNs, text: string): void {
  const payload = { severity: "warning", text, sent: false, reason: "no link" } as const;
  sink.enqueue({ kind: "c8.alert", timestampNs, payload });
}

function transitionText({ throttled, temperatureC, telemetryAvailable }: ThermalState): string {
  if (!telemetryAvailable) return "no temperature can be read any more: no throttling is assumed";
  const at = temperatureC === null ? "" : ` at ${temperatureC} °C`;
  return throttled ? `the computer throttles${at}` : `the computer throttles no more${at}`;
}
