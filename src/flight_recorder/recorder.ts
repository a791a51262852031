/**
 * The recorder that the flight loop writes to: never waits, never throws for a full or broken disk.
 *
 * @module
 */
import { type Clock, messageOf, type MonotonicNs } from "../core/mod.ts";
import { FdrClosedError, FdrKindError, FdrOpenError } from "./errors.ts";
import { type EncodedRecord, McapFile } from "./mcap_file.ts";
import {
  FDR_KINDS,
  FDR_KINDS_FORBIDDEN,
  FDR_SCHEMA_VERSION,
  type FdrKind,
  type FdrPayload,
} from "./registry.ts";

export interface RecorderOptions {
  /** Flights stand below: `<folder>/<flightId>/segment_0000.mcap`. */
  readonly folder: string;
  readonly header: FdrPayload<"flight_header">;
  readonly clock: Clock;
  /** UUID; a new one when absent. */
  readonly flightId?: string;
  readonly producerId?: string;
  /** Bytes of records that may wait for the disk; beyond, the oldest go (and are counted). */
  readonly pendingBytesMax?: number;
  /** Interval of fsync, milliseconds. */
  readonly syncIntervalMs?: number;
  /** Told once per fault and flight: a disk error, the first drop, the first invalid payload. */
  readonly onFault?: (message: string) => void;
}

export interface RecorderCounts {
  readonly recordsWritten: number;
  readonly recordsDroppedOverrun: number;
  /** Lost because the disk refused them. */
  readonly recordsDroppedDisk: number;
  /** Refused because their payload breaks its schema. */
  readonly recordsInvalid: number;
  readonly bytesWritten: number;
}

export interface Recorder {
  readonly flightId: string;
  /** Path of the MCAP file. */
  readonly file: string;
  /** Queues a record; {@link FdrKindError} for a kind that the registry does not list. */
  record<K extends FdrKind>(kind: K, payload: FdrPayload<K>, timestampNs: MonotonicNs): void;
  counts(): RecorderCounts;
  /** The disk refused something: the file is readable, and incomplete. */
  readonly broken: boolean;
  /** Waits until what is queued is written. */
  flush(): Promise<void>;
  /** Writes the footer and the index. Never throws for the disk: see `counts()` and `onFault`. */
  close(footer?: { readonly cleanShutdown: boolean } & Record<string, unknown>): Promise<void>;
}

/** @throws FdrOpenError (exit code 2) when the folder or the file cannot be made. */
export async function openRecorder(options: RecorderOptions): Promise<Recorder> {
  const flightId = options.flightId ?? crypto.randomUUID();
  const folder = `${options.folder}/${flightId}`;
  let file: McapFile | undefined;
  try {
    await Deno.mkdir(folder, { recursive: true });
    file = await McapFile.create(`${folder}/segment_0000.mcap`);
    const recorder = new McapRecorder(file, flightId, options);
    await file.addMetadata("flight_header", { flightId, ...options.header });
    recorder.record("flight_header", options.header, options.clock.now());
    await recorder.flush();
    return recorder;
  } catch (error) {
    file?.close();
    if (file !== undefined) await Deno.remove(file.path).catch(() => {});
    // Not recursive: what somebody else put there stays.
    await Deno.remove(folder).catch(() => {});
    throw new FdrOpenError(folder, error);
  }
}

const PENDING_BYTES_MAX = 8 * 1024 * 1024;
const SYNC_INTERVAL_MS = 200;
const encoder = new TextEncoder();

class McapRecorder implements Recorder {
  readonly flightId: string;
  readonly #mcap: McapFile;
  readonly #options: RecorderOptions;
  readonly #told = new Set<string>();
  #pending: EncodedRecord[] = [];
  #pendingBytes = 0;
  #draining: Promise<void> | null = null;
  #syncedMs = performance.now();
  #broken = false;
  #closed = false;
  #counts = {
    recordsWritten: 0,
    recordsDroppedOverrun: 0,
    recordsDroppedDisk: 0,
    recordsInvalid: 0,
  };

  constructor(mcap: McapFile, flightId: string, options: RecorderOptions) {
    this.#mcap = mcap;
    this.flightId = flightId;
    this.#options = options;
  }

  get broken(): boolean {
    return this.#broken;
  }

  get file(): string {
    return this.#mcap.path;
  }

  record<K extends FdrKind>(kind: K, payload: FdrPayload<K>, timestampNs: MonotonicNs): void {
    if (this.#closed) throw new FdrClosedError(`record ${kind}`);
    if (FDR_KINDS_FORBIDDEN.includes(kind)) throw new FdrKindError(kind, "it is forbidden");
    if (!Object.hasOwn(FDR_KINDS, kind)) throw new FdrKindError(kind, "it is not registered");
    const checked = FDR_KINDS[kind].safeParse(payload);
    if (!checked.success) {
      this.#counts.recordsInvalid++;
      const issue = checked.error.issues[0];
      this.#tell(
        `invalid ${kind}`,
        `a ${kind} payload is wrong at ${issue.path}: ${issue.message}`,
      );
      return;
    }
    this.#push({ kind, timestampNs, bytes: this.#encode(kind, payload, timestampNs) });
    this.#draining ??= this.#drain().finally(() => this.#draining = null);
  }

  counts(): RecorderCounts {
    return { ...this.#counts, bytesWritten: this.#mcap.bytesWritten };
  }

  async flush(): Promise<void> {
    while (this.#draining) await this.#draining;
  }

  async close(
    footer: { readonly cleanShutdown: boolean } & Record<string, unknown> = { cleanShutdown: true },
  ): Promise<void> {
    if (this.#closed) throw new FdrClosedError("close the flight");
    await this.flush();
    const payload = { ...this.counts(), rolloverCount: 0, ...footer };
    this.record("flight_footer", payload, this.#options.clock.now());
    await this.flush();
    this.#closed = true;
    try {
      if (!this.#broken) {
        await this.#mcap.addMetadata("flight_footer", payload);
        await this.#mcap.end();
      }
    } catch (error) {
      this.#break(error);
    } finally {
      this.#mcap.close();
    }
  }

  #encode(kind: FdrKind, payload: unknown, timestampNs: MonotonicNs): Uint8Array {
    return encoder.encode(JSON.stringify({
      schemaVersion: FDR_SCHEMA_VERSION,
      kind,
      producerId: this.#options.producerId ?? "airborne",
      timestampNs,
      wallTime: this.#options.clock.utc(timestampNs).toISOString(),
      flightId: this.flightId,
      payload,
    }));
  }

  #push(record: EncodedRecord): void {
    if (this.#broken) {
      this.#counts.recordsDroppedDisk++;
      return;
    }
    this.#pending.push(record);
    this.#pendingBytes += record.bytes.length;
    const bytesMax = this.#options.pendingBytesMax ?? PENDING_BYTES_MAX;
    while (this.#pendingBytes > bytesMax && this.#pending.length > 1) {
      this.#pendingBytes -= this.#pending.shift()?.bytes.length ?? 0;
      this.#counts.recordsDroppedOverrun++;
      this.#tell("overrun", "records come faster than the disk takes them; the oldest are dropped");
    }
  }

  async #drain(): Promise<void> {
    for (;;) {
      const record = this.#pending.shift();
      if (record === undefined) return;
      this.#pendingBytes -= record.bytes.length;
      try {
        await this.#mcap.add(record);
        this.#counts.recordsWritten++;
        await this.#syncWhenDue();
      } catch (error) {
        this.#counts.recordsDroppedDisk += 1 + this.#pending.length;
        this.#pending = [];
        this.#pendingBytes = 0;
        this.#break(error);
      }
    }
  }

  async #syncWhenDue(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#syncedMs < (this.#options.syncIntervalMs ?? SYNC_INTERVAL_MS)) return;
    this.#syncedMs = nowMs;
    await this.#mcap.sync();
  }

  /** The file stays as it is, readable up to its last whole chunk; the flight goes on. */
  #break(error: unknown): void {
    this.#broken = true;
    this.#tell(
      "disk",
      `the flight recorder cannot write ${this.file}: ${messageOf(error)}; ` +
        "the flight goes on unrecorded (make room on the disk)",
    );
  }

  #tell(fault: string, message: string): void {
    if (this.#told.has(fault)) return;
    this.#told.add(fault);
    this.#options.onFault?.(message);
  }
}
