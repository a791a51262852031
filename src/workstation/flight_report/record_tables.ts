/**
 * Tables of the content of a record.
 *
 * @module
 */
import { bytesText } from "../../core/mod.ts";
import type { Diagnosis, FlightSummary } from "../../flight/flight_record/mod.ts";
import type { ReportTable } from "./contract.ts";
import { durationText } from "./figure_text.ts";
import { clockText } from "./time_axis.ts";

const ROWS_MAX = 200;

export function recordTables(
  diagnosis: Diagnosis,
  reasons: readonly (readonly [string, number])[],
  others: readonly ReportTable[],
): ReportTable[] {
  const { summary, files } = diagnosis;
  const tables = [
    kindTable(diagnosis),
    producerTable(summary),
    pauseTable(summary),
    {
      title: "Why frames gave no fix",
      columns: ["reason", "frames"],
      rows: reasons.map(([reason, count]) => [reason, count.toLocaleString("en")]),
    },
    ...others,
    headerTable(summary),
    {
      title: "Files",
      columns: ["name", "size"],
      rows: files.segments.map(({ name, sizeBytes }) => [name, bytesText(sizeBytes)]),
    },
  ];
  return tables.filter(({ rows }) => rows.length > 0)
    .map((table) => ({ ...table, rows: table.rows.slice(0, ROWS_MAX) }));
}

function kindTable({ summary, unknownKinds }: Diagnosis): ReportTable {
  return {
    title: "Records by kind",
    columns: ["kind", "records", "Hz", "size", "usual interval", "pauses"],
    rows: summary.kinds.map(({ kind, count, hz, bytes, medianNs, isRegular, pauseCount }) => [
      unknownKinds.has(kind) ? `${kind} (unknown to this program)` : kind,
      count.toLocaleString("en"),
      hz === null ? "–" : String(Number(hz.toPrecision(3))),
      bytesText(bytes),
      medianNs === null ? "–" : durationText(medianNs / 1e9),
      isRegular ? String(pauseCount) : "–",
    ]),
  };
}

/** From the footer when there is one, because it also counts losses. */
function producerTable({ footer, producers }: FlightSummary): ReportTable {
  const counted = footer?.producers;
  if (typeof counted !== "object" || counted === null) {
    return {
      title: "Records by producer",
      columns: ["producer", "records read"],
      rows: [...producers].sort().map(([name, count]) => [name, count.toLocaleString("en")]),
    };
  }
  const keys = ["produced", "written", "droppedOverrun", "droppedDisk", "droppedPolicy"];
  return {
    title: "Records by producer",
    columns: [
      "producer",
      "produced",
      "written",
      "lost to a full ring",
      "to the disk",
      "to the rate",
    ],
    rows: Object.entries(counted as Record<string, Record<string, unknown> | null>).map((
      [name, counts],
    ) => [
      name,
      ...keys.map((key) => {
        const count = counts?.[key];
        return typeof count === "number" ? count.toLocaleString("en") : "–";
      }),
    ]),
  };
}

function pauseTable({ kinds, first }: FlightSummary): ReportTable {
  const all = kinds.flatMap(({ kind, pauses }) => pauses.map((pause) => ({ kind, ...pause })))
    .sort((a, b) => (b.toNs - b.fromNs) - (a.toNs - a.fromNs));
  return {
    title: "Longest pauses of regular streams",
    columns: ["kind", "length", "at"],
    rows: all.slice(0, 50).map(({ kind, fromNs, toNs }) => [
      kind,
      durationText((toNs - fromNs) / 1e9),
      clockText((fromNs - (first?.timestampNs ?? 0)) / 1e9, 0.1),
    ]),
  };
}

function headerTable({ header }: FlightSummary): ReportTable {
  const rows = Object.entries(header ?? {}).map(([key, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
    return [key, text.length > 1000 ? `${text.slice(0, 999)}…` : text];
  });
  return { title: "Flight header", columns: ["key", "value"], rows };
}
