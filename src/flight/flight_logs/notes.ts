/**
 * What a person should know of a log before its estimates are believed.
 *
 * @module
 */
import type { FlightLog, LogDecoder, LogStreamName } from "./contract.ts";

/** Below it the estimator bridges gaps: what the aircraft did between two samples is not known. */
const IMU_RATE_MIN_HZ = 25;

const NAMES: Readonly<Record<LogStreamName, string>> = {
  imu: "IMU",
  attitude: "attitude",
  baro: "barometer",
  gps: "GPS",
  controller_position: "position of the controller",
  flight_state: "flight state",
};

/** What the lack of a stream means. */
const LACKS: Readonly<Partial<Record<LogStreamName, string>>> = {
  imu: "nothing can be estimated",
  attitude: "the estimator cannot start",
  baro: "heights rest on GPS alone",
  gps: "positions count from --start, and grow uncertain at once",
};

export function logNotes(
  log: Pick<FlightLog, "streams" | "imuRateHz" | "parts" | "part" | "damage">,
  sources: LogDecoder["sources"],
): string[] {
  const notes: string[] = [];
  for (const [name, lack] of Object.entries(LACKS) as [LogStreamName, string][]) {
    const { message } = log.streams[name];
    const [best] = sources[name];
    if (message === "") {
      notes.push(`no ${NAMES[name]} in the log (${sources[name].join(", ")}): ${lack}`);
    } else if (message !== best) {
      notes.push(`the ${NAMES[name]} is that of ${message}: the log has no ${best}`);
    }
  }
  if (log.imuRateHz > 0 && log.imuRateHz < IMU_RATE_MIN_HZ) {
    notes.push(
      `the IMU was logged at ${
        log.imuRateHz.toFixed(1)
      } Hz: motion between its samples is not known`,
    );
  }
  if (log.parts.length > 1) {
    notes.push(
      `the log holds ${log.parts.length} parts (silence, or another boot, between them): part ${
        log.part + 1
      }, the one with the most IMU samples or the one asked for, is read`,
    );
  }
  const { bytesSkipped, samplesRefused } = log.damage;
  if (bytesSkipped > 0) notes.push(`${bytesSkipped} bytes belong to no whole message`);
  if (samplesRefused > 0) {
    notes.push(`${samplesRefused} samples hold values or times that cannot be`);
  }
  return notes;
}
