/**
 * Events of the estimator, as records.
 *
 * @module
 */
import {
  degreesFromRadians,
  type LocalFrame,
  type Logger,
  type MonotonicNs,
  secondsFromNs,
} from "../core/mod.ts";
import type { FdrSink } from "../flight/flight_recorder/mod.ts";
import type { EstimatorEvent } from "../navigation/state_estimator/mod.ts";
import type { GpsGateRecords } from "./gps_gate_records.ts";

export function recordEvent(
  to: { readonly sink: FdrSink; readonly logger: Logger; readonly gate: GpsGateRecords },
  event: Exclude<EstimatorEvent, { readonly type: "measurement" }>,
  localFrame: LocalFrame,
  nowNs: MonotonicNs,
): void {
  const { sink, logger, gate } = to;
  const timestampNs = nowNs;
  switch (event.type) {
    case "label": {
      const reason = `at ${secondsFromNs(event.timeNs).toFixed(2)} s`;
      const payload = { from: event.from, to: event.to, reason };
      sink.enqueue({ kind: "c5.source_label", timestampNs, payload });
      return;
    }
    case "cold_start_origin.set": {
      const { latitudeDeg, longitudeDeg } = localFrame.wgsFromLocal(event.origin.positionLocalM);
      const { sigmaHorizM: sigmaHorizontalM, sigmaVertM: sigmaVerticalM } = event;
      const payload = { latitudeDeg, longitudeDeg, sigmaHorizontalM, sigmaVerticalM };
      sink.enqueue({ kind: "c5.cold_start_origin.set", timestampNs, payload });
      return;
    }
    case "cold_start_origin.unavailable": {
      const payload = { reason: "no take-off position was given" };
      sink.enqueue({ kind: "c5.cold_start_origin.unavailable", timestampNs, payload });
      return;
    }
    case "gps.demoted": {
      gate.reset();
      const { reason, unlearnt } = event;
      const unlearntSinceNs = unlearnt?.sinceNs ?? null, movedM = unlearnt?.movedM ?? null;
      const payload = { reason, unlearntSinceNs, movedM };
      sink.enqueue({ kind: "c5.gps_demoted", timestampNs, payload });
      logger.warn("c5.gps_demoted", payload, `GPS is not trusted any more: ${reason}`);
      return;
    }
    case "imu.left_out":
    case "imu.used_again":
    case "picture_delay":
    case "heading_correction":
    case "restarted":
      recordSensorFault(to, event, timestampNs);
      return;
    case "map_conflict": {
      const { disagreementM } = event;
      sink.enqueue({ kind: "c5.map_conflict", timestampNs, payload: { disagreementM } });
      const text = `GPS and the map are ${disagreementM.toFixed(0)} m apart`;
      logger.warn("c5.map_conflict", { disagreementM }, text);
      return;
    }
    case "map_conflict_settled":
      sink.enqueue({ kind: "c5.map_conflict_settled", timestampNs, payload: {} });
      logger.info("c5.map_conflict_settled", {}, "GPS and the map agree after all");
      return;
    case "gps_bounded_delta.accept":
    case "gps_bounded_delta.reject":
      return gate.add(event, nowNs);
    default:
      event satisfies never;
  }
}

type SensorFaultEvent = Extract<
  EstimatorEvent,
  {
    readonly type:
      | "imu.left_out"
      | "imu.used_again"
      | "picture_delay"
      | "heading_correction"
      | "restarted";
  }
>;

function recordSensorFault(
  { sink, logger }: { readonly sink: FdrSink; readonly logger: Logger },
  event: SensorFaultEvent,
  timestampNs: MonotonicNs,
): void {
  switch (event.type) {
    case "imu.left_out": {
      const { reason } = event;
      sink.enqueue({ kind: "c5.imu_left_out", timestampNs, payload: { reason } });
      logger.warn("c5.imu_left_out", { reason }, `The IMU is left out: ${reason}`);
      return;
    }
    case "imu.used_again":
      sink.enqueue({ kind: "c5.imu_used_again", timestampNs, payload: {} });
      return;
    case "picture_delay": {
      const { delayS } = event;
      sink.enqueue({ kind: "c5.picture_delay", timestampNs, payload: { delayS } });
      const text = `Pictures are ${delayS.toFixed(2)} s older than their stamps`;
      logger.warn("c5.picture_delay", { delayS }, text);
      return;
    }
    case "heading_correction": {
      const turnDeg = degreesFromRadians(event.turnRad);
      sink.enqueue({ kind: "c5.heading_correction", timestampNs, payload: { turnDeg } });
      const text = `The controller's heading is turned by ${turnDeg.toFixed(0)}°`;
      logger.warn("c5.heading_correction", { turnDeg }, text);
      return;
    }
    case "restarted": {
      const { reason } = event;
      sink.enqueue({ kind: "c5.restarted", timestampNs, payload: { reason } });
      logger.warn("c5.restarted", { reason }, `The state estimator began anew: ${reason}`);
      return;
    }
    default:
      event satisfies never;
  }
}
