/**
 * Compares the contents of the files with the recorder's own counters of records written and lost.
 *
 * @module
 */
import type { Damage, DamageCode } from "./damage.ts";
import type { FlightFiles } from "./flight_files.ts";
import type { FlightSummary } from "./flight_summary.ts";

type Report = (damage: Damage) => void;

/** The footer's counter for each reason of `overrun` records. */
const COUNTERS: readonly (readonly [reason: string, counter: string])[] = [
  ["ring", "recordsDroppedOverrun"],
  ["disk", "recordsDroppedDisk"],
  ["rate", "recordsDroppedPolicy"],
  ["invalid", "recordsDroppedInvalid"],
];

/**
 * Checks for missing segments against the footer's count. A single file of a flight proves little.
 */
export function checkCounters(files: FlightFiles, summary: FlightSummary, report: Report): void {
  if (!files.isFolder) return;
  checkSegments(files, summary, report);
  if (summary.footer !== null) checkFooter(summary, summary.footer, report);
  else {
    say(report, "missing_footer", "it has no footer: the recorder did not close it", true);
  }
}

function checkSegments(files: FlightFiles, summary: FlightSummary, report: Report): void {
  const present = new Set(files.segments.map(({ index }) => index));
  const last = files.segments.at(-1)?.index ?? 0;
  // The capacity cap drops the oldest first: all segments before a dropped one are dropped as well.
  const dropped = Math.max(
    -1,
    ...summary.droppedSegments.map((name) => Number(/\d+/.exec(name)?.[0] ?? -1)),
  );
  const missing: number[] = [];
  for (let index = 0; index < last && missing.length < 100; index++) {
    if (!present.has(index) && index > dropped) missing.push(index);
  }
  for (const index of missing) {
    const name = `segment_${String(index).padStart(4, "0")}.mcap`;
    say(
      report,
      "missing_segment",
      `${name} is missing, and no record states that it was dropped`,
      true,
    );
  }
  const rolled = count(summary.footer?.rolloverCount);
  if (rolled !== null && rolled !== last) {
    const reason = `its footer counts ${rolled + 1} segments, the last one has number ${last}`;
    say(report, "counters", reason, rolled > last);
  }
}

function checkFooter(
  summary: FlightSummary,
  footer: Readonly<Record<string, unknown>>,
  report: Report,
): void {
  const written = count(footer.recordsWritten);
  const droppedCap = count(footer.recordsDroppedCap) ?? 0;
  const footers = summary.kinds.find(({ kind }) => kind === "flight_footer")?.count ?? 0;
  const present = summary.records - footers;
  if (written !== null && present + droppedCap !== written) {
    const gone = droppedCap === 0 ? "" : `, ${droppedCap} left with segments over the cap`;
    const reason = `its footer counts ${written} records, ${present} are there${gone}`;
    say(report, "counters", reason, present + droppedCap < written);
  }
  for (const [reason, counter] of COUNTERS) {
    const counted = count(footer[counter]);
    const reported = summary.overrun.get(reason) ?? 0;
    // Records that reported a loss may have been dropped with a segment over the cap.
    if (counted === null || (droppedCap === 0 ? reported === counted : reported <= counted)) {
      continue;
    }
    // The first version of the recorder counted disk losses without writing a record of them.
    if (reason === "disk" && footer.producers === undefined) continue;
    const text =
      `its footer counts ${counted} records lost (${counter}), the overrun records ${reported}`;
    say(report, "counters", text, false);
  }
  checkProducers(footer.producers, report);
}

/** Checks for each producer: produced = written + everything that was dropped. */
function checkProducers(producers: unknown, report: Report): void {
  if (typeof producers !== "object" || producers === null) return;
  for (const [producerId, counts] of Object.entries(producers as Record<string, Counts>)) {
    const produced = count(counts?.produced);
    if (produced === null) continue;
    const parts = ["written", "droppedOverrun", "droppedDisk", "droppedPolicy", "droppedInvalid"];
    const sum = parts.reduce((total, part) => total + (count(counts[part]) ?? 0), 0);
    if (sum === produced) continue;
    const reason = `its footer counts ${produced} records produced by ${producerId}; ` +
      `written and dropped are ${sum}`;
    say(report, "counters", reason, false);
  }
}

type Counts = Readonly<Record<string, unknown>>;

function count(value: unknown): number | null {
  return Number.isSafeInteger(value) ? value as number : null;
}

function say(report: Report, code: DamageCode, reason: string, losesRecords: boolean): void {
  report({ code, segment: "", offset: null, record: "", reason, losesRecords });
}
