/**
 * Reads a whole flight once and reports its contents; for `fdr doctor` also its damage.
 *
 * @module
 */
import { FileSource } from "./byte_source.ts";
import { checkCounters } from "./counters_check.ts";
import { type Damage, DamageList } from "./damage.ts";
import type { FlightFiles, SegmentFile } from "./flight_files.ts";
import { type FlightSummary, FlightSummaryBuilder } from "./flight_summary.ts";
import { RECOVERY_METADATA } from "./recovery_note.ts";
import { RecordCheck } from "./record_check.ts";
import {
  damageOf,
  entriesOf,
  type FlightEntry,
  type FlightStep,
  scanFlight,
  type ScanOptions,
} from "./scan_flight.ts";
import type { ScanEvent } from "./scan_events.ts";
import { schemaVersionFault } from "./schema_version.ts";
import { SectionCrcs } from "./section_crcs.ts";
import { SegmentCheck } from "./segment_check.ts";

/** 0 complete, 3 damaged, 1 nothing readable: the exit codes of the `mcap` tool. */
export type Verdict = "complete" | "lossy" | "nothing";

export interface Examination {
  readonly files: FlightFiles;
  readonly verdict: Verdict;
  readonly summary: FlightSummary;
  readonly damage: DamageList;
}

export interface Diagnosis extends Examination {
  /** Kinds that this program does not know, with their counts; not an error. */
  readonly unknownKinds: ReadonlyMap<string, number>;
  /** Records missing in between, by the sequence numbers of the messages. */
  readonly missingBetween: number;
  /** Segments that `recoverFlight` wrote, by name. */
  readonly recovered: readonly string[];
}

/** The contents of a flight, and where its files are cut or damaged. */
export async function summariseFlight(
  files: FlightFiles,
  options: ScanOptions = {},
): Promise<Examination> {
  const damage = new DamageList();
  const summary = new FlightSummaryBuilder();
  for await (const step of scanFlight(files, options)) {
    for (const each of damageOf(step)) damage.add(each);
    for (const entry of entriesOf(step, (each) => damage.add(each))) {
      const fault = schemaVersionFault(entry);
      if (fault === undefined) summary.add(entry);
      else damage.add(fault);
    }
  }
  return examination(files, summary.build(), damage);
}

/** Checks everything: CRCs, indexes, statistics, order, schemas, counters. */
export async function diagnoseFlight(
  files: FlightFiles,
  options: ScanOptions = {},
): Promise<Diagnosis> {
  const damage = new DamageList();
  const report = (each: Damage) => damage.add(each);
  const summary = new FlightSummaryBuilder();
  const records = new RecordCheck(files, report);
  const recovered = new Set<string>();
  let checks: SegmentChecks | null = null;
  for await (const step of scanFlight(files, options)) {
    checks ??= new SegmentChecks(step.segment, report);
    checks.add(step);
    if (step.events.some(isRecoveryNote)) recovered.add(step.segment.name);
    for (const entry of entriesOf(step, report)) addEntry(entry, summary, records);
    if (!step.isLast) continue;
    await checks.end(options.signal);
    checks = null;
  }
  const built = summary.build();
  checkCounters(files, built, report);
  checkMissing(records.missing, built, damage);
  const { unknownKinds, missing } = records;
  return {
    ...examination(files, built, damage),
    unknownKinds,
    missingBetween: missing,
    recovered: [...recovered],
  };
}

function isRecoveryNote(event: ScanEvent): boolean {
  return event.type === "metadata" && event.metadata.name === RECOVERY_METADATA;
}

function addEntry(
  entry: FlightEntry,
  summary: FlightSummaryBuilder,
  records: RecordCheck,
): void {
  records.add(entry);
  if (schemaVersionFault(entry) === undefined) summary.add(entry);
}

class SegmentChecks {
  readonly #segment: SegmentFile;
  readonly #report: (damage: Omit<Damage, "segment">) => void;
  readonly #index: SegmentCheck;
  readonly #crcs = new SectionCrcs();

  constructor(segment: SegmentFile, report: (damage: Damage) => void) {
    this.#segment = segment;
    this.#report = (damage) => report({ ...damage, segment: segment.name });
    this.#index = new SegmentCheck(this.#report);
  }

  add(step: FlightStep): void {
    for (const event of step.events) {
      if (event.type === "damage") this.#report(event.damage);
      this.#index.add(event);
      this.#crcs.add(event);
    }
  }

  async end(signal?: AbortSignal): Promise<void> {
    this.#index.end();
    using source = await FileSource.open(this.#segment.path);
    await this.#crcs.check(source, this.#report, signal);
  }
}

/** The recorder skips numbers when the disk refused a chunk: those are counted separately. */
function checkMissing(missing: number, summary: FlightSummary, damage: DamageList): void {
  const counted = summary.footer?.recordsDroppedDisk;
  const reported = summary.overrun.get("disk") ?? 0;
  const explained = Math.max(typeof counted === "number" ? counted : 0, reported);
  if (missing <= explained) return;
  damage.add({
    code: "missing_records",
    segment: "",
    offset: null,
    record: "",
    reason: `${missing} records are missing between those that are there` +
      (explained === 0 ? "" : `, of which ${explained} are reported as refused by the disk`),
    losesRecords: true,
  });
}

function examination(
  files: FlightFiles,
  summary: FlightSummary,
  damage: DamageList,
): Examination {
  const verdict = summary.records === 0 ? "nothing" : damage.total > 0 ? "lossy" : "complete";
  return { files, summary, damage, verdict };
}
