/**
 * Figures out of a flight's evidence.
 *
 * @module
 */
import { percentile } from "../../src/core/mod.ts";
import type { Figure } from "./contract.ts";
import type { FlightEvidence, FlownRecord, ReportPosition } from "./evidence.ts";

export function atMost(value: number | null, bar: number, unit: string): Figure {
  if (value === null) return { text: "nothing to measure", value, passes: false };
  return { text: `${spelt(value)} ${unit}`, value, passes: value <= bar };
}

export function atLeast(value: number | null, bar: number, unit: string): Figure {
  if (value === null) return { text: "nothing to measure", value, passes: false };
  return { text: `${spelt(value)} ${unit}`, value, passes: value >= bar };
}

export function isTrue(passes: boolean, text: string): Figure {
  return { text, value: null, passes };
}

function spelt(value: number): string {
  if (!Number.isFinite(value)) return "never";
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toFixed(2)).toString();
}

export function positionsBetween(
  { positions }: FlightEvidence,
  fromS: number,
  toS: number,
): ReportPosition[] {
  return positions.filter(({ timeS }) => timeS >= fromS && timeS < toS);
}

/** With a fix. */
export function errorsM(evidence: FlightEvidence, fromS: number, toS: number): number[] {
  return positionsBetween(evidence, fromS, toS)
    .filter(({ fixType }) => fixType >= 2)
    .flatMap(({ errorM }) => errorM === null ? [] : [errorM]);
}

export function worst(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}

export function gapsMs(evidence: FlightEvidence, fromS: number, toS: number): number[] {
  return positionsBetween(evidence, fromS, toS).flatMap(({ gapMs }) =>
    gapMs === null ? [] : [gapMs]
  );
}

export function part(values: readonly number[], p: number): number | null {
  return percentile([...values], p) ?? null;
}

export function recordsOf({ records }: FlightEvidence, kind: string): FlownRecord[] {
  return records.filter((record) => record.kind === kind);
}

/** First time at or after `fromS` that `match` holds, less `fromS`, seconds. */
export function delayS(
  found: readonly { readonly timeS: number }[],
  fromS: number,
): number | null {
  const first = found.find(({ timeS }) => timeS >= fromS);
  return first === undefined ? Infinity : first.timeS - fromS;
}

/** The label that positions were sent with from that moment on: when it first was `label`. */
export function labelDelayS(evidence: FlightEvidence, label: string, fromS: number): number | null {
  const sent = recordsOf(evidence, "c8.position_out").filter(({ payload }) =>
    payload.label === label
  );
  return delayS(sent, fromS);
}

/** PARAM_SET of GPS_PRIMARY to that receiver, or a source set. */
export function sourceSwitches({ lines }: FlightEvidence, receiver: 0 | 1) {
  return lines.filter((line) =>
    line.type === "parameter" && line.name === "GPS_PRIMARY" && line.value === receiver
  );
}

export function texts({ lines }: FlightEvidence, pattern: RegExp) {
  return lines.filter((line) => line.type === "text" && pattern.test(String(line.text)));
}

export function controllerTexts({ lines }: FlightEvidence, pattern: RegExp) {
  return lines.filter((line) => line.type === "controller_text" && pattern.test(String(line.text)));
}

/** Exposure (or arrival) of each frame to the first position sent once it was worked up, milliseconds. */
export function frameLatenciesMs(evidence: FlightEvidence, from: "exposure" | "arrival"): number[] {
  const sentS = recordsOf(evidence, "c8.position_out").map(({ timeS }) => timeS);
  const arrivedS = new Map(
    recordsOf(evidence, "frame.meta").map(({ payload }) => [
      payload.sequence,
      Number(payload.availableNs) / 1e9 + evidence.clockOffsetS,
    ]),
  );
  const latencies: number[] = [];
  let next = 0;
  for (const { timeS, payload } of recordsOf(evidence, "nav.state")) {
    while (next < sentS.length && sentS[next] < timeS) next++;
    const beganS = from === "exposure"
      ? Number(payload.validNs) / 1e9 + evidence.clockOffsetS
      : arrivedS.get(payload.sequence);
    if (next < sentS.length && beganS !== undefined) latencies.push(1000 * (sentS[next] - beganS));
  }
  return latencies;
}

/** How often the claimed accuracy was better than that of the position before. */
export function sigmaShrinks(evidence: FlightEvidence, fromS: number, toS: number): number | null {
  const sigmas = positionsBetween(evidence, fromS, toS).flatMap(({ fixType, sigmaHorizontalM }) =>
    fixType >= 2 && sigmaHorizontalM !== null ? [sigmaHorizontalM] : []
  );
  if (sigmas.length < SIGMAS_MIN) return null;
  return sigmas.filter((one, i) => i > 0 && one < sigmas[i - 1] * SHRINKS_BELOW).length;
}

const SIGMAS_MIN = 5;
/** Accuracies travel as rounded numbers. */
const SHRINKS_BELOW = 0.999;

/** Of each position with a fix: how long ago the aircraft passed it, by its true speed. */
export function lagsMs(evidence: FlightEvidence, fromS: number, toS: number): number[] {
  const { truth } = evidence;
  return positionsBetween(evidence, fromS, toS).flatMap(({ timeS, fixType, fields }) => {
    const { eastM, northM, velocityEnMps: [east, north] } = truth.at(timeS);
    const speed = Math.hypot(east, north);
    if (fixType < 2 || speed < 5) return [];
    const [sentEastM, sentNorthM] = truth.local(Number(fields.lat) / 1e7, Number(fields.lon) / 1e7);
    const behindM = ((eastM - sentEastM) * east + (northM - sentNorthM) * north) / speed;
    return [1000 * behindM / speed];
  });
}

/**
 * Of the frames exposed since the first position with a fix (before it there is nothing that an estimate could
 * begin from): how many of them got no estimate, and how many of those in a row.
 */
export function framesMissed(evidence: FlightEvidence): { percent: number; inARow: number } | null {
  const beganNs = recordsOf(evidence, "c8.position_out")
    .find(({ payload }) => Number(payload.fixType) >= 2)?.payload.validNs;
  if (beganNs === undefined) return null;
  const worked = new Set(recordsOf(evidence, "nav.state").map(({ payload }) => payload.sequence));
  let taken = 0, missed = 0, inARow = 0, longest = 0;
  for (const { payload } of recordsOf(evidence, "frame.meta")) {
    if (Number(payload.exposureMidNs) < Number(beganNs)) continue;
    taken++;
    inARow = worked.has(payload.sequence) ? 0 : inARow + 1;
    missed += inARow > 0 ? 1 : 0;
    longest = Math.max(longest, inARow);
  }
  return taken === 0 ? null : { percent: 100 * missed / taken, inARow: longest };
}

/** Positions with a fix sent since the flight began. */
export function firstFix({ positions }: FlightEvidence, fromS = -Infinity) {
  return positions.find(({ timeS, fixType }) => timeS >= fromS && fixType >= 2);
}
