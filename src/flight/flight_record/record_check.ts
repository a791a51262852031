/**
 * Checks each record against its schema and its neighbours.
 *
 * @module
 */
import { basename } from "node:path";
import { FDR_KINDS, FDR_KINDS_FORBIDDEN, type FdrKind } from "../flight_recorder/mod.ts";
import type { Damage, DamageCode } from "./damage.ts";
import type { FlightFiles } from "./flight_files.ts";
import type { FlightEntry } from "./scan_flight.ts";
import { schemaVersionFault } from "./schema_version.ts";

type Report = (damage: Damage) => void;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export class RecordCheck {
  readonly #report: Report;
  readonly #unknownKinds = new Map<string, number>();
  #flightId: string | null;
  #segment = "";
  #sequence = -1;
  #missing = 0;

  constructor(files: FlightFiles, report: Report) {
    this.#report = report;
    const name = basename(files.path);
    this.#flightId = files.isFolder && UUID.test(name) ? name.toLowerCase() : null;
  }

  /** Kinds that this program does not know; they are kept unchanged. */
  get unknownKinds(): ReadonlyMap<string, number> {
    return this.#unknownKinds;
  }

  /** Missing records in between, by the messages' sequence numbers. */
  get missing(): number {
    return this.#missing;
  }

  add(entry: FlightEntry): void {
    this.#order(entry);
    const version = schemaVersionFault(entry);
    if (version !== undefined) this.#report(version);
    else this.#payload(entry);
    const { flightId } = entry.record;
    this.#flightId ??= flightId;
    if (flightId !== this.#flightId) {
      this.#say(entry, "flight_id", `it belongs to flight ${flightId}, not to ${this.#flightId}`);
    }
    if (BigInt(entry.record.timestampNs) !== entry.message.logTimeNs) {
      const reason = `its message has the time ${entry.message.logTimeNs} ns, ` +
        `its record ${entry.record.timestampNs} ns`;
      this.#say(entry, "order", reason);
    }
  }

  /** Messages are numbered from 0 in each segment. */
  #order(entry: FlightEntry): void {
    const { sequence } = entry.message;
    if (entry.segment.name !== this.#segment) {
      this.#segment = entry.segment.name;
      this.#sequence = -1;
      if (entry.record.kind !== "flight_header") {
        this.#say(entry, "missing_header", "its segment does not begin with the flight header");
      }
    }
    if (sequence <= this.#sequence) {
      this.#say(entry, "order", `message ${sequence} follows message ${this.#sequence}`);
    } else {
      this.#missing += sequence - this.#sequence - 1;
    }
    this.#sequence = sequence;
  }

  #payload(entry: FlightEntry): void {
    const { kind, payload } = entry.record;
    if (FDR_KINDS_FORBIDDEN.includes(kind)) {
      return this.#say(entry, "payload", "records of this kind are forbidden");
    }
    if (!Object.hasOwn(FDR_KINDS, kind)) {
      this.#unknownKinds.set(kind, (this.#unknownKinds.get(kind) ?? 0) + 1);
      return;
    }
    const checked = FDR_KINDS[kind as FdrKind].safeParse(payload);
    if (checked.success) return;
    const [issue] = checked.error.issues;
    const at = issue.path.length === 0 ? "the payload" : `payload.${issue.path.join(".")}`;
    this.#say(entry, "payload", `${at}: ${issue.message}`);
  }

  #say({ segment, message, record }: FlightEntry, code: DamageCode, reason: string): void {
    this.#report({
      code,
      segment: segment.name,
      offset: message.offset,
      record: record.kind,
      reason,
      losesRecords: false,
    });
  }
}
