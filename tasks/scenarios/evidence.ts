/**
 * What a flight left behind: the controller's report, the record, and how both programs ended.
 *
 * @module
 */
import { median } from "../../src/core/mod.ts";
import {
  diagnoseFlight,
  findFlight,
  findOnlyFlight,
  readRecords,
} from "../../src/flight/flight_record/mod.ts";
import { TrueMotion } from "./true_motion.ts";

export interface ReportPosition {
  readonly timeS: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, number | string>>;
  readonly fixType: number;
  readonly sigmaHorizontalM: number | null;
  readonly made: "fused" | "reset" | "refused" | "unused" | "abort";
  readonly why: string | null;
  readonly errorM: number | null;
  readonly gapMs: number | null;
  readonly ekfErrorM: number;
  readonly ekfUsable: boolean;
}

export interface ReportLine {
  readonly type: string;
  readonly timeS: number;
  readonly [key: string]: unknown;
}

/** One record of the flight, with its time as seconds of the simulated flight. */
export interface FlownRecord {
  readonly kind: string;
  readonly timeS: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface RecordedFlightState {
  readonly verdict: string;
  readonly damage: readonly string[];
}

export interface FlightEvidence {
  /** Of the recorded flight: without a landing that was made behind it. */
  readonly truth: TrueMotion;
  readonly positions: readonly ReportPosition[];
  readonly lines: readonly ReportLine[];
  readonly records: readonly FlownRecord[];
  /** Of each record folder, the oldest first. */
  readonly recorded: readonly RecordedFlightState[];
  /** Seconds of the flight less those of the companion's clock, nanoseconds per second apart. */
  readonly clockOffsetS: number;
  readonly flyCode: number;
  /** Seconds from the controller's end to that of `airborne`. */
  readonly flyEndedAfterS: number;
  readonly controllerCode: number;
  /** Of `airborne`, resident; seconds since the flight began. */
  readonly memoryMb: readonly { readonly timeS: number; readonly mb: number }[];
  /** What `airborne fly` printed. */
  readonly flyText: string;
  /** When `airborne` was killed, seconds of the flight. */
  readonly killedAtS: number | null;
}

interface Ended extends
  Pick<
    FlightEvidence,
    "memoryMb" | "flyCode" | "flyEndedAfterS" | "controllerCode" | "flyText" | "killedAtS"
  > {
  /** What comes behind it, when the link is gone, is not looked at. */
  readonly untilS: number;
  readonly reportFile: string;
  readonly recorderFolder: string;
  readonly flight: string;
}

export async function readEvidence(ended: Ended): Promise<FlightEvidence> {
  const isInFlight = ({ timeS }: { timeS: number }) => timeS <= ended.untilS;
  const lines = (await readReport(ended.reportFile)).filter((line) =>
    isInFlight(line) || line.type === "summary"
  );
  const positions = lines.filter(({ type }) => type === "position") as unknown as ReportPosition[];
  const folders = await recordFolders(ended.recorderFolder);
  const recorded: RecordedFlightState[] = [];
  for (const folder of folders) {
    const { verdict, damage } = await diagnoseFlight(await findOnlyFlight(folder));
    recorded.push({ verdict, damage: damage.list.map(({ code }) => code) });
  }
  const raw = folders.length === 0 ? [] : await rawRecords(folders.at(-1) ?? "");
  const clockOffsetS = offsetOf(raw, positions);
  return {
    truth: new TrueMotion(await Deno.readTextFile(`${ended.flight}/truth.csv`)),
    positions,
    lines,
    records: raw.map(({ kind, timestampNs, payload }) => ({
      kind,
      timeS: timestampNs / 1e9 + clockOffsetS,
      payload,
    })).filter(isInFlight),
    recorded,
    clockOffsetS,
    ...ended,
  };
}

async function readReport(path: string): Promise<ReportLine[]> {
  const text = await Deno.readTextFile(path);
  return text.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line) as ReportLine);
}

/** By the time at which they were made. */
async function recordFolders(root: string): Promise<string[]> {
  const found: { path: string; madeMs: number }[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root)) {
    if (!isDirectory || !/^[0-9a-f-]{36}$/.test(name)) continue;
    const path = `${root}/${name}`;
    const { birthtime, mtime } = await Deno.stat(path);
    found.push({ path, madeMs: (birthtime ?? mtime)?.getTime() ?? 0 });
  }
  return found.sort((a, b) => a.madeMs - b.madeMs).map(({ path }) => path);
}

interface RawRecord {
  readonly kind: string;
  readonly timestampNs: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** IMU and attitude are many, and say nothing here. */
const READ_KINDS = [
  "c8.position_out",
  "c8.alert",
  "c8.link",
  "c9.reloc_hint",
  "c5.source_label",
  "c5.gps_demoted",
  "c5.gps_bounded_delta.accept",
  "c5.cold_start_origin.set",
  "frame.meta",
  "nav.fix",
  "nav.state",
  "nav.estimate_gap",
];

async function rawRecords(folder: string): Promise<RawRecord[]> {
  const records: RawRecord[] = [];
  for await (const record of readRecords(await findFlight(folder), { kinds: READ_KINDS })) {
    records.push(record as unknown as RawRecord);
  }
  return records;
}

/** The same positions stand in the record and in the controller's report: that joins their clocks. */
function offsetOf(records: readonly RawRecord[], positions: readonly ReportPosition[]): number {
  const key = (latitude: number, longitude: number) =>
    `${Math.round(latitude)},${Math.round(longitude)}`;
  const heardS = new Map(
    positions.map(({ fields, timeS }) => [key(Number(fields.lat), Number(fields.lon)), timeS]),
  );
  const offsets: number[] = [];
  for (const { kind, timestampNs, payload } of records) {
    if (kind !== "c8.position_out") continue;
    const { latitudeDeg, longitudeDeg } = payload as { latitudeDeg: number; longitudeDeg: number };
    const timeS = heardS.get(key(1e7 * latitudeDeg, 1e7 * longitudeDeg));
    if (timeS !== undefined) offsets.push(timeS - timestampNs / 1e9);
  }
  return median(offsets) ?? 0;
}
