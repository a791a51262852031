/**
 * What the estimator tells apart from estimates, as records.
 *
 * @module
 */
import { type LocalFrame, type MonotonicNs, secondsFromNs } from "../core/mod.ts";
import type { Recorder } from "../flight_recorder/mod.ts";
import type { EstimatorEvent } from "../state_estimator/mod.ts";

export function recordEvent(
  recorder: Recorder,
  event: EstimatorEvent,
  frame: LocalFrame,
  nowNs: MonotonicNs,
): void {
  switch (event.type) {
    case "label": {
      const reason = `at ${secondsFromNs(event.timeNs).toFixed(2)} s`;
      return recorder.record("c5.source_label", { from: event.from, to: event.to, reason }, nowNs);
    }
    case "cold_start_origin.set": {
      const { latitudeDeg, longitudeDeg } = frame.wgsFromLocal(event.origin.positionLocalM);
      return recorder.record("c5.cold_start_origin.set", {
        latitudeDeg,
        longitudeDeg,
        sigmaHorizontalM: event.sigmaHorizM,
        sigmaVerticalM: event.sigmaVertM,
      }, nowNs);
    }
    case "cold_start_origin.unavailable":
      return recorder.record(
        "c5.cold_start_origin.unavailable",
        { reason: "no take-off position was given" },
        nowNs,
      );
    case "gps.demoted":
      return recorder.record("log", {
        level: "WARN",
        component: "state_estimator",
        message: `GPS is not trusted any more: ${event.reason}`,
      }, nowNs);
    case "gps_bounded_delta.accept":
    case "gps_bounded_delta.reject":
      return recorder.record(`c5.${event.type}`, {
        reason: event.reason,
        deltaM: Number.isFinite(event.deltaM) ? event.deltaM : null,
      }, nowNs);
    default:
      event satisfies never;
  }
}
