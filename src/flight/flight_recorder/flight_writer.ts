/**
 * Writes one flight to the disk: chunks, syncs, rotation of segments, and accounting of losses.
 *
 * Once the flight is open, nothing here throws for a failing disk or an invalid record.
 *
 * @module
 */
import { messageOf } from "../../core/mod.ts";
import { CapacityCap } from "./capacity_cap.ts";
import { channelOf } from "./channels.ts";
import type { FdrConfig } from "./config.ts";
import type { Disk, FdrAlert, FlightCounters } from "./contract.ts";
import { DiskHealth, type WriterEvents } from "./disk_health.ts";
import { DurabilityBound } from "./durability_bound.ts";
import { metadataText, RECORDER_PRODUCER_ID, sumOfCounts } from "./flight_counters.ts";
import { FlightSegments } from "./flight_segments.ts";
import { LOSS_REASONS, type LossReason, ProducerTally } from "./producer_tally.ts";
import { RateWindow } from "./rate_window.ts";
import { decodeSlot } from "./record_encoder.ts";
import { RecordJson } from "./record_json.ts";
import { FDR_KINDS, type FdrKind, type FdrPayload } from "./registry.ts";
import { type SavedTile, TileSnapshots } from "./tile_snapshots.ts";

export interface FlightOpening {
  readonly flightId: string;
  readonly header: FdrPayload<"flight_header">;
  /** Now, on the flight's clock. */
  readonly timestampNs: number;
  /** UTC at time zero of that clock, milliseconds since 1970. */
  readonly utcOfZeroMs: number;
}

export interface FlightClosing {
  readonly flightId: string;
  readonly cleanShutdown: boolean;
  /** Now, on the flight's clock; the latest record's time when absent. */
  readonly timestampNs?: number;
  /** Copied to the footer unchanged. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface ClosedFlight {
  readonly flightId: string;
  readonly folder: string;
  readonly counters: FlightCounters;
  /** Longest time in this flight from making a record to having it on the disk, milliseconds. */
  readonly durabilityMsMax: number;
  /** false: footer or index of the last segment could not be written. */
  readonly complete: boolean;
}

export interface FlightWriterOptions {
  readonly flightRoot: string;
  readonly config: FdrConfig;
  readonly disk: Disk;
  readonly events: WriterEvents;
  /** The machine's clock, for intervals. */
  readonly nowMs: () => number;
}

/** A chunk is written when it has this many bytes, or when its time is due. */
const CHUNK_BYTES = 256 * 1024;
const THUMBNAIL_WINDOW_NS = 10e9;
const ROLL_RETRY_MS = 1_000;
/**
 * Losses are recorded at their place in time; those above the rate of a kind wait for the end of
 * their window.
 */
const AT_ONCE: readonly LossReason[] = ["ring", "disk", "invalid"];
const INVALID: readonly LossReason[] = ["invalid"];
const RATE: readonly LossReason[] = ["rate"];

export class FlightWriter {
  readonly flightId: string;
  readonly #opening: FlightOpening;
  readonly #options: FlightWriterOptions;
  readonly #json: RecordJson;
  readonly #segments: FlightSegments;
  readonly #health: DiskHealth;
  readonly #durability: DurabilityBound;
  readonly #cap: CapacityCap;
  readonly #tiles: TileSnapshots;
  readonly #thumbnails = new RateWindow(THUMBNAIL_WINDOW_NS);
  readonly #own = new ProducerTally(RECORDER_PRODUCER_ID);
  readonly #tallies: ProducerTally[] = [this.#own];
  /** Producers whose records are not yet synced. */
  readonly #alertsOnTheirWay: FdrAlert[] = [];
  #latestNs: number;
  #nextRollMs = -Infinity;

  /** Throws what the disk throws; nothing remains then. */
  constructor(opening: FlightOpening, options: FlightWriterOptions) {
    const { flightRoot, disk, config, events } = options;
    this.flightId = opening.flightId;
    this.#opening = opening;
    this.#options = options;
    this.#latestNs = opening.timestampNs;
    this.#json = new RecordJson(opening.flightId, opening.utcOfZeroMs);
    this.#durability = new DurabilityBound(config.durabilityMs);
    this.#segments = new FlightSegments({
      disk,
      flightRoot,
      flightId: opening.flightId,
      begin: (segment) => {
        segment.addMetadata("flight_header", metadataText(this.#headerMetadata()));
        const { header } = this.#opening;
        const id = RECORDER_PRODUCER_ID;
        const bytes = this.#json.encode("flight_header", id, this.#latestNs, header);
        segment.add("flight_header", this.#latestNs, bytes, channelOf);
      },
    });
    this.#headerWritten();
    this.#health = new DiskHealth(this.#segments.folder, events);
    this.#tiles = new TileSnapshots(disk, this.#segments.folder, config.tileSnapshotsBytesMax);
    this.#cap = new CapacityCap(config, this.#health, options);
  }

  get folder(): string {
    return this.#segments.folder;
  }

  /** Adds the counters of one more producer. */
  tally(producerId: string): ProducerTally {
    const known = this.#tallies.find((tally) => tally.producerId === producerId);
    if (known !== undefined) return known;
    const tally = new ProducerTally(producerId);
    this.#tallies.push(tally);
    return tally;
  }

  /** A record from a ring, made at `sinceMs` at the earliest. */
  accept(tally: ProducerTally, bytes: Uint8Array, sinceMs: number): void {
    tally.take();
    if (!this.#health.writable) return tally.lose("disk", 1);
    try {
      const { kind, timestampNs, payload } = decodeSlot(bytes);
      if (!Object.hasOwn(FDR_KINDS, kind)) {
        throw new TypeError(`the kind ${kind} is not registered`);
      }
      if (kind === "failed_tile_thumbnail" && !this.#admitThumbnail(timestampNs, sinceMs)) {
        return tally.lose("rate", 1);
      }
      const message = this.#json.encode(kind, tally.producerId, timestampNs, payload);
      this.#add(tally, kind, timestampNs, message, sinceMs);
    } catch (error) {
      tally.lose("invalid", 1);
      if (tally.counts().droppedInvalid > 1) return;
      const message = `a record of ${tally.producerId} cannot be written: ${messageOf(error)}`;
      this.#options.events.log("error", "c13.invalid_record", {
        producerId: tally.producerId,
      }, message);
    }
  }

  /** The producer's ring lost this many records at this place. */
  lost(tally: ProducerTally, count: number, sinceMs: number): void {
    tally.lose("ring", count);
    this.#tell(tally, sinceMs, AT_ONCE);
  }

  /** Does what is due by the clock; call it often. */
  tick(): void {
    const nowMs = this.#options.nowMs();
    if (this.#health.isRetryDue(nowMs)) {
      this.#health.probe();
      this.#tellAll(nowMs);
    } else if (this.#health.healthy && this.#health.unrecorded.length > 0) {
      this.#tellAlerts(nowMs);
    }
    for (const tally of this.#tallies) this.#tell(tally, nowMs, INVALID);
    this.#tellThumbnails(this.#latestNs, nowMs);
    if (this.#durability.isDue(nowMs)) this.#sync();
  }

  /** @throws FdrTileError; the flight continues. */
  saveTile(
    tile: { readonly tileId: string; readonly jpeg: Uint8Array; readonly frameId?: number },
    timestampNs: number,
  ): SavedTile {
    const saved = this.#tiles.save(tile.tileId, tile.jpeg);
    this.#latestNs = Math.max(this.#latestNs, timestampNs);
    this.#write("mid_flight_tile_snapshot", {
      tileId: tile.tileId,
      file: saved.file,
      bytes: tile.jpeg.length,
      contentSha256: saved.contentSha256,
      ...(tile.frameId === undefined ? {} : { frameId: tile.frameId }),
      ...(saved.removed.length === 0 ? {} : { removed: saved.removed }),
    }, this.#options.nowMs());
    return saved;
  }

  /** Counters of records whose outcome is final: on the disk, or lost. */
  counters(): FlightCounters {
    const all = this.#tallies.map((tally) => [tally.producerId, tally.counts()] as const);
    return {
      ...sumOfCounts(all.map(([, counts]) => counts)),
      recordsDroppedCap: this.#segments.droppedMessages,
      bytesWritten: this.#segments.bytesEver,
      rolloverCount: this.#segments.rolloverCount,
      producers: Object.fromEntries(all),
    };
  }

  /** Syncs everything and writes the footer. */
  close(closing: FlightClosing): ClosedFlight {
    const { nowMs, config, events } = this.#options;
    if (!this.#health.writable) this.#health.probe();
    this.#latestNs = Math.max(this.#latestNs, closing.timestampNs ?? 0);
    this.#tellAll(nowMs());
    for (let i = 0; i < 4 && (i === 0 || this.#segments.current.chunkBytes > 0); i++) this.#sync();
    let complete = this.#health.healthy;
    const incomplete = (error: unknown) => {
      complete = false;
      this.#health.trouble("write the end of the flight", error, nowMs());
    };
    const counters = this.counters();
    const durabilityMsMax = this.#durability.worstMs;
    const footer = {
      ...closing.extra,
      cleanShutdown: closing.cleanShutdown,
      ...counters,
      durabilityMs: config.durabilityMs,
      durabilityMsMax,
    };
    try {
      const { current } = this.#segments;
      const id = RECORDER_PRODUCER_ID;
      const bytes = this.#json.encode("flight_footer", id, this.#latestNs, footer);
      current.add("flight_footer", this.#latestNs, bytes, channelOf);
      current.flush();
      const metadata = { flightId: this.flightId, ...footer };
      current.addMetadata("flight_footer", metadataText(metadata));
    } catch (error) {
      incomplete(error);
    }
    this.#segments.end(incomplete);
    events.log("info", "c13.flight_closed", { flightId: this.flightId, complete }, "flight closed");
    return { flightId: this.flightId, folder: this.folder, counters, durabilityMsMax, complete };
  }

  #headerMetadata(): Readonly<Record<string, unknown>> {
    return { flightId: this.flightId, ...this.#opening.header };
  }

  /** A segment's own header record is on the disk when the segment exists. */
  #headerWritten(): void {
    this.#own.take();
    this.#own.addedToChunk();
    this.#own.chunkWritten();
    this.#own.synced();
  }

  #admitThumbnail(timestampNs: number, sinceMs: number): boolean {
    this.#tellThumbnails(timestampNs, sinceMs);
    return this.#thumbnails.admit(timestampNs);
  }

  #add(
    tally: ProducerTally,
    kind: string,
    timestampNs: number,
    message: Uint8Array,
    sinceMs: number,
  ): void {
    const segment = this.#segments.current;
    segment.add(kind, timestampNs, message, channelOf);
    tally.addedToChunk();
    if (timestampNs > this.#latestNs) this.#latestNs = timestampNs;
    this.#durability.pending(sinceMs);
    if (this.#options.config.debugLogPerRecord) {
      const { producerId } = tally;
      this.#options.events.log("debug", "c13.record", { kind, producerId, timestampNs }, "record");
    }
    if (segment.chunkBytes >= CHUNK_BYTES) this.#flush();
  }

  /** Adds a record of the recorder's own. */
  #write<K extends FdrKind>(kind: K, payload: FdrPayload<K>, sinceMs: number): void {
    this.#own.take();
    if (!this.#health.writable) return this.#own.lose("disk", 1);
    const message = this.#json.encode(kind, RECORDER_PRODUCER_ID, this.#latestNs, payload);
    this.#add(this.#own, kind, this.#latestNs, message, sinceMs);
  }

  #tellAll(nowMs: number): void {
    this.#tellAlerts(nowMs);
    for (const tally of this.#tallies) this.#tell(tally, nowMs, LOSS_REASONS);
  }

  /** Adds `overrun` records for losses of a producer that no record reports yet. */
  #tell(tally: ProducerTally, sinceMs: number, reasons: readonly LossReason[]): void {
    for (const reason of reasons) {
      const droppedCount = tally.unreported(reason);
      if (droppedCount === 0 || !this.#health.writable) continue;
      const { producerId } = tally;
      const kind = reason === "rate" ? { droppedKind: "failed_tile_thumbnail" } : {};
      tally.tell(reason);
      this.#write("overrun", { droppedCount, producerId, reason, ...kind }, sinceMs);
    }
  }

  #tellAlerts(nowMs: number): void {
    const alerts = this.#health.unrecorded.splice(0);
    this.#alertsOnTheirWay.push(...alerts);
    for (const { reason, message } of alerts) {
      this.#write("c8.alert", { severity: "critical", text: message, reason }, nowMs);
    }
  }

  /**
   * One record for all thumbnails of a producer above the limit of a window, when the window is
   * over.
   */
  #tellThumbnails(timestampNs: number, sinceMs: number): void {
    if (!this.#thumbnails.isOver(timestampNs)) return;
    for (const tally of this.#tallies) this.#tell(tally, sinceMs, RATE);
  }

  #flush(): boolean {
    try {
      this.#segments.current.flush();
    } catch (error) {
      for (const tally of this.#tallies) tally.chunkLost();
      this.#health.unrecorded.push(...this.#alertsOnTheirWay.splice(0));
      this.#health.failed("write records", error, this.#options.nowMs());
      return false;
    }
    for (const tally of this.#tallies) tally.chunkWritten();
    const { segmentSizeBytes } = this.#options.config;
    if (this.#segments.current.lengthBytes >= segmentSizeBytes) this.#roll();
    return true;
  }

  #sync(): void {
    const { nowMs } = this.#options;
    const flushed = this.#flush();
    const startMs = nowMs();
    try {
      this.#segments.current.sync();
    } catch (error) {
      this.#segments.current.rollBack();
      for (const tally of this.#tallies) {
        tally.chunkLost();
        tally.unsyncedLost();
      }
      this.#health.unrecorded.push(...this.#alertsOnTheirWay.splice(0));
      this.#durability.lost();
      this.#health.failed("bring records to the disk", error, nowMs());
      return;
    }
    for (const tally of this.#tallies) tally.synced();
    this.#alertsOnTheirWay.length = 0;
    this.#durability.synced(startMs, nowMs());
    // A new segment may have added records of its own.
    if (this.#segments.current.chunkBytes > 0) this.#durability.pending(startMs);
    if (flushed) this.#health.succeeded();
  }

  /** Continues in the next segment; stays in this one while the next cannot be created. */
  #roll(): void {
    const { nowMs } = this.#options;
    if (nowMs() < this.#nextRollMs) return;
    const trouble = (action: string) => (error: unknown) => {
      this.#health.trouble(action, error, nowMs());
    };
    // Counted before the next segment begins; the recursion ends because nothing is left to flush.
    this.#nextRollMs = nowMs() + ROLL_RETRY_MS;
    this.#sync();
    if (!this.#health.writable) return;
    try {
      this.#segments.roll(trouble("write the index of a segment"));
    } catch (error) {
      return trouble("begin the next segment")(error);
    }
    this.#nextRollMs = -Infinity;
    this.#headerWritten();
    for (const dropped of this.#cap.enforce(this.#segments, this.#tiles.bytes)) {
      this.#write("segment_rollover", dropped, nowMs());
    }
  }
}
