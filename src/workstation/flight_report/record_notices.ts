/**
 * States first and plainly whether a record is complete.
 *
 * @module
 */
import { bytesText, countText } from "../../core/mod.ts";
import {
  describeDamage,
  type Diagnosis,
  type FlightSummary,
} from "../../flight/flight_record/mod.ts";
import type { ReportNotice } from "./contract.ts";
import { durationText } from "./figure_text.ts";
import { STREAM_NAMES } from "./record_health.ts";

const DETAILS_MAX = 60;

export function recordNotices(diagnosis: Diagnosis): ReportNotice[] {
  return [
    wholeness(diagnosis),
    ...shutdown(diagnosis),
    ...part(diagnosis),
    ...losses(diagnosis.summary),
    ...absentStreams(diagnosis.summary),
  ];
}

function wholeness({ files, summary, damage, verdict, recovered }: Diagnosis): ReportNotice {
  const size = `${countText(summary.records, "record")} in ${
    countText(files.segments.length, "file")
  }, ${bytesText(files.totalBytes)}`;
  const salvaged = recovered.length === 0
    ? ""
    : ` ${countText(recovered.length, "file")} were made by a recovery (operator fdr recover).`;
  const unverified = summary.unverified === 0
    ? ""
    : ` For ${
      countText(summary.unverified, "record")
    } from damaged places, or written without a checksum, none speaks.`;
  if (verdict === "complete") {
    return {
      tone: recovered.length === 0 && summary.unverified === 0 ? "good" : "fair",
      text: `The record is whole: every checksum and every counter agrees (${size}).` +
        unverified + salvaged,
    };
  }
  const lost = damage.list.some(({ losesRecords }) => losesRecords);
  const isCut = damage.counts.has("cut") || damage.counts.has("missing_footer");
  const said = isCut
    ? "The record is cut: it ends before the flight does."
    : "The record is damaged.";
  const details = damage.list.slice(0, DETAILS_MAX).map(describeDamage);
  if (damage.total > details.length) details.push(`and ${damage.total - details.length} more`);
  return {
    tone: "bad",
    text: `${said} ${countText(damage.total, "fault")} found; ${
      lost ? "records are missing" : "no record is known to be missing"
    }. Read: ${size}.${unverified}${salvaged}`,
    details,
  };
}

function shutdown({ summary }: Diagnosis): ReportNotice[] {
  if (summary.footer === null || summary.footer.cleanShutdown === true) return [];
  return [{ tone: "fair", text: "The recorder was not shut down cleanly: its footer says so." }];
}

function part({ files, summary }: Diagnosis): ReportNotice[] {
  if (!files.isFolder && summary.footer === null) {
    return [{ tone: "fair", text: "Made from one file, which may be a part of a flight." }];
  }
  return [];
}

const COUNTERS: readonly (readonly [string, string])[] = [
  ["recordsDroppedOverrun", "to full rings"],
  ["recordsDroppedDisk", "to the disk"],
  ["recordsDroppedPolicy", "over the rate of their kind"],
  ["recordsDroppedInvalid", "that cannot be written"],
  ["recordsDroppedCap", "with segments over the capacity cap"],
];

/** The losses that the recorder itself counted. */
function losses({ footer, overrun, droppedSegments }: FlightSummary): ReportNotice[] {
  const parts: string[] = [];
  if (footer !== null) {
    for (const [key, why] of COUNTERS) {
      const count = footer[key];
      if (typeof count === "number" && count > 0) {
        parts.push(`${count.toLocaleString("en")} ${why}`);
      }
    }
  } else {
    for (const [why, count] of overrun) parts.push(`${count.toLocaleString("en")} (${why})`);
  }
  const gone = droppedSegments.length === 0
    ? ""
    : ` ${countText(droppedSegments.length, "segment")} were deleted for the capacity cap.`;
  if (parts.length === 0 && gone === "") return [];
  const lost = parts.length === 0 ? "" : `The recorder lost records: ${parts.join(", ")}.`;
  return [{ tone: "fair", text: `${lost}${gone}`.trim() }];
}

/** A stream without any record has no line that could be interrupted. */
function absentStreams({ kinds, first, last }: FlightSummary): ReportNotice[] {
  const there = new Set(kinds.map(({ kind }) => kind));
  const absent = Object.entries(STREAM_NAMES)
    .filter(([kind]) => !there.has(kind) && kind !== "c8.position_out")
    .map(([kind, name]) => `${name.toLowerCase()} (${kind})`);
  if (absent.length === 0 || first === null || last === null) return [];
  const time = durationText((last.timestampNs - first.timestampNs) / 1e9);
  return [{ tone: "fair", text: `Not recorded at all in ${time}: ${absent.join(", ")}.` }];
}
