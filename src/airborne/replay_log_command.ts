/**
 * What `airborne replay` does for the log of a flight controller: its options, what it prints, and its
 * exit code.
 *
 * @module
 */
import { EXIT, type ExitCode, nullIfAbsent } from "../core/mod.ts";
import { startOption } from "./flight_options.ts";
import type { LogSummaryLine } from "./log_lines.ts";

/** A log that lost its power ends in the middle of a page. */
const BYTES_SKIPPED_MAX = 1024;

export const logStartOption = startOption({
  help: "where a log begins that has no GPS, or none that can be believed",
  absent: "its first GPS position",
});

/** Flights and photographs are folders, and need a package: everything else is a log, or no input at all. */
export async function isLogPath(path: string, hasPackage: boolean): Promise<boolean> {
  const info = await nullIfAbsent(Deno.stat(path));
  return info === null ? !hasPackage : !info.isDirectory;
}

export function logExitCode(summary: LogSummaryLine): ExitCode {
  if (summary.estimatorFailed) return EXIT.software;
  if (summary.recorderBroken || Object.keys(summary.outputFaults).length > 0) return EXIT.io;
  const isDamaged = summary.samplesRefused + summary.sensorFaults > 0 ||
    summary.bytesSkipped > BYTES_SKIPPED_MAX;
  return isDamaged || summary.estimates === 0 ? EXIT.lossy : EXIT.ok;
}

export function logSummaryText(summary: LogSummaryLine): string[] {
  const { gps, streams } = summary;
  const times = (seconds: readonly number[]) =>
    seconds.map((at) => `${at.toFixed(1)} s`).join(", ");
  return [
    `flight          ${summary.flight}${summary.completed ? "" : ", stopped before the end"}`,
    `firmware        ${summary.firmware || "not said"} (${summary.kind})`,
    `begins          ${summary.startUtc ?? "not known: its GPS never told the time"}`,
    `IMU             ${summary.imuRateHz.toFixed(1)} Hz`,
    `streams         ${
      Object.entries(streams).map(([name, { message, samples }]) =>
        message === "" ? `no ${name}` : `${samples} ${name} (${message})`
      ).join(", ")
    }`,
    `estimates       ${summary.estimates} s${
      summary.sensorFaults > 0 ? `, ${summary.sensorFaults} sensor samples left out` : ""
    }${summary.estimatorFailed ? ", the state estimator failed" : ""}`,
    `GPS             ${gps.state}${gps.reason === "" ? "" : `: ${gps.reason}`}`,
    ...(gps.trustedS === null ? [] : [`  trusted       from ${times([gps.trustedS])}`]),
    ...(gps.demotedS.length === 0 ? [] : [`  demoted       at ${times(gps.demotedS)}`]),
    ...(gps.promotedS.length === 0 ? [] : [`  promoted      at ${times(gps.promotedS)}`]),
    `duration        ${summary.durationS.toFixed(1)} s, replayed ${
      summary.realTimeFactor.toFixed(1)
    } times as fast`,
    `memory          ${summary.rssMbMax.toFixed(0)} MB at most`,
    ...(summary.recorderFolder === null ? [] : [
      `recorder        ${summary.recorderFolder}: ${summary.recorderRecords} records, ` +
      `${summary.recorderLost ?? "an unknown number of them"} lost${
        summary.recorderBroken ? " (incomplete)" : ""
      }`,
    ]),
  ];
}
